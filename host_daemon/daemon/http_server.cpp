// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/stat.h>

#include <chrono>

#include <spdlog/spdlog.h>

namespace sluice::daemon {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace {

constexpr unsigned kSessionsMax = 16;
constexpr std::uint32_t kHeaderMax = 8 << 10;         // bytes
constexpr std::uint64_t kBodyMax = 24ULL << 20;       // bytes: a descriptor set of 16 MiB in base64, and a policy
constexpr std::chrono::seconds kIdle{60};             // between requests, and for each read and write

}  // namespace

HttpServer::HttpServer(asio::any_io_executor executor, const ControlAddress& address, Router& router)
    : executor_(executor), address_(address), router_(router) {
  if (address_.is_unix()) {
    unix_socket_ = std::make_unique<device::ListeningSocket>(address_.unix_path, SOCK_STREAM);
    ::chmod(address_.unix_path.c_str(), S_IRUSR | S_IWUSR);  // the owner's alone: there are no roles yet
    unix_acceptor_ = std::make_unique<asio::local::stream_protocol::acceptor>(
        executor, asio::local::stream_protocol(), unix_socket_->release_descriptor());
    return;
  }
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address_.host), address_.port);
  boost::system::error_code error;
  tcp_acceptor_ = std::make_unique<asio::ip::tcp::acceptor>(executor);
  tcp_acceptor_->open(endpoint.protocol());
  tcp_acceptor_->set_option(asio::socket_base::reuse_address(true));
  tcp_acceptor_->bind(endpoint, error);
  if (!error) tcp_acceptor_->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw AddressError("control address '" + to_string(address_) + "': " + error.message() +
                       (error == asio::error::address_in_use ? "; stop the other process or choose another port" : ""));
  }
  address_.port = tcp_acceptor_->local_endpoint().port();
}

std::string HttpServer::address() const { return to_string(address_); }

asio::awaitable<void> HttpServer::run() {
  if (unix_acceptor_) {
    co_await accept_from(*unix_acceptor_);
  } else {
    co_await accept_from(*tcp_acceptor_);
  }
}

template <class Acceptor>
asio::awaitable<void> HttpServer::accept_from(Acceptor& acceptor) {
  asio::steady_timer pause(executor_);
  for (;;) {
    boost::system::error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error && make_room()) {
      asio::co_spawn(executor_, serve(std::move(socket)), asio::detached);
      continue;
    }
    if (!error) {
      spdlog::warn("control: {} requests are being answered already; a connection was closed", kSessionsMax);
      continue;  // the socket closes
    }
    spdlog::warn("control: accept: {}", error.message());
    pause.expires_after(std::chrono::milliseconds(100));  // out of descriptors, for one: do not spin
    co_await pause.async_wait(asio::use_awaitable);
  }
}

// A session's entry among the peers, for as long as it lives.
class HttpServer::Place {
 public:
  Place(std::list<Peer>& peers, std::function<void()> close) : peers_(peers) {
    peers_.push_front({std::chrono::steady_clock::now(), false, false, std::move(close)});
    peer_ = peers_.begin();
  }
  ~Place() { peers_.erase(peer_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  void set_answering(bool answering) {
    peer_->answering = answering;
    peer_->since = std::chrono::steady_clock::now();
  }

 private:
  std::list<Peer>& peers_;
  std::list<Peer>::iterator peer_;
};

// Peers that keep a connection and send nothing must not keep others out: the one that has been waited for longest
// goes. False: all places are taken by requests that are being answered.
bool HttpServer::make_room() {
  Peer* slowest = nullptr;
  unsigned open = 0;
  for (Peer& peer : peers_) {
    if (peer.closing) continue;
    ++open;
    if (!peer.answering && (slowest == nullptr || peer.since < slowest->since)) slowest = &peer;
  }
  if (open < kSessionsMax) return true;
  if (slowest == nullptr) return false;
  slowest->closing = true;
  slowest->close();
  return true;
}

template <class Protocol>
asio::awaitable<void> HttpServer::serve(asio::basic_stream_socket<Protocol> socket) {
  beast::basic_stream<Protocol> stream(std::move(socket));
  Place place(peers_, [&stream] { stream.close(); });
  beast::flat_buffer buffer;
  boost::system::error_code error;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderMax);
    parser.body_limit(kBodyMax);
    stream.expires_after(kIdle);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    Router::Response response;
    if (error == http::error::body_limit || error == http::error::header_limit) {
      response.result(error == http::error::body_limit ? http::status::payload_too_large
                                                       : http::status::request_header_fields_too_large);
      response.set(http::field::content_type, "application/problem+json");
      response.body() = R"({"type":"about:blank","title":"Too large","status":)" +
                        std::to_string(response.result_int()) + R"(,"detail":"headers may have )" +
                        std::to_string(kHeaderMax) + " bytes, bodies " + std::to_string(kBodyMax) + R"("})";
      response.keep_alive(false);
      response.prepare_payload();
    } else if (error) {
      break;  // closed, silent for too long, or no HTTP
    } else {
      stream.expires_never();  // a compilation takes its time
      place.set_answering(true);
      response = co_await router_.answer(parser.get());
      place.set_answering(false);
    }
    stream.expires_after(kIdle);
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    if (error || !response.keep_alive()) break;
  }
  stream.close();
}

}  // namespace sluice::daemon
