// SPDX-License-Identifier: Apache-2.0
// What a simulation found out, and its JSON form, which the page is drawn from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "simulator/device_session.hpp"
#include "sluice/layout.hpp"

namespace sluice::simulation {

/// Who stopped a message.
enum class Place : std::uint8_t {
  none,     ///< nobody: it passed
  gateway,  ///< the sender's gateway, which cannot transform it; the device never saw it
  device,   ///< the device (at level engine: the engine alone)
};

/// What became of one message.
struct Verdict {
  std::string id;
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint64_t t_us = 0;
  std::string endpoint;  ///< empty: unknown
  Place stopped_by = Place::none;
  std::string reason;  ///< a Reason's name, or the gateway's code; empty when it passed
  std::string path, rule, text;
  std::uint32_t length = 0;                      ///< of the record, bytes; 0 when there is none
  std::optional<std::uint32_t> offset;           ///< in the record
  std::optional<std::uint64_t> latency_cycles;   ///< first byte at the port to verdict; only with a clock
};

/// The device's memories as the traffic used them.
struct BufferUse {
  std::uint32_t record_limit = 0;  ///< the policy's, bytes
  std::uint32_t buffer_bytes = 0;  ///< the geometry's
  std::uint32_t longest = 0;       ///< record seen, bytes
  std::uint32_t buffers = 0;       ///< of each pipeline
  std::optional<std::uint32_t> buffers_peak;       ///< held at once in one pipeline, reckoned from arrival and verdict; only with a clock
  std::uint32_t max_outstanding = 0;               ///< the policy's
  std::optional<std::uint32_t> outstanding_peak;   ///< only with a device
  std::optional<std::uint32_t> unanswered;         ///< requests whose response did not come in time
};

/// Accepted records again and again, in bursts of as many as may be open at once, without a pause inside a burst.
struct Throughput {
  std::uint64_t records = 0, bytes = 0;
  std::uint64_t cycles = 0;  ///< first byte of a burst at the port to its last verdict, all bursts together
};

struct Timing {
  Throughput request, response;
};

/// The clock that cycles are converted with, Hz.
inline constexpr std::uint64_t clock_hz = 125'000'000;

struct SimulationResult {
  simulator::Level level = simulator::Level::engine;
  nlohmann::ordered_json report;  ///< of the compiler: policy, serial, digest, geometry, sizes and fit
  std::vector<Verdict> verdicts;
  BufferUse buffers;
  std::optional<Timing> timing;
};

nlohmann::ordered_json to_json(const SimulationResult& result);

}  // namespace sluice::simulation
