// SPDX-License-Identifier: Apache-2.0
// Rejected Protobuf bodies with what the examples do not have: maps, lists that are counted, well-known types, wrappers, oneofs, fields that
// travel in the path. Each with what its explanation says.
#include <catch2/catch.hpp>

#include <random>

#include "binary_edit.hpp"
#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "engine/engine.hpp"
#include "schema_fixture.hpp"

using namespace sluice;
using test::delimited;
using test::tag;
using test::varint;

namespace {

const char* const kSchema = R"(
message Sub { int32 size = 1 [(buf.validate.field).int32 = {gte: 1 lte: 300}]; map<bool, Sub> below = 2; }
enum Kind { KIND_NONE = 0; KIND_ONE = 1; KIND_LOST = -1; }
message M {
  string name = 1;
  map<string, uint32> text = 2 [(buf.validate.field).map = {max_pairs: 3 keys: {string: {min_len: 1 max_len: 3}} values: {uint32: {lte: 9}}}];
  map<int32, Sub> subs = 3 [(buf.validate.field).map = {min_pairs: 2 keys: {int32: {not_in: [7]}}}];
  repeated string tags = 4 [(buf.validate.field).repeated = {min_items: 2 max_items: 3 items: {string: {max_len: 200}}}];
  repeated uint32 packed = 5 [(buf.validate.field).repeated = {min_items: 2 max_items: 3 items: {uint32: {lte: 300}}}];
  google.protobuf.Timestamp at = 6 [(buf.validate.field).timestamp.lt = {seconds: 4102444800}];
  google.protobuf.Duration lasts = 7 [(buf.validate.field).duration.lte = {seconds: 60}];
  google.protobuf.Int32Value number = 8 [(buf.validate.field).int32.lte = 50];
  google.protobuf.StringValue word = 9 [(buf.validate.field).string.max_len = 4];
  google.protobuf.FieldMask mask = 10 [(buf.validate.field).field_mask.in = "a"];
  oneof choice { bool yes = 11; Sub sub = 12; }
  optional Kind kind = 13;
  double real = 14 [(buf.validate.field).double.lt = 10];
  bytes blob = 15 [(buf.validate.field).bytes.max_len = 3];
  sint32 zigzag = 16 [(buf.validate.field).sint32.gte = -5];
  repeated Sub many = 17;
  google.protobuf.Struct any = 18;
  fixed64 fixed = 19 [(buf.validate.field).fixed64.lte = 5];
  repeated int32 once = 20 [(buf.validate.field).repeated = {unique: true items: {int32: {in: [1, 2, 3]}}}];
}
message R { string r = 1 [(buf.validate.field).string.min_len = 2]; }
service S { rpc Do(M) returns (R) { option (google.api.http) = {post: "/d/{name}" body: "*"}; } }
)";

struct Compiled {
  engine::Image image;
  compiler::SymbolMap symbols;
};

const Compiled& compiled() {
  static const Compiled made = [] {
    auto outcome = compiler::test::resolve(kSchema, "services: [{service: t.S, methods: [\"*\"], body: PROTOBUF}]\ngeometry: LARGE");
    INFO(outcome.diagnostics.text());
    REQUIRE(outcome.schema);
    load::Diagnostics diagnostics;
    const auto result = compiler::compile(outcome.schema->loaded, diagnostics);
    INFO(diagnostics.text());
    REQUIRE(result);
    auto image = engine::Image::load(result->image);
    REQUIRE(std::holds_alternative<engine::Image>(image));
    return Compiled{std::get<engine::Image>(std::move(image)), compiler::SymbolMap::parse(result->symbols)};
  }();
  return made;
}

std::string record_of(const std::string& body) {
  return "POST /d/n HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) + "\r\ncontent-type: application/protobuf\r\nhost: api.example\r\n\r\n" + body;
}

// "accepted", or "path rule".
std::string said(const std::string& body) {
  const std::string record = record_of(body);
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(record.data()), record.size()};
  const auto verdict = engine::judge(compiled().image, layout::Pipeline::REQUEST, 0, bytes);
  if (verdict.accepted()) return "accepted";
  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.pipeline = layout::Pipeline::REQUEST;
  event.reason = verdict.reason;
  event.endpoint = verdict.endpoint;
  event.offset = verdict.offset;
  const auto explanation = compiled().symbols.explain(event, bytes);  // with nothing of the event's states
  return explanation.path + " " + explanation.rule;
}

std::string text(int number, const std::string& content) { return tag(number, 2) + delimited(content); }
std::string pair(int number, const std::string& key, const std::string& value) { return text(number, key + value); }
std::string word(const std::string& key, unsigned value) { return pair(2, text(1, key), tag(2, 0) + varint(value)); }
std::string sub(std::uint64_t size) { return tag(1, 0) + varint(size); }
std::string keyed(std::uint64_t key, const std::string& value) { return pair(3, tag(1, 0) + varint(key), text(2, value)); }

// The members that must stand, between what is before and behind them.
const std::string kSubs = keyed(1, sub(1)) + keyed(2, sub(2));
const std::string kTags = text(4, "a") + text(4, "b");
const std::string kPacked = text(5, varint(1) + varint(300));
std::string behind(const std::string& members) { return kSubs + kTags + kPacked + members; }

}  // namespace

TEST_CASE("maps in Protobuf bodies are explained") {
  const std::string rest = behind("");
  CHECK(said(rest) == "accepted");
  CHECK(said(word("a", 1) + word("b", 0) + rest) == "accepted");
  CHECK(said(word("b", 1) + word("a", 0) + rest) == R"(text["a"] key_order)");
  CHECK(said(word("a", 1) + word("a", 0) + rest) == R"(text["a"] duplicate_key)");
  CHECK(said(word("", 1) + rest) == R"(text[""] map.keys.string.min_len)");
  CHECK(said(word("abcd", 1) + rest) == R"(text["abcd"] map.keys.string.max_len)");
  CHECK(said(word("a\xff", 1) + rest) == R"(text["a?"] protobuf_utf8)");
  CHECK(said(word("a", 10) + rest) == R"(text["a"] map.values.uint32.lte)");
  CHECK(said(word("a", 1) + word("b", 1) + word("c", 1) + word("d", 1) + rest) == "text map.max_pairs");
  CHECK(said(pair(2, text(1, "a"), "") + rest) == R"(text["a"] canonical)");
  CHECK(said(pair(2, "", tag(2, 0) + varint(1)) + rest) == "text canonical");
  CHECK(said(pair(2, text(1, "a"), text(2, "x")) + rest) == R"(text["a"] type uint32)");
  CHECK(said(pair(2, tag(1, 0) + varint(1), tag(2, 0) + varint(1)) + rest) == "text type string");
  CHECK(said(pair(2, text(1, "a"), tag(2, 0) + varint(1) + tag(3, 0) + varint(1)) + rest) == R"(text["a"] unknown_field)");
  CHECK(said(text(2, "") + rest).starts_with("text"));
  CHECK(said(keyed(1, sub(1)) + kTags + kPacked) == "subs map.min_pairs");
  CHECK(said(kTags + kPacked) == "subs map.min_pairs");
  CHECK(said(keyed(1, sub(1)) + keyed(1, sub(1)) + kTags + kPacked) == R"(subs["1"] duplicate_key)");
  // By the bytes: 300, AC 02, stands before 200, C8 01.
  CHECK(said(keyed(300, sub(1)) + keyed(200, sub(1)) + kTags + kPacked) == "accepted");
  CHECK(said(keyed(200, sub(1)) + keyed(300, sub(1)) + kTags + kPacked) == R"(subs["300"] key_order)");
  CHECK(said(keyed(1, sub(1)) + keyed(7, sub(1)) + kTags + kPacked) == R"(subs["7"] map.keys.int32.not_in)");
  CHECK(said(keyed(1, sub(1)) + keyed(2, sub(301)) + kTags + kPacked) == R"(subs["2"].size int32.lte)");
  CHECK(said(keyed(1, sub(1)) + keyed(2, "") + kTags + kPacked) == R"(subs["2"].size int32.gte)");
  const std::string inner = sub(1) + pair(2, tag(1, 0) + varint(0), text(2, sub(3))) + pair(2, tag(1, 0) + varint(0), text(2, sub(3)));
  CHECK(said(keyed(1, sub(1)) + keyed(2, inner) + kTags + kPacked) == R"(subs["2"].below["false"] duplicate_key)");
}

TEST_CASE("lists in Protobuf bodies are explained") {
  CHECK(said(kSubs + text(4, "a") + kPacked) == "tags repeated.min_items");
  CHECK(said(kSubs + kPacked) == "tags repeated.min_items");
  CHECK(said(kSubs + kTags + kTags + kPacked) == "tags repeated.max_items");
  CHECK(said(kSubs + text(4, "a") + text(4, std::string(201, 'x')) + kPacked) == "tags[1] repeated.items.string.max_len");
  CHECK(said(kSubs + kTags + text(5, varint(1))) == "packed repeated.min_items");
  CHECK(said(kSubs + kTags + text(5, "")) == "packed repeated.min_items");
  CHECK(said(kSubs + kTags + text(5, "\1\1\1\1")) == "packed repeated.max_items");
  CHECK(said(kSubs + kTags + text(5, varint(1) + varint(301))) == "packed[1] repeated.items.uint32.lte");
  CHECK(said(kSubs + kTags + text(5, std::string("\x01\x81\x00", 3))) == "packed[1] canonical");
  CHECK(said(behind(text(17, sub(1)) + text(17, sub(0)))) == "many[1].size int32.gte");
  CHECK(said(behind(text(17, sub(1)) + text(18, "") + text(17, sub(1)))) == "many duplicate_field");
  CHECK(said(behind(text(20, "\1\3\2"))) == "accepted");
  CHECK(said(behind(text(20, "\1\3\1"))) == "once repeated.unique");
}

TEST_CASE("well-known types and wrappers in Protobuf bodies are explained") {
  CHECK(said(behind(text(6, tag(1, 0) + varint(5)))) == "accepted");
  CHECK(said(behind(text(6, tag(1, 0) + varint(4102444800)))) == "at timestamp.lt");
  CHECK(said(behind(text(6, tag(1, 0) + varint(253402300800)))) == "at type google.protobuf.Timestamp");
  CHECK(said(behind(text(6, tag(2, 0) + varint(1'000'000'000)))) == "at type google.protobuf.Timestamp");
  CHECK(said(behind(text(6, tag(1, 0) + std::string(1, '\0')))) == "at canonical");
  CHECK(said(behind(text(7, tag(1, 0) + varint(61)))) == "lasts duration.lte");
  CHECK(said(behind(text(8, tag(1, 0) + varint(51)))) == "number int32.lte");
  CHECK(said(behind(text(8, tag(1, 0) + std::string(1, '\0')))) == "number canonical");
  CHECK(said(behind(text(9, text(1, "abcde")))) == "word string.max_len");
  CHECK(said(behind(text(9, text(1, "ab\xff")))) == "word protobuf_utf8");
  CHECK(said(behind(text(10, text(1, "a.b")))) == "accepted");
  CHECK(said(behind(text(10, text(1, "b")))) == "mask field_mask.in");
  CHECK(said(behind(text(18, text(1, text(1, "k") + text(2, ""))))) == R"(any.fields["k"].kind required)");
}

TEST_CASE("members and numbers in Protobuf bodies are explained") {
  CHECK(said(text(1, "n") + behind("")) == "name unknown_field");
  CHECK(said(behind(tag(11, 0) + varint(1) + text(12, sub(1)))) == "sub oneof");
  CHECK(said(behind(text(12, sub(0)))) == "sub.size int32.gte");
  CHECK(said(behind(tag(13, 0) + varint(~std::uint64_t{0}))) == "accepted");
  CHECK(said(behind(tag(13, 0) + varint(0xFFFFFFFF))) == "kind type t.Kind");
  CHECK(said(behind(tag(14, 1) + std::string("\0\0\0\0\0\0\x24\x40", 8))) == "real double.lt");
  CHECK(said(behind(tag(14, 1) + std::string("\0\0\0\0\0\0\0\x80", 8))) == "real canonical");
  CHECK(said(behind(tag(14, 1) + std::string("\0\0\0", 3))) == "real protobuf_syntax");
  CHECK(said(behind(text(15, "abcd"))) == "blob bytes.max_len");
  CHECK(said(behind(text(15, ""))) == "blob default");
  CHECK(said(behind(tag(16, 0) + varint(11))) == "zigzag sint32.gte");
  CHECK(said(behind(tag(16, 0) + varint(10) + "\xA8")) == " protobuf_syntax");
  CHECK(said(behind(tag(19, 1) + std::string("\6\0\0\0\0\0\0\0", 8))) == "fixed fixed64.lte");
  CHECK(said("") == "subs map.min_pairs");
  std::string deep = sub(1);
  for (int i = 0; i < 40; ++i) deep = sub(1) + pair(2, tag(1, 0) + varint(0), text(2, deep));
  CHECK(said(behind(text(12, deep))).ends_with("limits.maxDepth"));
}

TEST_CASE("an explanation bears any Protobuf body, offset and reason") {
  std::mt19937_64 random(5);
  const auto below = [&](std::size_t n) { return n ? static_cast<std::size_t>(random() % n) : 0; };
  const std::string good = word("a", 1) + behind(text(6, sub(5)) + text(9, text(1, "abc")) + text(10, text(1, "a")) + text(12, sub(1)) + text(17, sub(1)));
  std::size_t said_something = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string body = good;
    for (std::size_t change = below(5); change > 0 && !body.empty(); --change) {
      const std::size_t at = below(body.size());
      if (below(3) == 0) body.erase(at, 1 + below(3));
      else if (below(2)) body[at] = static_cast<char>(below(256));
      else body.insert(at, 1 + below(3), static_cast<char>(below(256)));
    }
    const std::string record = record_of(body);
    layout::Event event;
    event.kind = layout::EventKind::RECORD;
    event.pipeline = layout::Pipeline::REQUEST;
    event.reason = static_cast<layout::Reason>(below(18));
    event.offset = static_cast<std::uint32_t>(below(record.size() + 3));
    event.endpoint = static_cast<std::uint16_t>(below(3));
    const auto explanation = compiled().symbols.explain(event, {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()});
    said_something += !explanation.rule.empty();
    CHECK_FALSE(explanation.text.empty());
  }
  CHECK(said_something > 15'000);
}
