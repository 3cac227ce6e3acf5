// SPDX-License-Identifier: Apache-2.0
// Each rule of docs/fabric.md "Engine" on a table written for it.
#include <catch2/catch.hpp>

#include "engine/engine.hpp"
#include "support/table_builder.hpp"

using namespace sluice;
using engine::Image;
using engine::Verdict;
using layout::AccumulatorOp;
using layout::Control;
using layout::Reason;
using layout::RegisterOp;
using support::Do;
using support::ImageBuilder;
using support::State;

namespace {

constexpr std::uint8_t END = layout::CLASS_END;

Image load(const ImageBuilder& builder) {
  auto loaded = Image::load(builder.bytes());
  if (auto* error = std::get_if<engine::LoadError>(&loaded)) throw std::runtime_error(error->text);
  return std::move(std::get<Image>(loaded));
}

/// A request table with a start state that is already tagged by its own ACCEPT; the response side
/// is a single state.
struct Bench {
  ImageBuilder image;
  State start;
  Bench() {
    start = image.request.state();
    image.request_start = start;
    const State response = image.response.state();
    image.response.accept(response);
    image.endpoints.push_back({.response_start = response});
  }
  Verdict judge(const std::string& text) const {
    return engine::judge_request(load(image), support::bytes_of(text));
  }
};

void expect(const Verdict& verdict, Reason reason, std::uint32_t offset) {
  INFO("got " << name_of(verdict.reason) << " at " << verdict.offset);
  CHECK(verdict.reason == reason);
  CHECK(verdict.offset == offset);
}

}  // namespace

TEST_CASE("an empty record is judged by its END") {
  Bench bench;
  bench.image.request.accept(bench.start, {.tag = 1});
  const Verdict verdict = bench.judge("");
  expect(verdict, Reason::ACCEPTED, 0);
  CHECK(verdict.endpoint == 1);
  CHECK(verdict.depth == 1);
  CHECK(verdict.frames == 0);
  expect(bench.judge("a"), Reason::NO_TRANSITION, 0);
}

TEST_CASE("a request without a tag is not accepted, a response is") {
  Bench bench;
  bench.image.request.accept(bench.start);
  expect(bench.judge(""), Reason::NO_TRANSITION, 0);
  const Image image = load(bench.image);
  CHECK(engine::judge_response(image, 1, {}).accepted());
  CHECK(engine::judge_response(image, 1, {}).endpoint == 1);
  CHECK(engine::judge_response(image, 0, {}).reason == Reason::NO_REQUEST);
  CHECK(engine::judge_response(image, 2, {}).reason == Reason::NO_REQUEST);
}

TEST_CASE("a tag counts only when its symbol passed") {
  Bench bench;
  const State after = bench.image.request.state();
  bench.image.request.next(bench.start, 'a', after,
                           {.register_op = RegisterOp::INC, .k = 0, .tag = 1});
  CHECK(bench.judge("a").endpoint == 0);
  bench.image.request.next(bench.start, 'b', after, {.tag = 1});
  CHECK(bench.judge("bx").endpoint == 1);
}

TEST_CASE("SET and SET_AGAIN") {
  Bench bench;
  auto& t = bench.image.request;
  t.next(bench.start, 'a', bench.start, {.register_op = RegisterOp::SET, .k = 2});
  t.next(bench.start, 'b', bench.start, {.register_op = RegisterOp::SET, .k = 5, .min = 2});
  t.next(bench.start, 'c', bench.start, {.register_op = RegisterOp::SET_AGAIN, .k = 5, .min = 2});
  t.accept(bench.start, {.tag = 1});
  expect(bench.judge("ab"), Reason::ACCEPTED, 2);
  expect(bench.judge("aa"), Reason::ORDER, 1);   // r = k
  expect(bench.judge("aba"), Reason::ORDER, 2);  // r > k
  expect(bench.judge("b"), Reason::TOO_FEW, 0);
  expect(bench.judge("acc"), Reason::ACCEPTED, 3);
  expect(bench.judge("accb"), Reason::ORDER, 3);
  expect(bench.judge("c"), Reason::TOO_FEW, 0);
}

TEST_CASE("INC fails at its maximum, and saturates without one") {
  Bench bench;
  auto& t = bench.image.request;
  t.next(bench.start, 'a', bench.start, {.register_op = RegisterOp::INC, .k = 2});
  t.next(bench.start, 'b', bench.start, {.register_op = RegisterOp::INC, .k = 65535});
  t.accept(bench.start, {.tag = 1, .operand = 2});
  expect(bench.judge("aa"), Reason::ACCEPTED, 2);
  expect(bench.judge("aaa"), Reason::TOO_MANY, 2);
  expect(bench.judge("a"), Reason::TOO_FEW, 1);
  expect(bench.judge("bbbbb"), Reason::ACCEPTED, 5);
  bench.image.geometry = layout::Geometry::SIMULATION;
  bench.image.max_record_bytes = 65535;
  t.accept(bench.start, {.tag = 1, .operand = 65535});
  expect(bench.judge(std::string(65535, 'b')), Reason::ACCEPTED, 65535);
  const State more = t.state();
  t.next(bench.start, 'c', more, {.register_op = RegisterOp::INC, .k = 65534});
  expect(bench.judge(std::string(65534, 'b') + "c"), Reason::TOO_MANY, 65534);
}

TEST_CASE("CALL, RET and a register of its own for every frame") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state();
  const State back = t.state(1);
  t.next(bench.start, 'i', bench.start, {.register_op = RegisterOp::INC, .k = 9});
  t.on(bench.start, '(', Control::CALL, inner, {}, back);
  t.next(inner, 'i', inner, {.register_op = RegisterOp::INC, .k = 9});
  t.on(inner, '(', Control::CALL, inner, {}, inner);
  t.on(inner, ')', Control::RET, 0, {.operand = 2});
  t.accept(back, {.tag = 1, .operand = 1});
  expect(bench.judge("i(ii)"), Reason::ACCEPTED, 5);
  expect(bench.judge("(ii)"), Reason::TOO_FEW, 4);  // the inner count is not the outer one
  expect(bench.judge("i(i)"), Reason::TOO_FEW, 3);
  expect(bench.judge("i(i(ii)i)"), Reason::ACCEPTED, 9);
  expect(bench.judge("i)"), Reason::NO_TRANSITION, 1);
}

TEST_CASE("a pop of the bottom and ACCEPT above it are refused") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state();
  t.on(bench.start, 'r', Control::RET, 0);
  t.on(bench.start, 'd', Control::REDO, 0);
  t.on(bench.start, 't', Control::REDO_TO, bench.start);
  t.on(bench.start, 'a', Control::ACCEPT, 0, {.tag = 1});
  t.on(bench.start, '(', Control::CALL, inner, {}, bench.start);
  t.accept(inner, {.tag = 1});
  for (const char* text : {"r", "d", "t", "a"}) expect(bench.judge(text), Reason::NO_TRANSITION, 0);
  expect(bench.judge("("), Reason::NO_TRANSITION, 1);
}

TEST_CASE("REDO reads the symbol again in the caller, REDO_TO at its own base") {
  Bench bench;
  auto& t = bench.image.request;
  const State digits = t.state();
  const State list = t.state(1);
  const State other = t.state();
  t.on(bench.start, '#', Control::CALL, digits, {}, list);
  t.next_range(digits, '0', '9', digits);
  t.on(digits, ',', Control::REDO, 0);
  t.on(digits, ';', Control::REDO_TO, other);
  t.on(digits, END, Control::REDO, 0);
  t.on(list, ',', Control::CALL, digits, {}, list);
  t.accept(list, {.tag = 1});
  t.next(other, ';', other);
  t.accept(other, {.tag = 1});
  expect(bench.judge("#1,22,3"), Reason::ACCEPTED, 7);
  expect(bench.judge("#1;"), Reason::ACCEPTED, 3);
  expect(bench.judge("#1;5"), Reason::NO_TRANSITION, 3);
  expect(bench.judge("#"), Reason::ACCEPTED, 1);
  CHECK(bench.judge("#1,2").steps == 4 + 1 + 1 + 1);
}

TEST_CASE("CALL_LEN ends a frame by length and permits no other way out") {
  Bench bench;
  auto& t = bench.image.request;
  const State body = t.state();
  const State back = t.state();
  for (char c = '0'; c <= '9'; ++c) {
    t.on(bench.start, static_cast<std::uint8_t>(c), Control::CALL_LEN, body,
         {.accumulator_op = AccumulatorOp::DIGIT_FIRST}, back);
  }
  t.next_range(body, 'a', 'z', body);
  t.on(body, END, Control::RET, 0);
  t.on(body, '.', Control::RET, 0);
  t.on(body, ':', Control::REDO, 0);
  t.on(body, '(', Control::CALL, body, {}, body);
  t.next(back, '!', back);
  t.accept(back, {.tag = 1});
  expect(bench.judge("3abc"), Reason::ACCEPTED, 4);
  expect(bench.judge("3abc!"), Reason::ACCEPTED, 5);
  expect(bench.judge("0!"), Reason::ACCEPTED, 2);
  expect(bench.judge("0"), Reason::ACCEPTED, 1);
  expect(bench.judge("3ab"), Reason::LENGTH, 0);
  expect(bench.judge("3abcd"), Reason::NO_TRANSITION, 4);
  expect(bench.judge("3ab."), Reason::NO_TRANSITION, 3);
  expect(bench.judge("3ab:"), Reason::NO_TRANSITION, 3);
  // A frame pushed by CALL inside inherits the end, and may be left on a byte.
  expect(bench.judge("3(a."), Reason::ACCEPTED, 4);
  expect(bench.judge("3(ab"), Reason::ACCEPTED, 4);
}

TEST_CASE("decimal lengths, base-128 groups and saturation") {
  Bench bench;
  auto& t = bench.image.request;
  const State digits = t.state();
  const State groups = t.state(1);
  const State body = t.state();
  t.set_class(1, 0x81, 1);
  t.set_class(1, 0xFF, 2);
  t.next(bench.start, '=', digits, {.accumulator_op = AccumulatorOp::GROUP, .group = 0});
  t.next_range(digits, '0', '9', digits, {.accumulator_op = AccumulatorOp::DIGIT});
  t.next(digits, 'D', digits, {.accumulator_op = AccumulatorOp::DIGIT_FIRST});
  t.next(digits, ':', body, {.accumulator_op = AccumulatorOp::CHECK_END});
  t.next(digits, 'G', groups);
  t.next(groups, 1, groups, {.accumulator_op = AccumulatorOp::GROUP, .group = 0});
  t.next(groups, 2, digits, {.accumulator_op = AccumulatorOp::GROUP, .group = 1});
  t.next_range(body, 'a', 'z', body);
  t.accept(body, {.tag = 1});
  // '=' is 0x3D: group 0 sets 61; 'D' sets 4.
  expect(bench.judge("=D:" + std::string(4, 'a')), Reason::ACCEPTED, 7);
  expect(bench.judge("=D2:" + std::string(42, 'a')), Reason::ACCEPTED, 46);
  expect(bench.judge("=D2:" + std::string(41, 'a')), Reason::LENGTH, 3);
  expect(bench.judge("=D2:" + std::string(43, 'a')), Reason::LENGTH, 3);
  // 1 + 127 * 128 = 16257; two groups.
  bench.image.geometry = layout::Geometry::SIMULATION;
  bench.image.max_record_bytes = 65535;
  expect(bench.judge("=G\x81\xFF:" + std::string(16257, 'a')), Reason::ACCEPTED, 5 + 16257);
  // 65535 is saturated, and stays so.
  expect(bench.judge("=D65534:" + std::string(65000, 'a')), Reason::LENGTH, 7);
  expect(bench.judge("=D65535:"), Reason::LENGTH, 7);
  expect(bench.judge("=D999990:"), Reason::LENGTH, 8);
  expect(bench.judge("=D99999D:aaaa"), Reason::ACCEPTED, 13);
}

TEST_CASE(
    "CHECK_END on END compares with nothing left; other accumulator operations do nothing there") {
  Bench bench;
  auto& t = bench.image.request;
  const State last = t.state();
  t.next(bench.start, '0', bench.start, {.accumulator_op = AccumulatorOp::DIGIT_FIRST});
  t.next(bench.start, '1', bench.start, {.accumulator_op = AccumulatorOp::DIGIT_FIRST});
  t.on(bench.start, '(', Control::CALL, last, {}, bench.start);
  t.on(last, END, Control::RET, 0, {.accumulator_op = AccumulatorOp::DIGIT_FIRST});
  t.accept(bench.start, {.accumulator_op = AccumulatorOp::CHECK_END, .tag = 1});
  expect(bench.judge("0"), Reason::ACCEPTED, 1);
  expect(bench.judge("1"), Reason::LENGTH, 1);
  expect(bench.judge("1("), Reason::LENGTH, 2);
  expect(bench.judge("0("), Reason::ACCEPTED, 2);
}

TEST_CASE("DEPTH counts the bottom frame and comes before LENGTH") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state();
  t.on(bench.start, '(', Control::CALL, bench.start, {}, bench.start);
  t.on(bench.start, ')', Control::RET, 0);
  t.on(bench.start, '9', Control::CALL_LEN, inner, {.accumulator_op = AccumulatorOp::DIGIT_FIRST},
       bench.start);
  t.accept(bench.start, {.tag = 1});
  bench.image.max_depth = 3;
  expect(bench.judge("(())"), Reason::ACCEPTED, 4);
  expect(bench.judge("((("), Reason::DEPTH, 2);
  expect(bench.judge("((9"), Reason::DEPTH, 2);
  expect(bench.judge("(9"), Reason::LENGTH, 1);
  bench.image.max_depth = 1;
  expect(bench.judge("("), Reason::DEPTH, 0);
}

TEST_CASE("the order of failures within a symbol") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state();
  t.on(bench.start, '(', Control::CALL, inner, {}, bench.start);
  // Everything is wrong with these: the first check in the order decides.
  t.on(inner, 'a', Control::RET, 0,
       {.register_op = RegisterOp::SET,
        .k = 0,
        .min = 3,
        .accumulator_op = AccumulatorOp::CHECK_END,
        .operand = 9});
  t.on(inner, 'b', Control::RET, 0,
       {.register_op = RegisterOp::SET,
        .k = 4,
        .min = 3,
        .accumulator_op = AccumulatorOp::CHECK_END,
        .operand = 9});
  t.on(inner, 'c', Control::RET, 0, {.accumulator_op = AccumulatorOp::CHECK_END, .operand = 9});
  t.on(inner, 'd', Control::RET, 0, {.operand = 9});
  t.on(bench.start, 'e', Control::RET, 0, {.register_op = RegisterOp::SET, .k = 0});
  expect(bench.judge("(ax"), Reason::ORDER, 1);
  expect(bench.judge("(bx"), Reason::TOO_FEW, 1);
  expect(bench.judge("(cx"), Reason::LENGTH, 1);
  expect(bench.judge("(dx"), Reason::TOO_FEW, 1);
  expect(bench.judge("e"), Reason::NO_TRANSITION, 0);
}

TEST_CASE("RET compares r after its own register operation") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state();
  t.on(bench.start, '(', Control::CALL, inner, {}, bench.start);
  t.on(inner, ')', Control::RET, 0, {.register_op = RegisterOp::INC, .k = 5, .operand = 1});
  t.accept(bench.start, {.tag = 1});
  expect(bench.judge("()"), Reason::ACCEPTED, 2);
}

TEST_CASE("the report shows the stack before the failing symbol") {
  Bench bench;
  auto& t = bench.image.request;
  const State inner = t.state(1);
  const State back = t.state();
  t.next(bench.start, 'i', bench.start, {.register_op = RegisterOp::INC, .k = 9});
  t.on(bench.start, '(', Control::CALL, inner, {}, back);
  t.next(inner, 'i', inner, {.register_op = RegisterOp::INC, .k = 2});
  t.on(inner, '(', Control::CALL, inner, {.register_op = RegisterOp::INC, .k = 2}, inner);
  const auto bases = t.pack(4096).bases;
  Verdict verdict = bench.judge("iii(i(iii");
  expect(verdict, Reason::TOO_MANY, 8);
  CHECK(verdict.base == bases[inner]);
  CHECK(verdict.symbol_class == 'i');
  CHECK(verdict.depth == 3);
  CHECK(verdict.frames == 3);
  CHECK(verdict.return_bases[0] == bases[inner]);
  CHECK(verdict.return_bases[1] == bases[back]);
  CHECK(verdict.return_bases[2] == 0);
  CHECK(verdict.registers[0] == 2);
  CHECK(verdict.registers[1] == 2);
  CHECK(verdict.registers[2] == 3);
  // A failing CALL has not counted.
  verdict = bench.judge("(ii(");
  expect(verdict, Reason::TOO_MANY, 3);
  CHECK(verdict.depth == 2);
  CHECK(verdict.registers[0] == 2);
  // More than eight frames: the innermost eight.
  verdict = bench.judge("i((((((((((((x");
  CHECK(verdict.depth == 13);
  CHECK(verdict.frames == 8);
  CHECK(verdict.registers[0] == 0);
  CHECK(verdict.registers[7] == 1);
}

TEST_CASE("bit 0 of the base selects the class map") {
  Bench bench;
  auto& t = bench.image.request;
  const State odd = t.state(1);
  t.set_class(0, 'x', 10);
  t.set_class(1, 'x', 20);
  t.next(bench.start, 10, odd);
  t.next(odd, 20, bench.start);
  t.accept(bench.start, {.tag = 1});
  expect(bench.judge("xx"), Reason::ACCEPTED, 2);
  expect(bench.judge("x"), Reason::NO_TRANSITION, 1);
}

TEST_CASE("a record above the limit is TOO_LONG before any step") {
  Bench bench;
  bench.image.max_record_bytes = 4;
  bench.image.request.next(bench.start, 'a', bench.start);
  bench.image.request.accept(bench.start, {.tag = 1});
  expect(bench.judge("aaaa"), Reason::ACCEPTED, 4);
  expect(bench.judge("bbbbb"), Reason::TOO_LONG, 4);
  engine::Context context;
  const Image image = load(bench.image);
  context.open(engine::program_of(image, layout::Pipeline::REQUEST), image.request_start(),
               0xFFFFFFFF, 0);
  CHECK(context.decided());
  CHECK(context.finish().reason == Reason::TOO_LONG);
}

TEST_CASE("a context that never got its bytes is not accepted") {
  Bench bench;
  bench.image.request.next(bench.start, 'a', bench.start);
  bench.image.request.accept(bench.start, {.tag = 1});
  const Image image = load(bench.image);
  engine::Context context;
  context.open(engine::program_of(image, layout::Pipeline::REQUEST), image.request_start(), 3, 0);
  CHECK(context.feed('a'));
  CHECK(context.feed('a'));
  CHECK(context.finish().reason == Reason::BAD_FRAME);
  CHECK_FALSE(context.feed('a'));
}

TEST_CASE(
    "a flipped bit of any word that a record uses is TABLE_PARITY, at the step that reads it") {
  Bench bench;
  auto& t = bench.image.request;
  const State second = t.state();
  t.next(bench.start, 'a', second, {.register_op = RegisterOp::INC, .k = 3});
  t.next(second, 'b', second);
  t.accept(second, {.tag = 1});
  const auto packed = t.pack(4096);
  Image image = load(bench.image);
  auto& table = image.table(layout::Pipeline::REQUEST);
  const auto record = support::bytes_of("ab");
  const auto judge = [&] { return engine::judge_request(image, record); };
  CHECK(judge().accepted());
  const std::uint32_t slot = packed.bases[second] ^ 'b';
  for (unsigned bit = 0; bit < layout::Entry::used_bits; ++bit) {
    table.set_entry(slot, packed.entries[slot] ^ 1ULL << bit);
    expect(judge(), Reason::TABLE_PARITY, 1);
  }
  table.set_entry(slot, packed.entries[slot]);
  table.set_class_map('b', packed.class_map['b'] ^ 1);
  expect(judge(), Reason::TABLE_PARITY, 1);
  table.set_class_map('b', packed.class_map['b']);
  auto action = packed.actions[1];
  action[0] ^= 1ULL << 30;
  table.set_action(1, action);
  expect(judge(), Reason::TABLE_PARITY, 0);
  table.set_action(1, packed.actions[1]);
  CHECK(judge().accepted());
  action = packed.actions[0];
  action[1] ^= 1;
  table.set_action(0, action);
  expect(judge(), Reason::TABLE_PARITY, 1);
}
