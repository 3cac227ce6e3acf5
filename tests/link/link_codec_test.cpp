// SPDX-License-Identifier: Apache-2.0
// Framing and strict reassembly, against bytes written out by hand and against every single-byte
// change.
#include "link/link_codec.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using link::Frame;
using link::Port;
using link::Reassembler;
using Status = link::Reassembler::Status;

namespace {

std::vector<std::uint8_t> record_of(std::size_t length) {
  std::vector<std::uint8_t> record(length);
  for (std::size_t i = 0; i < length; ++i) record[i] = static_cast<std::uint8_t>(i * 31 + 7);
  return record;
}

std::vector<Frame> frames_of(std::size_t length, std::uint32_t tag = 0xA1B2C3D4) {
  return link::to_frames(link::to_device(Port::low), tag, record_of(length));
}

}  // namespace

TEST_CASE("a short frame, byte by byte") {
  const auto frames = link::to_frames(link::to_device(Port::low), 0xA1B2C3D4, record_of(2));
  REQUIRE(frames.size() == 1);
  Frame expected{0x02, 0x53, 0x4C, 0x00, 0x00, 0x01, 0x02, 0x53, 0x4C, 0x00, 0x01,
                 0x01, 0x88, 0xB5, 'S',  'L',  1,    1,    0xA1, 0xB2, 0xC3, 0xD4,
                 0,    0,    0,    2,    0,    0,    0,    0,    7,    38};
  const Frame padding(60 - expected.size(), 0);
  expected.insert(expected.end(), padding.begin(), padding.end());
  CHECK(frames[0] == expected);
}

TEST_CASE("directions") {
  using layout::LinkKind;
  CHECK(link::to_device(Port::low).kind == LinkKind::REQUEST);
  CHECK(link::to_device(Port::high).kind == LinkKind::RESPONSE);
  CHECK(link::from_device(Port::low).kind == LinkKind::RESPONSE);
  CHECK(link::from_device(Port::high).kind == LinkKind::REQUEST);
  CHECK(link::to_device(Port::high).source == link::from_device(Port::high).destination);
  CHECK_THROWS_AS(link::to_device(Port::management), std::invalid_argument);
}

TEST_CASE("any length goes there and back") {
  for (std::size_t length : {0, 1, 29, 30, 31, 1483, 1484, 1485, 2967, 2968, 2969, 65535}) {
    Reassembler reassembler(layout::LinkKind::REQUEST, 65535);
    const auto frames = frames_of(length);
    CHECK(frames.size() == std::max<std::size_t>(1, (length + 1483) / 1484));
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CHECK(frames[i].size() >= 60);
      CHECK(frames[i].size() <= 1514);
      const auto result = reassembler.feed(frames[i]);
      if (i + 1 < frames.size()) {
        CHECK(result.status == Status::incomplete);
        CHECK(reassembler.open());
      } else {
        REQUIRE(result.status == Status::complete);
        CHECK(result.record->tag == 0xA1B2C3D4);
        CHECK(result.record->bytes == record_of(length));
        CHECK_FALSE(reassembler.open());
      }
    }
  }
}

TEST_CASE("no changed byte of a frame gives back the same record under the same tag") {
  const auto frames = frames_of(40);
  for (std::size_t at = 0; at < frames[0].size(); ++at) {
    for (int change = 1; change < 256; change += 5) {
      Frame frame = frames[0];
      frame[at] = static_cast<std::uint8_t>(frame[at] ^ change);
      Reassembler reassembler(layout::LinkKind::REQUEST, 65535);
      const auto result = reassembler.feed(frame);
      INFO("byte " << at);
      if (at < 12) {  // addresses are not looked at
        CHECK(result.status == Status::complete);
      } else if (at < 14) {
        CHECK(result.status == Status::ignored);
      } else if (at >= 18 && at < 22) {  // the tag
        REQUIRE(result.status == Status::complete);
        CHECK(result.record->tag != 0xA1B2C3D4);
      } else if (at >= 30) {
        REQUIRE(result.status == Status::complete);
        CHECK(result.record->bytes != record_of(40));
      } else {
        const bool refused =
            result.status == Status::malformed || result.status == Status::too_long;
        CHECK(refused);
      }
    }
  }
}

TEST_CASE("what does not continue the open record ends it, and says so") {
  const auto frames = frames_of(4000, 1);
  Reassembler reassembler(layout::LinkKind::REQUEST, 65535);
  SECTION("a lost fragment") {
    reassembler.feed(frames[0]);
    const auto result = reassembler.feed(frames[2]);
    CHECK(result.status == Status::malformed);
    CHECK(result.aborted == 1U);
    CHECK_FALSE(result.what.empty());
    CHECK(reassembler.feed(frames[1]).status == Status::malformed);
  }
  SECTION("a new record") {
    reassembler.feed(frames[0]);
    const auto result = reassembler.feed(frames_of(10, 2)[0]);
    CHECK(result.status == Status::complete);
    CHECK(result.aborted == 1U);
  }
  SECTION("a fragment of another record") {
    reassembler.feed(frames[0]);
    CHECK(reassembler.feed(frames_of(4000, 2)[1]).status == Status::malformed);
  }
  SECTION("nothing was open") {
    const auto result = reassembler.feed(frames[1]);
    CHECK(result.status == Status::malformed);
    CHECK_FALSE(result.aborted);
  }
  SECTION("reset") {
    reassembler.feed(frames[0]);
    reassembler.reset();
    CHECK(reassembler.feed(frames[1]).status == Status::malformed);
  }
}

TEST_CASE("a record above the bound is refused at once, skipped, and uses no memory") {
  Reassembler reassembler(layout::LinkKind::REQUEST, 3999);
  const auto frames = frames_of(4000, 1);
  CHECK(reassembler.feed(frames[0]).status == Status::too_long);
  CHECK(reassembler.feed(frames[1]).status == Status::incomplete);
  CHECK(reassembler.feed(frames[2]).status == Status::incomplete);
  CHECK(reassembler.feed(frames_of(5, 2)[0]).status == Status::complete);
  Frame huge = frames[0];
  std::fill_n(huge.begin() + 22, 4, 0xFF);
  CHECK(reassembler.feed(huge).status == Status::too_long);
}

TEST_CASE("padding, size and kind are checked") {
  const Frame good = frames_of(10)[0];
  for (std::size_t at = 40; at < 60; ++at) {
    Frame frame = good;
    frame[at] = 1;
    CHECK(link::parse_frame(frame, layout::LinkKind::REQUEST).status ==
          link::ParsedFrame::Status::bad_size);
  }
  CHECK(link::parse_frame(good, layout::LinkKind::RESPONSE).status ==
        link::ParsedFrame::Status::malformed);
  for (std::size_t size = 0; size < 60; ++size) {
    const auto parsed = link::parse_frame(std::span(good).first(size), layout::LinkKind::REQUEST);
    CHECK(parsed.status ==
          (size < 14 ? link::ParsedFrame::Status::ignored : link::ParsedFrame::Status::malformed));
    CHECK(parsed.header.tag == (size < 30 ? 0 : 0xA1B2C3D4));
  }
}
