// SPDX-License-Identifier: Apache-2.0
// Everything that counts ticks (docs/fabric.md "Frames in", "Time").
#include <catch2/catch.hpp>

#include "support/device_bench.hpp"

using namespace sluice;
using layout::Pipeline;
using layout::Reason;
using support::DeviceBench;
using support::Port;

namespace {
support::ImageBuilder long_image() {
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  return image;
}
const std::string long_text = "P" + std::string(1600, 'x');
}  // namespace

TEST_CASE("ticks count") {
  DeviceBench bench;
  CHECK(bench.read(layout::reg::TICKS) == 0);
  bench.tick(17);
  CHECK(bench.read(layout::reg::TICKS) == 17);
  bench.send(Port::low, 1, "P");
  CHECK(bench.event().tick == 17);
}

TEST_CASE("an incomplete record is dropped at the eleventh tick, and its rest is skipped") {
  DeviceBench bench;
  bench.load(long_image());
  const auto frames = DeviceBench::frames_of(Port::low, 4, long_text);
  bench.tick(3);
  bench.send(Port::low, frames[0]);
  bench.tick(10);
  CHECK(bench.events().empty());
  bench.tick(1);
  const auto event = bench.event();
  CHECK(event.kind == layout::EventKind::RECORD);
  CHECK(event.reason == Reason::TIMEOUT);
  CHECK(event.pipeline == Pipeline::REQUEST);
  CHECK(event.tag == 4);
  CHECK(event.length == long_text.size());
  CHECK(event.offset == 0);
  CHECK(event.tick == 14);
  bench.tick(30);
  bench.send(Port::low, frames[1]);  // skipped: one record, one verdict
  bench.settle();
  CHECK(bench.events().empty());
  CHECK(bench.frames(Port::high).empty());
  CHECK(bench.count(Pipeline::REQUEST, Reason::TIMEOUT) == 1);
  bench.send(Port::low, 5, "P");
  CHECK(bench.records(Port::high).size() == 1);
}

TEST_CASE("a record that completes at the tenth tick passes") {
  DeviceBench bench;
  bench.load(long_image());
  const auto frames = DeviceBench::frames_of(Port::low, 4, long_text);
  bench.send(Port::low, frames[0]);
  bench.tick(10);
  bench.send(Port::low, frames[1]);
  CHECK(bench.records(Port::high).size() == 1);
}

TEST_CASE("a timed-out record gives its buffer back") {
  DeviceBench bench;
  bench.load(long_image());
  for (std::uint32_t i = 0; i < 10; ++i) {
    bench.send(Port::low, DeviceBench::frames_of(Port::low, i, long_text)[0]);
    bench.tick(11);
    CHECK(bench.event().reason == Reason::TIMEOUT);
  }
  bench.send(Port::low, 50, long_text);
  CHECK(bench.records(Port::high).size() == 1);
}

TEST_CASE("an outstanding request times out after more than response_timeout_ticks") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.response_timeout_ticks = 20;
  bench.load(image);
  bench.tick(5);
  const std::uint32_t first = bench.request(0xA1, "P");
  bench.tick(4);
  const std::uint32_t second = bench.request(0xA2, "Q");
  bench.events();
  bench.tick(16);
  CHECK(bench.events().empty());
  CHECK(bench.read(layout::reg::OUTSTANDING) == 2);
  bench.tick(1);
  auto event = bench.event();
  CHECK(event.kind == layout::EventKind::TRANSACTION);
  CHECK(event.pipeline == Pipeline::RESPONSE);
  CHECK(event.reason == Reason::TIMEOUT);
  CHECK(event.tag == 0xA1);
  CHECK(event.transaction == first);
  CHECK(event.endpoint == 1);
  CHECK(event.length == 0);
  CHECK(event.tick == 26);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 1);
  bench.send(Port::high, first, "p");
  CHECK(bench.event().reason == Reason::NO_REQUEST);
  bench.tick(3);
  bench.send(Port::high, second, "q");  // in its last tick
  CHECK(bench.event().reason == Reason::ACCEPTED);
  bench.tick(10);
  CHECK(bench.events().empty());
  CHECK(bench.count(Pipeline::RESPONSE, Reason::TIMEOUT) == 1);
}

TEST_CASE("several time-outs at one tick come from the lowest slot upwards") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.response_timeout_ticks = 2;
  bench.load(image);
  for (std::uint32_t i = 0; i < 5; ++i) bench.request(i, "P");
  bench.events();
  bench.tick(3);
  const auto events = bench.events();
  REQUIRE(events.size() == 5);
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(events[i].tag == i);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
  CHECK(bench.request(9, "P") == 2);  // slot 0, next generation
}
