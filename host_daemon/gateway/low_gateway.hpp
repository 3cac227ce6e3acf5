// SPDX-License-Identifier: Apache-2.0
// The gateway at LOW: HTTP server for the clients, records to the device.
//
//   client -> strict head, Beast body -> canonicalize -> Transactions -> DeviceLink -> device
//   client <- HTTP <- judge, parse    <-              <- Transactions <- DeviceLink <-
//
// What cannot cross is explained here, to the client, as a problem document; the device itself says
// nothing to anyone. One thread: everything runs on the io_context that it is given.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <set>
#include <string>

#include "gateway/device_link.hpp"
#include "gateway/policy_state.hpp"
#include "gateway/transactions.hpp"

namespace sluice::gateway {

class LowGateway : public std::enable_shared_from_this<LowGateway> {
 public:
  struct Options {
    std::string device;  // socket of the device's LOW port
    tcp::endpoint listen;
    std::size_t max_connections = 1024;              // above it the slowest client is disconnected
    std::chrono::milliseconds idle_timeout{60'000};  // between two requests of a connection
    std::chrono::milliseconds head_timeout{10'000};
    std::chrono::milliseconds body_timeout{30'000};
  };

  /// Listens at once; throws boost::system::system_error (address in use, ...) and
  /// std::invalid_argument.
  static std::shared_ptr<LowGateway> create(asio::io_context& io, Options options,
                                            std::shared_ptr<const PolicyState> policy);
  void start();
  /// No new connections and requests; those under way finish.
  void stop();
  bool idle() const { return active_ == 0; }
  void set_policy(std::shared_ptr<const PolicyState> policy) { policy_ = std::move(policy); }
  tcp::endpoint local_endpoint() const { return local_; }
  bool device_connected() const { return link_->connected(); }

 private:
  struct Session;
  LowGateway(asio::io_context& io, Options options, std::shared_ptr<const PolicyState> policy);
  awaitable<void> accept();
  void close_slowest();
  awaitable<void> serve(std::shared_ptr<Session> session);
  awaitable<bool> serve_one(Session& session);
  awaitable<std::string> answer(Session& session, const canonical::HttpHead& head,
                                std::string body);
  std::string rebuild(Session& session, const PolicyState& state, int endpoint,
                      const std::string& record, bool keep_alive);
  awaitable<bool> write(Session& session, std::string response);
  awaitable<bool> refuse(Session& session, canonical::Refusal refusal);

  asio::io_context& io_;
  Options options_;
  std::shared_ptr<const PolicyState> policy_;
  std::shared_ptr<DeviceLink> link_;
  Transactions transactions_;
  tcp::acceptor acceptor_;
  tcp::endpoint local_;
  asio::steady_timer room_;  // cancelled when a connection ends
  std::set<Session*> sessions_;
  std::size_t active_ = 0;  // requests under way
  std::uint64_t closed_for_room_ = 0;
  bool stopped_ = false;
};

}  // namespace sluice::gateway
