// SPDX-License-Identifier: Apache-2.0
// The Verilated fabric as a plain C++ object: frames in, frames out, a clock that runs only while there is work. No SystemC here;
// verilated_device.hpp puts it behind sockets. It adds no behaviour of the device: it moves pins.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "fabric/seeded_fault.hpp"
#include "link/port.hpp"
#include "sluice/layout.hpp"

namespace sluice::rtl_cosim {

using link::Frame;
using link::Port;

/// A frame that left, with the clock cycles (since reset) of its first and last byte.
struct SentFrame {
  Port port = Port::low;
  Frame bytes;
  std::uint64_t first_cycle = 0;
  std::uint64_t last_cycle = 0;
};

class VerilatedFabric {
 public:
  using OnFrame = std::function<void(SentFrame)>;

  virtual ~VerilatedFabric() = default;

  /// Called for every frame that left, from within run() and tick().
  OnFrame on_frame;

  /// Queues a frame at a port; its bytes go in one per cycle. Empty frames cannot stand on a byte stream: they are ignored.
  virtual void send(Port port, Frame frame) = 0;
  /// Frames of that port that are queued or partly taken.
  [[nodiscard]] virtual std::size_t queued(Port port) const = 0;
  /// The ready pin behind which frames leave; true at first.
  virtual void set_ready(Port port, bool ready) = 0;
  /// Clocks until there is no work, until a frame was taken or has left, or for `most` cycles; returns how many it ran.
  virtual std::uint64_t run(std::uint64_t most) = 0;
  /// One cycle with the tick input high.
  virtual void tick() = 0;
  /// True while a clock would change something without a tick.
  [[nodiscard]] virtual bool busy() const = 0;
  /// Cycles since reset.
  [[nodiscard]] virtual std::uint64_t cycles() const = 0;

  /// Runs until there is no work, at most `most` cycles; false when there still was.
  bool settle(std::uint64_t most = 100'000'000) {
    std::uint64_t done = 0;
    while (busy() && done < most) done += run(most - done);
    return !busy();
  }
};

/// `trace_file`: an FST file (name ending in .fst), none when empty. Geometries: SMALL, SIMULATION; with a seeded fault SMALL.
/// Throws std::runtime_error for what is not built.
std::unique_ptr<VerilatedFabric> make_verilated_fabric(layout::Geometry geometry, const std::string& trace_file,
                                                       fabric::SeededFault fault = fabric::SeededFault::none);

}  // namespace sluice::rtl_cosim
