// SPDX-License-Identifier: Apache-2.0
// The HDL's engine against systemc_model/engine and the naive engine: random tables, random records, every field of the report.
#include <catch2/catch.hpp>

#include <map>

#include "engine/engine.hpp"
#include "engine/image.hpp"
#include "hdl/bench.hpp"
#include "support/map_image.hpp"
#include "support/naive_engine.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using hdl_test::Bench;
using link::Port;

namespace {

void compare(const engine::Verdict& expected, const layout::Event& event) {
  CHECK(layout::name_of(event.reason) == layout::name_of(expected.reason));
  CHECK(event.offset == expected.offset);
  CHECK(event.endpoint == expected.endpoint);
  CHECK(event.depth == expected.depth);
  CHECK(event.base == expected.base);
  CHECK(event.symbol_class == expected.symbol_class);
  CHECK(event.frames == expected.frames);
  CHECK(event.return_bases == expected.return_bases);
  CHECK(event.registers == expected.registers);
}

}  // namespace

TEST_CASE("random tables and records: the HDL says what the engine says") {
  Bench bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, ""));
  std::map<layout::Reason, int> seen;
  std::uint64_t serial = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto builder = support::random_image(seed);
    builder.geometry = layout::Geometry::SMALL;
    builder.serial = ++serial;
    builder.max_outstanding = 256;
    for (auto& endpoint : builder.endpoints) endpoint.outstanding_cap = 256;
    const auto words = builder.words();
    const auto loaded = bench.load(builder.bytes());
    INFO("seed " << seed << " " << loaded.error);
    REQUIRE(loaded.ok);
    const support::NaiveEngine naive(words);
    support::Random random(seed * 7919);
    std::map<std::uint16_t, std::uint32_t> open;  // endpoint -> device id
    for (int i = 0; i < 80; ++i) {
      const auto record = support::random_record(random, random.one_in(8) ? builder.max_record_bytes : std::min<std::uint32_t>(40, builder.max_record_bytes));
      bench.clear();
      const auto expected = naive.judge_request(record);
      bench.request(static_cast<std::uint32_t>(i), record);
      INFO("seed " << seed << " request " << i);
      REQUIRE(bench.events.size() == 1);
      compare(expected, bench.events[0]);
      ++seen[expected.reason];
      REQUIRE(bench.high.size() == (expected.accepted() ? 1 : 0));
      if (!expected.accepted()) continue;
      // Its answer: another random record, judged by the endpoint's grammar.
      const auto id = bench.events[0].transaction;
      const auto answer = support::random_record(random, std::min<std::uint32_t>(40, builder.max_record_bytes));
      const auto verdict = naive.judge_response(expected.endpoint, answer);
      bench.clear();
      bench.response(id, answer);
      REQUIRE(bench.events.size() == 1);
      compare(verdict, bench.events[0]);
      CHECK(bench.events[0].transaction == id);
      ++seen[verdict.reason];
    }
  }
  using layout::Reason;
  for (const auto reason : {Reason::ACCEPTED, Reason::NO_TRANSITION, Reason::ORDER, Reason::TOO_FEW, Reason::TOO_MANY, Reason::LENGTH,
                            Reason::KEY_ORDER, Reason::DEPTH}) {
    INFO(layout::name_of(reason));
    CHECK(seen[reason] > 5);
  }
}

TEST_CASE("maps whose keys begin alike, four records at a time: both contexts keep their keys apart") {
  Bench bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, ""));
  support::Random random(11);
  std::map<layout::Reason, int> seen;
  std::uint64_t serial = 0;
  for (const bool in_calls : {false, true}) {
    auto builder = support::map_image(in_calls);
    builder.serial = ++serial;
    builder.endpoints[0].outstanding_cap = 8;
    const support::NaiveEngine naive(builder.words());
    const auto loaded = bench.load(builder.bytes());
    INFO(loaded.error);
    REQUIRE(loaded.ok);
    for (int burst = 0; burst < 200; ++burst) {
      std::vector<std::uint32_t> ids(4, 0);
      for (const Port port : {Port::low, Port::high}) {
        std::vector<engine::Verdict> expected;
        bench.clear();
        for (std::uint32_t i = 0; i < 4; ++i) {
          if (port == Port::high && ids[i] == 0) continue;
          const auto record = support::bytes_of(support::random_map(random, 300));
          expected.push_back(port == Port::low ? naive.judge_request(record) : naive.judge_response(1, record));
          bench.send(port, port == Port::low ? i : ids[i], record);
        }
        bench.settle();
        REQUIRE(bench.events.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
          INFO("burst " << burst << " record " << i);
          compare(expected[i], bench.events[i]);
          ++seen[expected[i].reason];
          if (port == Port::low && expected[i].accepted()) ids[i] = bench.events[i].transaction;
        }
      }
    }
  }
  CHECK(seen[layout::Reason::ACCEPTED] > 500);
  CHECK(seen[layout::Reason::KEY_ORDER] > 200);
}
