// SPDX-License-Identifier: Apache-2.0
// Maps: members in any order and any spelling of their keys become ascending ones; duplicates are refused.
#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;

namespace {

// The canonical body, or "code field rule".
std::string posted(const std::string& path, const std::string& body, const std::string& method = "POST") {
  static const Canonicalizer maps(load_schema("tests/levels/rules/maps.yaml"));
  const auto result = maps.canonicalize_request(
      {method, path, {{"Host", "rules.example"}, {"Content-Type", "application/json"}}, body});
  if (result) return body_of(result->bytes);
  const Refusal& refusal = result.refusal();
  return refusal.code + " " + refusal.field + " " + refusal.rule;
}

constexpr auto kRest = R"(,"listed":{"a":true,"b":true},"flags":{"true":true,"false":true}})";

std::string keys(const std::string& first) {
  const std::string out = posted("/v1/keys", "{" + first + kRest);
  const std::size_t rest = out.find(",\"listed\"");
  return rest == std::string::npos ? out : out.substr(1, rest - 1);
}
std::string values(const std::string& first) {
  const std::string out = posted("/v1/values", "{" + first + R"(,"must":{"x":""}})");
  const std::size_t rest = out.find(",\"must\"");
  return rest == std::string::npos ? out : out.substr(1, rest - 1);
}

}  // namespace

TEST_CASE("pairs ascend by their keys as they stand", "[json]") {
  CHECK(keys(R"("text":{"b":true,"":false,"a":true})") == R"("text":{"":false,"a":true,"b":true})");
  CHECK(keys(R"("text":{"a":true,"\u000a":true,"Z":true})") == R"("text":{"Z":true,"\n":true,"a":true})");
  CHECK(keys(R"("text":{"\u0061":true,"A":true})") == R"("text":{"A":true,"a":true})");
  CHECK(posted("/v1/keys", std::string("{\"plain\":{\"2\":true,\"10\":true,\"-1\":true}") + kRest) ==
        R"({"listed":{"a":true,"b":true},"plain":{"-1":true,"10":true,"2":true},"flags":{"false":true,"true":true}})");
  CHECK(posted("/v1/labels", R"({"b":"","a":"x"})", "PUT") == R"({"a":"x","b":""})");
  // A key that another one goes on from comes first, also where the quote behind it is greater than what follows.
  CHECK(keys(R"("text":{"a!":true,"a ":true,"a":true})") == R"("text":{"a":true,"a ":true,"a!":true})");
}

TEST_CASE("maps are absent when empty", "[json]") {
  CHECK(posted("/v1/keys", std::string("{\"text\":{},\"plain\":null") + kRest) ==
        R"({"listed":{"a":true,"b":true},"flags":{"false":true,"true":true}})");
  CHECK(posted("/v1/values", R"({"must":{}})") == "rule must required");
}

TEST_CASE("values of maps are written like items, defaults too", "[json]") {
  CHECK(values(R"("number":{"b":0,"a":"7"})") == R"("number":{"a":7,"b":0})");
  CHECK(values(R"("tree":{"x":{"size":0,"children":{"b":{},"a":{"size":1}}}})") ==
        R"("tree":{"x":{"children":{"a":{"size":1},"b":{}}}})");
  CHECK(values(R"("data":{"a":"AA"},"kind":{"a":2})") == R"("data":{"a":"AA=="},"kind":{"a":"KIND_TWO"})");
}

TEST_CASE("what a map may not be", "[json]") {
  CHECK(keys(R"("text":{"a":true,"\u0061":false})") == R"(duplicate_key text["a"] )");
  CHECK(keys(R"("plain":{"1":true,"1":true})") == R"(duplicate_key plain["1"] )");
  CHECK(keys(R"("text":[])") == "wrong_type text type map<string, bool>");
  CHECK(keys(R"("text":{"a":null})").starts_with(R"(wrong_type text["a"])"));
  CHECK(keys(R"("u32":{"1":true,"2":true,"3":true})") == R"(rule u32 map.max_pairs = 2)");
  CHECK(posted("/v1/keys", R"({"listed":{"a":true},"flags":{"true":true,"false":true}})") == "rule listed map.min_pairs = 2");
  CHECK(keys(R"("shortText":{"":true})") == R"(rule shortText[""] map.keys.string.min_len = 1)");
  CHECK(keys(R"("pattern":{"x":true})").starts_with(R"(rule pattern["x"] map.keys.string.pattern)"));
  CHECK(keys(R"("plain":{"x":true})").starts_with(R"(wrong_type plain["x"])"));
  CHECK(values(R"("number":{"a":31})").starts_with(R"(rule number["a"] map.values.int32.lte)"));
}
