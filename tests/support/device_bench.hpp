// SPDX-License-Identifier: Apache-2.0
// A device session with the helpers that tests of whole devices need. The level is that of the
// environment variable SLUICE_TEST_LEVEL ("lt" without it), so that one test runs at every level.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "link/link_codec.hpp"
#include "link/management_client.hpp"
#include "simulator/device_session.hpp"
#include "support/table_builder.hpp"

namespace sluice::support {

using link::Port;

class DeviceBench {
 public:
  explicit DeviceBench(layout::Geometry geometry = layout::Geometry::SMALL,
                       fabric::SeededFault fault = fabric::SeededFault::none);
  /// Loads that image; throws when the device refuses it. The IMAGE event is taken.
  void load(const ImageBuilder& image);

  [[nodiscard]] simulator::DeviceSession& session() { return *session_; }

  /// The frames of a record, as a gateway at that port would send them.
  static std::vector<link::Frame> frames_of(Port port, std::uint32_t tag, const std::string& text);
  void send(Port port, const link::Frame& frame) { session_->send(port, frame); }
  /// Sends a whole record and settles.
  void send(Port port, std::uint32_t tag, const std::string& text);
  void settle() { session_->settle(); }
  void tick(unsigned count = 1) { session_->tick(count); }

  /// Frames that left since the last call.
  std::vector<link::Frame> frames(Port port);
  struct Text {
    std::uint32_t tag;
    std::string text;
    friend bool operator==(const Text&, const Text&) = default;
  };
  /// Records that left since the last call. Throws when a frame is not canonical or a record is not
  /// complete.
  std::vector<Text> records(Port port);
  /// Events that left since the last call; the answers among them are kept for ask().
  std::vector<layout::Event> events();
  /// The one event that left since the last call; throws when it is not one.
  layout::Event event();

  /// Sends a management frame and returns the answer; throws without one.
  layout::ManagementHeader ask(const link::Frame& frame);
  std::uint32_t read(std::uint16_t address);
  layout::LoadStatus command(layout::Command command);
  std::uint32_t count(layout::Pipeline pipeline, layout::Reason reason);
  /// Sends the image in blocks, without BEGIN; returns the last answer's status.
  layout::LoadStatus send_blocks(const std::vector<std::uint8_t>& image,
                                 std::uint32_t first_word = 0);

  /// A request and its device id, after it left at HIGH.
  std::uint32_t request(std::uint32_t tag, const std::string& text);

 private:
  void collect();

  std::unique_ptr<simulator::DeviceSession> session_;
  std::vector<layout::Event> events_;
  std::vector<layout::ManagementHeader> answers_;
  std::uint8_t sequence_ = 0;
};

/// The level under test.
simulator::Level level_under_test();
/// The smallest geometry that exists at that level: TINY at lt, SMALL at rtl.
layout::Geometry smallest_geometry();

}  // namespace sluice::support
