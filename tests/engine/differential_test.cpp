// SPDX-License-Identifier: Apache-2.0
// The engine against the naive one on random tables: whole verdicts, reports included; whole
// records, single bytes and random pieces. The test counts what it met, so that it cannot pass
// without having looked at every reason.
#include <catch2/catch.hpp>
#include <map>
#include <variant>

#include "engine/engine.hpp"
#include "support/feeding.hpp"
#include "support/naive_engine.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using engine::Verdict;
using layout::Pipeline;
using layout::Reason;

namespace {

std::string show(const Verdict& v) {
  return std::string(name_of(v.reason)) + " at " + std::to_string(v.offset) + " endpoint " +
         std::to_string(v.endpoint) + " base " + std::to_string(v.base) + " class " +
         std::to_string(v.symbol_class) + " depth " + std::to_string(v.depth) + " steps " +
         std::to_string(v.steps);
}

}  // namespace

TEST_CASE("the engine agrees with the naive engine on random tables") {
  std::map<Reason, unsigned> seen;
  unsigned deep = 0;
  unsigned late = 0;
  unsigned disagree = 0;
  std::uint64_t worst_ratio_thousandths = 0;
  for (std::uint64_t seed = 1; seed <= 4000 && disagree < 5; ++seed) {
    const auto words = support::random_image(seed).words();
    auto loaded = engine::Image::load(support::ImageBuilder::to_bytes(words));
    const auto* error = std::get_if<engine::LoadError>(&loaded);
    if (error != nullptr) FAIL("seed " << seed << ": " << error->text);
    const auto& image = std::get<engine::Image>(loaded);
    const support::NaiveEngine naive(words);
    support::Random random(seed * 77);
    for (unsigned i = 0; i < 60; ++i) {
      const auto record = support::random_record(random, i < 40 ? 12 : 600);
      const bool request = random.one_in(2);
      const std::uint16_t endpoint = request ? 0 : static_cast<std::uint16_t>(1 + random.below(3));
      const Pipeline pipeline = request ? Pipeline::REQUEST : Pipeline::RESPONSE;
      const Verdict expected =
          request ? naive.judge_request(record) : naive.judge_response(endpoint, record);
      const Verdict whole = engine::judge(image, pipeline, endpoint, record);
      const Verdict bytes =
          support::judge_in_pieces(image, pipeline, endpoint, record, [] { return 1U; });
      const Verdict pieces = support::judge_in_pieces(image, pipeline, endpoint, record,
                                                      [&] { return random.below(9); });
      if (!(whole == expected) || !(bytes == expected) || !(pieces == expected)) {
        ++disagree;
        FAIL_CHECK("seed " << seed << " record " << i << "\n naive  " << show(expected)
                           << "\n whole  " << show(whole) << "\n bytes  " << show(bytes)
                           << "\n pieces " << show(pieces));
      }
      ++seen[expected.reason];
      if (expected.depth > 8) ++deep;
      if (expected.offset > 6) ++late;
      CHECK(whole.steps <= 3 * record.size() + 1);  // invariant 11
      if (!record.empty()) {
        worst_ratio_thousandths =
            std::max<std::uint64_t>(worst_ratio_thousandths, 1000ULL * whole.steps / record.size());
      }
    }
  }
  for (auto reason :
       {Reason::ACCEPTED, Reason::NO_TRANSITION, Reason::ORDER, Reason::TOO_FEW, Reason::TOO_MANY,
        Reason::LENGTH, Reason::KEY_ORDER, Reason::DEPTH, Reason::TOO_LONG}) {
    INFO(name_of(reason) << " seen " << seen[reason] << " times");
    CHECK(seen[reason] >= 200);
  }
  CHECK(deep >= 500);
  CHECK(late >= 5000);
  CHECK(worst_ratio_thousandths > 2000);  // tables that need the whole bound occur
}
