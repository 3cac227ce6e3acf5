// SPDX-License-Identifier: Apache-2.0
// One device on the bench of one procedure: frames in and out of its three ports, and the checks. It expects nothing of the
// device: whatever does not come, or comes otherwise, is a failed check and never a crash. It knows no procedure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference.hpp"
#include "link/link_codec.hpp"
#include "simulator/device_session.hpp"

namespace sluice::conformance {

using layout::Event;
using layout::Pipeline;
using layout::Reason;
using link::Frame;
using link::Port;

/// Ends a procedure early: going on would say nothing more. The check that threw it is already noted.
struct Stop {};

/// A record that left a port.
struct Left {
  std::uint32_t tag = 0;
  std::string text;
};

/// What became of one record.
struct Outcome {
  std::optional<Event> event;  ///< its one RECORD event
  std::vector<Left> left;      ///< what came out at the other side meanwhile
  [[nodiscard]] bool accepted() const { return event && event->reason == Reason::ACCEPTED; }
};

class Bench {
 public:
  Bench(simulator::DeviceSession& session, const Reference& reference);

  [[nodiscard]] const Reference& reference() const { return reference_; }
  [[nodiscard]] simulator::DeviceSession& session() { return session_; }

  // --- checks
  /// Notes a failure when not `good`; `what` says what should have been.
  bool expect(bool good, std::string_view what);
  /// As expect(), and ends the procedure.
  void require(bool good, std::string_view what);
  /// A remark for the report (a measurement, a restriction).
  void note(std::string text);
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] std::size_t checks() const { return checks_; }

  // --- data ports
  static std::vector<Frame> frames_of(Port port, std::uint32_t tag, std::string_view record);
  void send(Port port, std::span<const std::uint8_t> frame) { session_.send(port, frame); }
  void send_record(Port port, std::uint32_t tag, std::string_view record);
  /// Frames that left that port since the last call, after settling.
  std::vector<Frame> frames(Port port);
  /// The records in them. Frames that are not canonical, or carry other constants than the device's, are failed checks.
  std::vector<Left> records(Port port);
  /// Checks that nothing left that port.
  bool expect_silence(Port port, std::string_view when);

  // --- management port
  /// Events since the last call.
  std::vector<Event> events();
  /// The one event since the last call; a failed check when there is not exactly one.
  std::optional<Event> event(std::string_view of);
  /// Sends a frame without waiting for the answer; take_answer() fetches it.
  void send_management(const Frame& frame) { session_.send(Port::management, frame); }
  std::optional<layout::ManagementHeader> take_answer();
  /// The register's value; ends the procedure when the device does not answer.
  std::uint32_t read(std::uint16_t address);
  std::uint32_t count(Pipeline pipeline, Reason reason);
  layout::LoadStatus command(layout::Command command);
  /// BEGIN and all blocks; the first status that is not OK.
  layout::LoadStatus upload(std::span<const std::uint8_t> image);
  /// upload() and ACTIVATE; ends the procedure when the device refuses. Takes the IMAGE event.
  void activate(std::span<const std::uint8_t> image);

  // --- whole records
  /// Sends a record with a tag of its own, settles, and takes its event and what left at the other side. A device with nothing
  /// else to report is expected; events of other records are failed checks.
  Outcome request(std::string_view record);
  Outcome response(std::uint32_t id, std::string_view record);
  /// A request that must pass; the device id under which it left. Ends the procedure otherwise.
  std::uint32_t pass(std::string_view record);
  /// Answers a request, so that its transaction is free again; the answer need not pass.
  void free(std::uint32_t id);
  std::uint32_t next_tag() { return tag_ += 0x01000193; }
  [[nodiscard]] std::uint32_t last_tag() const { return tag_; }

 private:
  void collect();
  Outcome judged(Pipeline pipeline, Port out, std::uint32_t tag);

  static constexpr std::size_t failures_max = 20;

  simulator::DeviceSession& session_;
  const Reference& reference_;
  link::Reassembler low_, high_;
  std::vector<Event> events_;
  std::vector<layout::ManagementHeader> answers_;
  std::vector<std::string> failures_;
  std::vector<std::string> notes_;
  std::size_t checks_ = 0;
  std::uint32_t tag_ = 0x811C9DC5;
  std::uint8_t sequence_ = 0;
};

/// A record in one line of a report: its beginning, printable.
std::string shown(std::string_view record);

}  // namespace sluice::conformance
