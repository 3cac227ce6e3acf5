// SPDX-License-Identifier: Apache-2.0
// Random traffic: a right device breaks no invariant, and each deliberately broken one is found
// out.
#include "support/traffic.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using fabric::SeededFault;
using layout::Reason;
using support::DeviceBench;
using support::Traffic;

namespace {

unsigned steps() { return support::level_under_test() == simulator::Level::rtl ? 300 : 6000; }

unsigned violations_of(SeededFault fault, const std::string& expected) {
  DeviceBench bench(layout::Geometry::SMALL, fault);
  Traffic traffic(bench, 11);
  traffic.play(400);
  unsigned count = 0;
  for (const auto& violation : traffic.violations())
    count += violation.find(expected) != std::string::npos ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a right device keeps the invariants under random traffic") {
  DeviceBench bench;
  Traffic traffic(bench, 5);
  traffic.play(steps());
  for (const auto& violation : traffic.violations()) FAIL_CHECK(violation);
  CHECK(traffic.released() > steps() / 10);
  std::vector<Reason> expected{Reason::ACCEPTED, Reason::NO_TRANSITION, Reason::BAD_FRAME,
                               Reason::TOO_LONG, Reason::NO_REQUEST};
  if (support::level_under_test() == simulator::Level::lt) {
    for (Reason reason : {Reason::OVERLOAD, Reason::TIMEOUT, Reason::SWAPPED})
      expected.push_back(reason);
  }
  for (Reason reason : expected) {
    INFO(name_of(reason));
    CHECK(traffic.reasons().count(reason) == 1);
  }
}

TEST_CASE("the same seed plays the same") {
  DeviceBench bench;
  Traffic traffic(bench, 3);
  traffic.play(200);
  CHECK(traffic.transcript().size() > 10000);
  CHECK(traffic.transcript().find("VIOLATION") == std::string::npos);
}

TEST_CASE("cut-through is found") { CHECK(violations_of(SeededFault::cut_through, "rejects") > 0); }
TEST_CASE("an orphan response is found") {
  CHECK(violations_of(SeededFault::orphan_response, "nobody sent") > 0);
}
TEST_CASE("a stale byte is found") {
  CHECK(violations_of(SeededFault::stale_byte, "nobody sent") > 0);
}
