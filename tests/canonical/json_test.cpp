// SPDX-License-Identifier: Apache-2.0
// JSON bodies: every spelling of the proto3 mapping becomes one, everything else is refused by
// field, rule and place.
#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;

TEST_CASE("spellings of one value become one", "[json]") {
  CHECK(echo("{}") == "{}");
  CHECK(echo(" \t\r\n{ } \n") == "{}");
  SECTION("member names and order") {
    CHECK(echo(R"({"snake_case":"a","small":1})") == R"({"small":1,"snakeCase":"a"})");
    CHECK(echo(R"({"snakeCase":"a","sm\u0061ll":1})") == R"({"small":1,"snakeCase":"a"})");
  }
  SECTION("integers") {
    CHECK(echo(R"({"small":1e2,"positive":"7","big":5,"huge":"18446744073709551615"})") ==
          R"({"small":100,"positive":7,"big":"5","huge":"18446744073709551615"})");
    CHECK(echo(R"({"small":-2147483648,"offset":-9.0})") ==
          R"({"small":-2147483648,"offset":"-9"})");
  }
  SECTION("floats") {
    CHECK(echo(R"({"single":0.10000000149011612,"twice":"1E2"})") ==
          R"({"single":0.1,"twice":100})");
    CHECK(echo(R"({"single":"NaN","twice":"-Infinity"})") ==
          R"({"single":"NaN","twice":"-Infinity"})");
    CHECK(echo(R"({"single":-0.0})") == "{}");
  }
  SECTION("strings and bytes") {
    CHECK(echo(R"({"text":"\u00e4\/\ud83d\ude00\u0001"})") ==
          "{\"text\":\"\xC3\xA4/\xF0\x9F\x98\x80\\u0001\"}");
    CHECK(echo(R"({"blob":"-_8"})") == R"({"blob":"+/8="})");
  }
  SECTION("enums: numbers and aliases") {
    CHECK(echo(R"({"color":1})") == R"({"color":"RED"})");
    CHECK(echo(R"({"color":"CRIMSON"})") == R"({"color":"RED"})");
    CHECK(echo(R"({"color":-3})") == R"({"color":"BLUE"})");
  }
  SECTION("time") {
    CHECK(echo(R"({"at":"2024-01-01T00:30:00.500+01:00"})") ==
          R"({"at":"2023-12-31T23:30:00.500Z"})");
  }
  SECTION("absence") {
    CHECK(
        echo(
            R"({"small":0,"big":"0","flag":false,"text":"","blob":"","color":0,"single":0.0,"numbers":[],"items":[]})") ==
        "{}");
    CHECK(echo(R"({"small":null,"item":null,"numbers":null,"choice":null})") ==
          "unknown_field choice");
    CHECK(echo(R"({"small":null,"item":null,"numbers":null,"left":null,"right":1})") ==
          R"({"right":1})");
    CHECK(echo(R"({"maybe":0,"nested":{}})") == R"({"maybe":0,"nested":{}})");
    CHECK(echo(R"({"details":[]})") == "{}");
    CHECK(echo(R"({"details":[{"@type":"x"}]})") == "must_be_absent details");
  }
  SECTION("a oneof stands at the place of its lowest member") {
    CHECK(echo(R"({"snakeCase":"s","right":0})") == R"({"right":0,"snakeCase":"s"})");
  }
}

TEST_CASE("defaults: PRINT and int64: BARE", "[json]") {
  CHECK(
      echo("{\"nested\":null}", print()) ==
      R"({"small":0,"positive":0,"big":0,"huge":0,"single":0,"twice":0,"flag":false,"text":"","blob":"",)"
      R"("color":"COLOR_NONE","snakeCase":"","offset":0,"code":"","tint":"COLOR_NONE"})");
}

TEST_CASE("what is refused, with field and rule", "[json]") {
  CHECK(echo(R"({"smal":1})") == "unknown_field smal");
  CHECK(echo(R"({"item":{"id":1,"label":"a","x":1}})") == "unknown_field item.x");
  CHECK(echo(R"({"small":1,"small":1})") == "duplicate_field small");
  CHECK(echo(R"({"snakeCase":"a","snake_case":"a"})") == "duplicate_field snake_case");
  CHECK(echo(R"({"small":null,"small":1})") == "duplicate_field small");
  CHECK(echo(R"({"left":"l","right":1})") == "oneof right");
  CHECK(echo(R"([])") == "wrong_type");
  CHECK(echo(R"(null)") == "wrong_type");
  SECTION("types") {
    CHECK(echo(R"({"small":"x"})") == "wrong_type small");
    CHECK(types().canonicalize_request(post_echo(R"({"small":"x"})")).refusal().rule.starts_with("type "));
    CHECK(echo(R"({"small":" 1"})") == "wrong_type small");
    CHECK(echo(R"({"small":"+1"})") == "wrong_type small");
    CHECK(echo(R"({"small":"0x1"})") == "wrong_type small");
    CHECK(echo(R"({"small":""})") == "wrong_type small");
    CHECK(echo(R"({"small":1.5})") == "wrong_type small");
    CHECK(echo(R"({"small":true})") == "wrong_type small");
    CHECK(echo(R"({"flag":"true"})") == "wrong_type flag");
    CHECK(echo(R"({"flag":1})") == "wrong_type flag");
    CHECK(echo(R"({"text":1})") == "wrong_type text");
    CHECK(echo(R"({"blob":"*"})") == "wrong_type blob");
    CHECK(echo(R"({"numbers":1})") == "wrong_type numbers");
    CHECK(echo(R"({"numbers":[null]})") == "wrong_type numbers[0]");
    CHECK(echo(R"({"items":[{"id":1,"label":"a"},3]})") == "wrong_type items[1]");
    CHECK(echo(R"({"item":[]})") == "wrong_type item");
    CHECK(echo(R"({"at":5})") == "wrong_type at");
    CHECK(echo(R"({"at":"yesterday"})") == "bad_value at");
    CHECK(echo(R"({"color":"PINK"})") == "unknown_enum_value color");
    CHECK(echo(R"({"color":7})") == "unknown_enum_value color");
    CHECK(echo(R"({"color":"1"})") == "unknown_enum_value color");
  }
  SECTION("ranges of types") {
    CHECK(echo(R"({"small":2147483648})") == "out_of_range small");
    CHECK(echo(R"({"positive":-1})") == "out_of_range positive");
    CHECK(echo(R"({"huge":18446744073709551616})") == "out_of_range huge");
    CHECK(echo(R"({"big":1e30})") == "out_of_range big");
    CHECK(echo(R"({"single":1e39})") == "out_of_range single");
    CHECK(echo(R"({"twice":1e-400})") == "out_of_range twice");
  }
  SECTION("rules") {
    CHECK(echo(R"({"positive":4000000001})") == "rule positive uint32.lte = 4000000000");
    CHECK(echo(R"({"text":"123456789"})") == "rule text string.max_len = 8");
    CHECK(echo("{\"text\":\"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\"}")
              .starts_with("{"));
    CHECK(echo(R"({"numbers":[1,2,3,4]})") == "rule numbers repeated.max_items = 3");
    CHECK(echo(R"({"numbers":[1,-6]})") == "rule numbers[1] repeated.items.int32.gte = -5");
    CHECK(echo(R"({"offset":10})") == "rule offset sfixed64.lt = 10");
    CHECK(echo(R"({"offset":3})") == "rule offset sfixed64.not_in = [3]");
    CHECK(echo(R"({"left":"x"})") == "rule left string.prefix = \"l\"");
    CHECK(echo(R"({"code":"a"})") == "rule code string.pattern = \"^[A-Z]+$\"");
    CHECK(echo(R"({"code":""})") == "{}");
    CHECK(echo(R"({"tint":"GREEN"})") == "rule tint enum.not_in = [2]");
    CHECK(echo(R"({"item":{"label":"a"}})") == "rule item.id uint32.gte = 1");
    CHECK(echo(R"({"item":{"id":0,"label":"a"}})") == "rule item.id uint32.gte = 1");
    CHECK(echo(R"({"item":{"id":1}})") == "rule item.label string.min_len = 1");
    CHECK(echo(R"({"item":{"id":1,"label":""}})") == "rule item.label string.min_len = 1");
  }
}

TEST_CASE("a refusal has the rule's name apart from its value", "[json]") {
  const auto rule = [](const std::string& body) {
    const auto result = types().canonicalize_request(post_echo(body));
    REQUIRE_FALSE(result);
    return std::pair(result.refusal().rule_name, result.refusal().rule);
  };
  using Rule = std::pair<std::string, std::string>;
  CHECK(rule(R"({"text":"123456789"})") == Rule("string.max_len", "string.max_len = 8"));
  CHECK(rule(R"({"numbers":[1,-6]})") ==
        Rule("repeated.items.int32.gte", "repeated.items.int32.gte = -5"));
  CHECK(rule(R"({"numbers":[1,2,3,4]})") == Rule("repeated.max_items", "repeated.max_items = 3"));
  CHECK(rule(R"({"item":{"label":"a"}})") == Rule("uint32.gte", "uint32.gte = 1"));
  CHECK(rule(R"({"code":"a"})") == Rule("string.pattern", "string.pattern = \"^[A-Z]+$\""));
  CHECK(rule(R"({"tint":"GREEN"})") == Rule("enum.not_in", "enum.not_in = [2]"));
  // No rule of the schema, so nothing but a name.
  CHECK(rule(R"({"small":"x"})") == Rule("", "type int32"));
  CHECK(rule(R"({"blob":")" + std::string(9000, 'A') + R"("})") ==
        Rule("limits.maxRecordBytes", "limits.maxRecordBytes = 8192"));
}

TEST_CASE("a refusal has a sentence, a line and a column", "[json]") {
  const auto result =
      types().canonicalize_request(post_echo("{\n  \"text\": \"\xC3\xA4\",\n  \"smal\": 1\n}"));
  REQUIRE_FALSE(result);
  CHECK(result.refusal().http_status == 422);
  CHECK(result.refusal().line == 3);
  CHECK(result.refusal().column == 3);
  CHECK(result.refusal().message ==
        "The body has no field 'smal' in test.types.v1.All. Did you mean 'small'?");

  const auto value = types().canonicalize_request(post_echo("{\"text\":\"\xC3\xA4\",\"flag\":3}"));
  CHECK(value.refusal().line == 1);
  CHECK(value.refusal().column == 20);
  CHECK(value.refusal().message == "'flag' must be true or false (bool); found a number.");

  const auto syntax = types().canonicalize_request(post_echo("{\"small\":1,}"));
  CHECK(syntax.refusal().http_status == 400);
  CHECK(syntax.refusal().code == "json_syntax");
  CHECK(syntax.refusal().column == 12);
}

TEST_CASE("JSON that is not JSON", "[json]") {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "{]",
                          "[1,]",
                          "{\"small\":01}",
                          "{\"small\":1 2}",
                          "{\"small\":.5}",
                          "{\"small\":1.}",
                          "{\"small\":+1}",
                          "{\"small\":NaN}",
                          "{\"text\":\"\n\"}",
                          "{\"text\":\"\\x\"}",
                          "{\"text\":'a'}",
                          "{\"text\":\"a}",
                          "{\"small\":1}{}",
                          "{\"small\":1}x",
                          "{small:1}",
                          "{\"small\" 1}",
                          "{\"small\":}",
                          "{,}",
                          "{\"small\":1,,}",
                          "{\"flag\":tru}",
                          "{\"flag\":True}",
                          "/**/{}",
                          "{\"text\":\"\\u12\"}"}) {
    INFO(bad);
    CHECK(echo(bad) == "json_syntax");
  }
  CHECK(echo("\xEF\xBB\xBF{}") == "json_syntax");
  CHECK(echo("{\"text\":\"\xC3\"}") == "json_utf8");
  CHECK(echo(R"({"text":"\ud800"})") == "json_utf8");
  CHECK(echo(R"({"text":"\ud800\u0041"})") == "json_utf8");
  CHECK(echo(R"({"text":"\udc00\ud800"})") == "json_utf8");
}

TEST_CASE("depth is bounded by the policy, without recursion", "[json]") {
  const auto nested = [](int depth) {
    std::string out;
    for (int i = 0; i < depth; ++i) out += "{\"nested\":";
    out += "{}";
    for (int i = 0; i < depth; ++i) out += "}";
    return out;
  };
  CHECK(echo(nested(39)).starts_with("{\"nested\":"));
  CHECK(echo(nested(40)) == "json_depth");
  CHECK(echo(std::string(100000, '[')) == "json_depth");
}

TEST_CASE("a field travels in one place", "[json]") {
  const auto update = [](std::string target, std::string body) {
    const auto result = types().canonicalize_request(
        {"PATCH",
         std::move(target),
         {{"Host", "a"}, {"content-type", "application/json; charset=UTF-8"}},
         std::move(body)});
    return result ? body_of(result->bytes) : result.refusal().code + " " + result.refusal().field;
  };
  CHECK(update("/v1/items/7", R"({"label":"x"})") == R"({"label":"x"})");
  CHECK(update("/v1/items/7", R"({"id":7,"label":"x"})") == R"({"label":"x"})");
  CHECK(update("/v1/items/7", R"({"id":8,"label":"x"})") == "contradicts_path item.id");
  CHECK(update("/v1/items/0", R"({"label":"x"})") == "rule item.id");
  CHECK(update("/v1/items/7", R"({})") == "rule item.label");
}
