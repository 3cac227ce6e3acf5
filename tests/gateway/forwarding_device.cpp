// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarding_device.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace sluice::gateway::test {
namespace {

int listen_on(const std::string& path) {
  ::unlink(path.c_str());
  const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket, 4) != 0) {
    throw std::runtime_error("listen on " + path);
  }
  return socket;
}

void send_all(int to, const std::vector<link::Frame>& frames) {
  for (const link::Frame& frame : frames) {
    if (to >= 0) (void)::send(to, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
}

}  // namespace

ForwardingDevice::ForwardingDevice(std::string low_path, std::string high_path)
    : low_listener_(listen_on(low_path)),
      high_listener_(listen_on(high_path)),
      low_path_(std::move(low_path)),
      high_path_(std::move(high_path)) {
  if (::pipe(wake_) != 0) throw std::runtime_error("pipe");
  thread_ = std::thread([this] { run(); });
}

ForwardingDevice::~ForwardingDevice() {
  stop_ = true;
  (void)!::write(wake_[1], "x", 1);
  thread_.join();
  for (const int fd : {low_listener_, high_listener_, low_, high_, wake_[0], wake_[1]}) {
    if (fd >= 0) ::close(fd);
  }
  ::unlink(low_path_.c_str());
  ::unlink(high_path_.c_str());
}

void ForwardingDevice::change_requests(Change change) {
  const std::lock_guard lock(mutex_);
  change_request_ = std::move(change);
}

void ForwardingDevice::change_responses(Change change) {
  const std::lock_guard lock(mutex_);
  change_response_ = std::move(change);
}

void ForwardingDevice::inject_low(std::vector<link::Frame> frames) {
  const std::lock_guard lock(mutex_);
  injected_ = std::move(frames);
  (void)!::write(wake_[1], "x", 1);
}

void ForwardingDevice::forward(int from, int to, link::Port port, link::Reassembler& reassembler) {
  std::uint8_t buffer[link::max_frame_bytes];
  const auto got = ::recv(from, buffer, sizeof buffer, 0);
  if (got <= 0) {
    ::close(from);
    (port == link::Port::low ? low_ : high_) = -1;
    reassembler.reset();
    return;
  }
  auto result = reassembler.feed({buffer, static_cast<std::size_t>(got)});
  if (result.status != link::Reassembler::Status::complete) {
    if (result.status != link::Reassembler::Status::incomplete) ++bad_frames_;
    return;
  }
  const std::lock_guard lock(mutex_);
  std::string record(result.record->bytes.begin(), result.record->bytes.end());
  std::uint32_t tag = result.record->tag;
  const Change& change = port == link::Port::low ? change_request_ : change_response_;
  if (port == link::Port::low) {
    tags_[next_id_] = tag;
    tag = next_id_++;
    if (tags_.size() > most_outstanding_) most_outstanding_ = tags_.size();
  } else {
    const auto found = tags_.find(tag);
    if (found == tags_.end()) return;
    tag = found->second;
    tags_.erase(found);
  }
  if (change) {
    auto changed = change(std::move(record));
    if (!changed) {
      if (port == link::Port::low) tags_.erase(tag);
      return;
    }
    record = std::move(*changed);
  }
  const std::vector<std::uint8_t> bytes(record.begin(), record.end());
  const link::Port out = port == link::Port::low ? link::Port::high : link::Port::low;
  send_all(to, link::to_frames(link::from_device(out), tag, bytes));
}

void ForwardingDevice::run() {
  link::Reassembler requests(link::to_device(link::Port::low).kind, 65535);
  link::Reassembler responses(link::to_device(link::Port::high).kind, 65535);
  while (!stop_) {
    pollfd wanted[5] = {{low_listener_, POLLIN, 0},
                        {high_listener_, POLLIN, 0},
                        {low_, POLLIN, 0},
                        {high_, POLLIN, 0},
                        {wake_[0], POLLIN, 0}};
    if (::poll(wanted, 5, 1000) <= 0) continue;
    if (wanted[0].revents != 0 && low_ < 0)
      low_ = ::accept4(low_listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (wanted[1].revents != 0 && high_ < 0)
      high_ = ::accept4(high_listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (wanted[2].revents != 0) forward(low_, high_, link::Port::low, requests);
    if (wanted[3].revents != 0) forward(high_, low_, link::Port::high, responses);
    if (wanted[4].revents != 0) {
      char byte;
      (void)!::read(wake_[0], &byte, 1);
      const std::lock_guard lock(mutex_);
      send_all(low_, injected_);
      injected_.clear();
    }
  }
}

}  // namespace sluice::gateway::test
