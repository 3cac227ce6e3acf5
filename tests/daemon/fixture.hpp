// SPDX-License-Identifier: Apache-2.0
// sluiced and a simulated device as processes, a small policy, and a client, for the daemon's and the command line's tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/control_client.hpp"
#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "daemon/process.hpp"
#include "link/port.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::testing {

// The library example with another serial and, if wanted, another geometry; `limit` is its maxOutstanding, which changes the digest
// without changing what is accepted.
std::string policy_text(int serial, int limit = 64, const std::string& geometry = "SMALL");
// Its schemas, as `sluice push` sends them.
const std::string& descriptor_set();
compiler::CompileResult compile(const std::string& policy);

// A connection to a port of the device.
class PortClient {
 public:
  explicit PortClient(const std::string& path);
  ~PortClient();
  PortClient(const PortClient&) = delete;
  PortClient& operator=(const PortClient&) = delete;
  void send(const link::Frame& frame) const;
  // The next frame; empty when none comes within a second or the device closed.
  link::Frame receive() const;

 private:
  int descriptor_;
};

class Setup {
 public:
  Setup();

  // Sockets and the state folder survive a restart.
  void start_device(const std::string& geometry = "small");
  void start_daemon(const std::vector<std::string>& more = {});
  Process& device() { return *device_; }
  Process& daemon() { return *daemon_; }
  void stop_device() { device_.reset(); }
  std::string path(const std::string& name) const { return folder_ / name; }
  std::string control() const { return "unix:" + path("control"); }
  daemon::ControlAddress address() const { return daemon::parse_control_address(control()); }

  v1::PushResult push(const std::string& policy) const;
  v1::DeviceStatus status() const;
  v1::ListEventsResponse events(std::uint64_t after = 0, std::uint32_t wait_ms = 0) const;
  // Waits until the device is connected and in that state.
  bool reaches(v1::DeviceStatus::State state) const;
  // The events after `after`, as soon as there are that many.
  std::vector<v1::AuditEvent> wait_events(std::uint64_t after, std::size_t count) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Process> device_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace sluice::testing
