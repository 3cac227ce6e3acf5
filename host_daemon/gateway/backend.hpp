// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 client of the backend behind HIGH: a pool of kept-alive connections, one request on each
// at a time. It never repeats a request by itself: whether the backend has acted on it is not
// known.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "canonical/canonicalizer.hpp"
#include "gateway/net.hpp"

namespace sluice::gateway {

struct BackendAddress {
  std::string host;
  std::string port;
};

/// Reads "http://HOST[:PORT]"; throws std::invalid_argument with a message for people.
BackendAddress parse_backend(const std::string& url);

/// Why there is no response. `code` is short and stable: "connect", "send", "receive", "timeout",
/// "closed" (before the first byte), "incomplete", "body_too_long", "bad_http",
/// "switched_protocols", or the refusal's of a head that is not HTTP/1.1.
struct BackendFailure {
  std::string code;
  std::string message;
  bool timed_out() const { return code == "timeout"; }
};

class Backend : public std::enable_shared_from_this<Backend> {
 public:
  struct Options {
    BackendAddress address;
    std::size_t max_idle = 64;                    // connections kept for later
    std::chrono::milliseconds idle_limit{4'000};  // shorter than what servers keep
  };
  Backend(asio::io_context& io, Options options)
      : io_(io), options_(std::move(options)), resolver_(io) {}

  /// Sends the request and reads the whole response, until `deadline`.
  awaitable<std::variant<canonical::HttpResponse, BackendFailure>> call(
      const canonical::HttpRequest& request, std::size_t max_body_bytes,
      Clock::time_point deadline);

 private:
  struct Connection {
    explicit Connection(asio::io_context& io) : stream(io) {}
    beast::tcp_stream stream;
    beast::flat_buffer buffer;
    Clock::time_point idle_since{};
  };
  std::unique_ptr<Connection> take_idle();
  awaitable<std::unique_ptr<Connection>> connect(Clock::time_point deadline,
                                                 BackendFailure& failure);

  asio::io_context& io_;
  Options options_;
  tcp::resolver resolver_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the last one was used last
};

}  // namespace sluice::gateway
