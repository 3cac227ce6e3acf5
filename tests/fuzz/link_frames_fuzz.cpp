// SPDX-License-Identifier: Apache-2.0
// Any frames into the receive side of the link: parse_frame and a Reassembler. A record comes out
// exactly when the last frames in are its canonical frames and none of them was broken off, it has
// the bytes and the tag that they carry, and memory stays within the limit.
//
//   input: direction and limit, then frames:
//          0 length16 bytes             as it is
//          1 tag length16 first count   fragments of a canonical record of up to 8999 bytes
//          2 at16 byte                  the last frame again, one byte changed
//          3                            reset
#include <algorithm>
#include <deque>

#include "fuzz/support.hpp"
#include "link/link_codec.hpp"

using namespace sluice;
using fuzz::finding;
using link::Frame;
using link::Reassembler;

namespace {

constexpr std::size_t header_bytes = layout::EthernetHeader::bytes + layout::LinkHeader::bytes;

// The receiver, and what it was given.
class Bench {
 public:
  Bench(const link::Direction& direction, std::size_t limit)
      : direction_(direction), limit_(limit), reassembler_(direction.kind, limit) {}

  void feed(const Frame& frame) {
    const auto parsed = link::parse_frame(frame, direction_.kind);
    const bool was_open = reassembler_.open();
    const auto result = reassembler_.feed(frame);
    if (parsed.status == link::ParsedFrame::Status::ignored) {
      if (result.status != Reassembler::Status::ignored || reassembler_.open() != was_open)
        finding("a frame of no concern has an effect");
      return;
    }
    if (result.status == Reassembler::Status::ignored) finding("a link frame is ignored");
    if (parsed.status != link::ParsedFrame::Status::good) {
      if (result.status != Reassembler::Status::malformed)
        finding("a malformed frame is not refused");
    } else if (parsed.header.fragment_offset == 0) {
      frames_.clear();
    }
    if (result.status == Reassembler::Status::malformed) {
      if (reassembler_.open() || result.what.empty())
        finding("a refusal leaves a record open, or has no reason");
      frames_.clear();
      return;
    }
    frames_.push_back(frame);
    if ((result.status == Reassembler::Status::complete) != result.record.has_value())
      finding("'complete' and a record go together");
    const bool too_long = parsed.header.record_length > limit_;
    if (too_long &&
        (result.status == Reassembler::Status::too_long) != (parsed.header.fragment_offset == 0))
      finding("a record beyond the limit is refused once, at its first fragment");
    if (!too_long && result.status == Reassembler::Status::too_long)
      finding("a record within the limit is called too long");
    if (result.record) check(*result.record, parsed.header.tag);
  }

  void reset() {
    reassembler_.reset();
    frames_.clear();
    if (reassembler_.open()) finding("open after a reset");
  }

 private:
  // Framed again, the record must give what came in; addresses are not looked at by a receiver.
  void check(link::Record record, std::uint32_t tag) {
    if (fuzz::seeded_fault) record.tag ^= 1;
    if (record.tag != tag) finding("the record has another tag than its frames");
    if (record.bytes.size() > limit_) finding("a record is longer than the limit");
    const auto again = link::to_frames(direction_, record.tag, record.bytes);
    const auto content = [](const Frame& a, const Frame& b) {
      return std::equal(a.begin() + 12, a.end(), b.begin() + 12, b.end());
    };
    if (!std::equal(again.begin(), again.end(), frames_.begin(), frames_.end(), content))
      finding("the record is not what its frames carry");
    frames_.clear();
  }

  link::Direction direction_;
  std::size_t limit_;
  Reassembler reassembler_;
  std::vector<Frame> frames_;  // of the open record
};

std::vector<std::uint8_t> record_of(std::uint32_t tag, std::size_t length) {
  std::vector<std::uint8_t> record(length);
  for (std::size_t i = 0; i < length; ++i)
    record[i] = static_cast<std::uint8_t>(tag + i * 7 + i / 256);
  return record;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned options = input.u8();
  const auto port = (options & 1) != 0 ? link::Port::low : link::Port::high;
  const auto direction = (options & 2) != 0 ? link::to_device(port) : link::from_device(port);
  const std::size_t limits[] = {0, 1, layout::LINK_FRAGMENT_BYTES, 2048, 8192, 65535};
  Bench bench(direction, limits[(options >> 2) % 6]);
  Frame last;
  while (!input.empty()) {
    switch (input.u8() % 4) {
      case 0: {
        const auto bytes = input.bytes(input.u16());
        bench.feed(last = Frame(bytes.begin(), bytes.end()));
        break;
      }
      case 1: {
        const std::uint32_t tag = input.u8();
        const auto frames = link::to_frames(direction, tag, record_of(tag, input.u16() % 9000U));
        const std::size_t first = input.u8() % frames.size();
        const std::size_t count = std::min<std::size_t>(input.u8(), frames.size() - first);
        for (std::size_t i = first; i < first + count; ++i) bench.feed(last = frames[i]);
        break;
      }
      case 2: {
        const std::size_t at = input.u16();
        const std::uint8_t change = input.u8();
        if (last.empty()) break;
        // Most changes go to the header, where they matter.
        last[at % (at & 1 ? std::min(last.size(), header_bytes) : last.size())] ^= change;
        bench.feed(last);
        break;
      }
      default:
        bench.reset();
    }
  }
  return 0;
}
