// SPDX-License-Identifier: Apache-2.0
// A test double for the device: two SOCK_SEQPACKET ports, records forwarded with ids of its own, no
// filter. It can be told to lose, alter, or invent records, and it dies when destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "link/link_codec.hpp"

namespace sluice::gateway::test {

class ForwardingDevice {
 public:
  /// What becomes of a record on its way: nothing returned, it is lost.
  using Change = std::function<std::optional<std::string>(std::string)>;

  ForwardingDevice(std::string low_path, std::string high_path);
  ~ForwardingDevice();
  ForwardingDevice(const ForwardingDevice&) = delete;
  ForwardingDevice& operator=(const ForwardingDevice&) = delete;

  void change_requests(Change change);
  void change_responses(Change change);
  /// Sends raw frames to LOW.
  void inject_low(std::vector<link::Frame> frames);
  /// Most requests that were ever forwarded and not yet answered.
  std::size_t most_outstanding() const { return most_outstanding_; }
  std::size_t bad_frames() const { return bad_frames_; }

 private:
  void run();
  void forward(int from, int to, link::Port port, link::Reassembler& reassembler);

  int low_listener_, high_listener_, low_ = -1, high_ = -1;
  int wake_[2];
  std::string low_path_, high_path_;
  std::mutex mutex_;
  Change change_request_, change_response_;
  std::vector<link::Frame> injected_;
  std::map<std::uint32_t, std::uint32_t> tags_;  // device id to LOW's tag
  std::uint32_t next_id_ = 0x01000001;
  std::atomic<std::size_t> most_outstanding_ = 0, bad_frames_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace sluice::gateway::test
