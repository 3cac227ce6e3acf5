// SPDX-License-Identifier: Apache-2.0
// Maps in Protobuf bodies: counts of small schemas against all records that the engine accepts, and the two ways to count sets of pairs
// against each other and against sets written out.
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "room/brute_force.hpp"
#include "room/compiled.hpp"
#include "room/number.hpp"
#include "room/pair_sets.hpp"
#include "room/room.hpp"

using namespace sluice;
using namespace sluice::room;

namespace {

const char* const kPolicy = "services: [{service: t.S, methods: [\"*\"], body: PROTOBUF}]\nstatuses: [{code: 200}]\n";
const char* const kService = "message R {}\nservice S { rpc Do(M) returns (R) { option (google.api.http) = {post: \"/d\" body: \"*\"}; } }\n";
// The whole head but the digits, and what the engine's search needs of it.
const std::string kHead = "POST /d HTTP/1.1\r\ncontent-length: \r\ncontent-type: application/protobuf\r\nhost: h\r\n\r\n";

// Records with bodies of at most `longest` bytes: a body's length is known before its bytes, so each is a search of its own.
std::uint64_t asked(const test::Compiled& compiled, std::uint32_t longest, const std::string& alphabet) {
  const auto loaded = engine::Image::load(compiled.image);
  REQUIRE(std::holds_alternative<engine::Image>(loaded));
  const auto& image = std::get<engine::Image>(loaded);
  std::uint64_t found = 0;
  for (std::uint32_t length = 0; length <= longest; ++length) {
    std::string head = kHead;
    head.insert(head.find("\r\ncontent-type"), std::to_string(length));
    test::each_ending(image, layout::Pipeline::REQUEST, 0, head, length, alphabet, [&](const std::string&, const engine::Verdict&) { ++found; });
  }
  return found;
}

// Both kinds of numbers, at every limit up to the longest body: each adds records or none.
void same(const std::string& schema, std::uint32_t longest, const std::string& alphabet, std::uint64_t at_least) {
  const test::Compiled compiled = test::compile(schema + kService, kPolicy);
  const Machine machine = read_machine(compiled.image, layout::Pipeline::REQUEST);
  const auto digits = static_cast<std::uint32_t>(std::to_string(longest).size());
  REQUIRE(digits == 2);
  RoomOptions options;
  options.max_bytes = static_cast<std::uint32_t>(kHead.size()) + digits + longest;
  const Room room = measure(compiled.image, compiled.symbols, options);
  const std::uint64_t truth = asked(compiled, longest, alphabet);
  CHECK(truth >= at_least);
  CHECK(room.endpoints.at(0).records == std::to_string(truth));
  Counter<Scaled> scaled(machine, options.max_bytes);
  Scaled sum;
  for (const auto& [tag, series] : scaled.records(machine.starts.at(0))) {
    for (const Scaled& records : series) sum.add(records);
  }
  CHECK(sum.log2() == Approx(std::log2(static_cast<double>(truth))).margin(1e-9));
  // The body's row: its own bytes, whatever the digits of its length are.
  REQUIRE(room.endpoints.at(0).fields.size() == 1);
  CHECK(room.endpoints.at(0).fields.at(0).path == ":body");
  CHECK(room.endpoints.at(0).fields.at(0).log2 == Approx(std::log2(static_cast<double>(truth))).margin(1e-9));
}

}  // namespace

TEST_CASE("varint keys, whose bytes order them") {
  // 300 is AC 02, 200 is C8 01.
  same(R"(message M { map<uint32, bool> m = 1 [(buf.validate.field).map.keys.uint32 = {in: [0, 1, 127, 128, 200, 300, 16384]}]; })", 22,
       std::string("\x00\x01\x02\x04\x05\x06\x07\x08\x09\x0A\x10\x7F\x80\xAC\xC8", 15), 300);
}

TEST_CASE("text keys of several lengths, pairs that are counted") {
  same(R"(message M { map<string, uint32> m = 17 [(buf.validate.field).map = {min_pairs: 1 max_pairs: 2
      keys: {string: {pattern: "^[ab]{0,2}$"}} values: {uint32: {in: [0, 5, 200]}}}]; uint32 n = 18 [(buf.validate.field).uint32.lte = 1]; })", 26,
       std::string("\x00\x01\x02\x04\x05\x06\x07\x08\x09\x0A\x10\x8A\x90\xC8" "ab", 16), 400);
}

TEST_CASE("at least two pairs, without a most") {
  same(R"(message M { map<string, bool> m = 1 [(buf.validate.field).map = {min_pairs: 2 keys: {string: {pattern: "^[ab]{0,3}$"}}}]; })", 24,
       std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x10" "ab", 14), 500);
}

TEST_CASE("keys of one byte, and fixed ones") {
  same(R"(enum E { E_A = 0; E_B = 1; E_C = 2; }
message M { map<bool, E> m = 1; map<fixed32, bool> n = 2 [(buf.validate.field).map.keys.fixed32 = {in: [0, 1, 256]}];
            map<sint32, bool> o = 3 [(buf.validate.field).map.keys.sint32 = {gte: -2, lte: 2}]; })", 22,
       std::string("\x00\x01\x02\x03\x04\x06\x07\x08\x09\x0A\x0D\x10\x12\x1A", 14), 400);
}

TEST_CASE("a map of messages with maps") {
  same(R"(message V { map<bool, bool> in = 1; bool x = 2; }
message M { map<uint32, V> m = 1 [(buf.validate.field).map.keys.uint32.lte = 2]; bool z = 2; })", 25,
       std::string("\x00\x01\x02\x04\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15", 20), 300);
}

TEST_CASE("a message that contains itself through a map, into the depth limit") {
  same(R"(message M { map<bool, M> m = 1; bool z = 2; })", 28,
       std::string("\x00\x01\x02\x04\x06\x08\x0A\x0C\x0E\x10\x12\x14\x16\x18\x1A", 15), 100);
}

TEST_CASE("two maps with the same keys beside each other") {
  same(R"(message M { map<string, bool> m = 1 [(buf.validate.field).map.keys.string.pattern = "^[ab]{1,2}$"];
            map<string, string> n = 2 [(buf.validate.field).map = {max_pairs: 2 keys: {string: {pattern: "^[ab]{1,2}$"}} values: {string: {pattern: "^a{0,2}$"}}}]; })",
       22, std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x10\x12" "ab\x00", 15), 300);
}

TEST_CASE("a pair's length of two bytes") {
  // One key, one value: 127 and 128 bytes of the pair stand beside each other.
  const test::Compiled compiled = test::compile(std::string(R"(message M { map<string, string> m = 1 [(buf.validate.field).map = {
      keys: {string: {pattern: "^[ab]$"}} values: {string: {pattern: "^c{121,123}$"}}}]; })") + kService, kPolicy);
  RoomOptions options;
  options.max_bytes = 600;
  // Pairs of 126, 127 and 128 bytes, of which the last has two bytes of length; none, one, or both keys.
  CHECK(measure(compiled.image, compiled.symbols, options).endpoints.at(0).log2_records == Approx(std::log2(1 + 2 * 3 + 3 * 3)));
  options.max_bytes = static_cast<std::uint32_t>(kHead.size()) + 3 + 129;  // of one pair: 126 and 127 bytes
  CHECK(measure(compiled.image, compiled.symbols, options).endpoints.at(0).records == "5");
  options.max_bytes += 2;
  CHECK(measure(compiled.image, compiled.symbols, options).endpoints.at(0).records == "7");
}

TEST_CASE("a record's longest body counts with its depth") {
  const std::string schema = std::string("message M { map<bool, M> m = 1; bool z = 2; }\n") + kService;
  const auto room = [&](int depth) {
    const test::Compiled compiled = test::compile(schema, kPolicy + std::string("limits: {maxDepth: ") + std::to_string(depth) + "}\n");
    RoomOptions options;
    options.max_bytes = static_cast<std::uint32_t>(kHead.size()) + 2 + 28;
    const Room measured = measure(compiled.image, compiled.symbols, options);
    CHECK(measured.endpoints.at(0).records ==
          std::to_string(asked(compiled, 28, std::string("\x00\x01\x02\x04\x06\x08\x0A\x0C\x0E\x10\x12\x14\x16\x18\x1A", 15))));
    return measured.endpoints.at(0).log2_records;
  };
  CHECK(room(5) < room(7));
}

namespace {

// Sets of pairs, one by one: each key is left out or stands with one of its spellings.
PairSets<Exact> written_out(const std::vector<PairKind<Exact>>& kinds, std::size_t most, std::size_t size, bool ends) {
  PairSets<Exact> out(most + 1, Series<Exact>(size));
  out[0][0] = Exact(1);
  for (const auto& kind : kinds) {
    const auto keys = static_cast<int>(std::llround(std::exp2(kind.keys.log2())));
    for (int key = 0; key < keys; ++key) {
      PairSets<Exact> next = out;
      for (std::size_t m = 0; m <= most; ++m) {
        if (ends && m == most) continue;
        for (std::size_t n = 0; n < size; ++n) {
          for (const auto& [length, ways] : kind.spellings) {
            if (n + length < size) next[std::min(m + 1, most)][n + length].add_product(out[m][n], ways);
          }
        }
      }
      out = std::move(next);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("sets of pairs by choice, by power and written out") {
  std::mt19937_64 random(3);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 200; ++round) {
    std::vector<PairKind<Exact>> kinds(1 + below(3));
    for (auto& kind : kinds) {
      kind.keys = Exact(1 + below(6));
      std::size_t length = 0;
      for (std::uint64_t i = 1 + below(4); i > 0; --i) kind.spellings.emplace_back(length += 1 + below(4), Exact(1 + below(5)));
    }
    const std::size_t most = 1 + below(4), size = 10 + below(30);
    const bool ends = below(2) != 0;
    PairSets<Exact> chosen(most + 1, Series<Exact>(size));
    chosen[0][0] = Exact(1);
    for (const auto& kind : kinds) add_by_choice(kind, chosen, ends);
    CHECK(chosen == written_out(kinds, most, size, ends));
    PairSets<Exact> power(2, Series<Exact>(size));
    power[0][0] = Exact(1);
    for (const auto& kind : kinds) add_by_power(kind, power);
    CHECK(power == written_out(kinds, 1, size, false));
  }
}

TEST_CASE("scaled sets of many keys are the exact ones") {
  for (const unsigned bits : {40U, 63U, 79U, 81U, 9000U}) {
    Exact many(1);
    Scaled scaled(1);
    for (unsigned i = 0; i < bits; ++i) {
      many = many.times(Exact(2));
      scaled = scaled.times(Scaled(2));
    }
    PairKind<Exact> one{many, {{3, Exact(1)}, {4, Exact(7)}, {9, Exact(2)}}};
    PairKind<Scaled> other{scaled, {{3, Scaled(1)}, {4, Scaled(7)}, {9, Scaled(2)}}};
    PairSets<Exact> sets(2, Series<Exact>(60)), by_choice = sets;
    PairSets<Scaled> scaled_sets(2, Series<Scaled>(60));
    sets[0][0] = by_choice[0][0] = Exact(1);
    scaled_sets[0][0] = Scaled(1);
    for (int twice = 0; twice < 2; ++twice) {
      add_by_power(one, sets);
      add_by_choice(one, by_choice, false);
      add_by_power(other, scaled_sets);
    }
    CHECK(sets == by_choice);
    for (std::size_t n = 0; n < 60; ++n) {
      REQUIRE(sets[1][n].zero() == scaled_sets[1][n].zero());
      if (!sets[1][n].zero()) CHECK(scaled_sets[1][n].log2() == Approx(sets[1][n].log2()).epsilon(1e-14));
    }
  }
}
