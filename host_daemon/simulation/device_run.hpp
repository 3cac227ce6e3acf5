// SPDX-License-Identifier: Apache-2.0
// Records through one simulated device at their times. Milliseconds are ticks; records of equal time and pipeline go in back to
// back, the others one after the other. A clock does not run while there is nothing to do: cycles measure work, not pauses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/image.hpp"
#include "simulation/result.hpp"

namespace sluice::simulation {

/// A record on its way to the device.
struct Passage {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint64_t t_us = 0;
  std::uint16_t endpoint = 0;  ///< response: whose request it answers
  std::span<const std::uint8_t> record;
};

/// What the device said about it.
struct Arrival {
  layout::Event event;
  std::optional<std::uint64_t> latency_cycles;
};

struct DeviceRun {
  std::vector<Arrival> arrivals;  ///< in the order of the passages
  std::optional<std::uint32_t> buffers_peak;
  std::uint32_t outstanding_peak = 0;
  std::uint32_t unanswered = 0;
  std::optional<Timing> timing;  ///< only with a clock
};

/// A response goes in under the id of the oldest open request of its endpoint; without one, under an id that was never given.
/// Throws std::runtime_error when the device does not answer as a device must.
DeviceRun run_device(simulator::DeviceSession& session, const engine::Image& image, std::span<const Passage> passages);

}  // namespace sluice::simulation
