// SPDX-License-Identifier: Apache-2.0
// The search over original and change is itself checked, on tables of a few states: what it must
// prove, and the neighbour of each that it must not.
#include "levels/product.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using layout::AccumulatorOp;
using layout::Control;
using test::kEndSymbol;
using Proof = test::Product::Proof;

namespace {

// Classes of the bytes; every other byte has none.
constexpr std::uint8_t kZero = 1, kComma = 2, kQuote = 3, kOpen = 4;
// Bases, eight apart: a class below 8 and END (255) find slots of their own.
constexpr std::uint16_t kStart = 0, kNumber = 8, kDigits = 16, kBehind = 24, kEnd = 32, kTail = 40;

struct Table {
  test::TableView view;
  Table() {
    view.mask = 255;
    view.request = false;
    view.entries.resize(256);
    view.actions.resize(1);
    for (std::uint8_t symbol_class : {kZero, kComma, kQuote, kOpen})
      bytes("0,\"{"[symbol_class - 1], symbol_class);
  }
  void bytes(char byte, std::uint8_t symbol_class) {
    view.maps[static_cast<std::uint8_t>(byte)].map0 = symbol_class;
  }
  void put(std::uint16_t base, std::uint8_t symbol_class, Control control, std::uint16_t next = 0,
           std::uint16_t back = 0, AccumulatorOp op = AccumulatorOp::NONE) {
    layout::Action action{};
    action.operand = back;
    action.accumulator_op = op;
    view.actions.push_back(action);
    auto& entry = view.entries[base ^ symbol_class];
    entry = {};
    entry.label = symbol_class;
    entry.control = control;
    entry.next = next;
    entry.action = static_cast<std::uint16_t>(view.actions.size() - 1);
  }
};

// `{00,` with any number of zeros, which the comma ends; or `{00",` where a quote does.
Table number(bool quoted) {
  Table out;
  out.put(kStart, kOpen, Control::CALL, kNumber, kBehind);
  out.put(kNumber, kZero, Control::NEXT, kDigits);
  out.put(kDigits, kZero, Control::NEXT, kDigits);
  out.put(kDigits, quoted ? kQuote : kComma, quoted ? Control::RET : Control::REDO);
  out.put(kBehind, kComma, Control::NEXT, kEnd);
  out.put(kEnd, layout::CLASS_END, Control::ACCEPT);
  // Another number's last state, which only a changed word leads to.
  out.put(kTail, kComma, Control::REDO);
  return out;
}

test::Product::Result explore(const Table& original, const Table& changed,
                              std::uint32_t max_depth) {
  const test::Reach reach(original.view, {kStart}, 100, max_depth);
  return test::Product(reach, original.view).explore(changed.view, 10);
}

}  // namespace

TEST_CASE("a NEXT that became a CALL: the frame too many") {
  const bool quoted = GENERATE(false, true);
  const Table original = number(quoted);
  Table changed = original;
  changed.put(kNumber, kZero, Control::CALL, kDigits, kTail);

  SECTION("leaves with the symbol that ends the number") {
    CHECK(explore(original, changed, 3).proof == Proof::equivalent);
  }
  SECTION("does not fit the stack") {
    const auto result = explore(original, changed, 2);
    CHECK(result.proof == Proof::none);
    CHECK(result.partings.size() == 1);
  }
  SECTION("reads on behind the number") {
    changed.put(kTail, kZero, Control::NEXT, kTail);
    // Behind a bare number there is no such place: its next symbol ends it.
    CHECK(explore(original, changed, 3).proof == (quoted ? Proof::none : Proof::equivalent));
  }
  SECTION("takes the symbol that ends the number") {
    changed.put(kTail, kComma, Control::NEXT, kTail);
    CHECK(explore(original, changed, 3).proof == Proof::none);
  }
  SECTION("refuses what ends the number") {
    changed.put(kTail, kComma, Control::RESERVED);
    CHECK(explore(original, changed, 3).proof == Proof::none);
  }
  SECTION("looks at the accumulator when it goes") {
    changed.put(kTail, kComma, Control::REDO, 0, 0, AccumulatorOp::CHECK_END);
    CHECK(explore(original, changed, 3).proof == Proof::none);
  }
}

TEST_CASE("a digit into an accumulator that is 0") {
  Table original;
  original.put(kStart, kZero, Control::NEXT, kBehind);
  original.put(kBehind, kComma, Control::NEXT, kEnd, 0, AccumulatorOp::CHECK_END);
  original.put(kEnd, layout::CLASS_END, Control::ACCEPT);

  SECTION("is nothing when it is 0") {
    Table changed = original;
    changed.put(kStart, kZero, Control::NEXT, kBehind, 0, AccumulatorOp::DIGIT);
    CHECK(explore(original, changed, 3).proof == Proof::alike);
  }
  SECTION("counts when another byte of the class is not") {
    original.bytes('1', kZero);
    Table changed = original;
    changed.put(kStart, kZero, Control::NEXT, kBehind, 0, AccumulatorOp::DIGIT);
    CHECK(explore(original, changed, 3).proof == Proof::none);
  }
  SECTION("counts when the accumulator was set before") {
    original.put(kStart, kOpen, Control::NEXT, kStart, 0, AccumulatorOp::DIGIT);
    Table changed = original;
    changed.put(kStart, kZero, Control::NEXT, kBehind, 0, AccumulatorOp::DIGIT);
    CHECK(explore(original, changed, 3).proof == Proof::none);
  }
}
