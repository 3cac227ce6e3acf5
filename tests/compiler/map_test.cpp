// SPDX-License-Identifier: Apache-2.0
// Maps from the schema to the table and the explanation. That the table takes exactly the right records is the campaign's,
// tests/levels with rules/maps.yaml.
#include <catch2/catch.hpp>

#include "compiler/compiler.hpp"
#include "compiler/symbols.hpp"
#include "engine/engine.hpp"
#include "schema_fixture.hpp"

using namespace sluice;
using compiler::test::resolve_fields;

namespace {

std::string only(const std::string& field) {
  auto outcome = resolve_fields(field);
  INFO(outcome.diagnostics.text());
  REQUIRE(outcome.schema);
  return outcome.line("1: ");
}

struct Policy {
  compiler::CompileResult compiled;
  engine::Image image;
  compiler::SymbolMap symbols;
};

const Policy& policy() {
  static const Policy made = [] {
    load::Diagnostics diagnostics;
    auto loaded = load::load(SLUICE_SOURCE_DIR "/tests/levels/rules/maps.yaml", diagnostics);
    if (!loaded) throw std::runtime_error(diagnostics.text());
    auto compiled = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
    if (!compiled) throw std::runtime_error(diagnostics.text());
    auto image = engine::Image::load(compiled->image);
    auto symbols = compiler::SymbolMap::parse(compiled->symbols);
    return Policy{std::move(*compiled), std::get<engine::Image>(std::move(image)), std::move(symbols)};
  }();
  return made;
}

// "accepted", or "path rule" of the explanation; `known`: with the record at hand.
std::string judged(const std::string& method, const std::string& path, const std::string& body, bool known = true) {
  const std::string record = method + " " + path + " HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
                             "\r\ncontent-type: application/json\r\nhost: rules.example\r\n\r\n" + body;
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(record.data()), record.size());
  const auto verdict = engine::judge_request(policy().image, bytes);
  if (verdict.accepted()) return "accepted";
  layout::Event event{};
  event.pipeline = layout::Pipeline::REQUEST;
  event.reason = verdict.reason;
  event.offset = static_cast<decltype(event.offset)>(verdict.offset);
  event.endpoint = verdict.endpoint;
  event.base = verdict.base;
  event.symbol_class = verdict.symbol_class;
  event.depth = static_cast<decltype(event.depth)>(verdict.depth);
  event.frames = verdict.frames;
  event.return_bases = verdict.return_bases;
  event.registers = verdict.registers;
  const auto why = known ? policy().symbols.explain(event, bytes) : policy().symbols.explain(event);
  return why.path + " " + why.rule;
}

std::string keys(const std::string& members) { return judged("POST", "/v1/keys", "{" + members + "}"); }
std::string values(const std::string& members) {
  return judged("POST", "/v1/values", "{" + members + R"(,"must":{"a":""}})");
}

constexpr auto kListed = R"("listed":{"\n":true,"a":true})";
// What is required stands before and behind a member that is tried.
std::string between(const std::string& before, const std::string& behind = "") {
  return keys(before + kListed + behind + R"(,"flags":{"false":true,"true":false})");
}

}  // namespace

TEST_CASE("a map is a list of pairs; absent when empty") {
  CHECK(only("map<string, int32> f = 1;").starts_with("1: f = 1 map(1..) string -> int32{-2147483648..2147483647}"));
  CHECK(only("map<bool, E> f = 1 [(buf.validate.field).map = {min_pairs: 2 max_pairs: 3}];")
            .starts_with("1: f = 1 map(2..3) bool{false,true} -> t.E{E_ZERO=0,E_ONE=1,E_TWO=2} required"));
  const std::string rules = only(
      "map<string, string> f = 1 [(buf.validate.field).map = {keys: {string: {len: 2}} values: {string: {max_len: 3}}}];");
  CHECK(rules.find("string min_len=2 max_len=2  # map.keys.string.len = 2 -> string max_len=3") != std::string::npos);
  CHECK(rules.find("map.values.string.max_len = 3") != std::string::npos);
  auto o = resolve_fields("map<string, Sub> a = 1; map<string, Sub> b = 2 [(buf.validate.field).map.values.ignore = IGNORE_ALWAYS];");
  REQUIRE(o.schema);
  CHECK(o.field("t.M", "a").map->value.value.message != o.field("t.M", "b").map->value.value.message);
}

TEST_CASE("rules on maps that cannot hold") {
  const auto refused = [](const std::string& field, const std::string& code, const std::string& text) {
    auto outcome = resolve_fields(field);
    INFO(outcome.diagnostics.text());
    CHECK(outcome.has_error(code, text));
  };
  refused("map<bool, int32> f = 1 [(buf.validate.field).map.min_pairs = 3];", "E0303", "have 2 value(s)");
  refused("map<int32, int32> f = 1 [(buf.validate.field).map = {min_pairs: 3 max_pairs: 2}];", "E0303", "no map can satisfy");
  refused("map<int32, int32> f = 1 [(buf.validate.field).map.keys.int32 = {gt: 3 lt: 4}];", "E0303", "on keys");
  refused("map<int32, int32> f = 1 [(buf.validate.field).map.keys.string.len = 3];", "E0302", "map.keys.string.len does not fit");
  refused("map<int32, int32> f = 1 [(buf.validate.field).repeated.max_items = 3];", "E0302", "does not fit its type map");
  refused("map<int32, string> f = 1 [(buf.validate.field).map.values.cel = {id: \"a\" expression: \"true\"}];", "E0301", "map.values.cel");
}

TEST_CASE("Struct and its kin are messages where bodies are in Protobuf's encoding") {
  const std::string fields = "google.protobuf.Struct s = 1;";
  CHECK(compiler::test::resolve_fields(fields).field("t.M", "s").value.message == -1);
  auto outcome = compiler::test::resolve_fields(fields, "services: [{service: t.S, methods: [\"*\"], body: PROTOBUF}]");
  INFO(outcome.diagnostics.text());
  const auto& message = outcome.schema->message(outcome.field("t.M", "s").value.message);
  CHECK(message.name == "google.protobuf.Struct");
  REQUIRE(message.fields.size() == 1);
  const auto& value = outcome.schema->message(message.fields[0].map->value.value.message);
  CHECK(value.name == "google.protobuf.Value");
  CHECK(value.oneofs.at(0).required);
}

TEST_CASE("maps in records: order, duplicates, counts, every type of key") {
  CHECK(between("") == "accepted");
  CHECK(between(R"("text":{"":false,"a":true,"a\"":true,"ab":true},"shortText":{"äöü":true},)") == "accepted");
  CHECK(between(R"("text":{},)") == "text default");
  CHECK(between(R"("text":{"b":true,"a":true},)") == R"(text["a"] key_order)");
  CHECK(between(R"("text":{"a":true,"a":true},)") == R"(text["a"] duplicate_key)");
  CHECK(between(R"("text":{"a":1},)") == R"(text["a"] type bool)");
  CHECK(between(R"("text":{"\u000a":true},)") == R"(text["\u000a"] canonical)");
  // Order is that of the bytes in the record: an escape stands behind all that is less than a backslash.
  CHECK(between(R"("text":{"Z":true,"\n":true,"a":true},)") == "accepted");
  CHECK(between(R"("text":{"\n":true,"Z":true},)") == R"(text["Z"] key_order)");
  CHECK(between(R"("shortText":{"":true},)") == R"(shortText[""] map.keys.string.min_len)");
  CHECK(between(R"("shortText":{"abcd":true},)") == R"(shortText["abcd"] map.keys.string.max_len)");
  CHECK(between(R"("pattern":{"d":true},)") == R"(pattern["d"] map.keys.string.pattern)");
  CHECK(between("", R"(,"plain":{"-1":true,"0":true,"1":true,"10":true,"2":true})") == "accepted");
  CHECK(between("", R"(,"plain":{"2":true,"10":true})") == R"(plain["10"] key_order)");
  CHECK(between("", R"(,"plain":{"01":true})") == R"(plain["01"] type int32)");
  CHECK(between("", R"(,"plain":{"x":true})") == R"(plain["x"] type int32)");
  CHECK(between("", R"(,"wide":{"120":true})") == R"(wide["120"] map.keys.int64.lt)");
  CHECK(between("", R"(,"u32":{"1":true,"2":true,"3":true})") == "u32 map.max_pairs");
  CHECK(keys(kListed) == "flags map.min_pairs");
  CHECK(keys(std::string(kListed) + R"(,"flags":{"true":false})") == "flags map.min_pairs");
  CHECK(judged("PUT", "/v1/labels", R"({"a":"b"})") == "accepted");
  CHECK(judged("PUT", "/v1/labels", "{}") == "labels default");
}

TEST_CASE("maps in records: values") {
  CHECK(values(R"("text":{"a":"x"},"real":{"a":0,"b":1.5,"c":-1e-7},"kind":{"":"KIND_ONE"})") == "accepted");
  CHECK(values(R"("text":{"a":""})") == R"(text["a"] map.values.string.min_len)");
  CHECK(values(R"("number":{"a":31})") == R"(number["a"] map.values.int32.lte)");
  CHECK(values(R"("kind":{"a":"KIND_UNSPECIFIED"})") == R"(kind["a"] map.values.enum.not_in)");
  CHECK(values(R"("tree":{"x":{"children":{"a":{},"b":{"size":9}}}})") == "accepted");
  CHECK(values(R"("tree":{"x":{"children":{"b":{"children":{"c":{}}},"a":{}}}})") == R"(tree["x"].children["a"] key_order)");
  CHECK(values(R"("tree":{"x":{"children":{"a":{"size":10}}}})") == R"(tree["x"].children["a"].size int32.lte)");
  CHECK(values(R"("freeTree":{"x":{"children":{"zz":{"size":10}}}})") == "accepted");
  CHECK(values(R"("oddEmpty":{"a":"","b":"abc"})") == "accepted");
  CHECK(values(R"("oddEmpty":{"a":"ab"})") == R"(oddEmpty["a"] map.values.string.min_len)");
  CHECK(values(R"("set":{"a":{},"b":{}})") == "accepted");
  CHECK(values(R"("set":{"a":null})") == R"(set["a"] type google.protobuf.Empty)");
}

TEST_CASE("from an event alone a map's rejection is explained by its field") {
  const std::string head = R"({"text":{"b":true,"a":true}})";
  CHECK(judged("POST", "/v1/keys", head, false) == "text[] one of: key_order, duplicate_key");
  CHECK(judged("POST", "/v1/keys", R"({"text":{"a":1}})", false) == "text[] type bool");
}

TEST_CASE("every endpoint with maps has a sample request that is accepted") {
  for (std::uint16_t tag = 1; tag <= policy().symbols.endpoints(); ++tag) {
    const std::string sample = policy().symbols.sample_request(tag);
    INFO(sample);
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(sample.data()), sample.size());
    CHECK(engine::judge_request(policy().image, bytes).accepted());
  }
}
