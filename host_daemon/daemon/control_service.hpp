// SPDX-License-Identifier: Apache-2.0
// The control API's methods over one device, one store and one compiler. Decides what may be loaded; keeps track of
// the device's runs; writes the audit log. It knows no HTTP: see router. Everything runs on one thread, except the compiler, which has
// its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/audit_decoder.hpp"
#include "daemon/device_link.hpp"
#include "daemon/device_registers.hpp"
#include "daemon/image_source.hpp"
#include "daemon/store.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

class ControlService {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  struct Options {
    std::string device_socket;
    bool restore = false;  // load the last active image into a device that has none
  };

  ControlService(boost::asio::any_io_executor executor, Store& store, Options options);

  // Keeps the device connected; for ever.
  Awaitable<void> run() { return link_.run(); }

  // Waits for a running compilation, whose result is then dropped.
  void stop_compiler();

  // Each throws ProblemError, or another exception for an internal failure.
  Awaitable<v1::PushResult> push_policy(v1::PushPolicyRequest request);
  Awaitable<v1::PushResult> push_image(v1::PushImageRequest request);
  Awaitable<v1::DeviceStatus> get_status(v1::GetStatusRequest request);
  Awaitable<v1::ListEventsResponse> list_events(v1::ListEventsRequest request);

 private:
  class PushTurn;

  Awaitable<void> on_connected();
  void on_events(std::span<const layout::Event> events);
  Awaitable<void> restore();
  Awaitable<v1::PushResult> activate(ReadyImage image, bool restoring);
  void refuse_old_serial(const StoredImage& image, const DeviceRegisters& device);
  Awaitable<DeviceRegisters> load(const StoredImage& image);
  v1::ImageSummary summary(const StoredImage& image) const;
  void set_stage(v1::Load::Stage stage, const std::string& detail = {});
  void remember(const DeviceRegisters& device);

  boost::asio::any_io_executor executor_;
  Store& store_;
  Options options_;
  DeviceLink link_;
  AuditDecoder decoder_;
  boost::asio::thread_pool compiler_{1};
  std::vector<boost::asio::steady_timer*> waiting_;  // of long polls; cancelled when events come
  boost::asio::steady_timer push_done_;              // cancelled when a push ended
  unsigned pushes_ = 0;                   // running and waiting
  bool pushing_ = false;
  bool loading_ = false;
  DeviceRun run_;
  std::optional<DeviceRegisters> seen_;  // the last complete look at the device
  v1::Load last_load_;
};

}  // namespace sluice::daemon
