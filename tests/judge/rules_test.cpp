// SPDX-License-Identifier: Apache-2.0
// The rules of buf.validate on integers, bools, enums, lists and oneofs, and presence: a value that
// keeps each rule and one that breaks it. Floats, strings and bytes have files of their own.
#include <google/protobuf/dynamic_message.h>

#include <catch2/catch.hpp>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

TEST_CASE("rules: integer ranges of every type") {
  for (const std::string type : {"int32", "sint32", "sfixed32", "uint32", "fixed32", "int64",
                                 "sint64", "sfixed64", "uint64", "fixed64"}) {
    INFO(type);
    const bool wide = type.find("64") != std::string::npos;
    const auto body = [&](const std::string& number) {
      return wide ? "{\"f\":\"" + number + "\"}" : "{\"f\":" + number + "}";
    };
    const auto rule = [&](const std::string& rules) {
      return Field(type + " f = 1 [(buf.validate.field)." + type + " = {" + rules + "}];");
    };
    const Field closed = rule("gte: 10, lte: 20");
    CHECK(closed(body("10")) == "accepted");
    CHECK(closed(body("20")) == "accepted");
    CHECK(closed(body("9")) == type + ".gte at f");
    CHECK(closed(body("21")) == type + ".lte at f");
    CHECK(closed("{}") == type + ".gte at f");  // the default value is judged, too
    const Field open = rule("gt: 10, lt: 20");
    CHECK(open(body("11")) == "accepted");
    CHECK(open(body("19")) == "accepted");
    CHECK(open(body("10")) == type + ".gt at f");
    CHECK(open(body("20")) == type + ".lt at f");
    const Field outside = rule("gte: 20, lte: 10");
    CHECK(outside(body("10")) == "accepted");
    CHECK(outside(body("20")) == "accepted");
    CHECK(outside("{}") == "accepted");
    CHECK(outside(body("11")) == type + ".gte at f");
    CHECK(outside(body("19")) == type + ".gte at f");
    const Field outside_open = rule("gt: 20, lt: 10");
    CHECK(outside_open(body("9")) == "accepted");
    CHECK(outside_open(body("21")) == "accepted");
    CHECK(outside_open(body("10")) == type + ".gt at f");
    CHECK(outside_open(body("20")) == type + ".gt at f");
    const Field nothing = rule("gt: 10, lt: 10");  // equal bounds are no outside
    CHECK(nothing(body("9")) == type + ".gt at f");
    CHECK(nothing(body("11")) == type + ".lt at f");
    const Field point = rule("gte: 10, lte: 10");
    CHECK(point(body("10")) == "accepted");
    CHECK(point(body("11")) == type + ".lte at f");
    const Field constant = rule("const: 7");
    CHECK(constant(body("7")) == "accepted");
    CHECK(constant(body("8")) == type + ".const at f");
    CHECK(constant("{}") == type + ".const at f");
    const Field in = rule("in: [3, 5]");
    CHECK(in(body("5")) == "accepted");
    CHECK(in(body("4")) == type + ".in at f");
    const Field not_in = rule("not_in: [3, 5]");
    CHECK(not_in(body("4")) == "accepted");
    CHECK(not_in("{}") == "accepted");
    CHECK(not_in(body("3")) == type + ".not_in at f");
    const Field only_lt = rule("lt: 5");
    CHECK(only_lt("{}") == "accepted");
    CHECK(only_lt(body("5")) == type + ".lt at f");
    const Field example = rule("example: 5");
    CHECK(example(body("6")) == "accepted");
  }
  const Field extreme("int64 f = 1 [(buf.validate.field).int64.gt = 9223372036854775806];");
  CHECK(extreme(R"({"f":"9223372036854775807"})") == "accepted");
  CHECK(extreme(R"({"f":"9223372036854775806"})") == "int64.gt at f");
}

TEST_CASE("rules: bool") {
  const Field on("bool f = 1 [(buf.validate.field).bool.const = true];");
  CHECK(on(R"({"f":true})") == "accepted");
  CHECK(on("{}") == "bool.const at f");
  const Field off("optional bool f = 1 [(buf.validate.field).bool.const = false];");
  CHECK(off(R"({"f":false})") == "accepted");
  CHECK(off("{}") == "accepted");
  CHECK(off(R"({"f":true})") == "bool.const at f");
}

TEST_CASE("rules: enums") {
  const std::string kind = "enum K { NONE = 0; A = 1; B = 5; }\n";
  const Field in("K f = 1 [(buf.validate.field).enum.in = 1, (buf.validate.field).enum.in = 5];",
                 kind);
  CHECK(in(R"({"f":"B"})") == "accepted");
  CHECK(in("{}") == "enum.in at f");
  const Field not_in("K f = 1 [(buf.validate.field).enum.not_in = 0];", kind);
  CHECK(not_in(R"({"f":"A"})") == "accepted");
  CHECK(not_in("{}") == "enum.not_in at f");
  const Field constant("K f = 1 [(buf.validate.field).enum.const = 5];", kind);
  CHECK(constant(R"({"f":"B"})") == "accepted");
  CHECK(constant(R"({"f":"A"})") == "enum.const at f");
  const Field defined("K f = 1 [(buf.validate.field).enum.defined_only = true];", kind);
  CHECK(defined("{}") == "accepted");
  CHECK(defined(R"({"f":7})") == "enum.defined_only at f");
}

TEST_CASE("rules: required and presence") {
  const Field implicit("int32 f = 1 [(buf.validate.field).required = true];");
  CHECK(implicit(R"({"f":1})") == "accepted");
  CHECK(implicit("{}") == "required at f");
  const Field optional("optional int32 f = 1 [(buf.validate.field).required = true];");
  CHECK(optional(R"({"f":0})") == "accepted");
  CHECK(optional("{}") == "required at f");
  const Field message("M f = 1 [(buf.validate.field).required = true]; int32 g = 2;");
  CHECK(message(R"({"f":{"f":{}}})") == "required at f.f.f");  // endless: no message is valid
  const Field nested("N f = 1 [(buf.validate.field).required = true];",
                     "message N { int32 n = 1; }\n");
  CHECK(nested(R"({"f":{}})") == "accepted");
  CHECK(nested("{}") == "required at f");
  const Field list("repeated int32 f = 1 [(buf.validate.field).required = true];");
  CHECK(list(R"({"f":[0]})") == "accepted");
  CHECK(list("{}") == "required at f");
  const Field string("optional string f = 1 [(buf.validate.field).string.min_len = 1];");
  CHECK(string("{}") == "accepted");  // unset: nothing to judge
  CHECK(string(R"({"f":""})") == "string.min_len at f");
}

TEST_CASE("rules: ignore") {
  const Field zero(
      "int32 f = 1 [(buf.validate.field) = {int32: {gte: 5}, ignore: IGNORE_IF_ZERO_VALUE}];");
  CHECK(zero("{}") == "accepted");
  CHECK(zero(R"({"f":5})") == "accepted");
  CHECK(zero(R"({"f":4})") == "int32.gte at f");
  const Field presence(
      "optional int32 f = 1 [(buf.validate.field) = {int32: {gte: 5}, ignore: "
      "IGNORE_IF_ZERO_VALUE}];");
  CHECK(presence("{}") == "accepted");
  CHECK(presence(R"({"f":0})") == "int32.gte at f");  // means nothing on a field with presence
  const Field list(
      "repeated int32 f = 1 [(buf.validate.field) = {repeated: {min_items: 2}, ignore: "
      "IGNORE_IF_ZERO_VALUE}];");
  CHECK(list("{}") == "accepted");
  CHECK(list(R"({"f":[1]})") == "repeated.min_items at f");
  const Field required(
      "int32 f = 1 [(buf.validate.field) = {required: true, ignore: IGNORE_IF_ZERO_VALUE}];");
  CHECK(required("{}") == "required at f");
  const Field always(
      "int32 f = 1 [(buf.validate.field) = {required: true, int32: {gte: 5}, ignore: "
      "IGNORE_ALWAYS}];");
  CHECK(always("{}") == "accepted");
  CHECK(always(R"({"f":1})") == "accepted");
  const Field inside("N f = 1 [(buf.validate.field).ignore = IGNORE_ALWAYS]; N g = 2;",
                     "message N { int32 n = 1 [(buf.validate.field).int32.gte = 5]; }\n");
  CHECK(inside(R"({"f":{}})") == "accepted");
  CHECK(inside(R"({"g":{}})") == "int32.gte at g.n");
  const Field items(
      "repeated int32 f = 1 [(buf.validate.field).repeated.items = {int32: {gte: 5}, ignore: "
      "IGNORE_IF_ZERO_VALUE}];");
  CHECK(items(R"({"f":[0,5]})") == "accepted");
  CHECK(items(R"({"f":[0,4]})") == "repeated.items.int32.gte at f[1]");
  const Field no_items(
      "repeated int32 f = 1 [(buf.validate.field).repeated.items = {int32: {gte: 5}, ignore: "
      "IGNORE_ALWAYS}];");
  CHECK(no_items(R"({"f":[1]})") == "accepted");
}

TEST_CASE("rules: lists") {
  const Field count(
      "repeated string f = 1 [(buf.validate.field).repeated = {min_items: 1, max_items: 2}];");
  CHECK(count(R"({"f":["a"]})") == "accepted");
  CHECK(count(R"({"f":["a","b"]})") == "accepted");
  CHECK(count("{}") == "repeated.min_items at f");
  CHECK(count(R"({"f":["a","b","c"]})") == "repeated.max_items at f");
  const Field items(
      "repeated string f = 1 [(buf.validate.field).repeated.items.string = {max_len: 1, pattern: "
      "'^[a-c]*$'}];");
  CHECK(items("{}") == "accepted");
  CHECK(items(R"({"f":["a","","c"]})") == "accepted");
  CHECK(items(R"({"f":["a","bb"]})") == "repeated.items.string.max_len at f[1]");
  CHECK(items(R"({"f":["d"]})") == "repeated.items.string.pattern at f[0]");
  const Field enums("repeated K f = 1 [(buf.validate.field).repeated.items.enum.not_in = 0];",
                    "enum K { NONE = 0; A = 1; }\n");
  CHECK(enums(R"({"f":["A"]})") == "accepted");
  CHECK(enums(R"({"f":["A","NONE"]})") == "repeated.items.enum.not_in at f[1]");
  const Field messages("repeated N f = 1;",
                       "message N { int32 n = 1 [(buf.validate.field).int32.gte = 5]; }\n");
  CHECK(messages(R"({"f":[{"n":5}]})") == "accepted");
  CHECK(messages(R"({"f":[{"n":5},{}]})") == "int32.gte at f[1].n");
  const Field unique("repeated string f = 1 [(buf.validate.field).repeated.unique = true];");
  CHECK(unique(R"({"f":["a","b"]})") == "accepted");
  CHECK(unique(R"({"f":["a","a"]})") == "repeated.unique at f");
}

TEST_CASE("rules: oneofs") {
  const Field one(
      "oneof pick { option (buf.validate.oneof).required = true;\n"
      "  string a = 1 [(buf.validate.field).string.min_len = 1]; int32 b = 2; } int32 c = 3;");
  CHECK(one(R"({"a":"x"})") == "accepted");
  CHECK(one(R"({"b":0,"c":1})") == "accepted");
  CHECK(one(R"({"a":""})") == "string.min_len at a");
  CHECK(one("{}") == "required at pick");
  CHECK(one(R"({"c":1})") == "required at pick");
}

TEST_CASE("rules hold wherever a field travels") {
  const Bench bench(R"(
message Req {
  string name = 1 [(buf.validate.field).string = {prefix: "shelves/", max_len: 10}];
  int32 size = 2 [(buf.validate.field).int32 = {gte: 1, lte: 9}];
  repeated string tags = 3 [(buf.validate.field).repeated = {max_items: 1}];
  Sub sub = 4;
}
message Sub { int32 x = 1 [(buf.validate.field).int32.gt = 3]; int32 y = 2; }
service Api {
  rpc Get(Req) returns (Req) { option (google.api.http) = {get: "/v1/{name=**}" response_body: "sub"}; }
}
)");
  const auto get = [&](const std::string& target) { return shown(bench.get(target)); };
  CHECK(get("/v1/shelves/a?size=1") == "accepted");
  CHECK(get("/v1/shelves/a?size=1&tags=a") == "accepted");
  CHECK(get("/v1/shelves/a?size=1&sub.x=4") == "accepted");
  CHECK(get("/v1/books/a?size=1") == "string.prefix at name");
  CHECK(get("/v1/shelves/abc?size=1") == "string.max_len at name");
  CHECK(get("/v1/shelves/a") == "int32.gte at size");
  CHECK(get("/v1/shelves/a?size=10") == "int32.lte at size");
  CHECK(get("/v1/shelves/a?size=1&tags=a&tags=b") == "repeated.max_items at tags");
  CHECK(get("/v1/shelves/a?size=1&sub.x=3") == "int32.gt at sub.x");
  CHECK(get("/v1/shelves/a?size=1&sub.y=1") == "int32.gt at sub.x");
  // The answer is the whole message, of which only `sub` travels.
  CHECK(shown(bench.answer("t.Api.Get", R"({"x":4})")) == "string.prefix at name");
}

TEST_CASE("evaluate lists all violations") {
  const auto loaded = load_schema(
      api("string a = 1 [(buf.validate.field).string.min_len = 1];\n"
          "int32 b = 2 [(buf.validate.field).int32 = {gte: 1, not_in: [0]}]; repeated M c = 3;"));
  load::Diagnostics diagnostics;
  const auto judge = Judge::create(loaded, diagnostics);
  REQUIRE(judge != nullptr);
  google::protobuf::DynamicMessageFactory factory(loaded->pool);
  const auto* type = loaded->pool->FindMessageTypeByName("t.M");
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
  std::vector<std::string> found;
  for (const auto& one : judge->evaluate(*message)) found.push_back(one.rule + " at " + one.path);
  CHECK(found ==
        std::vector<std::string>{"string.min_len at a", "int32.not_in at b", "int32.gte at b"});
  // A message that no method reaches.
  const auto* other = loaded->pool->FindMessageTypeByName("google.protobuf.Timestamp");
  const std::unique_ptr<google::protobuf::Message> time(factory.GetPrototype(other)->New());
  REQUIRE(judge->evaluate(*time).size() == 1);
  CHECK(judge->evaluate(*time)[0].rule == "judge.unknown_message");
}

TEST_CASE("rules left to software") {
  const Bench bench(
      api("string a = 1 [(buf.validate.field).string = {min_len: 1, max_len: 2}];"),
      {"t.Api", "softwareOnly:\n  - {element: t.M.a, rule: string.max_len, reason: test}\n"});
  CHECK(bench.post("/m", R"({"a":"xx"})").accepted);
  const Verdict soft = bench.post("/m", R"({"a":"xxx"})");
  CHECK(shown(soft) == "string.max_len at a");
  CHECK(soft.software_only);
  CHECK_FALSE(bench.post("/m", "{}").software_only);
  CHECK_FALSE(bench.post("/m", R"( {"a":"xxx"})").software_only);  // not canonical either
}

}  // namespace
}  // namespace sluice::judge::test
