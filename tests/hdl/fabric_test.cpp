// SPDX-License-Identifier: Apache-2.0
// The Verilated fabric against docs/fabric.md: out of reset, accept, reject, frames, transactions, time, swap, audit.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "hdl/bench.hpp"

using namespace sluice;
using hdl_test::Bench;
using layout::Reason;
using link::Frame;
using link::Port;
using support::bytes_of;

namespace {

/// A device with the letters policy; its IMAGE event is already gone.
struct Loaded : Bench {
  explicit Loaded(const support::ImageBuilder& image = support::letters_image())
      : Bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, "")) {
    const auto result = load(image.bytes());
    INFO(result.error);
    REQUIRE(result.ok);
    clear();
  }
  /// The one event since the last call.
  layout::Event event() {
    REQUIRE(events.size() == 1);
    const layout::Event only = events.front();
    events.clear();
    return only;
  }
  Reason reason() { return event().reason; }
  /// Sends a request that passes; returns the device id.
  std::uint32_t accepted_request(std::uint32_t tag, const std::string& text = "Pabc") {
    request(tag, bytes_of(text));
    const layout::Event passed = event();
    REQUIRE(passed.reason == Reason::ACCEPTED);
    return passed.transaction;
  }
  std::uint32_t count(layout::Pipeline pipeline, Reason reason) {
    const auto base = pipeline == layout::Pipeline::REQUEST ? layout::reg::REQUEST_COUNT : layout::reg::RESPONSE_COUNT;
    return read(static_cast<std::uint16_t>(base + static_cast<unsigned>(reason)));
  }
};

std::vector<std::uint8_t> long_request(std::size_t length) {
  std::vector<std::uint8_t> record(length, 'a');
  record[0] = 'P';
  for (std::size_t i = 1; i < length; ++i) record[i] = static_cast<std::uint8_t>('a' + i % 26);
  return record;
}

support::ImageBuilder long_letters() {
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  return image;
}

std::vector<Frame> frames_of(const std::vector<rtl_cosim::SentFrame>& sent) {
  std::vector<Frame> frames;
  for (const auto& frame : sent) frames.push_back(frame.bytes);
  return frames;
}

}  // namespace

TEST_CASE("out of reset the device passes nothing") {
  Bench bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, ""));
  CHECK(bench.read(layout::reg::IDENTITY) == layout::DEVICE_IDENTITY);
  CHECK(bench.read(layout::reg::STATUS) == 0);
  bench.request(5, bytes_of("Pabc"));
  REQUIRE(bench.events.size() == 1);
  CHECK(bench.events[0].reason == Reason::NO_IMAGE);
  CHECK(bench.events[0].tag == 5);
  CHECK(bench.events[0].length == 4);
  CHECK(bench.events[0].flags == 0);
  CHECK(bench.events[0].sequence == 1);
  CHECK(bench.high.empty());
}

TEST_CASE("an image loads, a request passes, its answer comes back, once") {
  Bench bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, ""));
  const auto result = bench.load(support::letters_image().bytes());
  INFO(result.error);
  REQUIRE(result.ok);
  REQUIRE(bench.events.size() == 1);
  CHECK(bench.events[0].kind == layout::EventKind::IMAGE);
  CHECK(bench.events[0].epoch == 1);
  CHECK(bench.events[0].flags == layout::EVENT_FLAG_UNSIGNED);
  CHECK(bench.read(layout::reg::STATUS) == 0b11001);
  CHECK(bench.read(layout::reg::SERIAL_LOW) == 1);
  CHECK(bench.read(layout::reg::MAX_RECORD_BYTES) == 512);
  CHECK(bench.read(layout::reg::NAME) == 0x74736574);  // "test"
  bench.clear();

  bench.request(0x11223344, bytes_of("Pabc"));
  REQUIRE(bench.events.size() == 1);
  layout::Event event = bench.events[0];
  CHECK(event.kind == layout::EventKind::RECORD);
  CHECK(event.pipeline == layout::Pipeline::REQUEST);
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.offset == 4);
  CHECK(event.length == 4);
  CHECK(event.depth == 1);
  CHECK(event.endpoint == 1);
  CHECK(event.tag == 0x11223344);
  CHECK(event.transaction == 0x00000001);
  CHECK(event.frames == 0);
  CHECK(frames_of(bench.high) == link::to_frames(link::from_device(Port::high), 1, bytes_of("Pabc")));
  CHECK(bench.read(layout::reg::OUTSTANDING) == 1);
  bench.clear();

  bench.response(1, bytes_of("pxyz"));
  REQUIRE(bench.events.size() == 1);
  event = bench.events[0];
  CHECK(event.pipeline == layout::Pipeline::RESPONSE);
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.endpoint == 1);
  CHECK(event.tag == 1);
  CHECK(event.transaction == 1);
  CHECK(frames_of(bench.low) == link::to_frames(link::from_device(Port::low), 0x11223344, bytes_of("pxyz")));
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
  bench.clear();

  bench.response(1, bytes_of("pxyz"));
  REQUIRE(bench.events.size() == 1);
  CHECK(bench.events[0].reason == Reason::NO_REQUEST);
  CHECK(bench.events[0].transaction == 0);
  CHECK(bench.low.empty());
}

TEST_CASE("a response needs the grammar of its own endpoint, and uses its transaction up whatever the verdict") {
  Loaded bench;
  const auto id = bench.accepted_request(7, "Qa");
  bench.response(id, bytes_of("pa"));
  auto event = bench.event();
  CHECK(event.reason == Reason::NO_TRANSITION);
  CHECK(event.offset == 0);
  CHECK(event.endpoint == 2);
  CHECK(event.transaction == id);
  bench.response(id, bytes_of("qa"));
  CHECK(bench.reason() == Reason::NO_REQUEST);
  const auto next = bench.accepted_request(7, "Qa");
  CHECK(next == id + 1);  // same slot, next generation
  bench.response(id, bytes_of("qa"));
  CHECK(bench.reason() == Reason::NO_REQUEST);
  bench.response(next, bytes_of("qa"));
  CHECK(bench.reason() == Reason::ACCEPTED);
  CHECK(bench.low.size() == 1);
}

TEST_CASE("no byte leaves before the verdict, and none after a rejection") {
  Loaded bench(long_letters());
  auto record = long_request(2048);
  const auto frames = link::to_frames(link::to_device(Port::low), 9, record);
  std::uint64_t bytes_in = 0;
  for (const auto& frame : frames) bytes_in += frame.size();
  const auto start = bench.device->cycles();
  bench.request(9, record);
  REQUIRE(bench.high.size() == 2);
  // A byte a cycle in, two cycles a symbol for one record: nothing may leave before both.
  CHECK(bench.high[0].first_cycle >= start + bytes_in + 2 * record.size());
  CHECK(frames_of(bench.high) == link::to_frames(link::from_device(Port::high), bench.event().transaction, record));
  bench.clear();

  record.back() = '?';
  bench.request(9, record);
  const auto event = bench.event();
  CHECK(event.reason == Reason::NO_TRANSITION);
  CHECK(event.offset == 2047);
  CHECK(bench.high.empty());
}

TEST_CASE("records of every length leave as they came") {
  Loaded bench(long_letters());
  for (const std::size_t length : {1, 2, 3, 4, 5, 29, 30, 31, 45, 1483, 1484, 1485, 1513, 1514, 2047, 2048}) {
    const auto record = long_request(length);
    bench.clear();
    const auto id = bench.accepted_request(3, std::string(record.begin(), record.end()));
    CHECK(frames_of(bench.high) == link::to_frames(link::from_device(Port::high), id, record));
    std::vector<std::uint8_t> answer(length, 'z');
    answer[0] = 'p';
    bench.response(id, answer);
    CHECK(bench.reason() == Reason::ACCEPTED);
    CHECK(frames_of(bench.low) == link::to_frames(link::from_device(Port::low), 3, answer));
  }
  bench.request(3, {});
  const auto event = bench.event();
  CHECK(event.reason == Reason::NO_TRANSITION);
  CHECK(event.symbol_class == layout::CLASS_END);
}

TEST_CASE("malformed frames are BAD_FRAME, foreign ones are ignored") {
  Loaded bench;
  const Frame good = link::to_frames(link::to_device(Port::low), 0xA1B2C3D4, bytes_of("Pabc")).front();
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Frame frame = good;
    frame[at] = value;
    return frame;
  };
  for (const auto& [name, frame] : std::vector<std::pair<std::string, Frame>>{
           {"magic", with(14, 0)}, {"magic 2", with(15, 0)}, {"version", with(16, 2)}, {"kind", with(17, 2)},
           {"padding", with(59, 1)}, {"padding 2", with(34, 1)}, {"offset", with(29, 4)},
           {"length says more", with(25, 31)}}) {
    INFO(name);
    bench.send_frame(Port::low, frame);
    const auto event = bench.event();
    CHECK(event.reason == Reason::BAD_FRAME);
    CHECK(event.tag == 0xA1B2C3D4);
    CHECK(event.offset == 0);
  }
  for (const std::size_t length : {14, 18, 29, 30, 59, 61, 100, 1515, 2000, 4000}) {
    INFO(length);
    Frame frame = good;
    frame.resize(length);
    bench.send_frame(Port::low, frame);
    const auto event = bench.event();
    CHECK(event.reason == Reason::BAD_FRAME);
    CHECK(event.tag == (length < 30 ? 0 : 0xA1B2C3D4));
    CHECK(event.length == (length < 30 ? 0 : 4));
  }
  for (const std::size_t length : {1, 12, 13}) {
    Frame frame = good;
    frame.resize(length);
    bench.send_frame(Port::low, frame);
  }
  bench.send_frame(Port::low, with(12, 0x08));
  bench.send_frame(Port::high, with(13, 0x00));
  CHECK(bench.events.empty());
  CHECK(bench.read(layout::reg::FRAMES_IGNORED) == 5);
  bench.send_frame(Port::low, good);
  CHECK(bench.reason() == Reason::ACCEPTED);
  CHECK(bench.count(layout::Pipeline::REQUEST, Reason::BAD_FRAME) == 18);
  CHECK(bench.count(layout::Pipeline::REQUEST, Reason::ACCEPTED) == 1);
}

TEST_CASE("fragments: only the next canonical one of the open record counts") {
  Loaded bench(long_letters());
  const auto record = long_request(2000);
  const auto frames = link::to_frames(link::to_device(Port::low), 1, record);
  const auto other = link::to_frames(link::to_device(Port::low), 2, record);
  REQUIRE(frames.size() == 2);

  SECTION("a second fragment alone, and one of another tag") {
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.reason() == Reason::BAD_FRAME);
    bench.send_frame(Port::low, frames[0]);
    bench.send_frame(Port::low, other[1]);
    CHECK(bench.event().tag == 2);
    bench.send_frame(Port::low, frames[1]);  // the open record ended
    CHECK(bench.event().tag == 1);
  }
  SECTION("a new first fragment aborts the open record, with its tag") {
    bench.send_frame(Port::low, frames[0]);
    bench.send_frame(Port::low, other[0]);
    const auto event = bench.event();
    CHECK(event.reason == Reason::BAD_FRAME);
    CHECK(event.tag == 1);
    CHECK(event.length == 2000);
    bench.send_frame(Port::low, other[1]);
    CHECK(bench.event().reason == Reason::ACCEPTED);
    CHECK(frames_of(bench.high) == link::to_frames(link::from_device(Port::high), 1, record));
  }
  SECTION("a malformed new first fragment gives two events") {
    bench.send_frame(Port::low, frames[0]);
    Frame bad = other[0];
    bad.push_back(0);  // too long by one
    bad.resize(1000);
    bench.send_frame(Port::low, bad);
    REQUIRE(bench.events.size() == 2);
    CHECK(bench.events[0].tag == 1);
    CHECK(bench.events[1].tag == 2);
    bench.events.clear();
  }
  SECTION("a foreign frame in between changes nothing") {
    bench.send_frame(Port::low, frames[0]);
    bench.send_frame(Port::low, Frame(60, 0));
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.reason() == Reason::ACCEPTED);
  }
  SECTION("aborts lose no buffer") {
    for (int i = 0; i < 20; ++i) bench.send_frame(Port::low, i % 2 == 0 ? frames[0] : other[0]);
    CHECK(bench.events.size() == 19);
    bench.send_frame(Port::low, other[1]);
    CHECK(bench.events.back().reason == Reason::ACCEPTED);
  }
}

TEST_CASE("TOO_LONG names the limit; the rest of the record is skipped") {
  Loaded bench;  // limit 512
  const auto frames = link::to_frames(link::to_device(Port::low), 1, long_request(2000));
  bench.send_frame(Port::low, frames[0]);
  const auto event = bench.event();
  CHECK(event.reason == Reason::TOO_LONG);
  CHECK(event.offset == 512);
  CHECK(event.length == 2000);
  SECTION("silently") {
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.events.empty());
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.reason() == Reason::BAD_FRAME);
  }
  SECTION("a new record just ends it") {
    bench.request(4, bytes_of("Pa"));
    CHECK(bench.reason() == Reason::ACCEPTED);
  }
  SECTION("no time-out") {
    bench.tick(30);
    CHECK(bench.events.empty());
  }
}

TEST_CASE("an incomplete record is dropped at its eleventh tick") {
  Loaded bench(long_letters());
  const auto frames = link::to_frames(link::to_device(Port::low), 1, long_request(2000));
  bench.send_frame(Port::low, frames[0]);
  bench.tick(10);
  CHECK(bench.events.empty());
  SECTION("in time") {
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.reason() == Reason::ACCEPTED);
  }
  SECTION("late") {
    bench.tick();
    const auto event = bench.event();
    CHECK(event.reason == Reason::TIMEOUT);
    CHECK(event.kind == layout::EventKind::RECORD);
    CHECK(event.tick == 11);
    CHECK(event.length == 2000);
    bench.send_frame(Port::low, frames[1]);  // skipped
    CHECK(bench.events.empty());
    bench.request(2, bytes_of("P"));
    CHECK(bench.reason() == Reason::ACCEPTED);
  }
}

TEST_CASE("caps and time-outs of transactions") {
  auto image = support::letters_image();
  image.max_outstanding = 5;
  image.endpoints[0].outstanding_cap = 3;
  image.endpoints[1].outstanding_cap = 4;
  image.response_timeout_ticks = 20;
  Loaded bench(image);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(bench.accepted_request(i, "P") == (i << 24 | 1));
  bench.request(3, bytes_of("P"));
  auto event = bench.event();
  CHECK(event.reason == Reason::OVERLOAD);
  CHECK(event.endpoint == 1);
  CHECK(event.offset == 0);
  CHECK(event.depth == 0);
  CHECK(event.transaction == 0);
  bench.tick(5);
  bench.accepted_request(4, "Q");
  bench.accepted_request(5, "Q");
  bench.request(6, bytes_of("Q"));
  CHECK(bench.reason() == Reason::OVERLOAD);
  // An answer frees its slot; the lowest free one is taken next.
  bench.response(1u << 24 | 1, bytes_of("p"));
  CHECK(bench.reason() == Reason::ACCEPTED);
  CHECK(bench.accepted_request(7, "P") == (1u << 24 | 2));

  bench.tick(15);
  CHECK(bench.events.empty());
  bench.tick();  // 21 ticks after the first three, 16 after the others
  REQUIRE(bench.events.size() == 2);
  CHECK(bench.events[0].kind == layout::EventKind::TRANSACTION);
  CHECK(bench.events[0].pipeline == layout::Pipeline::RESPONSE);
  CHECK(bench.events[0].reason == Reason::TIMEOUT);
  CHECK(bench.events[0].tag == 0);
  CHECK(bench.events[0].endpoint == 1);
  CHECK(bench.events[0].transaction == 1);
  CHECK(bench.events[1].transaction == (2u << 24 | 1));
  CHECK(bench.events[1].tag == 2);
  bench.events.clear();
  bench.response(2u << 24 | 1, bytes_of("p"));
  CHECK(bench.reason() == Reason::NO_REQUEST);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 3);
  CHECK(bench.count(layout::Pipeline::RESPONSE, Reason::TIMEOUT) == 2);
  bench.tick(5);
  CHECK(bench.events.size() == 3);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
}

TEST_CASE("a swap voids transactions, changes the epoch and needs a greater serial") {
  Loaded bench(long_letters());
  const auto id = bench.accepted_request(1);
  auto image = long_letters();
  CHECK(bench.load(image.bytes()).status == layout::LoadStatus::BAD_SERIAL);
  image.serial = 2;
  image.request.next_range(image.request_start, 'R', 'R', 1, {.tag = 1});

  SECTION("at once when no record is open") {
    CHECK(bench.load(image.bytes()).ok);
    auto event = bench.event();
    CHECK(event.kind == layout::EventKind::IMAGE);
    CHECK(event.epoch == 2);
    CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
    bench.response(id, bytes_of("p"));
    CHECK(bench.reason() == Reason::NO_REQUEST);
    CHECK(bench.accepted_request(1, "Rabc") == id + 1);  // voiding made the generation grow
  }
  SECTION("an open record may finish") {
    const auto frames = link::to_frames(link::to_device(Port::low), 1, long_request(2000));
    bench.send_frame(Port::low, frames[0]);
    CHECK(bench.load(image.bytes(), false).ok);
    bench.device->send(Port::management, link::make_write(1, layout::reg::COMMAND, static_cast<std::uint32_t>(layout::Command::ACTIVATE)));
    bench.settle();
    bench.tick(9);
    CHECK(bench.events.empty());
    bench.request(8, bytes_of("P"));  // aborts the open one; is SWAPPED itself
    REQUIRE(bench.events.size() == 3);
    CHECK(bench.events[0].reason == Reason::BAD_FRAME);
    CHECK(bench.events[1].reason == Reason::SWAPPED);
    CHECK(bench.events[1].epoch == 1);
    CHECK(bench.events[2].kind == layout::EventKind::IMAGE);
  }
  SECTION("or is aborted at the tenth tick") {
    const auto frames = link::to_frames(link::to_device(Port::low), 1, long_request(2000));
    bench.send_frame(Port::low, frames[0]);
    CHECK(bench.load(image.bytes(), false).ok);
    bench.clear();
    bench.device->send(Port::management, link::make_write(1, layout::reg::COMMAND, static_cast<std::uint32_t>(layout::Command::ACTIVATE)));
    bench.settle();
    bench.tick(9);
    CHECK(bench.events.empty());
    bench.tick();
    REQUIRE(bench.events.size() == 2);
    CHECK(bench.events[0].reason == Reason::SWAPPED);
    CHECK(bench.events[0].epoch == 1);
    CHECK(bench.events[1].kind == layout::EventKind::IMAGE);
    bench.events.clear();
    bench.send_frame(Port::low, frames[1]);
    CHECK(bench.events.empty());
    bench.accepted_request(3, "Rabc");
  }
}

TEST_CASE("without an audit slot nothing is released") {
  Loaded bench;
  bench.device->set_ready(Port::management, false);
  const auto events = layout::limits_of(layout::Geometry::SMALL).audit_events;
  for (std::uint32_t i = 0; i < events; ++i) bench.request(i, bytes_of("?"));
  CHECK(bench.high.empty());
  bench.request(100, bytes_of("Pabc"));
  bench.request(101, bytes_of("?"));
  CHECK(bench.high.empty());
  bench.device->set_ready(Port::management, true);
  bench.settle();
  CHECK(bench.events.size() == events);
  bench.events.clear();
  CHECK(bench.read(layout::reg::EVENTS_LOST) == 2);
  CHECK(bench.count(layout::Pipeline::REQUEST, Reason::OVERLOAD) == 1);
  CHECK(bench.count(layout::Pipeline::REQUEST, Reason::NO_TRANSITION) == events + 1);
  bench.request(102, bytes_of("Pabc"));
  const auto event = bench.event();
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.sequence == events + 2);  // one IMAGE event before; the lost ones took no number
}

TEST_CASE("a link that takes nothing holds its buffers, then whole records are refused") {
  Loaded bench;
  bench.device->set_ready(Port::high, false);
  for (std::uint32_t i = 0; i < 6; ++i) bench.request(i, bytes_of("Pabc"));
  // One leaves, three wait for it: four buffers.
  REQUIRE(bench.events.size() == 3);
  CHECK(bench.events[0].reason == Reason::ACCEPTED);
  CHECK(bench.events[1].reason == Reason::OVERLOAD);
  CHECK(bench.events[1].tag == 4);
  CHECK(bench.events[1].endpoint == 0);
  // The other direction is not held.
  bench.response(99, bytes_of("p"));
  CHECK(bench.events.size() == 4);
  bench.device->set_ready(Port::high, true);
  bench.settle();
  CHECK(bench.high.size() == 4);
  CHECK(bench.events.size() == 7);
}

TEST_CASE("the management port answers what it does not understand") {
  Loaded bench;
  const auto answer = [&](Frame frame) {
    bench.management.clear();
    bench.device->send(Port::management, std::move(frame));
    bench.settle();
    REQUIRE(bench.management.size() == 1);
    REQUIRE(bench.management[0].size() == 8);
    return bench.management[0];
  };
  using Op = layout::ManagementOp;
  const auto op = [](Op value) { return static_cast<std::uint8_t>(value); };
  CHECK(answer({op(Op::READ)}) == Frame{op(Op::ERROR), 0, 0, 0, 0, 0, 0, 0});
  CHECK(answer({op(Op::READ), 9, 1}) == Frame{op(Op::ERROR), 9, 0, 0, 0, 0, 0, 0});
  CHECK(answer({op(Op::READ), 9, 1, 2, 3}) == Frame{op(Op::ERROR), 9, 1, 2, 0, 0, 0, 0});
  CHECK(answer({op(Op::READ), 9, 0, 4, 0, 0, 0, 0}) == Frame{op(Op::ERROR), 9, 0, 4, 0, 0, 0, 0});  // COMMAND
  CHECK(answer({op(Op::READ), 9, 0x77, 0, 0, 0, 0, 0}) == Frame{op(Op::ERROR), 9, 0x77, 0, 0, 0, 0, 0});
  CHECK(answer({op(Op::READ), 9, 0, 0, 0, 0, 0, 0, 0}) == Frame{op(Op::ERROR), 9, 0, 0, 0, 0, 0, 0});
  CHECK(answer({op(Op::READ), 9, 0, 0, 1, 2, 3, 4}) == Frame{op(Op::VALUE), 9, 0, 0, 0x53, 0x4C, 0x55, 0x49});
  CHECK(answer({op(Op::EVENT), 9, 0, 0, 1, 2, 3, 4})[0] == op(Op::ERROR));
  CHECK(answer({op(Op::WRITE), 9, 0, 0, 1, 2, 3, 4}) ==
        Frame{op(Op::DONE), 9, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(layout::LoadStatus::READ_ONLY)});
  CHECK(answer({op(Op::WRITE), 9, 0, 4, 0, 0, 0, 77})[0] == op(Op::ERROR));
  CHECK(answer({op(Op::WRITE), 9, 0, 4, 0, 0, 0, 2}) ==
        Frame{op(Op::DONE), 9, 0, 4, 0, 0, 0, static_cast<std::uint8_t>(layout::LoadStatus::IDLE)});
  CHECK(answer({op(Op::BLOCK), 9, 0, 4, 0, 0, 0, 0}) ==
        Frame{op(Op::DONE), 9, 0, 4, 0, 0, 0, static_cast<std::uint8_t>(layout::LoadStatus::IDLE)});
  // The active image is untouched by all this.
  CHECK(bench.accepted_request(1) == 1);
}

TEST_CASE("one lane takes full frames at line rate: a cycle a byte, nothing refused") {
  auto image = long_letters();
  image.max_outstanding = 256;
  image.endpoints[0].outstanding_cap = 256;
  Loaded bench(image);
  const auto record = long_request(1400);
  constexpr unsigned records = 100;
  const auto before = bench.device->cycles();
  for (std::uint32_t i = 0; i < records; ++i) {
    bench.send(Port::low, i, record);
    while (bench.device->queued(Port::low) != 0) bench.device->run(1);
    for (int gap = 0; gap < 24; ++gap) bench.device->run(1);  // preamble, FCS and the gap between frames: 24 byte times
  }
  bench.settle();
  REQUIRE(bench.high.size() == records);
  const double cycles_per_byte = static_cast<double>(bench.device->cycles() - before) / (records * 1454.0);
  CHECK(cycles_per_byte < 1.06);
  CHECK(bench.events.size() == records);
  for (const auto& event : bench.events) CHECK(event.reason == Reason::ACCEPTED);
}
