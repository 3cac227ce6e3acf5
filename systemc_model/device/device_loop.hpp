// SPDX-License-Identifier: Apache-2.0
// The simulated device's life as a process: frames in -> session -> frames out, and one tick for every millisecond
// of the wall clock.
//
//   low, high, management sockets -> PortServer::receive -> DeviceSession::send
//                                                            settle
//   low, high, management sockets <- PortServer::send    <- DeviceSession::receive
//
// It decides nothing about frames. A simulation that is slower than real time gets fewer ticks, never a backlog.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "device/port_server.hpp"
#include "simulator/device_session.hpp"

namespace sluice::device {

class DeviceLoop {
 public:
  struct Paths {
    std::string low;
    std::string high;
    std::string management;
  };

  // Listens on all three sockets; throws SocketError.
  DeviceLoop(simulator::DeviceSession& session, const Paths& paths);

  // Runs until `stop_descriptor` becomes readable.
  void run(int stop_descriptor);

 private:
  bool move_in(PortServer& server, simulator::Port port);   // true: something was taken
  void move_out(PortServer& server, simulator::Port port);
  void move_answers_out();
  void drop_old_answers();
  void tick();

  simulator::DeviceSession& session_;
  PortServer low_;
  PortServer high_;
  PortServer management_;
  std::chrono::steady_clock::time_point next_tick_;
  bool management_ready_ = true;  // as the session was told
  std::uint64_t management_peers_ = 0;
  std::deque<simulator::Frame> events_;  // that waited in the session while there was no peer
  std::uint64_t ticks_skipped_ = 0;
};

}  // namespace sluice::device
