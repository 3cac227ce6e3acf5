// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

namespace sluice::tricks {
namespace {

using boost::system::error_code;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Length of the request at the front: the most naive reading, which canonical records allow.
std::optional<std::size_t> whole(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  std::size_t length = end + 4;
  const std::string field = "\r\ncontent-length: ";
  if (const auto at = bytes.find(field); at < end)
    length += std::strtoull(bytes.c_str() + at + field.size(), nullptr, 10);
  return bytes.size() < length ? std::nullopt : std::optional(length);
}

}  // namespace

Backend::Backend()
    : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}), thread_([this] {
        while (!stop_) {
          error_code error;
          Tcp::socket socket(io_);
          acceptor_.accept(socket, error);
          if (stop_ || error) continue;
          const std::lock_guard lock(mutex_);
          open_.insert(socket.native_handle());
          threads_.emplace_back([this, s = std::move(socket)]() mutable { serve(std::move(s)); });
        }
      }) {}

Backend::~Backend() {
  stop_ = true;
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void Backend::script(std::string answer, bool close) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(answer);
  close_ = close;
}

std::vector<std::string> Backend::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(seen_, {});
}

bool Backend::answer(Tcp::socket& socket, const std::string& request) {
  std::string bytes;
  bool close = false;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    const auto asks = [&](const char* target) {
      return request.starts_with(std::string("GET ") + target + " ");
    };
    bytes = asks(kScripted) ? script_ : asks(kAfter) ? ok(kAfterBody) : ok("{}");
    close = asks(kScripted) && close_;
  }
  error_code error;
  boost::asio::write(socket, boost::asio::buffer(bytes), error);
  return !error && !close;
}

void Backend::serve(Tcp::socket socket) {
  std::string bytes;
  char piece[4096];
  for (bool goes_on = true; goes_on;) {
    error_code error;
    const std::size_t got = socket.read_some(boost::asio::buffer(piece), error);
    if (error) break;
    bytes.append(piece, got);
    while (const auto length = goes_on ? whole(bytes) : std::nullopt) {
      goes_on = answer(socket, bytes.substr(0, *length));
      bytes.erase(0, *length);
    }
  }
  const std::lock_guard lock(mutex_);
  if (!bytes.empty()) seen_.push_back("(not whole) " + bytes);
  open_.erase(socket.native_handle());
  error_code ignored;
  socket.shutdown(Tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

}  // namespace sluice::tricks
