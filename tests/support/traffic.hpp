// SPDX-License-Identifier: Apache-2.0
// Random traffic against a whole device: good and bad records and frames at both ports, ticks,
// ports that are not ready, image loads in between. It keeps a transcript of everything that left,
// so that levels can be compared, and checks the invariants of the design on the way. The same seed
// plays the same as long as the device answers the same.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/image.hpp"
#include "support/device_bench.hpp"
#include "support/random_image.hpp"

namespace sluice::support {

class Traffic {
 public:
  Traffic(DeviceBench& bench, std::uint64_t seed);

  void play(unsigned steps);

  /// One line per thing that left or was done; events of one tick sorted (their order is not
  /// specified).
  [[nodiscard]] const std::string& transcript() const { return transcript_; }
  /// What broke an invariant, in words; empty for a right device.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] unsigned released() const { return released_; }
  [[nodiscard]] const std::map<layout::Reason, unsigned>& reasons() const { return reasons_; }

 private:
  struct Sent {
    std::uint32_t tag;
    std::vector<std::uint8_t> bytes;
  };
  struct Issued {
    std::uint32_t low_tag;
    std::uint16_t endpoint;
    bool answered;
  };

  void step();
  void send_request();
  void send_response();
  void send_garbage();
  void send_frames(Port port, const std::vector<link::Frame>& frames, std::size_t count);
  void load();
  void take_output(bool sorted);
  void take_record(Port port, const DeviceBench::Text& record);
  void take_event(const layout::Event& event, std::vector<std::string>& lines);
  std::string text_for(char first);
  void violation(const std::string& what);

  DeviceBench& bench_;
  Random random_;
  ImageBuilder builder_;
  engine::Image image_;
  std::uint64_t serial_ = 1;
  std::uint32_t next_tag_ = 1;
  std::uint8_t sequence_ = 0;
  std::uint32_t event_sequence_ = 0;
  bool event_sequence_known_ = false;
  std::deque<Sent> requests_;  // complete ones that went in, oldest first
  std::deque<Sent> responses_;
  std::map<std::uint32_t, Issued> issued_;  // every device id that left at HIGH
  std::map<std::uint32_t, std::uint16_t>
      outstanding_;  // those that may still be answered, with their endpoint
  std::map<Port, std::uint8_t> not_ready_;
  std::map<Port, link::Reassembler> reassemblers_;
  unsigned released_ = 0;
  unsigned accepted_events_ = 0;
  std::map<layout::Reason, unsigned> reasons_;
  std::string transcript_;
  std::vector<std::string> violations_;
};

}  // namespace sluice::support
