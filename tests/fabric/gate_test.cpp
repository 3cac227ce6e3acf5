// SPDX-License-Identifier: Apache-2.0
// Limits at the gate, audit slots, and ports that do not take what leaves (docs/fabric.md "Gate",
// "Events").
#include <catch2/catch.hpp>

#include "support/device_bench.hpp"

using namespace sluice;
using layout::Pipeline;
using layout::Reason;
using support::DeviceBench;
using support::Port;

namespace {
support::ImageBuilder smallest_image() {
  auto image = support::letters_image();
  image.geometry = support::smallest_geometry();
  image.max_outstanding =
      static_cast<std::uint16_t>(layout::limits_of(image.geometry).transactions);
  for (auto& endpoint : image.endpoints) endpoint.outstanding_cap = image.max_outstanding;
  return image;
}
}  // namespace

TEST_CASE("an endpoint's cap") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.endpoints[0].outstanding_cap = 2;
  bench.load(image);
  bench.request(1, "P");
  const std::uint32_t second = bench.request(2, "P");
  bench.events();
  bench.send(Port::low, 3, "Pabc");
  CHECK(bench.frames(Port::high).empty());
  const auto event = bench.event();
  CHECK(event.reason == Reason::OVERLOAD);
  CHECK(event.endpoint == 1);
  CHECK(event.offset == 0);
  CHECK(event.depth == 0);
  CHECK(event.tag == 3);
  CHECK(event.length == 4);
  CHECK(event.transaction == 0);
  // The other endpoint is not starved, and a free slot serves again.
  bench.request(4, "Q");
  bench.send(Port::high, second, "p");
  bench.request(5, "P");
  CHECK(bench.count(Pipeline::REQUEST, Reason::OVERLOAD) == 1);
}

TEST_CASE("an endpoint with cap 0 never passes") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.endpoints[1].outstanding_cap = 0;
  bench.load(image);
  bench.send(Port::low, 1, "Q");
  CHECK(bench.event().reason == Reason::OVERLOAD);
  CHECK(bench.frames(Port::high).empty());
}

TEST_CASE("max_outstanding over all endpoints") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.max_outstanding = 3;
  bench.load(image);
  bench.request(1, "P");
  bench.request(2, "Q");
  const std::uint32_t id = bench.request(3, "P");
  bench.events();
  bench.send(Port::low, 4, "Q");
  CHECK(bench.event().reason == Reason::OVERLOAD);
  bench.send(Port::high, id, "pBAD");  // rejected, but used up
  bench.request(5, "Q");
}

TEST_CASE("all transaction slots") {
  DeviceBench bench(support::smallest_geometry());
  const auto image = smallest_image();
  bench.load(image);
  for (std::uint32_t i = 0; i < image.max_outstanding; ++i) {
    CHECK(bench.request(i, i % 2 == 0 ? "P" : "Q") == (i << 24 | 1));
  }
  bench.events();
  bench.send(Port::low, 999, "P");
  CHECK(bench.event().reason == Reason::OVERLOAD);
}

TEST_CASE("invariant 12: without an audit slot nothing is released, and what is lost is counted") {
  DeviceBench bench(support::smallest_geometry());
  bench.load(smallest_image());
  const std::uint32_t slots = layout::limits_of(support::smallest_geometry()).audit_events;
  bench.session().set_ready(Port::management, false);
  for (std::uint32_t i = 0; i + 1 < slots; ++i)
    bench.send(Port::low, i, "0");   // rejected: all slots but one
  bench.send(Port::low, 1000, "P");  // the last slot
  CHECK(bench.records(Port::high).size() == 1);
  bench.send(Port::low, 1001, "P");  // accepted by the engine, no slot
  bench.send(Port::low, 1002, "0");  // rejected, event lost
  bench.send(Port::low, 1003, "Q");
  CHECK(bench.frames(Port::high).empty());
  bench.session().set_ready(Port::management, true);
  const auto events = bench.events();
  REQUIRE(events.size() == slots);
  CHECK(events.back().tag == 1000);
  CHECK(events.back().sequence == slots + 1);
  CHECK(bench.read(layout::reg::EVENTS_LOST) == 3);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 1);
  CHECK(bench.count(Pipeline::REQUEST, Reason::NO_TRANSITION) == slots);
  CHECK(bench.count(Pipeline::REQUEST, Reason::OVERLOAD) == 2);
  CHECK(bench.count(Pipeline::REQUEST, Reason::ACCEPTED) == 1);
  // It goes on when somebody drains it; the lost events have no number.
  bench.send(Port::low, 1004, "P");
  CHECK(bench.records(Port::high).size() == 1);
  CHECK(bench.event().sequence == slots + 2);
}

TEST_CASE("a response without an audit slot is dropped and has used its request up") {
  DeviceBench bench(support::smallest_geometry());
  bench.load(smallest_image());
  const std::uint32_t slots = layout::limits_of(support::smallest_geometry()).audit_events;
  const std::uint32_t id = bench.request(1, "P");
  bench.events();
  bench.session().set_ready(Port::management, false);
  for (std::uint32_t i = 0; i < slots; ++i) bench.send(Port::low, i, "0");
  bench.send(Port::high, id, "p");
  CHECK(bench.frames(Port::low).empty());
  bench.session().set_ready(Port::management, true);
  CHECK(bench.events().size() == slots);
  CHECK(bench.count(Pipeline::RESPONSE, Reason::OVERLOAD) == 1);
  CHECK(bench.read(layout::reg::EVENTS_LOST) == 1);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
}

TEST_CASE(
    "a port that takes nothing fills the buffers, then records are dropped as OVERLOAD; nothing is "
    "lost or reordered") {
  DeviceBench bench;
  auto image = support::letters_image();
  bench.load(image);
  bench.session().set_ready(Port::high, false);
  const std::uint32_t buffers = layout::limits_of(layout::Geometry::SMALL).record_buffers;
  for (std::uint32_t i = 0; i < buffers; ++i) bench.send(Port::low, i, "P" + std::string(i, 'a'));
  CHECK(bench.frames(Port::high).empty());
  // Released is what link_tx holds: one event. The others wait for their turn.
  CHECK(bench.event().tag == 0);
  bench.send(Port::low, 100, "Pz");
  auto event = bench.event();
  CHECK(event.reason == Reason::OVERLOAD);
  CHECK(event.tag == 100);
  CHECK(event.endpoint == 0);
  // The other direction is not held up.
  bench.send(Port::high, 55, "p");
  CHECK(bench.event().reason == Reason::NO_REQUEST);
  bench.session().set_ready(Port::high, true);
  const auto records = bench.records(Port::high);
  REQUIRE(records.size() == buffers);
  for (std::uint32_t i = 0; i < buffers; ++i) CHECK(records[i].text == "P" + std::string(i, 'a'));
  const auto events = bench.events();
  REQUIRE(events.size() == buffers - 1);
  for (std::uint32_t i = 1; i < buffers; ++i) CHECK(events[i - 1].tag == i);
  bench.send(Port::low, 101, "Pz");
  CHECK(bench.records(Port::high).size() == 1);
}

TEST_CASE("an OVERLOAD at the first fragment skips the rest of the record") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  bench.load(image);
  bench.session().set_ready(Port::high, false);
  const std::uint32_t buffers = layout::limits_of(layout::Geometry::SMALL).record_buffers;
  for (std::uint32_t i = 0; i < buffers; ++i) bench.send(Port::low, i, "P");
  bench.events();
  const auto frames = DeviceBench::frames_of(Port::low, 7, "P" + std::string(1600, 'a'));
  bench.send(Port::low, frames[0]);
  CHECK(bench.event().reason == Reason::OVERLOAD);
  bench.session().set_ready(Port::high, true);
  bench.send(Port::low, frames[1]);
  const auto events = bench.events();
  CHECK(events.size() == buffers - 1);
  for (const auto& event : events) CHECK(event.reason == Reason::ACCEPTED);
  CHECK(bench.records(Port::high).size() == buffers);
}

TEST_CASE("a rejected record behind a stalled one keeps its place") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.session().set_ready(Port::high, false);
  bench.send(Port::low, 1, "P");
  bench.send(Port::low, 2, "P");
  bench.send(Port::low, 3, "0");
  CHECK(bench.event().tag == 1);  // in link_tx; 2 waits, 3 behind it
  bench.session().set_ready(Port::high, true);
  const auto events = bench.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].tag == 2);
  CHECK(events[1].tag == 3);
  CHECK(events[1].reason == Reason::NO_TRANSITION);
}
