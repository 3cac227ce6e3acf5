// SPDX-License-Identifier: Apache-2.0
// Records to link frames and back (docs/fabric.md "Frames in", "Frames out"), for both ends of a
// link. Plain C++: no sockets, no SystemC, no clock. A Reassembler holds at most one open record,
// as the device does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "link/port.hpp"
#include "sluice/layout.hpp"

namespace sluice::link {

/// What is constant in the headers of one direction of one port.
struct Direction {
  std::uint64_t destination;  ///< 48-bit MAC address
  std::uint64_t source;       ///< 48-bit MAC address
  layout::LinkKind kind;
};

/// Frames that a gateway sends to the device: REQUEST at LOW, RESPONSE at HIGH. `port` is low or
/// high.
Direction to_device(Port port);

/// Frames that the device sends to a gateway: RESPONSE at LOW, REQUEST at HIGH. `port` is low or
/// high.
Direction from_device(Port port);

/// A record with the tag of its link header: LOW's own 32-bit tag at LOW, the device id at HIGH.
struct Record {
  std::uint32_t tag = 0;
  std::vector<std::uint8_t> bytes;
};

/// The canonical frames of one record: every fragment but the last is full, padding is zero. A
/// record of no bytes is one frame. Records of 2^32 bytes or more: std::length_error.
std::vector<Frame> to_frames(const Direction& direction, std::uint32_t tag,
                             std::span<const std::uint8_t> record);

/// One frame, looked at by itself.
struct ParsedFrame {
  enum class Status : std::uint8_t {
    good,
    ignored,    ///< not a link frame: too short for an Ethernet header, or another EtherType
    malformed,  ///< length, magic, version or kind: rule 2 of "Frames in"
    bad_size,   ///< the header is right, but the frame's length or padding is not: rule 5
  };
  Status status = Status::ignored;
  layout::LinkHeader header;               ///< as far as the frame holds it (30 bytes), else zeros
  std::span<const std::uint8_t> fragment;  ///< only when good; points into the frame
};

/// Checks everything about a frame that does not depend on earlier frames.
ParsedFrame parse_frame(std::span<const std::uint8_t> frame, layout::LinkKind kind);

/// Puts the fragments of one direction together; strict: anything but the next canonical fragment
/// is an error.
class Reassembler {
 public:
  enum class Status : std::uint8_t { incomplete, complete, ignored, malformed, too_long };
  struct Result {
    Status status;
    std::optional<Record> record;  ///< when complete
    std::string_view what;         ///< in words, when malformed or too_long
    std::uint32_t tag = 0;         ///< of the frame's link header, when it has one
    /// A record of this tag was open and is now lost: a new first fragment or a malformed frame
    /// ended it.
    std::optional<std::uint32_t> aborted;
  };

  /// `max_record_bytes` bounds memory: longer records are refused at their first fragment.
  Reassembler(layout::LinkKind kind, std::size_t max_record_bytes);

  Result feed(std::span<const std::uint8_t> frame);
  /// Drops an open record, if any (a time-out, a lost connection).
  void reset();
  [[nodiscard]] bool open() const { return open_; }

 private:
  layout::LinkKind kind_;
  std::size_t max_record_bytes_;
  bool open_ = false;
  bool skipping_ = false;  // the open record was refused as too long; its fragments are passed over
  std::uint32_t length_ = 0;
  std::uint32_t next_ = 0;
  Record record_;
};

}  // namespace sluice::link
