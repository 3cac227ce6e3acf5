// SPDX-License-Identifier: Apache-2.0
// Maps: their one spelling, and the rules on their number, keys and values.
#include <catch2/catch.hpp>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

TEST_CASE("maps") {
  const Field text("map<string, int32> f = 1;");
  CHECK(text(R"({"f":{"":0,"a":1,"a b":2,"b":3}})") == "accepted");
  CHECK(text(R"({"f":{}})") == "canonical");
  CHECK(text(R"({"f":{"b":0,"a":1}})") == "canonical");
  CHECK(text(R"({"f":{"\u0061":1}})") == "canonical");
  // By the bytes in the record: the escape's backslash stands between Z and a.
  CHECK(text(R"({"f":{"Z":1,"\n":1,"a":1}})") == "accepted");
  CHECK(text(R"({"f":{"\n":1,"Z":1}})") == "canonical");
  CHECK(text(R"({"f":{"a":1,"a":1}})") != "accepted");
  CHECK(text(R"({"f":{"a":null}})") != "accepted");
  // A proper prefix comes first, also before what is less than the quote behind it.
  CHECK(text(R"({"f":{"a":1,"a ":1,"a!":1,"aa":1}})") == "accepted");
  CHECK(text(R"({"f":{"a!":1,"a":1}})") == "canonical");
  const Field number("map<sint64, bool> f = 1;");
  CHECK(number(R"({"f":{"-1":true,"0":false,"10":true,"2":true}})") == "accepted");
  CHECK(number(R"({"f":{"2":true,"10":true}})") == "canonical");
  CHECK(number(R"({"f":{"+2":true}})") != "accepted");
  CHECK(Field("map<bool, double> f = 1;")(R"({"f":{"false":0.5,"true":0}})") == "accepted");
  CHECK(Field("map<bool, double> f = 1;")(R"({"f":{"true":0.5,"false":0}})") == "canonical");
  CHECK(Field("map<uint32, M> f = 1;")(R"({"f":{"1":{"f":{"7":{}}},"3":{}}})") == "accepted");
}

TEST_CASE("rules: maps") {
  const Field count("map<string, int32> f = 1 [(buf.validate.field).map = {min_pairs: 1, max_pairs: 2}];");
  CHECK(count(R"({"f":{"a":0}})") == "accepted");
  CHECK(count(R"({"f":{"a":0,"b":1}})") == "accepted");
  CHECK(count("{}") == "map.min_pairs at f");
  CHECK(count(R"({"f":{"a":0,"b":1,"c":2}})") == "map.max_pairs at f");
  const Field parts(
      "map<string, int32> f = 1 [(buf.validate.field).map = {keys: {string: {pattern: \"^[a-c]$\"}}, "
      "values: {int32: {gt: 3}, ignore: IGNORE_IF_ZERO_VALUE}}];");
  CHECK(parts(R"({"f":{"a":4,"b":0}})") == "accepted");
  CHECK(parts(R"({"f":{"d":4}})") == "map.keys.string.pattern at f[d]");
  CHECK(parts(R"({"f":{"a":3}})") == "map.values.int32.gt at f[a]");
  const Field keys("map<int64, string> f = 1 [(buf.validate.field).map.keys = {int64: {lt: -3}, ignore: IGNORE_IF_ZERO_VALUE}];");
  CHECK(keys(R"({"f":{"-4":"","0":""}})") == "accepted");
  CHECK(keys(R"({"f":{"1":""}})") == "map.keys.int64.lt at f[1]");
  const std::string inner = "message N { int32 x = 1 [(buf.validate.field).int32.lt = 5]; }\n";
  CHECK(Field("map<string, N> f = 1;", inner)(R"({"f":{"a":{"x":5}}})") == "int32.lt at f[a].x");
  CHECK(Field("map<string, N> f = 1 [(buf.validate.field).map.values.ignore = IGNORE_ALWAYS];", inner)(R"({"f":{"a":{"x":5}}})") == "accepted");
  CHECK(Field("map<string, N> f = 1 [(buf.validate.field).required = true];", inner)("{}") == "required at f");
}

}  // namespace
}  // namespace sluice::judge::test
