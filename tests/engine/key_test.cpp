// SPDX-License-Identifier: Apache-2.0
// The key unit (docs/fabric.md "Engine", step 4) on tables written for it, and against the naive
// engine on maps whose keys begin alike.
#include <catch2/catch.hpp>
#include <map>

#include "engine/engine.hpp"
#include "support/feeding.hpp"
#include "support/map_image.hpp"
#include "support/naive_engine.hpp"

using namespace sluice;
using engine::Image;
using engine::Verdict;
using layout::Control;
using layout::KeyOp;
using layout::Reason;
using support::ImageBuilder;
using support::State;

namespace {

Image load(const ImageBuilder& builder) {
  auto loaded = Image::load(builder.bytes());
  if (auto* error = std::get_if<engine::LoadError>(&loaded)) throw std::runtime_error(error->text);
  return std::move(std::get<Image>(loaded));
}

/// The verdict, the same whole and byte by byte.
Verdict judge(const Image& image, const std::string& text) {
  const auto record = support::bytes_of(text);
  const Verdict whole = engine::judge_request(image, record);
  CHECK(whole ==
        support::judge_in_pieces(image, layout::Pipeline::REQUEST, 0, record, [] { return 1U; }));
  return whole;
}

void expect(const Image& image, const std::string& text, Reason reason, std::uint32_t offset) {
  const Verdict verdict = judge(image, text);
  INFO(text << ": " << name_of(verdict.reason) << " at " << verdict.offset);
  CHECK(verdict.reason == reason);
  CHECK(verdict.offset == offset);
}

void accepted(const Image& image, const std::string& text) {
  expect(image, text, Reason::ACCEPTED, static_cast<std::uint32_t>(text.size()));
}

}  // namespace

TEST_CASE("keys ascend by their bytes; a proper prefix is less, equal is not greater") {
  for (const bool in_calls : {false, true}) {
    const Image image = load(support::map_image(in_calls));
    accepted(image, "{}");
    accepted(image, R"({"":v,"a":v,"aa":v,"ab":v,"b":v})");
    accepted(image, "{\" \":v,\"a\":v,\"\x7f\":v,\"\x80\":v,\"\xfe\":v}");  // unsigned
    accepted(image, R"({"a":v,"a ":v,"a a":v})");  // less than the quote behind the previous key
    expect(image, R"({"":v,"":v})", Reason::KEY_ORDER, 7);
    expect(image, R"({"a":v,"":v})", Reason::KEY_ORDER, 8);
    expect(image, R"({"a":v,"a":v})", Reason::KEY_ORDER, 9);
    expect(image, R"({"ab":v,"a":v})", Reason::KEY_ORDER, 10);  // found where the key ends
    expect(image, R"({"b":v,"aa":v})", Reason::KEY_ORDER, 10);
    expect(image, R"({"ab":v,"aaz":v})", Reason::KEY_ORDER, 12);
    accepted(image, R"({"a":v,"ab":v,"b":v,"ba":v,"bb":v})");
  }
}

TEST_CASE("NEW_MAP saves the previous key, and the pop of its frame restores it") {
  for (const bool in_calls : {false, true}) {
    const Image image = load(support::map_image(in_calls));
    accepted(image, R"({"b":{"a":v},"c":v})");
    accepted(image, R"({"b":{},"c":{"a":{"a":{"a":v}}},"d":v})");
    accepted(image, R"({"b":{"x":v,"y":v},"bb":{"x":v}})");
    expect(image, R"({"b":{"a":v},"b":v})", Reason::KEY_ORDER, 15);
    expect(image, R"({"b":{"c":v},"aa":v})", Reason::KEY_ORDER, 16);
    expect(image, R"({"b":{"c":{"z":v},"c":v}})", Reason::KEY_ORDER, 20);
    expect(image, R"({"b":{"c":v,"d":{}},"b":{}})", Reason::KEY_ORDER, 22);
  }
}

TEST_CASE("a record does not know the keys of the one before") {
  const Image image = load(support::map_image(false));
  engine::Context context;
  for (const std::string text : {R"({"b":v})", R"({"a":v})", R"({"":v})"}) {
    context.open(engine::program_of(image, layout::Pipeline::REQUEST), image.request_start(),
                 static_cast<std::uint32_t>(text.size()), 0);
    context.feed(support::bytes_of(text));
    CHECK(context.finish().accepted());
  }
}

TEST_CASE("key operations at the wrong moment") {
  ImageBuilder builder;
  auto& t = builder.request;
  const State start = t.state();
  const State inner = t.state(1);
  builder.request_start = start;
  const State response = builder.response.state();
  builder.response.accept(response);
  builder.endpoints.push_back({.response_start = response});
  t.next(start, 'b', start, {.key_op = KeyOp::BEGIN});
  t.next(start, 'e', start, {.key_op = KeyOp::END_KEY});
  t.next(start, 'x', start);
  t.next(start, 'n', start, {.key_op = KeyOp::NEW_MAP});
  t.on(start, '(', Control::CALL, inner, {.key_op = KeyOp::NEW_MAP}, start);
  t.on(start, '<', Control::CALL, inner, {.key_op = KeyOp::BEGIN}, start);
  t.on(start, '2', Control::CALL_LEN, inner,
       {.accumulator_op = layout::AccumulatorOp::DIGIT_FIRST, .key_op = KeyOp::NEW_MAP}, start);
  t.on(start, '1', Control::CALL_LEN, inner,
       {.accumulator_op = layout::AccumulatorOp::DIGIT_FIRST, .key_op = KeyOp::BEGIN}, start);
  t.next(inner, 'x', inner);
  t.on(inner, ')', Control::RET, 0);
  t.on(inner, 'B', Control::RET, 0, {.key_op = KeyOp::BEGIN});
  t.on(inner, 'r', Control::REDO, 0, {.key_op = KeyOp::BEGIN});
  t.on(inner, 'e', Control::RET, 0, {.key_op = KeyOp::END_KEY});
  t.on(inner, layout::CLASS_END, Control::RET, 0, {.key_op = KeyOp::END_KEY});
  t.accept(start, {.tag = 1});
  const Image image = load(builder);
  accepted(image, "bxe");
  accepted(image, "bxebxxe");
  accepted(image, "be");
  accepted(image, "bx");                     // the table alone sees to it that a key ends
  expect(image, "e", Reason::KEY_ORDER, 0);  // END_KEY while closed
  expect(image, "bxee", Reason::KEY_ORDER, 3);
  expect(image, "bb", Reason::KEY_ORDER, 1);  // BEGIN while open
  expect(image, "n", Reason::NO_TRANSITION, 0);
  expect(image, "2xx", Reason::NO_TRANSITION, 0);
  expect(image, "(B", Reason::NO_TRANSITION, 1);
  expect(image, "(r", Reason::NO_TRANSITION, 1);
  accepted(image, "<e");  // a key may end in another frame than it began
  accepted(image, "<)xe");
  expect(image, "<)e<xe<)e", Reason::KEY_ORDER, 8);
  accepted(image, "1xbxxe");  // on END too
  expect(image, "1x1x", Reason::KEY_ORDER, 4);
  expect(image, "b(e", Reason::KEY_ORDER, 2);   // NEW_MAP closes the unit
  expect(image, "b()e", Reason::KEY_ORDER, 3);  // and so does its pop
  expect(image, "bxe(e", Reason::KEY_ORDER, 4);
}

TEST_CASE("the engine agrees with the naive engine on maps whose keys begin alike") {
  std::map<Reason, unsigned> seen;
  support::Random random(2024);
  for (const bool in_calls : {false, true}) {
    const auto words = support::map_image(in_calls).words();
    const Image image = load(support::map_image(in_calls));
    const support::NaiveEngine naive(words);
    for (unsigned i = 0; i < 20000; ++i) {
      const std::string text = support::random_map(random, 120);
      const auto record = support::bytes_of(text);
      const Verdict expected = naive.judge_request(record);
      INFO(text);
      REQUIRE(engine::judge_request(image, record) == expected);
      REQUIRE(support::judge_in_pieces(image, layout::Pipeline::REQUEST, 0, record,
                                       [&] { return random.below(9); }) == expected);
      ++seen[expected.reason];
    }
  }
  CHECK(seen[Reason::ACCEPTED] > 10000);
  CHECK(seen[Reason::KEY_ORDER] > 3000);
}
