// SPDX-License-Identifier: Apache-2.0
#include "gateway/bench.hpp"

#include <stdlib.h>
#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <future>
#include <stdexcept>

namespace sluice::gateway::test {

namespace http = beast::http;

BackendServer::BackendServer(Handler handler, unsigned short port)
    : acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), port)),
      handler_(std::move(handler)) {
  port_ = acceptor_.local_endpoint().port();
  thread_ = std::thread([this] {
    while (true) {
      error_code error;
      tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (stop_) return;
      if (error) continue;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(socket.native_handle());
      threads_.emplace_back(
          [this, moved = std::move(socket)]() mutable { serve(std::move(moved)); });
    }
  });
}

BackendServer::~BackendServer() {
  stop_ = true;
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void BackendServer::serve(tcp::socket socket) {
  beast::flat_buffer buffer;
  error_code error;
  while (!error) {
    Request request;
    http::read(socket, buffer, request, error);
    if (error) break;
    Answer answer = handler_(request);
    if (auto* response = std::get_if<Response>(&answer)) {
      http::write(socket, *response, error);
      if (!response->keep_alive()) break;
    } else if (const auto* bytes = std::get_if<std::string>(&answer)) {
      asio::write(socket, asio::buffer(*bytes), error);
      break;
    } else {
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, socket.native_handle());
  socket.shutdown(tcp::socket::shutdown_both, error);
  socket.close(error);
}

Response json(unsigned status, std::string body) {
  Response response(static_cast<http::status>(status), 11);
  response.set(http::field::server, "test");
  response.set(http::field::content_type, "application/json");
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "sluice-gateway-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<const PolicyState> test_policy() {
  static const auto state = [] {
    auto loaded = load_policy(std::string(SLUICE_SOURCE_DIR) + "/tests/gateway/data/policy.yaml");
    if (const auto* text = std::get_if<std::string>(&loaded)) throw std::runtime_error(*text);
    return std::get<0>(loaded);
  }();
  return state;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

Chain::Chain(unsigned short backend_port, Options options) {
  if (options.device) start_device();
  low_ = LowGateway::create(io_,
                            {.device = folder_.file("low"),
                             .listen = {asio::ip::make_address("127.0.0.1"), 0},
                             .max_connections = options.max_connections,
                             .body_timeout = options.body_timeout},
                            options.policy);
  high_ = HighGateway::create(
      io_, {.device = folder_.file("high"), .backend = {"127.0.0.1", std::to_string(backend_port)}},
      options.policy);
  low_->start();
  high_->start();
  port_ = low_->local_endpoint().port();
  thread_ = std::thread([this] { io_.run(); });
}

Chain::~Chain() {
  asio::post(io_, [this] {
    low_->stop();
    high_->stop();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  io_.stop();
  thread_.join();
}

void Chain::start_device() {
  device_ = std::make_unique<ForwardingDevice>(folder_.file("low"), folder_.file("high"));
}

bool Chain::both(bool connected) {
  return eventually([&] {
    std::promise<bool> result;
    asio::post(io_, [&] {
      result.set_value(low_->device_connected() == connected &&
                       high_->device_connected() == connected);
    });
    return result.get_future().get();
  });
}

bool Chain::wait_connected() { return both(true); }
bool Chain::wait_disconnected() { return both(false); }

Client::Client(unsigned short port) {
  socket_.connect({asio::ip::make_address("127.0.0.1"), port});
}

void Client::send(const std::string& bytes) {
  error_code error;
  asio::write(socket_, asio::buffer(bytes), error);
}

Response Client::read() {
  error_code error;
  http::response_parser<http::string_body> parser;
  http::read(socket_, buffer_, parser, error);
  if (error) return Response(static_cast<http::status>(0), 11);
  return parser.release();
}

bool Client::closed() {
  timeval limit{2, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char byte;
  return ::recv(socket_.native_handle(), &byte, 1, 0) == 0;
}

std::string raw_call(unsigned short port, const std::string& bytes) {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  timeval limit{10, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  error_code error;
  asio::write(socket, asio::buffer(bytes), error);
  socket.shutdown(tcp::socket::shutdown_send, error);
  std::string out;
  char piece[4096];
  for (ssize_t got; (got = ::recv(socket.native_handle(), piece, sizeof piece, 0)) > 0;)
    out.append(piece, static_cast<std::size_t>(got));
  return out;
}

std::string get(const std::string& target) {
  return "GET " + target +
         " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n";
}

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace sluice::gateway::test
