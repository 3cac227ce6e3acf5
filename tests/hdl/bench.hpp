// SPDX-License-Identifier: Apache-2.0
// A bench around the Verilated fabric, without SystemC: sends records and raw frames, collects what leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "link/link_codec.hpp"
#include "link/management_client.hpp"
#include "rtl_cosim/verilated_fabric.hpp"
#include "sluice/layout.hpp"
#include "support/table_builder.hpp"

namespace sluice::hdl_test {

using link::Frame;
using link::Port;

class Bench {
 public:
  explicit Bench(std::unique_ptr<rtl_cosim::VerilatedFabric> fabric)
      : device(std::move(fabric)), client([this](const layout::Event& event) { events.push_back(event); }) {
    device->on_frame = [this](rtl_cosim::SentFrame sent) {
      if (sent.port == Port::management) {
        // Answers that the client did not ask for belong to the test, which finds them in `management`.
        const auto message = link::parse_management(sent.bytes);
        if (client.busy() || std::holds_alternative<layout::Event>(message)) {
          if (const auto error = client.take(sent.bytes)) throw std::runtime_error(*error);
        }
        management.push_back(std::move(sent.bytes));
      } else {
        (sent.port == Port::low ? low : high).push_back(std::move(sent));
      }
    };
  }

  /// Runs until nothing is left to do; throws when that takes too long.
  void settle() {
    if (!device->settle(20'000'000)) throw std::runtime_error("the device does not come to rest");
  }
  void tick(unsigned count = 1) {
    for (unsigned i = 0; i < count; ++i) {
      device->tick();
      settle();
    }
  }

  /// Loads an image; returns the last answer. With ticks when the swap waits for records.
  link::ManagementResult load(const std::vector<std::uint8_t>& image, bool activate = true) {
    link::ManagementResult result;
    bool done = false;
    client.load_image(image, activate, [&](const link::ManagementResult& r) {
      result = r;
      done = true;
    });
    pump();
    while (!done && ticks_left_for_swap-- > 0) {
      tick();
      pump();
    }
    if (!done) throw std::runtime_error("no answer to a load");
    return result;
  }
  unsigned ticks_left_for_swap = 20;

  std::uint32_t read(std::uint16_t address) {
    std::uint32_t value = 0;
    bool ok = false;
    client.read(address, [&](const link::ManagementResult& r) {
      value = r.value;
      ok = r.ok;
    });
    pump();
    if (!ok) throw std::runtime_error("a register could not be read");
    return value;
  }
  /// Sends what the client has to say until it waits for the device, or has nothing more.
  void pump() {
    while (auto frame = client.next_frame()) {
      device->send(Port::management, std::move(*frame));
      settle();
    }
  }

  void send_frame(Port port, Frame frame) {
    device->send(port, std::move(frame));
    settle();
  }
  void send(Port port, std::uint32_t tag, std::span<const std::uint8_t> record) {
    for (Frame& frame : link::to_frames(link::to_device(port), tag, record)) device->send(port, std::move(frame));
  }
  void request(std::uint32_t tag, std::span<const std::uint8_t> record) {
    send(Port::low, tag, record);
    settle();
  }
  void response(std::uint32_t id, std::span<const std::uint8_t> record) {
    send(Port::high, id, record);
    settle();
  }
  void clear() {
    events.clear();
    low.clear();
    high.clear();
    management.clear();
  }

  std::unique_ptr<rtl_cosim::VerilatedFabric> device;
  link::ManagementClient client;
  std::vector<layout::Event> events;
  std::vector<rtl_cosim::SentFrame> low, high;
  std::vector<Frame> management;
};

}  // namespace sluice::hdl_test
