// SPDX-License-Identifier: Apache-2.0
// What the judge cannot judge it refuses by name when it is made.
#include <catch2/catch.hpp>

#include "bench.hpp"

namespace sluice::judge::test {
namespace {

std::string api(const std::string& fields, const std::string& http = "post: \"/m\" body: \"*\"",
                const std::string& response = "M") {
  return "message N { repeated M list = 1; N self = 2; int32 x = 3; }\nmessage M {\n" + fields +
         "\n}\nservice Api { rpc Do(M) returns (" + response + ") { option (google.api.http) = {" +
         http + "}; } }\n";
}

bool names(const std::string& text, const std::string& part, const std::string& other) {
  INFO(text);
  return text.find(part) != std::string::npos && text.find(other) != std::string::npos;
}

TEST_CASE("refused: types") {
  CHECK(names(refusal(api("int32 a = 1;", "post: \"/m\" body: \"*\"", "google.protobuf.Timestamp")),
              "t.Api.Do", "google.protobuf.Timestamp"));
}

TEST_CASE("refused: rules") {
  CHECK(names(refusal(api("repeated bytes s = 1 [(buf.validate.field).repeated.items = {"
                          "cel: {id: \"a\", expression: \"true\"}}];")),
              "t.M.s", "repeated.items.cel"));
  CHECK(names(
      refusal(api("int32 s = 1 [(buf.validate.field).cel = {id: \"a\", expression: \"true\"}];")),
      "t.M.s", "cel"));
  CHECK(names(
      refusal(api(
          "option (buf.validate.message).cel = {id: \"a\", expression: \"true\"}; int32 s = 1;")),
      "t.M", "cel"));
  for (const auto& [fields, problem] : {std::pair("", "names no field"),
                                        {"fields: \"x\"", "'x'"},
                                        {"fields: [\"s\", \"s\"]", "twice"}}) {
    CHECK(names(refusal(api(std::string("option (buf.validate.message).oneof = {") + fields +
                            "}; int32 s = 1;")),
                "t.M: oneof", problem));
  }
  CHECK(names(
      refusal(
          api("google.protobuf.Timestamp s = 1 [(buf.validate.field).timestamp.lt_now = true];")),
      "t.M.s", "timestamp"));
  CHECK(names(refusal(api("repeated N s = 1 [(buf.validate.field).repeated.unique = true];")),
              "t.M.s", "repeated.unique"));
  CHECK(names(refusal(api("int64 s = 1 [(buf.validate.field).int32.gt = 1];")), "t.M.s",
              "do not fit"));
  CHECK(names(refusal(api("string s = 1 [(buf.validate.field).string.pattern = '('];")), "t.M.s",
              "RE2"));
  CHECK(names(
      refusal(api("int32 a = 1;"), {"t.Api", "requestHeaders:\n  - {name: x-a, pattern: \"(\"}\n"}),
      "requestHeaders[0].pattern", "RE2"));
}

TEST_CASE("refused: rules that are left to software are not refused") {
  load::Diagnostics diagnostics;
  const auto loaded = load_schema(
      api("google.protobuf.Timestamp s = 1 [(buf.validate.field).timestamp.lt_now = true];"),
      {"t.Api", "softwareOnly:\n  - {element: t.M.s, rule: timestamp.lt_now, reason: test}\n"});
  CHECK(Judge::create(loaded, diagnostics) != nullptr);
  CHECK(names(diagnostics.text(), "t.M.s", "timestamp"));
}

TEST_CASE("refused: bindings") {
  const std::string field = "string a = 1; N n = 2; repeated N l = 3; repeated int32 r = 4;";
  const auto of = [&](const std::string& http) { return refusal(api(field, http)); };
  CHECK(names(of("get: \"/v1/*\" body: \"*\""), "t.Api.Do", "wildcard"));
  CHECK(names(of("get: \"/v1/{b}\" body: \"*\""), "t.Api.Do", "'b'"));
  CHECK(names(of("get: \"/v1/{r}\" body: \"*\""), "t.Api.Do", "'r'"));
  CHECK(names(of("get: \"/v1/{n}\" body: \"*\""), "t.Api.Do", "'n'"));
  CHECK(names(of("get: \"/v1/{a.x}\" body: \"*\""), "t.Api.Do", "'a.x'"));
  CHECK(names(of("get: \"/v1/{a}/{a}\" body: \"*\""), "t.Api.Do", "twice"));
  CHECK(names(of("get: \"/v1/{a}\" body: \"b\""), "t.Api.Do", "'b'"));
  CHECK(names(of("get: \"/v1/{a}\" body: \"a\""), "t.Api.Do", "both"));
  CHECK(names(of("get: \"/v1\" body: \"*\" response_body: \"b\""), "t.Api.Do", "'b'"));
  CHECK(names(of("custom: {kind: \"*\" path: \"/v1\"} body: \"*\""), "t.Api.Do", "HTTP method"));
  CHECK(names(of("get: \"/v1\" body: \"n\""), "t.Api.Do", "'l'"));       // a list of messages
  CHECK(names(of("get: \"/v1\" body: \"l\""), "t.Api.Do", "'n.self'"));  // a recursive message
}

TEST_CASE("refused: types in an Any that libprotobuf cannot read there") {
  for (const char* type : {"google.protobuf.Value", "google.protobuf.ListValue"}) {
    CHECK(names(refusal(api("google.protobuf.Any f = 1;"),
                        {"t.Api", std::string("anyTypes: [") + type + "]\n"}),
                "anyTypes", type));
  }
}

TEST_CASE("refused: types that no query can carry") {
  for (const char* type : {"Struct", "Value", "ListValue"}) {
    CHECK(names(refusal(api(std::string("google.protobuf.") + type + " f = 1;", "get: \"/v1\"")),
                "t.Api.Do", type));
  }
  const std::string any = api("google.protobuf.Any f = 1;", "get: \"/v1\"");
  CHECK(names(refusal(any, {"t.Api", "anyTypes: [t.N]\n"}), "t.Api.Do", "Any"));
  const Bench absent(any);
}

}  // namespace
}  // namespace sluice::judge::test
