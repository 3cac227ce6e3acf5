// SPDX-License-Identifier: Apache-2.0
// The daemon's end of the management port: connects and reconnects for ever, asks for registers, writes commands and
// images for coroutines that wait for the answers, and hands on audit events in batches.
// It knows frames, not images or policies. Everything runs on one executor with one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/management_client.hpp"
#include "sluice/layout.hpp"

namespace sluice::daemon {

// The device is not there, went away, or does not answer.
class DeviceGone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class DeviceLink {
 public:
  using Executor = boost::asio::any_io_executor;
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  struct Handlers {
    // After a connection: may ask the device. Events that came meanwhile wait until it is done.
    std::function<Awaitable<void>()> connected;
    std::function<void()> disconnected;
    std::function<void(std::span<const layout::Event>)> events;
  };

  DeviceLink(Executor executor, std::string socket_path, Handlers handlers);

  // Runs until the executor stops.
  Awaitable<void> run();

  // The connection is up and `handlers.connected` is through.
  bool ready() const { return ready_; }
  const std::string& socket_path() const { return path_; }

  // Registers in the order of `addresses`. Throws DeviceGone; std::runtime_error when the device does not answer them.
  Awaitable<std::vector<std::uint32_t>> read(std::vector<std::uint16_t> addresses);

  // Writes register COMMAND; the answer tells whether it worked. Throws DeviceGone.
  Awaitable<link::ManagementResult> command(layout::Command command);

  // BEGIN and all words, without ACTIVATE; the load is given up at the first refusal. Throws DeviceGone.
  Awaitable<link::ManagementResult> stage(std::vector<std::uint8_t> image);

 private:
  using Socket = boost::asio::generic::seq_packet_protocol::socket;

  // One question that waits for its answer.
  struct Question {
    explicit Question(const Executor& executor) : wake(executor) {}
    boost::asio::steady_timer wake;
    link::ManagementResult answer;
    bool answered = false;
  };

  Awaitable<void> serve_connection();
  template <class Start>
  Awaitable<link::ManagementResult> ask(Start start);
  void pump();
  void take(std::span<const std::uint8_t> frame);
  bool deliver();  // true when there was something
  void close(const std::string& why);

  Executor executor_;
  std::string path_;
  Handlers handlers_;
  std::unique_ptr<Socket> socket_;
  link::ManagementClient client_;
  std::vector<layout::Event> events_;
  bool ready_ = false;
  std::uint64_t answers_ = 0;  // frames from the device, to tell a slow load from a dead device
  std::string last_error_;  // logged once, not at every attempt
};

}  // namespace sluice::daemon
