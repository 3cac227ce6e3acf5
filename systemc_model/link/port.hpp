// SPDX-License-Identifier: Apache-2.0
// The three ports of a device and the type of one frame on them.
// No behaviour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::link {

enum class Port : std::uint8_t { low, high, management };

inline constexpr std::size_t port_count = 3;

constexpr std::string_view name_of(Port port) {
  return port == Port::low ? "low" : port == Port::high ? "high" : "management";
}

/// One frame as it stands on a port: at LOW and HIGH an Ethernet frame without preamble and FCS, at
/// the management port a management frame.
using Frame = std::vector<std::uint8_t>;

/// Longest frame, bytes, that can be handed to a device at all. Above FRAME_MAX_BYTES, so that a
/// device can be seen to refuse frames that are too long.
inline constexpr std::size_t max_frame_bytes = 4096;

}  // namespace sluice::link
