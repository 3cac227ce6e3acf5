// SPDX-License-Identifier: Apache-2.0
// One port of the device on a SOCK_SEQPACKET socket: one message is one frame, one peer at a time, and peers come and
// go as they like. Nothing here ever blocks: a peer that does not read gets a bounded queue and then loses whole frames
// (data ports), or is simply not given more (management, whose events then wait in the device).
// It does not look into frames.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/unix_socket.hpp"

namespace sluice::device {

class PortServer {
 public:
  struct Options {
    std::string name;               // for messages: "low", "high", "management"
    std::string path;               // of the socket
    std::size_t frame_max = 0;      // bytes; longer messages are cut to one byte more, so that the device sees them as bad
    std::size_t queue_frames = 512; // frames that wait for a slow peer
    bool answers = false;           // the peer is answered: while full(), it is not heard
  };

  // Listens at once; throws SocketError.
  explicit PortServer(Options options);
  ~PortServer();
  PortServer(const PortServer&) = delete;
  PortServer& operator=(const PortServer&) = delete;

  // Appends what this port waits for; the first of it tells of new peers. Its index.
  std::size_t add_to(std::vector<pollfd>& wanted) const;

  // With `knocked` accepts peers (a second one is closed at once; a few in one call); sends what waited.
  void serve(bool knocked);

  // The next frame from the peer, if one is there. Valid until the next call.
  std::optional<std::span<const std::uint8_t>> receive();

  // Sends or queues one frame. Without a peer, or with a full queue, the frame is dropped and counted.
  void send(std::span<const std::uint8_t> frame);

  bool connected() const { return peer_ >= 0; }
  // The peer does not read, and nothing more can wait for it.
  bool full() const { return connected() && !deaf_ && queue_.size() >= options_.queue_frames; }
  std::uint64_t peers() const { return peers_; }  // that were let in so far
  // A frame given to `send` now would reach the peer's socket or the queue.
  bool writable() const { return connected() && !deaf_ && queue_.size() < options_.queue_frames; }
  const std::string& name() const { return options_.name; }
  const std::string& path() const { return options_.path; }
  std::uint64_t frames_in() const { return frames_in_; }
  std::uint64_t frames_out() const { return frames_out_; }
  std::uint64_t frames_dropped() const { return frames_dropped_; }

 private:
  bool transmit(std::span<const std::uint8_t> frame);  // false: try again later
  bool peer_finished() const;
  void close_peer(const char* why);
  bool may_log();

  Options options_;
  ListeningSocket listener_;
  int peer_ = -1;
  std::vector<std::uint8_t> buffer_;
  std::deque<std::vector<std::uint8_t>> queue_;
  std::uint64_t peers_ = 0;
  std::uint64_t frames_in_ = 0;
  std::uint64_t frames_out_ = 0;
  std::uint64_t frames_dropped_ = 0;
  std::chrono::steady_clock::time_point log_second_{};  // begin of the second that is counted
  unsigned log_lines_ = 0;                              // of peers coming and going in it
  bool deaf_ = false;      // the peer takes nothing any more
  bool dropping_ = false;  // a line in the log when dropping begins, not for every frame
};

}  // namespace sluice::device
