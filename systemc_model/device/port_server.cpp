// SPDX-License-Identifier: Apache-2.0
#include "device/port_server.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <spdlog/spdlog.h>

namespace sluice::device {

PortServer::PortServer(Options options)
    : options_(std::move(options)),
      listener_(options_.path, SOCK_SEQPACKET),
      buffer_(options_.frame_max + 1) {}

PortServer::~PortServer() {
  if (peer_ >= 0) ::close(peer_);
}

std::size_t PortServer::add_to(std::vector<pollfd>& wanted) const {
  const std::size_t first = wanted.size();
  wanted.push_back({listener_.descriptor(), POLLIN, 0});
  if (peer_ >= 0) {
    const int in = options_.answers && full() ? 0 : POLLIN;
    const int out = queue_.empty() ? 0 : POLLOUT;
    wanted.push_back({peer_, static_cast<short>(in | out), 0});
  }
  return first;
}

// Peers may come and go as fast as they like; they get no more than a few lines of the log for it.
bool PortServer::may_log() {
  constexpr unsigned kLinesPerSecond = 8;
  const auto now = std::chrono::steady_clock::now();
  if (now - log_second_ >= std::chrono::seconds(1)) {
    if (log_lines_ > kLinesPerSecond) {
      spdlog::warn("{}: peers came and went {} more times in a second", options_.name, log_lines_ - kLinesPerSecond);
    }
    log_second_ = now;
    log_lines_ = 0;
  }
  return ++log_lines_ <= kLinesPerSecond;
}

void PortServer::serve(bool knocked) {
  constexpr int kPeersPerTurn = 16;  // a storm of them must not hold the other ports
  for (int i = 0; knocked && i < kPeersPerTurn; ++i) {
    const int peer = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        spdlog::warn("{}: accept: {}", options_.name, std::generic_category().message(errno));
      }
      break;
    }
    if (peer_ >= 0 && peer_finished()) close_peer("closed by peer");
    if (peer_ >= 0) {
      if (may_log()) spdlog::warn("{}: a second peer was refused; the port has one already", options_.name);
      ::close(peer);
      continue;
    }
    peer_ = peer;
    ++peers_;
    if (may_log()) spdlog::info("{}: peer connected", options_.name);
  }
  while (peer_ >= 0 && !queue_.empty() && transmit(queue_.front())) queue_.pop_front();
  if (queue_.empty()) dropping_ = false;
}

std::optional<std::span<const std::uint8_t>> PortServer::receive() {
  // Whoever asks without reading the answers is not heard until it does: nothing piles up.
  while (peer_ >= 0 && !(options_.answers && full())) {
    iovec part{buffer_.data(), buffer_.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t got = ::recvmsg(peer_, &message, MSG_DONTWAIT);
    if (got > 0) {
      ++frames_in_;
      return std::span<const std::uint8_t>(buffer_.data(), static_cast<std::size_t>(got));
    }
    // A peer that closed without reading everything is reported as reset first; what it sent is still there.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    // An empty message cannot be told from the end of the connection; no frame is empty, so both end it.
    close_peer(got == 0 ? "closed by peer" : "connection lost");
  }
  return std::nullopt;
}

void PortServer::send(std::span<const std::uint8_t> frame) {
  if (peer_ < 0 || deaf_) {
    ++frames_dropped_;
    return;
  }
  if (queue_.empty() && transmit(frame)) return;
  if (deaf_) {
    ++frames_dropped_;
    return;
  }
  if (queue_.size() >= options_.queue_frames) {
    ++frames_dropped_;
    if (!dropping_) {
      spdlog::warn("{}: the peer does not read; frames are dropped ({} so far)", options_.name,
                   frames_dropped_);
    }
    dropping_ = true;
    return;
  }
  queue_.emplace_back(frame.begin(), frame.end());
}

bool PortServer::transmit(std::span<const std::uint8_t> frame) {
  for (;;) {
    if (::send(peer_, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      ++frames_out_;
      return true;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return false;
    // Gone. What it sent before is still read; receive() then finds the end.
    deaf_ = true;
    frames_dropped_ += queue_.size();
    queue_.clear();
    return false;
  }
}

// The peer may have gone in this very moment: its place is free once everything that it sent was read.
bool PortServer::peer_finished() const {
  char byte = 0;
  ssize_t got = -1;
  do {
    got = ::recv(peer_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  return got == 0;
}

void PortServer::close_peer(const char* why) {
  if (may_log()) spdlog::info("{}: peer disconnected ({})", options_.name, why);
  ::close(peer_);
  peer_ = -1;
  frames_dropped_ += queue_.size();
  queue_.clear();
  dropping_ = false;
  deaf_ = false;
}

}  // namespace sluice::device
