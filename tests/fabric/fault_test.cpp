// SPDX-License-Identifier: Apache-2.0
// The deliberately broken devices break what they say, so that a check that misses them is a bad
// check.
#include <catch2/catch.hpp>

#include "support/device_bench.hpp"

using namespace sluice;
using fabric::SeededFault;
using layout::Reason;
using support::DeviceBench;
using support::Port;

TEST_CASE("cut-through: a rejected record leaves") {
  DeviceBench bench(layout::Geometry::SMALL, SeededFault::cut_through);
  bench.load(support::letters_image());
  bench.send(Port::low, 1, "Pab0");
  CHECK(bench.event().reason == Reason::NO_TRANSITION);
  CHECK_FALSE(bench.frames(Port::high).empty());
}

TEST_CASE("orphan response: one that nobody asked for passes") {
  DeviceBench bench(layout::Geometry::SMALL, SeededFault::orphan_response);
  bench.load(support::letters_image());
  bench.send(Port::high, 1, "pab");
  CHECK_FALSE(bench.frames(Port::low).empty());
}

TEST_CASE("stale byte: a record leaves with a byte of the one before") {
  DeviceBench bench(layout::Geometry::SMALL, SeededFault::stale_byte);
  bench.load(support::letters_image());
  bench.send(Port::low, 1, "Pabc");
  bench.send(Port::low, 2, "Pxyz");
  const auto records = bench.records(Port::high);
  REQUIRE(records.size() == 2);
  CHECK(records[1].text != "Pxyz");
  CHECK(records[1].text.size() == 4);
}

TEST_CASE("a session refuses what it cannot do, and a second one") {
  CHECK_THROWS_AS(simulator::DeviceSession::create({.level = simulator::Level::engine}),
                  std::runtime_error);
  // Even a refused session does not leave the process without one.
  auto session = simulator::DeviceSession::create({.level = support::level_under_test()});
  CHECK_THROWS_WITH(simulator::DeviceSession::create({}), Catch::Contains("one device session"));
  CHECK_THROWS_AS(session->send(Port::low, {}), std::invalid_argument);
  CHECK_THROWS_AS(session->send(Port::low, link::Frame(link::max_frame_bytes + 1)),
                  std::invalid_argument);
  if (support::level_under_test() == simulator::Level::lt) CHECK(session->cycles() == 0);
}
