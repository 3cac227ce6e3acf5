// SPDX-License-Identifier: Apache-2.0
// The states of a load, its checks through the management port, and the swap (docs/fabric.md "Load
// and swap").
#include <catch2/catch.hpp>

#include "engine/image_reader.hpp"
#include "support/device_bench.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using layout::Command;
using layout::LoadStatus;
using layout::Pipeline;
using layout::Reason;
using support::DeviceBench;
using support::Port;
namespace reg = layout::reg;

namespace {

support::ImageBuilder tiny_image(std::uint64_t serial = 1) {
  auto image = support::letters_image();
  image.geometry = support::smallest_geometry();
  image.serial = serial;
  return image;
}

constexpr std::uint32_t ACTIVE = 1, OPEN = 2, COMPLETE = 4, BANK = 8, UNSIGNED = 16;

link::Frame activate_frame(std::uint8_t sequence) {
  return link::make_write(sequence, reg::COMMAND, static_cast<std::uint32_t>(Command::ACTIVATE));
}

}  // namespace

TEST_CASE("out of reset nothing is loaded and nothing passes") {
  DeviceBench bench(support::smallest_geometry());
  CHECK(bench.read(reg::STATUS) == 0);
  CHECK(bench.read(reg::LOAD_STATUS) == static_cast<std::uint32_t>(LoadStatus::IDLE));
  CHECK(bench.read(reg::EPOCH) == 0);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::IDLE);
  CHECK(bench.ask(link::make_block(1, 0, std::vector<std::uint8_t>(8, 0))).value ==
        static_cast<std::uint32_t>(LoadStatus::IDLE));
  CHECK(bench.command(Command::NONE) == LoadStatus::OK);
  CHECK(bench.command(Command::ABORT) == LoadStatus::OK);
  bench.send(Port::low, 1, "P");
  CHECK(bench.event().reason == Reason::NO_IMAGE);
}

TEST_CASE("a load step by step") {
  DeviceBench bench(support::smallest_geometry());
  const auto image = tiny_image(0x0000000500000007).bytes();
  CHECK(bench.command(Command::BEGIN) == LoadStatus::OK);
  CHECK(bench.read(reg::STATUS) == OPEN);
  CHECK(bench.read(reg::LOAD_STATUS) == static_cast<std::uint32_t>(LoadStatus::OK));
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::INCOMPLETE);
  CHECK(bench.read(reg::STATUS) == OPEN);
  const std::vector<std::uint8_t> head(image.begin(), image.begin() + 80);
  CHECK(bench.send_blocks(head) == LoadStatus::OK);
  CHECK(bench.read(reg::LOAD_WORDS) == 10);
  CHECK(bench.send_blocks(image, 10) == LoadStatus::OK);
  CHECK(bench.read(reg::LOAD_WORDS) == image.size() / 8);
  CHECK(bench.read(reg::STATUS) == (OPEN | COMPLETE));
  bench.send(Port::low, 1, "P");
  CHECK(bench.event().reason == Reason::NO_IMAGE);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::OK);
  CHECK(bench.read(reg::STATUS) == (ACTIVE | BANK | UNSIGNED));
  CHECK(bench.read(reg::LOAD_STATUS) == static_cast<std::uint32_t>(LoadStatus::OK));
  CHECK(bench.read(reg::EPOCH) == 1);
  CHECK(bench.read(reg::SERIAL_LOW) == 7);
  CHECK(bench.read(reg::SERIAL_HIGH) == 5);
  CHECK(bench.read(reg::MAX_RECORD_BYTES) == 512);
  const auto event = bench.event();
  CHECK(event.kind == layout::EventKind::IMAGE);
  CHECK(event.epoch == 1);
  CHECK(event.flags == layout::EVENT_FLAG_UNSIGNED);
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.length == 0);
  CHECK(event.tag == 0);
  // Digest and name, four bytes a register.
  for (std::uint16_t i = 0; i < 8; ++i) {
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 4; ++j)
      value |= std::uint32_t{image[image.size() - 32 + 4 * i + j]} << (8 * j);
    CHECK(bench.read(static_cast<std::uint16_t>(reg::DIGEST + i)) == value);
  }
  CHECK(bench.read(reg::NAME) == 0x74736574);  // "test"
  CHECK(bench.read(reg::NAME + 1) == 0);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::IDLE);
  bench.request(1, "P");
}

TEST_CASE(
    "the second image goes to the other bank, needs a greater serial, and voids what is "
    "outstanding") {
  DeviceBench bench(support::smallest_geometry());
  bench.load(tiny_image(5));
  const std::uint32_t id = bench.request(1, "P");
  bench.events();
  CHECK(bench.command(Command::BEGIN) == LoadStatus::OK);
  CHECK(bench.send_blocks(tiny_image(5).bytes()) == LoadStatus::BAD_SERIAL);
  CHECK(bench.read(reg::STATUS) == (ACTIVE | BANK | UNSIGNED));
  CHECK(bench.read(reg::LOAD_STATUS) == static_cast<std::uint32_t>(LoadStatus::BAD_SERIAL));
  CHECK(bench.read(reg::LOAD_WORDS) == 1);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::BAD_SERIAL);
  CHECK(bench.read(reg::OUTSTANDING) == 1);
  // The old image goes on working all the time.
  bench.request(2, "Q");
  bench.events();
  auto other = tiny_image(6);
  other.name = "other";
  CHECK(bench.command(Command::BEGIN) == LoadStatus::OK);
  CHECK(bench.send_blocks(other.bytes()) == LoadStatus::OK);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::OK);
  CHECK(bench.read(reg::STATUS) == (ACTIVE | UNSIGNED));
  CHECK(bench.read(reg::EPOCH) == 2);
  CHECK(bench.read(reg::OUTSTANDING) == 0);
  CHECK(bench.event().epoch == 2);
  bench.send(Port::high, id, "p");
  const auto event = bench.event();
  CHECK(event.reason == Reason::NO_REQUEST);
  CHECK(event.epoch == 2);
  CHECK(bench.request(3, "P") == 2);  // slot 0 became free: next generation
}

TEST_CASE("a failed load answers everything with its status until a new BEGIN") {
  DeviceBench bench(support::smallest_geometry());
  auto image = tiny_image().bytes();
  CHECK(bench.command(Command::BEGIN) == LoadStatus::OK);
  auto bad = image;
  bad[80 + 8 * 65] ^= 1;  // a class map word
  CHECK(bench.send_blocks(bad) == LoadStatus::BAD_PARITY);
  CHECK(bench.read(reg::LOAD_WORDS) == 10 + 65);
  CHECK(bench.read(reg::STATUS) == 0);
  CHECK(bench.send_blocks(image) == LoadStatus::BAD_PARITY);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::BAD_PARITY);
  CHECK(bench.command(Command::BEGIN) == LoadStatus::OK);
  CHECK(bench.send_blocks(image) == LoadStatus::OK);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::OK);
}

TEST_CASE("blocks must be the next ones, of whole words, and no more than announced") {
  DeviceBench bench(support::smallest_geometry());
  const auto image = tiny_image().bytes();
  const auto block = [&](std::uint32_t first, std::size_t bytes) {
    link::Frame frame = link::make_block(9, first, std::vector<std::uint8_t>(8, 0));
    frame.resize(8);
    frame.insert(frame.end(), image.begin() + 8 * first,
                 image.begin() + static_cast<std::ptrdiff_t>(8 * first + bytes));
    return static_cast<LoadStatus>(bench.ask(frame).value);
  };
  {
    INFO("a gap");
    bench.command(Command::BEGIN);
    CHECK(block(0, 8) == LoadStatus::OK);
    CHECK(block(2, 8) == LoadStatus::SEQUENCE);
    CHECK(block(1, 8) == LoadStatus::SEQUENCE);
  }
  {
    INFO("a repetition");
    bench.command(Command::BEGIN);
    CHECK(block(0, 8) == LoadStatus::OK);
    CHECK(block(0, 8) == LoadStatus::SEQUENCE);
  }
  {
    INFO("half a word, nothing, too much");
    bench.command(Command::BEGIN);
    CHECK(block(0, 12) == LoadStatus::SEQUENCE);
    CHECK(bench.read(reg::LOAD_WORDS) == 1);
    bench.command(Command::BEGIN);
    CHECK(block(0, 0) == LoadStatus::SEQUENCE);
    CHECK(bench.read(reg::LOAD_WORDS) == 0);
    bench.command(Command::BEGIN);
    CHECK(block(0, 129 * 8) == LoadStatus::SEQUENCE);
    CHECK(bench.read(reg::LOAD_WORDS) == 128);
    CHECK(bench.read(reg::STATUS) == 0);
    bench.command(Command::BEGIN);
    CHECK(block(0, 128 * 8) == LoadStatus::OK);
  }
  {
    INFO("behind the end");
    bench.command(Command::BEGIN);
    CHECK(bench.send_blocks(image) == LoadStatus::OK);
    const auto words = static_cast<std::uint32_t>(image.size() / 8);
    CHECK(bench.ask(link::make_block(1, words, std::vector<std::uint8_t>(8, 0))).value ==
          static_cast<std::uint32_t>(LoadStatus::BAD_LENGTH));
    CHECK(bench.command(Command::ACTIVATE) == LoadStatus::BAD_LENGTH);
  }
  {
    INFO("any block of a complete load, whatever it is");
    bench.command(Command::BEGIN);
    CHECK(bench.send_blocks(image) == LoadStatus::OK);
    CHECK(block(0, 8) == LoadStatus::BAD_LENGTH);
  }
  {
    INFO("behind the end in the same block");
    bench.command(Command::BEGIN);
    auto longer = image;
    longer.resize(longer.size() + 8);
    CHECK(bench.send_blocks(longer) == LoadStatus::BAD_LENGTH);
  }
}

TEST_CASE("ABORT and a second BEGIN forget the load") {
  DeviceBench bench(support::smallest_geometry());
  const auto image = tiny_image().bytes();
  bench.command(Command::BEGIN);
  CHECK(bench.send_blocks(image) == LoadStatus::OK);
  CHECK(bench.command(Command::ABORT) == LoadStatus::OK);
  CHECK(bench.read(reg::LOAD_STATUS) == static_cast<std::uint32_t>(LoadStatus::IDLE));
  CHECK(bench.read(reg::STATUS) == 0);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::IDLE);
  bench.command(Command::BEGIN);
  CHECK(bench.send_blocks({image.begin(), image.begin() + 800}) == LoadStatus::OK);
  bench.command(Command::BEGIN);
  CHECK(bench.read(reg::LOAD_WORDS) == 0);
  CHECK(bench.send_blocks(image) == LoadStatus::OK);
  CHECK(bench.command(Command::ACTIVATE) == LoadStatus::OK);
}

TEST_CASE("a cleared bank keeps nothing of an earlier load") {
  DeviceBench bench(support::smallest_geometry());
  // The first image fills more slots than the second names.
  auto big = tiny_image(1);
  const auto extra = big.request.state();
  big.request.next(big.request_start, 'Z', extra, {.tag = 1});
  big.request.next_range(extra, '0', '9', extra);
  big.request.accept(extra);
  bench.load(big);
  bench.request(1, "Z1");
  bench.load(tiny_image(2));  // other bank
  bench.load(tiny_image(3));  // the first one's bank
  bench.events();
  bench.send(Port::low, 2, "Z1");
  CHECK(bench.event().reason == Reason::NO_TRANSITION);
}

TEST_CASE("the device's checks agree with the engine library's on altered images") {
  DeviceBench bench(support::smallest_geometry());
  const auto good = tiny_image().words();
  support::Random random(7);
  std::map<LoadStatus, unsigned> seen;
  for (unsigned round = 0; round < 150; ++round) {
    auto words = good;
    const std::size_t at = random.one_in(2)
                               ? random.below(10)
                               : random.below(static_cast<std::uint32_t>(words.size()));
    words[at] ^= 1ULL << random.below(random.one_in(3) ? 64 : 24);
    if (random.one_in(3)) words[at] ^= 1ULL << random.below(64);
    engine::ImageReader reader(support::smallest_geometry(), 0);
    for (std::uint64_t word : words) reader.take(word);
    bench.command(Command::BEGIN);
    const LoadStatus status = bench.send_blocks(support::ImageBuilder::to_bytes(words));
    INFO("word " << at << ": " << name_of(status) << ", expected " << name_of(reader.status()));
    CHECK(status == reader.status());
    CHECK(bench.read(reg::LOAD_WORDS) == reader.words());
    ++seen[status];
  }
  CHECK(seen.size() >= 6);
}

TEST_CASE("a foreign image is refused at its first word") {
  DeviceBench bench(support::smallest_geometry());
  bench.command(Command::BEGIN);
  auto foreign = support::letters_image();
  foreign.geometry = layout::Geometry::LARGE;
  CHECK(bench.send_blocks(foreign.bytes()) == LoadStatus::BAD_GEOMETRY);
  CHECK(bench.read(reg::LOAD_WORDS) == 0);
}

namespace {

/// A small device with an active image, a loaded second one, and an open record.
struct Swapping {
  DeviceBench bench;
  std::vector<link::Frame> frames;
  Swapping() {
    auto image = support::letters_image();
    image.max_record_bytes = 2048;
    bench.load(image);
    image.serial = 2;
    bench.command(Command::BEGIN);
    bench.send_blocks(image.bytes());
    frames = DeviceBench::frames_of(Port::low, 70, "P" + std::string(1600, 'x'));
    bench.send(Port::low, frames[0]);
    bench.settle();
  }
  void activate() {
    bench.send(Port::management, activate_frame(200));
    bench.settle();
  }
  /// The answer to ACTIVATE, if it has come.
  std::optional<LoadStatus> answer() {
    for (const auto& frame : bench.frames(Port::management)) {
      const auto message = link::parse_management(frame);
      if (const auto* header = std::get_if<layout::ManagementHeader>(&message)) {
        CHECK(header->sequence == 200);
        answered = static_cast<LoadStatus>(header->value);
      } else {
        events.push_back(std::get<layout::Event>(message));
      }
    }
    return answered;
  }
  std::optional<LoadStatus> answered;
  std::vector<layout::Event> events;
};

}  // namespace

TEST_CASE("a swap lets an open record finish, judged by the old image") {
  Swapping s;
  s.activate();
  CHECK_FALSE(s.answer());
  s.bench.tick(5);
  CHECK_FALSE(s.answer());
  s.bench.send(Port::low, s.frames[1]);
  s.bench.settle();
  REQUIRE(s.answer());
  CHECK(*s.answered == LoadStatus::OK);
  REQUIRE(s.events.size() == 2);
  CHECK(s.events[0].reason == Reason::ACCEPTED);
  CHECK(s.events[0].epoch == 1);
  CHECK(s.events[1].kind == layout::EventKind::IMAGE);
  CHECK(s.events[1].epoch == 2);
  CHECK(s.bench.records(Port::high).size() == 1);
  CHECK(s.bench.read(reg::OUTSTANDING) == 0);  // voided at once
}

TEST_CASE("a swap aborts an open record at the tenth tick") {
  Swapping s;
  s.bench.tick(2);
  s.activate();
  s.bench.tick(8);
  CHECK_FALSE(s.answer());
  s.bench.tick(1);  // the record is 11 ticks old: its own time is over first
  REQUIRE(s.answer());
  REQUIRE(s.events.size() == 2);
  CHECK(s.events[0].reason == Reason::TIMEOUT);
  CHECK(s.events[1].kind == layout::EventKind::IMAGE);
}

TEST_CASE("what times out at the tick of a swap is reported, by the old image, before the swap") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  image.max_outstanding = 64;
  image.response_timeout_ticks = 9;
  image.endpoints[0].outstanding_cap = 64;
  bench.load(image);
  for (std::uint32_t i = 0; i < 40; ++i) {
    bench.send(Port::low, i, "Pa");
    bench.events();
  }
  auto next = image;
  next.serial = 2;
  next.response_timeout_ticks = 1000;
  bench.command(Command::BEGIN);
  REQUIRE(bench.send_blocks(next.bytes()) == LoadStatus::OK);
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 77, std::string(1600, 'a'))[0]);
  bench.settle();
  bench.send(Port::management, activate_frame(200));
  bench.settle();
  CHECK(bench.events().empty());
  bench.tick(10);  // the requests are 10 ticks old, and the open record is aborted
  const auto events = bench.events();
  REQUIRE(events.size() == 42);
  CHECK(events.back().kind == layout::EventKind::IMAGE);
  std::uint32_t timed_out = 0;
  for (const auto& event : events) {
    if (event.kind != layout::EventKind::TRANSACTION) continue;
    CHECK(event.reason == Reason::TIMEOUT);
    CHECK(event.tag == timed_out++);
    CHECK(event.epoch == 1);
  }
  CHECK(timed_out == 40);
}

TEST_CASE("a swap aborts a young open record, SWAPPED, and skips its rest") {
  Swapping s;
  s.activate();
  s.bench.tick(9);
  CHECK_FALSE(s.answer());
  CHECK(s.events.empty());
  s.bench.tick(1);
  REQUIRE(s.answer());
  CHECK(*s.answered == LoadStatus::OK);
  REQUIRE(s.events.size() == 2);
  CHECK(s.events[0].reason == Reason::SWAPPED);
  CHECK(s.events[0].tag == 70);
  CHECK(s.events[0].length == 1601);
  CHECK(s.events[0].epoch == 1);
  CHECK(s.events[1].kind == layout::EventKind::IMAGE);
  s.bench.send(Port::low, s.frames[1]);
  s.bench.settle();
  CHECK(s.bench.events().empty());
  CHECK(s.bench.frames(Port::high).empty());
  s.bench.send(Port::low, 71, "P");
  CHECK(s.bench.records(Port::high).size() == 1);
}

TEST_CASE("records that start while a swap waits are SWAPPED") {
  Swapping s;
  s.activate();
  s.bench.send(Port::high, 5, "p");
  s.answer();
  REQUIRE(s.events.size() == 1);
  CHECK(s.events[0].reason == Reason::SWAPPED);
  CHECK(s.events[0].pipeline == Pipeline::RESPONSE);
  CHECK(s.events[0].tag == 5);
  // A new first fragment at LOW aborts the open record; then nothing is left to wait for.
  s.bench.send(Port::low, 72, "P");
  REQUIRE(s.answer());
  REQUIRE(s.events.size() == 4);
  CHECK(s.events[1].reason == Reason::BAD_FRAME);
  CHECK(s.events[1].tag == 70);
  CHECK(s.events[2].reason == Reason::SWAPPED);
  CHECK(s.events[2].tag == 72);
  CHECK(s.events[3].kind == layout::EventKind::IMAGE);
  s.bench.send(Port::low, 73, "P");
  CHECK(s.bench.records(Port::high).size() == 1);
}

TEST_CASE("a management frame behind a waiting ACTIVATE is answered after it") {
  Swapping s;
  s.activate();
  s.bench.send(Port::management, link::make_read(201, reg::EPOCH));
  s.bench.settle();
  CHECK_FALSE(s.answer());
  s.bench.send(Port::low, s.frames[1]);
  s.bench.settle();
  std::vector<layout::ManagementHeader> answers;
  for (const auto& frame : s.bench.frames(Port::management)) {
    const auto message = link::parse_management(frame);
    if (const auto* header = std::get_if<layout::ManagementHeader>(&message))
      answers.push_back(*header);
  }
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].sequence == 200);
  CHECK(answers[1].sequence == 201);
  CHECK(answers[1].value == 2);
}

TEST_CASE("judged records that cannot leave are aborted too; one already in link_tx goes out") {
  Swapping s;
  s.bench.send(Port::low, s.frames[1]);
  s.bench.settle();
  s.bench.records(Port::high);
  s.bench.session().set_ready(Port::high, false);
  s.bench.send(Port::low, 80, "Pfirst");
  s.bench.send(Port::low, 81, "Psecond");
  s.bench.send(Port::low, 82, "Qthird");
  s.bench.send(Port::low, 83, "Qfourth");
  s.bench.events();
  s.activate();
  CHECK_FALSE(s.answer());
  s.bench.tick(10);
  REQUIRE(s.answer());
  REQUIRE(s.events.size() == 4);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(s.events[i].reason == Reason::SWAPPED);
    CHECK(s.events[i].tag == 81 + i);
  }
  CHECK(s.events[0].endpoint == 1);  // judged already
  CHECK(s.events[3].kind == layout::EventKind::IMAGE);
  s.bench.session().set_ready(Port::high, true);
  const auto records = s.bench.records(Port::high);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text == "Pfirst");
  s.bench.send(Port::low, 84, "P");
  CHECK(s.bench.records(Port::high).size() == 1);
}

TEST_CASE("load_image of the session waits as well") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  bench.load(image);
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 1, "P" + std::string(1600, 'x'))[0]);
  image.serial = 2;
  CHECK(simulator::load_image(bench.session(), image.bytes()).empty());
  CHECK(bench.read(reg::EPOCH) == 2);
  const std::string error = simulator::load_image(bench.session(), image.bytes());
  CHECK(error.find("BAD_SERIAL") != std::string::npos);
  CHECK(bench.read(reg::LOAD_STATUS) ==
        static_cast<std::uint32_t>(LoadStatus::IDLE));  // nothing left half-done
}
