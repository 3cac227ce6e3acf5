// SPDX-License-Identifier: Apache-2.0
// Counts of small random tables against the engine, record by record: every control and register
// operation, lengths (CALL_LEN), CHECK_END, recursion into the depth limit.
#include <catch2/catch.hpp>

#include <map>

#include "room/brute_force.hpp"
#include "room/counter.hpp"
#include "room/number.hpp"
#include "support/random_image.hpp"
#include "support/table_builder.hpp"

using namespace sluice;
using namespace sluice::room;
using layout::AccumulatorOp;
using layout::Control;
using layout::RegisterOp;
using support::Do;
using support::Random;

namespace {

constexpr std::uint8_t kLetters = 4;  // bytes 0..3 stand for themselves, all others lead nowhere
const std::string kAlphabet{"\x00\x01\x02\x03", kLetters};

support::TableBuilder random_table(Random& random) {
  support::TableBuilder table;
  for (int byte = 0; byte < 256; ++byte) {
    const auto letter = static_cast<std::uint8_t>(byte);
    table.set_class(0, letter, byte < kLetters ? letter : kLetters);
    table.set_class(1, letter, byte < 2 ? std::uint8_t{7} : byte < kLetters ? letter : kLetters);
  }
  const std::uint32_t bottom = 2 + random.below(3), pushed = 2 + random.below(4), states = bottom + pushed;
  std::vector<unsigned> maps;
  for (std::uint32_t i = 0; i < states; ++i) {
    maps.push_back(random.below(2));
    table.state(maps.back());
  }
  const auto any = [&](bool low) { return low ? random.below(bottom) : bottom + random.below(pushed); };
  for (std::uint32_t from = 0; from < states; ++from) {
    const bool low = from < bottom;
    for (const int number : {0, 1, 2, 3, 7, 255}) {
      const auto symbol = static_cast<std::uint8_t>(number);
      const bool end = symbol == layout::CLASS_END;
      if (random.one_in(3) || (symbol == 7) != (maps[from] == 1 && symbol > 3 && !end)) continue;
      Do what;
      switch (random.below(5)) {
        case 0:
          what.register_op = random.one_in(2) ? RegisterOp::SET : RegisterOp::SET_AGAIN;
          what.k = static_cast<std::uint16_t>(1 + random.below(3));
          what.min = static_cast<std::uint16_t>(random.below(2));
          break;
        case 1:
          what.register_op = RegisterOp::INC;
          what.k = random.one_in(3) ? layout::INC_UNBOUNDED : static_cast<std::uint16_t>(1 + random.below(4));
          break;
        default:
          break;
      }
      if (random.one_in(3)) what.tag = static_cast<std::uint16_t>(1 + random.below(2));
      Control control = Control::NEXT;
      std::uint32_t to = any(low);
      if (end) {
        control = low ? Control::ACCEPT : static_cast<Control>(static_cast<int>(Control::RET) + static_cast<int>(random.below(3)));
        to = any(true);
      } else if (random.one_in(3)) {
        control = random.one_in(3) ? Control::CALL_LEN : Control::CALL;
        if (control == Control::CALL_LEN) what.accumulator_op = random.one_in(2) ? AccumulatorOp::GROUP : AccumulatorOp::DIGIT_FIRST;
        to = any(false);
      } else if (!low && random.one_in(2)) {
        control = static_cast<Control>(static_cast<int>(Control::RET) + static_cast<int>(random.below(3)));
        if (control == Control::REDO_TO) to = any(random.one_in(2));
        if (control == Control::RET && random.one_in(3)) what.accumulator_op = AccumulatorOp::CHECK_END;
      } else if (random.one_in(4)) {
        what.accumulator_op = random.one_in(2) ? AccumulatorOp::DIGIT_FIRST : AccumulatorOp::DIGIT;
      } else if (low && random.one_in(6)) {
        what.accumulator_op = AccumulatorOp::CHECK_END;
      }
      const bool calls = control == Control::CALL || control == Control::CALL_LEN;
      if (!calls) what.operand = control == Control::NEXT || random.one_in(2) ? std::uint16_t{0} : static_cast<std::uint16_t>(random.below(3));
      table.on(from, symbol, control, to, what, calls ? std::optional<std::uint32_t>(any(low)) : std::nullopt);
    }
  }
  return table;
}

using Counts = std::map<std::pair<std::uint16_t, std::size_t>, std::uint64_t>;  // (tag, length)

std::string text(const Counts& counts) {
  std::string out;
  for (const auto& [what, count] : counts) {
    out += "tag " + std::to_string(what.first) + ", " + std::to_string(what.second) + " bytes: " + std::to_string(count) + "\n";
  }
  return out;
}

Counts asked(const engine::Image& image, std::uint32_t longest) {
  Counts out;
  test::each_record(image, layout::Pipeline::REQUEST, 0, longest, kAlphabet,
                    [&](const std::string& record, const engine::Verdict& verdict) { ++out[{verdict.endpoint, record.size()}]; });
  return out;
}

template <class Number>
Counts counted(const Machine& machine, std::uint32_t longest) {
  Counter<Number> counter(machine, longest);
  Counts out;
  for (const auto& [tag, series] : counter.records(machine.starts.at(0))) {
    if (tag == 0) continue;
    for (std::size_t n = 0; n < series.size(); ++n) {
      if (!series[n].zero()) out[{tag, n}] = static_cast<std::uint64_t>(std::llround(std::exp2(series[n].log2())));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("counts of random tables are those of the engine") {
  constexpr std::uint32_t longest = 7;
  int covered = 0, with_records = 0, at_depth = 0, faults = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Random random(seed);
    support::ImageBuilder builder;
    builder.max_depth = static_cast<std::uint16_t>(2 + random.below(4));
    builder.request = random_table(random);
    builder.response.accept(builder.response.state());
    builder.endpoints = {{0, 1}, {0, 1}};
    const auto bytes = builder.bytes();
    const auto loaded = engine::Image::load(bytes);
    REQUIRE(std::holds_alternative<engine::Image>(loaded));
    const auto& image = std::get<engine::Image>(loaded);
    const Machine machine = read_machine(bytes, layout::Pipeline::REQUEST);
    Counts count;
    try {
      count = counted<Exact>(machine, longest);
    } catch (const Unsupported&) {
      continue;
    }
    ++covered;
    const Counts truth = asked(image, longest);
    INFO("seed " << seed);
    REQUIRE(text(count) == text(truth));
    REQUIRE(text(counted<Scaled>(machine, longest)) == text(truth));
    with_records += truth.empty() ? 0 : 1;
    // Faults that a comparison must see: one frame more, and one edge less. Not every one changes the
    // language; the many that do are found.
    const auto changes = [&](const Machine& faulty) {
      try {
        return counted<Exact>(faulty, longest) != truth;
      } catch (const Unsupported&) {
        return false;
      }
    };
    Machine deeper = machine;
    ++deeper.max_depth;
    at_depth += changes(deeper) ? 1 : 0;
    Machine poorer = machine;
    poorer.states[0].edges.erase(poorer.states[0].edges.begin(), poorer.states[0].edges.begin() + (poorer.states[0].edges.empty() ? 0 : 1));
    faults += changes(poorer) ? 1 : 0;
  }
  INFO(covered << " covered, " << with_records << " with records, " << at_depth << " at the depth limit, " << faults << " faults seen");
  CHECK(covered > 500);
  CHECK(with_records > 300);
  CHECK(at_depth > 30);
  CHECK(faults > 200);
}
