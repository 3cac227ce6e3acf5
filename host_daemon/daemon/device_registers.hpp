// SPDX-License-Identifier: Apache-2.0
// One look at the device's registers, by name.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "daemon/device_link.hpp"

namespace sluice::daemon {

struct DeviceRegisters {
  std::uint32_t identity = 0;
  std::uint32_t hardware_version = 0;
  layout::Geometry geometry{};
  bool active = false;
  bool load_complete = false;
  bool unsigned_image = false;
  layout::LoadStatus load_status{};
  std::uint32_t load_words = 0;
  std::uint32_t epoch = 0;
  std::uint64_t serial = 0;
  std::string digest;  // 64 hexadecimal digits; empty while inactive
  std::string name;
  std::uint32_t max_record_bytes = 0;
  std::uint32_t outstanding = 0;
  std::uint32_t ticks = 0;
  std::uint32_t events_lost = 0;
  std::uint32_t frames_ignored = 0;
  std::array<std::uint32_t, 32> request_count{};   // by Reason
  std::array<std::uint32_t, 32> response_count{};
};

// Reads all of them; `counters`: the verdict counters too. Throws as DeviceLink::read.
DeviceLink::Awaitable<DeviceRegisters> read_registers(DeviceLink& link, bool counters);

// The digest's bytes as lower-case hexadecimal digits.
std::string hexadecimal(std::span<const std::uint8_t> bytes);

}  // namespace sluice::daemon
