// SPDX-License-Identifier: Apache-2.0
// The gateway at HIGH: records from the device, HTTP client of the backend.
//
//   device -> DeviceLink -> judge, parse -> Backend -> HTTP server behind HIGH
//   device <- DeviceLink <- canonicalize <- Backend <-
//
// A backend that fails, or answers what the schema refuses, becomes the policy's 502 record where
// the policy lists one; else nothing is sent, and LOW tells its client 504. One thread: everything
// runs on the io_context that it is given.
#pragma once

#include <memory>
#include <string>

#include "gateway/backend.hpp"
#include "gateway/device_link.hpp"
#include "gateway/policy_state.hpp"

namespace sluice::gateway {

class HighGateway : public std::enable_shared_from_this<HighGateway> {
 public:
  struct Options {
    std::string device;  // socket of the device's HIGH port
    BackendAddress backend;
  };

  /// Throws std::invalid_argument.
  static std::shared_ptr<HighGateway> create(asio::io_context& io, Options options,
                                             std::shared_ptr<const PolicyState> policy);
  void start() { link_->start(); }
  /// Takes no new requests; those under way finish.
  void stop();
  bool idle() const { return active_ == 0; }
  void set_policy(std::shared_ptr<const PolicyState> policy) { policy_ = std::move(policy); }
  bool device_connected() const { return link_->connected(); }

 private:
  HighGateway(asio::io_context& io, Options options, std::shared_ptr<const PolicyState> policy);
  void on_record(link::Record record);
  awaitable<void> serve(std::shared_ptr<const PolicyState> state, link::Record record);
  awaitable<void> forward(std::shared_ptr<const PolicyState> state, std::uint32_t id,
                          std::string record);
  void send_bad_gateway(const PolicyState& state, std::uint32_t id, int endpoint,
                        const canonical::HttpRequest& request);

  asio::io_context& io_;
  std::shared_ptr<const PolicyState> policy_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<DeviceLink> link_;
  std::size_t active_ = 0;  // requests under way
  bool stopped_ = false;
};

/// The record that stands for "the backend failed": the policy's 502 for this endpoint, with a
/// google.rpc.Status or an empty message, whichever its schema takes. Required response headers are
/// the policy's constants or repeat the request's header of the same name. Nothing when the policy
/// lists no 502, or none can be made.
std::optional<std::string> bad_gateway_record(const canonical::Canonicalizer& canonicalizer,
                                              int endpoint, const canonical::HttpRequest& request);

}  // namespace sluice::gateway
