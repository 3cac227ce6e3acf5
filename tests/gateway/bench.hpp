// SPDX-License-Identifier: Apache-2.0
// The whole chain in one process: client -> LOW gateway -> forwarding device -> HIGH gateway ->
// HTTP backend. The gateways and the backend are real; they talk over real sockets.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/forwarding_device.hpp"
#include "gateway/high_gateway.hpp"
#include "gateway/low_gateway.hpp"

namespace sluice::gateway::test {

using Request = beast::http::request<beast::http::string_body>;
using Response = beast::http::response<beast::http::string_body>;

/// An HTTP/1.1 server on a free port, a thread per connection.
class BackendServer {
 public:
  /// Nothing returned: the connection is closed without an answer. A string: those bytes, as they
  /// are.
  using Answer = std::variant<Response, std::string, std::monostate>;
  using Handler = std::function<Answer(const Request&)>;

  explicit BackendServer(Handler handler, unsigned short port = 0);
  ~BackendServer();
  unsigned short port() const { return port_; }
  std::size_t connections() const { return connections_; }

 private:
  void serve(tcp::socket socket);
  asio::io_context io_;
  tcp::acceptor acceptor_;
  Handler handler_;
  unsigned short port_;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

Response json(unsigned status, std::string body);

/// A temporary folder that is removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::shared_ptr<const PolicyState> test_policy();

/// Waits until `condition` holds, at most five seconds.
bool eventually(const std::function<bool()>& condition);

class Chain {
 public:
  struct Options {
    std::size_t max_connections = 1024;
    std::chrono::milliseconds body_timeout{30'000};
    std::shared_ptr<const PolicyState> policy = test_policy();
    bool device = true;  // false: the caller starts one at file("low") and file("high")
  };
  explicit Chain(unsigned short backend_port) : Chain(backend_port, Options{}) {}
  Chain(unsigned short backend_port, Options options);
  ~Chain();
  std::string file(const std::string& name) const { return folder_.file(name); }
  void start_device();
  void stop_device() { device_.reset(); }
  ForwardingDevice& device() { return *device_; }
  unsigned short port() const { return port_; }
  bool wait_connected();
  bool wait_disconnected();

 private:
  bool both(bool connected);
  Folder folder_;
  asio::io_context io_{1};
  std::unique_ptr<ForwardingDevice> device_;
  std::shared_ptr<LowGateway> low_;
  std::shared_ptr<HighGateway> high_;
  unsigned short port_ = 0;
  std::thread thread_;
};

/// A client connection that sends raw bytes and reads whole responses.
class Client {
 public:
  explicit Client(unsigned short port);
  void send(const std::string& bytes);
  /// The next response; status 0 when the connection ended.
  Response read();
  /// True when the server closes within two seconds.
  bool closed();
  /// Sends and reads.
  Response call(const std::string& bytes) {
    send(bytes);
    return read();
  }

 private:
  asio::io_context io_;
  tcp::socket socket_{io_};
  beast::flat_buffer buffer_;
};

/// Sends, says that nothing more comes, and returns everything that comes back until the connection
/// ends, at most ten seconds.
std::string raw_call(unsigned short port, const std::string& bytes);

/// A GET or POST as a usual client writes it.
std::string get(const std::string& target);
std::string post(const std::string& target, const std::string& body);

}  // namespace sluice::gateway::test
