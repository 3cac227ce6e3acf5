// SPDX-License-Identifier: Apache-2.0
// The SystemC side of a session: one thread per port that hands frames to the device, one for
// ticks, and sinks that collect what leaves. It knows only the device's sockets, so that model and
// HDL sit in the same bench.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <deque>
#include <optional>
#include <systemc>

#include "fabric/device.hpp"

namespace sluice::simulator {

class SessionBench : public sc_core::sc_module {
 public:
  SessionBench(const sc_core::sc_module_name& name, fabric::Device& device);

  void push(link::Port port, link::Frame frame);
  void push_tick();
  std::optional<link::Frame> pop(link::Port port);
  /// Runs the kernel until nothing is left to do.
  void run();

 private:
  struct Driver {
    std::deque<link::Frame> queue;
    sc_core::sc_event more;
  };

  template <link::Port port>
  void drive();
  void drive_ticks();
  template <link::Port port>
  void collect(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  fabric::Device& device_;
  std::array<Driver, link::port_count> drivers_;
  std::array<std::deque<link::Frame>, link::port_count> left_;
  unsigned ticks_due_ = 0;
  sc_core::sc_event tick_due_;
  tlm_utils::simple_initiator_socket<SessionBench> low_out_;
  tlm_utils::simple_initiator_socket<SessionBench> high_out_;
  tlm_utils::simple_initiator_socket<SessionBench> management_out_;
  tlm_utils::simple_target_socket<SessionBench> low_in_;
  tlm_utils::simple_target_socket<SessionBench> high_in_;
  tlm_utils::simple_target_socket<SessionBench> management_in_;
};

}  // namespace sluice::simulator
