// SPDX-License-Identifier: Apache-2.0
#include "gateway/device_link.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace sluice::gateway {
namespace {

asio::generic::seq_packet_protocol::endpoint endpoint_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::invalid_argument("'" + path + "' cannot name a socket: a path has 1 to " +
                                std::to_string(sizeof address.sun_path - 1) + " characters");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return {&address, sizeof address};
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::shared_ptr<DeviceLink> DeviceLink::create(asio::io_context& io, Options options,
                                               Handlers handlers) {
  (void)endpoint_of(options.path);
  return std::shared_ptr<DeviceLink>(new DeviceLink(io, std::move(options), std::move(handlers)));
}

DeviceLink::DeviceLink(asio::io_context& io, Options options, Handlers handlers)
    : options_(std::move(options)),
      handlers_(std::move(handlers)),
      io_(io),
      retry_(io),
      socket_(io) {}

void DeviceLink::start() {
  asio::co_spawn(
      io_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void DeviceLink::stop() {
  stopped_ = true;
  retry_.cancel();
  disconnect();
}

void DeviceLink::disconnect() {
  error_code ignored;
  socket_.close(ignored);
  queue_.clear();
  if (connected_) {
    connected_ = false;
    if (!stopped_) spdlog::warn("device lost: {}", options_.path);
    handlers_.on_down();
  }
}

awaitable<void> DeviceLink::run() {
  auto delay = options_.first_retry;
  bool reported = false;
  while (!stopped_) {
    socket_ = Socket(io_);
    auto [error] = co_await socket_.async_connect(endpoint_of(options_.path), by_value);
    if (!error && !stopped_) {
      connected_ = true;
      reported = false;
      spdlog::info("device connected: {}", options_.path);
      const auto since = Clock::now();
      co_await receive();
      disconnect();
      // A device that closes at once (its port is taken, say) is not asked again in a tight loop.
      if (Clock::now() - since > options_.last_retry) delay = options_.first_retry;
    } else if (!reported && !stopped_) {
      spdlog::warn("no device at {}: {}; trying again until there is one", options_.path,
                   error.message());
      reported = true;
    }
    if (stopped_) break;
    retry_.expires_after(delay);
    delay = std::min(delay * 2, options_.last_retry);
    co_await retry_.async_wait(by_value);
  }
}

awaitable<void> DeviceLink::receive() {
  link::Reassembler reassembler(link::from_device(options_.port).kind, options_.max_record_bytes);
  std::vector<std::uint8_t> buffer(link::max_frame_bytes);
  while (true) {
    asio::socket_base::message_flags flags = 0;
    auto [error, count] = co_await socket_.async_receive(asio::buffer(buffer), flags, by_value);
    if (error || count == 0) co_return;
    take(std::span(buffer.data(), count), reassembler);
  }
}

void DeviceLink::take(std::span<const std::uint8_t> frame, link::Reassembler& reassembler) {
  auto result = reassembler.feed(frame);
  if (result.status == link::Reassembler::Status::complete) {
    handlers_.on_record(std::move(*result.record));
  } else if (result.status == link::Reassembler::Status::malformed ||
             result.status == link::Reassembler::Status::too_long) {
    // At powers of two only: whoever sends garbage does not get to fill the log.
    if (++bad_frames_; (bad_frames_ & (bad_frames_ - 1)) == 0) {
      spdlog::warn("bad frame from the device ({} so far): {}", bad_frames_, result.what);
    }
  }
}

bool DeviceLink::send(std::uint32_t tag, std::string_view record) {
  if (!connected_ || queue_.size() >= options_.queue_records) return false;
  queue_.push_back({tag, std::string(record)});
  if (!writing_) {
    writing_ = true;
    asio::co_spawn(
        io_, [self = shared_from_this()] { return self->write(); }, asio::detached);
  }
  return true;
}

awaitable<void> DeviceLink::write() {
  while (connected_ && !queue_.empty()) {
    const Outgoing outgoing = std::move(queue_.front());
    queue_.pop_front();
    for (const link::Frame& frame :
         link::to_frames(link::to_device(options_.port), outgoing.tag, bytes_of(outgoing.record))) {
      auto [error, count] = co_await socket_.async_send(asio::buffer(frame), 0, by_value);
      if (error) {
        error_code ignored;
        socket_.shutdown(Socket::shutdown_both, ignored);  // receive() sees the end and reconnects
        queue_.clear();
        break;
      }
    }
  }
  writing_ = false;
}

}  // namespace sluice::gateway
