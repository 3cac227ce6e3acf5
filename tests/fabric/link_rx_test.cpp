// SPDX-License-Identifier: Apache-2.0
// docs/fabric.md "Frames in", rule by rule. The rule numbers are those of the page.
#include <catch2/catch.hpp>

#include "support/device_bench.hpp"

using namespace sluice;
using layout::Pipeline;
using layout::Reason;
using support::DeviceBench;
using support::Port;

namespace {

constexpr std::size_t header_at = layout::ETHERNET_HEADER_BYTES;

std::string text_of_length(std::size_t length) {
  std::string text(length, 'a');
  if (length > 0) text[0] = 'P';
  for (std::size_t i = 1; i < length; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

support::ImageBuilder long_image() {
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  return image;
}

/// The only event, of kind RECORD, and nothing left at HIGH.
void expect_rejected(DeviceBench& bench, Reason reason, std::uint32_t tag, std::uint32_t length,
                     std::uint32_t offset = 0) {
  const auto event = bench.event();
  CHECK(event.kind == layout::EventKind::RECORD);
  CHECK(event.pipeline == Pipeline::REQUEST);
  INFO(name_of(event.reason));
  CHECK(event.reason == reason);
  CHECK(event.tag == tag);
  CHECK(event.length == length);
  CHECK(event.offset == offset);
  CHECK(event.endpoint == 0);
  CHECK(event.depth == 0);
  CHECK(event.frames == 0);
  CHECK(event.transaction == 0);
  CHECK(bench.frames(Port::high).empty());
}

void expect_passes(DeviceBench& bench, std::uint32_t tag, const std::string& text) {
  const auto records = bench.records(Port::high);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text == text);
  const auto event = bench.event();
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.tag == tag);
}

}  // namespace

TEST_CASE("1: frames that are not link frames are ignored and counted") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.send(Port::low, link::Frame(1, 0x88));
  bench.send(Port::low, link::Frame(13, 0));
  auto frame = DeviceBench::frames_of(Port::low, 1, "Pa")[0];
  frame[12] = 0x08;
  frame[13] = 0x00;
  bench.send(Port::low, frame);
  bench.send(Port::high, frame);
  bench.settle();
  CHECK(bench.read(layout::reg::FRAMES_IGNORED) == 4);
  CHECK(bench.events().empty());
  CHECK(bench.count(Pipeline::REQUEST, Reason::BAD_FRAME) == 0);
}

TEST_CASE("1: an ignored frame does not touch the open record") {
  DeviceBench bench;
  bench.load(long_image());
  const auto text = text_of_length(1600);
  const auto frames = DeviceBench::frames_of(Port::low, 5, text);
  REQUIRE(frames.size() == 2);
  bench.send(Port::low, frames[0]);
  bench.send(Port::low, link::Frame(60, 0));
  bench.send(Port::low, frames[1]);
  expect_passes(bench, 5, text);
}

TEST_CASE(
    "2: too short, too long, magic, version and kind are BAD_FRAME with the frame's tag and "
    "length") {
  DeviceBench bench;
  bench.load(support::letters_image());
  const auto good = DeviceBench::frames_of(Port::low, 0x01020304, "Pa")[0];
  REQUIRE(good.size() == 60);
  std::uint32_t bad = 0;
  const auto expect_bad = [&](const char* what, const link::Frame& frame, bool has_header = true) {
    INFO(what);
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, has_header ? 0x01020304 : 0, has_header ? 2 : 0);
    CHECK(bench.count(Pipeline::REQUEST, Reason::BAD_FRAME) == ++bad);
    // The device goes on.
    bench.send(Port::low, 9, "Pok");
    const auto records = bench.records(Port::high);
    REQUIRE(records.size() == 1);
    bench.send(Port::high, records[0].tag, "p");
    bench.frames(Port::low);
    bench.events();
  };
  const auto with = [&](std::size_t at, std::uint8_t value) {
    link::Frame frame = good;
    frame[at] = value;
    return frame;
  };
  const auto cut = [&](std::size_t size) {
    link::Frame frame = good;
    frame.resize(size, 0);
    return frame;
  };
  expect_bad("an Ethernet header alone", cut(14), false);
  expect_bad("shorter than the link header: no tag is known", cut(29), false);
  expect_bad("just a link header", cut(30));
  expect_bad("shorter than the minimum", cut(59));
  expect_bad("too long", cut(1515));
  expect_bad("far too long", cut(4096));
  expect_bad("magic", with(header_at, 'T'));
  expect_bad("magic", with(header_at + 1, 'T'));
  expect_bad("version", with(header_at + 2, 2));
  expect_bad("kind of the other direction", with(header_at + 3, 2));
  expect_bad("kind 0", with(header_at + 3, 0));
}

TEST_CASE("2: addresses are not looked at") {
  DeviceBench bench;
  bench.load(support::letters_image());
  auto frame = DeviceBench::frames_of(Port::low, 3, "Pa")[0];
  std::fill(frame.begin(), frame.begin() + 12, 0xEE);
  bench.send(Port::low, frame);
  expect_passes(bench, 3, "Pa");
}

TEST_CASE("HIGH takes RESPONSE only, and counts in its own pipeline") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.send(Port::high, DeviceBench::frames_of(Port::low, 3, "Pa")[0]);
  const auto event = bench.event();
  CHECK(event.reason == Reason::BAD_FRAME);
  CHECK(event.pipeline == Pipeline::RESPONSE);
  CHECK(bench.count(Pipeline::RESPONSE, Reason::BAD_FRAME) == 1);
  CHECK(bench.count(Pipeline::REQUEST, Reason::BAD_FRAME) == 0);
}

TEST_CASE("3: without an image everything is NO_IMAGE, once per record") {
  DeviceBench bench;
  const auto frames = DeviceBench::frames_of(Port::low, 8, text_of_length(3000));
  REQUIRE(frames.size() == 3);
  for (const auto& frame : frames) bench.send(Port::low, frame);
  expect_rejected(bench, Reason::NO_IMAGE, 8, 3000);
  CHECK(bench.count(Pipeline::REQUEST, Reason::NO_IMAGE) == 1);
}

TEST_CASE("3: an event without an image has epoch 0 and no flags") {
  DeviceBench bench;
  bench.send(Port::low, 8, "Pa");
  auto event = bench.event();
  CHECK(event.epoch == 0);
  CHECK(event.flags == 0);
  CHECK(event.sequence == 1);
  bench.load(support::letters_image());
  bench.send(Port::low, 8, "Pa");
  event = bench.event();
  CHECK(event.epoch == 1);
  CHECK(event.flags == layout::EVENT_FLAG_UNSIGNED);
  CHECK(event.sequence == 3);  // 2 was the image's
}

TEST_CASE(
    "3: a declared length above the limit is TOO_LONG at its first fragment; the rest is skipped") {
  DeviceBench bench;
  bench.load(support::letters_image());  // 512 bytes
  const auto frames = DeviceBench::frames_of(Port::low, 8, text_of_length(3000));
  bench.send(Port::low, frames[0]);
  expect_rejected(bench, Reason::TOO_LONG, 8, 3000, 512);
  bench.send(Port::low, frames[1]);
  bench.send(Port::low, frames[2]);
  bench.settle();
  CHECK(bench.events().empty());
  bench.send(Port::low, 9, "Pok");
  expect_passes(bench, 9, "Pok");
  bench.send(Port::low, 10, text_of_length(512));
  expect_passes(bench, 10, text_of_length(512));
  bench.send(Port::low, 11, text_of_length(513));
  expect_rejected(bench, Reason::TOO_LONG, 11, 513, 512);
}

TEST_CASE("3: a length of 4 GB costs nothing") {
  DeviceBench bench;
  bench.load(support::letters_image());
  auto frame = DeviceBench::frames_of(Port::low, 8, text_of_length(3000))[0];
  std::fill_n(frame.begin() + header_at + 8, 4, 0xFF);
  bench.send(Port::low, frame);
  expect_rejected(bench, Reason::TOO_LONG, 8, 0xFFFFFFFF, 512);
}

TEST_CASE("3: a new first fragment aborts the open record with its own tag and length") {
  DeviceBench bench;
  bench.load(long_image());
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 5, text_of_length(1600))[0]);
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 6, "Pok")[0]);
  const auto events = bench.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].reason == Reason::BAD_FRAME);
  CHECK(events[0].tag == 5);
  CHECK(events[0].length == 1600);
  CHECK(events[1].reason == Reason::ACCEPTED);
  CHECK(events[1].tag == 6);
  CHECK(bench.records(Port::high).size() == 1);
}

TEST_CASE("3: a new first fragment ends a skipped record silently") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 5, text_of_length(1600))[0]);
  expect_rejected(bench, Reason::TOO_LONG, 5, 1600, 512);
  bench.send(Port::low, 6, "Pok");
  expect_passes(bench, 6, "Pok");
}

TEST_CASE(
    "4: a fragment without a fitting open record is BAD_FRAME and ends what was open, without a "
    "second event") {
  DeviceBench bench;
  bench.load(long_image());
  const auto text = text_of_length(1600);
  const auto frames = DeviceBench::frames_of(Port::low, 5, text);
  {
    INFO("no open record");
    bench.send(Port::low, frames[1]);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("another tag");
    bench.send(Port::low, frames[0]);
    bench.send(Port::low, DeviceBench::frames_of(Port::low, 6, text)[1]);
    expect_rejected(bench, Reason::BAD_FRAME, 6, 1600);
    bench.send(Port::low, frames[1]);  // the record is gone
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("another length");
    bench.send(Port::low, frames[0]);
    bench.send(Port::low, DeviceBench::frames_of(Port::low, 5, text_of_length(1601))[1]);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1601);
  }
  {
    INFO("another offset");
    bench.send(Port::low, frames[0]);
    auto frame = frames[1];
    frame[header_at + 15] ^= 1;
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("the same fragment twice");
    bench.send(Port::low, frames[0]);
    bench.send(Port::low, frames[1]);
    expect_passes(bench, 5, text);
    bench.send(Port::low, frames[1]);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("while skipping too");
    const auto long_frames = DeviceBench::frames_of(Port::low, 7, text_of_length(6000));
    bench.send(Port::low, long_frames[0]);
    expect_rejected(bench, Reason::TOO_LONG, 7, 6000, 2048);
    bench.send(Port::low, long_frames[2]);
    expect_rejected(bench, Reason::BAD_FRAME, 7, 6000);
    bench.send(Port::low, long_frames[1]);  // no longer open
    expect_rejected(bench, Reason::BAD_FRAME, 7, 6000);
  }
}

TEST_CASE("5: size and padding must be canonical") {
  DeviceBench bench;
  bench.load(long_image());
  const auto text = text_of_length(1600);
  const auto frames = DeviceBench::frames_of(Port::low, 5, text);
  {
    INFO("nonzero padding");
    for (std::size_t at : {std::size_t{32}, std::size_t{45}, std::size_t{59}}) {
      auto frame = DeviceBench::frames_of(Port::low, 4, "Pa")[0];
      frame[at] = 1;
      bench.send(Port::low, frame);
      expect_rejected(bench, Reason::BAD_FRAME, 4, 2);
    }
  }
  {
    INFO("a first fragment that is not full");
    auto frame = frames[0];
    frame.pop_back();
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("a short record with bytes behind it");
    auto frame = DeviceBench::frames_of(Port::low, 4, text_of_length(100))[0];
    frame.push_back(0);
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 4, 100);
  }
  {
    INFO("a last fragment of another size ends the record");
    bench.send(Port::low, frames[0]);
    auto frame = frames[1];
    frame.push_back(0);
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
    bench.send(Port::low, frames[1]);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO(
        "a malformed first fragment aborts the open record, then gives its own BAD_FRAME and no "
        "other verdict");
    bench.send(Port::low, frames[0]);
    auto frame =
        DeviceBench::frames_of(Port::low, 6, text_of_length(3000))[0];  // would be TOO_LONG
    frame.pop_back();
    bench.send(Port::low, frame);
    const auto events = bench.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].reason == Reason::BAD_FRAME);
    CHECK(events[0].tag == 5);
    CHECK(events[1].reason == Reason::BAD_FRAME);
    CHECK(events[1].tag == 6);
    CHECK(bench.count(Pipeline::REQUEST, Reason::TOO_LONG) == 0);
  }
  {
    INFO("a fragment offset behind the record's end");
    bench.send(Port::low, frames[0]);
    auto frame = frames[1];
    frame[header_at + 12] = 0xFF;
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 5, 1600);
  }
  {
    INFO("while skipping too");
    const auto long_frames = DeviceBench::frames_of(Port::low, 7, text_of_length(6000));
    bench.send(Port::low, long_frames[0]);
    expect_rejected(bench, Reason::TOO_LONG, 7, 6000, 2048);
    auto frame = long_frames[1];
    frame.pop_back();
    bench.send(Port::low, frame);
    expect_rejected(bench, Reason::BAD_FRAME, 7, 6000);
  }
}

TEST_CASE("record lengths around frame boundaries pass and leave as canonical frames") {
  DeviceBench bench;
  bench.load(long_image());
  std::uint32_t tag = 100;
  for (std::size_t length : {1, 29, 30, 31, 1483, 1484, 1485, 2047, 2048}) {
    const auto text = text_of_length(length);
    bench.send(Port::low, ++tag, text);
    const auto frames = bench.frames(Port::high);
    const std::size_t tail = length % 1484 == 0 ? 1484 : length % 1484;
    REQUIRE(frames.size() == (length + 1483) / 1484);
    CHECK(frames.back().size() == std::max<std::size_t>(60, 30 + tail));
    if (frames.size() > 1) CHECK(frames.front().size() == 1514);
    const auto event = bench.event();
    CHECK(event.length == length);
    CHECK(event.offset == length);
    bench.send(Port::high, event.transaction, "p");
    bench.events();
    bench.frames(Port::low);
  }
}

TEST_CASE("an empty record is judged") {
  auto image = support::letters_image();
  image.request.accept(image.request_start, {.tag = 2});
  DeviceBench bench;
  bench.load(image);
  bench.send(Port::low, 1, "");
  const auto records = bench.records(Port::high);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text.empty());
  CHECK(bench.event().endpoint == 2);
}
