// SPDX-License-Identifier: Apache-2.0
// The rules on float and double, each at its boundary and with the values that are no numbers.
#include <catch2/catch.hpp>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

TEST_CASE("rules: floats in messages") {
  const Field finite("double f = 1 [(buf.validate.field).double.finite = true];");
  CHECK(finite(R"({"f":1.5})") == "accepted");
  CHECK(finite(R"({"f":"NaN"})") == "double.finite at f");
  CHECK(finite(R"({"f":"-Infinity"})") == "double.finite at f");
  const Field range("float f = 1 [(buf.validate.field).float = {gte: 0.5, lt: 2}];");
  CHECK(range(R"({"f":0.5})") == "accepted");
  CHECK(range(R"({"f":1.9999999})") == "accepted");
  CHECK(range(R"({"f":1.99999999})") == "float.lt at f");  // rounds to 2
  CHECK(range(R"({"f":2})") == "float.lt at f");
  CHECK(range(R"({"f":"NaN"})") == "float.gte at f");
  const Field outside("double f = 1 [(buf.validate.field).double = {gt: 2, lt: 1}];");
  CHECK(outside(R"({"f":3})") == "accepted");
  CHECK(outside(R"({"f":1.5})") == "double.gt at f");
  CHECK(outside(R"({"f":"NaN"})") == "double.gt at f");
}

// Which of these a rule takes, and that it is `refusing` that refuses the others.
std::string taken(const std::string& type, const std::string& rules, const std::string& refusing) {
  const Field field(type + " f = 1 [(buf.validate.field)." + type + " = {" + rules + "}];");
  std::string result;
  for (const char* value :
       {"\"-Infinity\"", "-1", "", "0.5", "1", "1.5", "2", "\"Infinity\"", "\"NaN\""}) {
    const std::string number = value;
    const std::string verdict = field(number.empty() ? "{}" : "{\"f\":" + number + "}");
    INFO(type << " = {" << rules << "}: " << number << ": " << verdict);
    const bool refused = verdict == type + "." + refusing + " at f";
    CHECK((refused || verdict == "accepted"));
    result += refused ? 'n' : 'y';
  }
  return result;
}

TEST_CASE("rules: floats at their boundaries") {
  for (const std::string type : {"float", "double"}) {
    INFO(type);
    const auto rule = [&](const std::string& rules, const std::string& refusing) {
      return taken(type, rules, refusing);
    };
    // The values:                                   -inf -1 0 .5 1 1.5 2 inf nan
    CHECK(rule("const: 1", "const") == "nnnnynnnn");
    CHECK(rule("const: 0", "const") == "nnynnnnnn");
    CHECK(rule("const: -0.0", "const") == "nnynnnnnn");  // zeros are equal
    CHECK(rule("const: inf", "const") == "nnnnnnnyn");
    CHECK(rule("const: nan", "const") == "nnnnnnnnn");  // NaN equals nothing
    CHECK(rule("lt: 1", "lt") == "yyyynnnnn");
    CHECK(rule("lte: 1", "lte") == "yyyyynnnn");
    CHECK(rule("gt: 1", "gt") == "nnnnnyyyn");
    CHECK(rule("gte: 1", "gte") == "nnnnyyyyn");
    CHECK(rule("lt: inf", "lt") == "yyyyyyynn");
    CHECK(rule("lte: inf", "lte") == "yyyyyyyyn");
    CHECK(rule("gt: -inf", "gt") == "nyyyyyyyn");
    CHECK(rule("gte: -inf", "gte") == "yyyyyyyyn");
    CHECK(rule("in: [0.5, 2]", "in") == "nnnynnynn");
    CHECK(rule("in: [nan, inf]", "in") == "nnnnnnnyn");
    CHECK(rule("not_in: [0.5, 2]", "not_in") == "yyynyynyy");
    CHECK(rule("not_in: [nan, 0]", "not_in") == "yynyyyyyy");
    CHECK(rule("finite: true", "finite") == "nyyyyyynn");
    CHECK(rule("finite: false", "finite") == "yyyyyyyyy");
    CHECK(rule("example: 1", "example") == "yyyyyyyyy");
    // The upper bound is below the lower one: outside.
    CHECK(rule("gt: 1.5, lt: 0.5", "gt") == "yyynnnyyn");
    CHECK(rule("gte: 1.5, lt: 0.5", "gte") == "yyynnyyyn");
    CHECK(rule("gt: 1.5, lte: 0.5", "gt") == "yyyynnyyn");
    CHECK(rule("gte: 1.5, lte: 0.5", "gte") == "yyyynyyyn");
    // Ranges that refuse on one side only, and equal bounds, which are no outside.
    CHECK(rule("gte: 0.5, lte: inf", "gte") == "nnnyyyyyn");
    CHECK(rule("gt: -1, lte: inf", "gt") == "nnyyyyyyn");
  }
  const Field point("double f = 1 [(buf.validate.field).double = {gte: 1, lte: 1}];");
  CHECK(point(R"({"f":1})") == "accepted");
  CHECK(point(R"({"f":0.9999999999999999})") == "double.gte at f");
  CHECK(point(R"({"f":1.0000000000000002})") == "double.lte at f");
  CHECK(point(R"({"f":"NaN"})") == "double.gte at f");
  const Field nothing("float f = 1 [(buf.validate.field).float = {gt: 1, lt: 1}];");
  CHECK(nothing(R"({"f":1})") == "float.gt at f");
  CHECK(nothing(R"({"f":2})") == "float.lt at f");
  CHECK(nothing("{}") == "float.gt at f");
  const Field range("float f = 1 [(buf.validate.field).float = {gt: 1, lt: 2}];");
  CHECK(range(R"({"f":1.0000001})") == "accepted");
  CHECK(range(R"({"f":1.9999999})") == "accepted");
  CHECK(range(R"({"f":1})") == "float.gt at f");
  CHECK(range(R"({"f":2})") == "float.lt at f");
}

TEST_CASE("rules: a bound that is NaN holds for no value") {
  for (const std::string bound : {"lt", "lte", "gt", "gte"}) {
    CHECK(taken("double", bound + ": nan", bound) == "nnnnnnnnn");
  }
}

TEST_CASE("rules: floats in lists") {
  const Field items(
      "repeated float f = 1 [(buf.validate.field).repeated.items.float = {finite: true, lt: 2}];");
  CHECK(items(R"({"f":[1,-3]})") == "accepted");
  CHECK(items(R"({"f":[1,2]})") == "repeated.items.float.lt at f[1]");
  CHECK(items(R"({"f":["-Infinity"]})") == "repeated.items.float.finite at f[0]");
}

}  // namespace
}  // namespace sluice::judge::test
