// SPDX-License-Identifier: Apache-2.0
// The rules on strings and bytes, each at its boundary, in JSON bodies. The named formats have
// their tables in tests of their own; here each rule is shown to lead to its format.
#include <catch2/catch.hpp>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

Field string_rule(const std::string& rules) {
  return Field("string f = 1 [(buf.validate.field).string = {" + rules + "}];");
}

Field bytes_rule(const std::string& rules) {
  return Field("bytes f = 1 [(buf.validate.field).bytes = {" + rules + "}];");
}

std::string body(const std::string& text) {
  return text.empty() ? "{}" : "{\"f\":\"" + text + "\"}";
}

TEST_CASE("rules: strings") {
  const auto rule = string_rule;
  const Field length = rule("min_len: 2, max_len: 3");
  CHECK(length("{\"f\":\"\xC3\xA9\xF0\x9F\x98\x80\"}") == "accepted");  // code points, not bytes
  CHECK(length(R"({"f":"abc"})") == "accepted");
  CHECK(length(R"({"f":"\n\n\n"})") == "accepted");
  CHECK(length(R"({"f":"a"})") == "string.min_len at f");
  CHECK(length(R"({"f":"abcd"})") == "string.max_len at f");
  CHECK(length("{}") == "string.min_len at f");
  const Field exact = rule("len: 2");
  CHECK(exact(R"({"f":"ab"})") == "accepted");
  CHECK(exact(R"({"f":"abc"})") == "string.len at f");
  const Field pattern = rule("pattern: 'b+c'");  // matches anywhere
  CHECK(pattern(R"({"f":"abbcd"})") == "accepted");
  CHECK(pattern(R"({"f":"bd"})") == "string.pattern at f");
  CHECK(pattern("{}") == "string.pattern at f");
  const Field anchored = rule("pattern: '^[a-z]+$'");
  CHECK(anchored(R"({"f":"abc"})") == "accepted");
  CHECK(anchored(R"({"f":"abc\n"})") == "string.pattern at f");
  CHECK(anchored(R"({"f":"aBc"})") == "string.pattern at f");
  const Field dot = rule("pattern: '^.$'");
  CHECK(dot("{\"f\":\"\xC3\xA9\"}") == "accepted");
  CHECK(dot(R"({"f":"\n"})") == "string.pattern at f");
  const Field prefix = rule("prefix: 'ab'");
  CHECK(prefix(R"({"f":"abc"})") == "accepted");
  CHECK(prefix(R"({"f":"bab"})") == "string.prefix at f");
  const Field constant = rule("const: 'x'");
  CHECK(constant(R"({"f":"x"})") == "accepted");
  CHECK(constant("{}") == "string.const at f");
  const Field in = rule("in: ['a', 'b']");
  CHECK(in(R"({"f":"b"})") == "accepted");
  CHECK(in("{}") == "string.in at f");
  CHECK(rule("not_in: ['a']")(R"({"f":"a"})") == "string.not_in at f");
  CHECK(rule("suffix: 'z'")(R"({"f":"za"})") == "string.suffix at f");
  CHECK(rule("contains: 'z'")(R"({"f":"a"})") == "string.contains at f");
  CHECK(rule("not_contains: 'z'")(R"({"f":"aza"})") == "string.not_contains at f");
  CHECK(rule("max_bytes: 2")("{\"f\":\"\xC3\xA9\"}") == "accepted");
  CHECK(rule("max_bytes: 1")("{\"f\":\"\xC3\xA9\"}") == "string.max_bytes at f");
  CHECK(rule("min_bytes: 3")("{\"f\":\"\xC3\xA9\"}") == "string.min_bytes at f");
  CHECK(rule("len_bytes: 2")(R"({"f":"abc"})") == "string.len_bytes at f");
}

TEST_CASE("rules: string boundaries") {
  const std::string e_acute = "\xC3\xA9";
  // One rule over texts of one to three characters of two bytes: which of them it takes.
  const auto taken = [&](const std::string& rules) {
    const Field field = string_rule(rules);
    std::string result;
    std::string text;
    for (int i = 0; i < 4; ++i) {
      result += field(body(text)) == "accepted" ? 'y' : 'n';
      text += e_acute;
    }
    return result;
  };
  CHECK(taken("len: 0") == "ynnn");
  CHECK(taken("len: 2") == "nnyn");
  CHECK(taken("min_len: 0") == "yyyy");
  CHECK(taken("min_len: 2") == "nnyy");
  CHECK(taken("max_len: 0") == "ynnn");
  CHECK(taken("max_len: 2") == "yyyn");
  CHECK(taken("len_bytes: 4") == "nnyn");
  CHECK(taken("len_bytes: 3") == "nnnn");
  CHECK(taken("min_bytes: 4") == "nnyy");
  CHECK(taken("min_bytes: 3") == "nnyy");
  CHECK(taken("max_bytes: 4") == "yyyn");
  CHECK(taken("max_bytes: 3") == "yynn");
  CHECK(taken("min_len: 18446744073709551615") == "nnnn");
  CHECK(taken("max_len: 18446744073709551615") == "yyyy");
  CHECK(taken("prefix: ''") == "yyyy");
  CHECK(taken("suffix: ''") == "yyyy");
  CHECK(taken("contains: ''") == "yyyy");
  CHECK(taken("not_contains: ''") == "nnnn");  // every text contains the empty one
  CHECK(taken("prefix: '" + e_acute + e_acute + "'") == "nnyy");
  CHECK(taken("suffix: '" + e_acute + "'") == "nyyy");
  CHECK(taken("contains: '" + e_acute + e_acute + "'") == "nnyy");
  CHECK(taken("not_contains: '" + e_acute + e_acute + "'") == "yynn");
  CHECK(taken("const: ''") == "ynnn");
  CHECK(taken("const: '" + e_acute + "'") == "nynn");
  CHECK(taken("in: ['', '" + e_acute + e_acute + "']") == "ynyn");
  CHECK(taken("not_in: ['', '" + e_acute + e_acute + "']") == "nyny");
  CHECK(taken("pattern: ''") == "yyyy");
  CHECK(taken("pattern: '^..?$'") == "nyyn");
  const Field middle = string_rule("contains: 'bc'");
  CHECK(middle(body("abcd")) == "accepted");
  CHECK(middle(body("abdc")) == "string.contains at f");
  const Field last = string_rule("suffix: 'bc'");
  CHECK(last(body("bcbc")) == "accepted");
  CHECK(last(body("bcb")) == "string.suffix at f");
  CHECK(last(body("c")) == "string.suffix at f");
}

struct Example {
  std::string rule;
  std::string good;
  std::string bad;
};

TEST_CASE("rules: named formats of strings") {
  const std::string hex(31, 'a');
  for (const auto& [rule, good, bad] :
       std::vector<Example>{{"email", "foo@example.com", "foo@"},
                            {"hostname", "example.com", "foo_bar.com"},
                            {"ip", "::1", "1.2.3"},
                            {"ip", "1.2.3.4", "::g"},
                            {"ipv4", "1.2.3.4", "::1"},
                            {"ipv6", "fe80::a%en1", "1.2.3.4"},
                            {"uri", "https://example.com/a?b#c", "./a"},
                            {"address", "::1", "foo_bar"},
                            {"address", "example.com", "1.2.3.256"},
                            {"uuid", "8b208305-00e8-4460-a440-5e0dcd83bb0a", hex + "a"},
                            {"tuuid", hex + "a", "8b208305-00e8-4460-a440-5e0dcd83bb0a"},
                            {"ip_with_prefixlen", "10.0.0.1/8", "10.0.0.1"},
                            {"ip_with_prefixlen", "::1/64", "::1/129"},
                            {"ipv4_with_prefixlen", "10.0.0.1/8", "::1/64"},
                            {"ipv6_with_prefixlen", "::1/64", "10.0.0.1/8"},
                            {"ip_prefix", "10.0.0.0/8", "10.0.0.1/8"},
                            {"ip_prefix", "fe80::/10", "::1/64"},
                            {"ipv4_prefix", "10.0.0.0/8", "10.0.0.1/8"},
                            {"ipv4_prefix", "0.0.0.0/0", "::/0"},
                            {"ipv6_prefix", "fe80::/10", "::1/64"},
                            {"ipv6_prefix", "::/0", "0.0.0.0/0"},
                            {"host_and_port", "[::1]:80", "example.com"},
                            {"ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "81ARZ3NDEKTSV4RRFFQ69G5FAV"},
                            {"protobuf_fqn", "a.b.C", ".a.b.C"},
                            {"protobuf_dot_fqn", ".a.b.C", "a.b.C"}}) {
    INFO(rule);
    const Field on = string_rule(rule + ": true");
    CHECK(on(body(good)) == "accepted");
    CHECK(on(body(bad)) == "string." + rule + " at f");
    CHECK(on(body("")) == "string." + rule + " at f");
    const Field off = string_rule(rule + ": false");
    CHECK(off(body(bad)) == "accepted");
    CHECK(off(body("")) == "accepted");
  }
  const Field reference = string_rule("uri_ref: true");
  CHECK(reference(body("")) == "accepted");
  CHECK(reference(body("./a")) == "accepted");
  CHECK(reference(body("1:b")) == "string.uri_ref at f");
  const Field either(
      "string f = 1 [(buf.validate.field) = {string: {uuid: true}, ignore: "
      "IGNORE_IF_ZERO_VALUE}];");
  CHECK(either("{}") == "accepted");
  CHECK(either(body("a")) == "string.uuid at f");
  const Field items(
      "repeated string f = 1 [(buf.validate.field).repeated.items.string.ip = true];");
  CHECK(items(R"({"f":["::1","1.2.3.4"]})") == "accepted");
  CHECK(items(R"({"f":["::1",""]})") == "repeated.items.string.ip at f[1]");
  const Field both = string_rule("hostname: true, max_len: 3");
  CHECK(both(body("a.b")) == "accepted");
  CHECK(both(body("a.bc")) == "string.max_len at f");
  CHECK(both(body("a.1")) == "string.hostname at f");
}

TEST_CASE("rules: HTTP headers in strings") {
  const std::string name = "well_known_regex: KNOWN_REGEX_HTTP_HEADER_NAME";
  const std::string value = "well_known_regex: KNOWN_REGEX_HTTP_HEADER_VALUE";
  const std::string refused = "string.well_known_regex at f";
  for (const std::string strict : {"", ", strict: true"}) {  // absent means strict
    const Field header = string_rule(name + strict);
    CHECK(header(body("x-a")) == "accepted");
    CHECK(header(body(":path")) == "accepted");
    CHECK(header(body("a b")) == refused);
    CHECK(header(body("")) == refused);
    const Field content = string_rule(value + strict);
    CHECK(content(body("a b\\t")) == "accepted");
    CHECK(content(body("")) == "accepted");
    CHECK(content(body("a\\u001f")) == refused);
    CHECK(content(body("a\x7F")) == refused);
  }
  const Field lax_name = string_rule(name + ", strict: false");
  CHECK(lax_name(body("a b:")) == "accepted");
  CHECK(lax_name(body("a\\n")) == refused);
  CHECK(lax_name(body("a\\u0000")) == refused);
  CHECK(lax_name(body("")) == refused);
  const Field lax_value = string_rule(value + ", strict: false");
  CHECK(lax_value(body("a\\u001f")) == "accepted");
  CHECK(lax_value(body("")) == "accepted");
  CHECK(lax_value(body("a\\r")) == refused);
  const Field neither = string_rule("well_known_regex: KNOWN_REGEX_UNSPECIFIED, strict: true");
  CHECK(neither(body("a\\n")) == "accepted");
  CHECK(string_rule("strict: true")(body("a\\n")) == "accepted");
}

TEST_CASE("rules: bytes") {
  // Which of the empty bytes, a, ab, abc and 00 FF 80 a rule takes.
  const auto taken = [&](const std::string& rules) {
    const Field field = bytes_rule(rules);
    std::string result;
    for (const char* text : {"", "YQ==", "YWI=", "YWJj", "AP+A"}) {
      result += field(body(text)) == "accepted" ? 'y' : 'n';
    }
    return result;
  };
  CHECK(taken("example: 'a'") == "yyyyy");
  CHECK(taken("const: 'ab'") == "nnynn");
  CHECK(taken("const: ''") == "ynnnn");
  CHECK(taken("len: 0") == "ynnnn");
  CHECK(taken("len: 3") == "nnnyy");
  CHECK(taken("min_len: 2") == "nnyyy");
  CHECK(taken("max_len: 2") == "yyynn");
  CHECK(taken("prefix: 'ab'") == "nnyyn");
  CHECK(taken("prefix: '\\x00\\xff'") == "nnnny");
  CHECK(taken("suffix: 'b'") == "nnynn");
  CHECK(taken("suffix: '\\x80'") == "nnnny");
  CHECK(taken("contains: 'b'") == "nnyyn");
  CHECK(taken("contains: '\\xff\\x80'") == "nnnny");
  CHECK(taken("contains: ''") == "yyyyy");
  CHECK(taken("in: ['', 'abc']") == "ynnyn");
  CHECK(taken("in: ['\\x00\\xff\\x80']") == "nnnny");
  CHECK(taken("not_in: ['', 'abc']") == "nyyny");
  CHECK(taken("pattern: 'b'") == "nnyyn");
  CHECK(taken("pattern: '^a?$'") == "yynnn");
  CHECK(taken("pattern: ''") == "yyyyn");  // not UTF-8: no text that could match
  CHECK(taken("min_len: 2, pattern: 'c'") == "nnnyn");
  const Field name = bytes_rule("pattern: '^.$'");
  CHECK(name(body("w6k=")) == "accepted");            // one character of two bytes
  CHECK(name(body("7aCA")) == "bytes.pattern at f");  // a surrogate
  CHECK(name(body("wIA=")) == "bytes.pattern at f");  // overlong
  CHECK(bytes_rule("const: 'a'")("{}") == "bytes.const at f");
  CHECK(bytes_rule("len: 1")("{}") == "bytes.len at f");
  CHECK(bytes_rule("min_len: 1")("{}") == "bytes.min_len at f");
  CHECK(bytes_rule("max_len: 0")(body("YQ==")) == "bytes.max_len at f");
  CHECK(bytes_rule("prefix: 'a'")("{}") == "bytes.prefix at f");
  CHECK(bytes_rule("suffix: 'a'")("{}") == "bytes.suffix at f");
  CHECK(bytes_rule("contains: 'a'")("{}") == "bytes.contains at f");
  CHECK(bytes_rule("in: 'a'")("{}") == "bytes.in at f");
  CHECK(bytes_rule("not_in: ''")("{}") == "bytes.not_in at f");
  const Field items(
      "repeated bytes f = 1 [(buf.validate.field).repeated.items.bytes.pattern = '^a'];");
  CHECK(items(R"({"f":["YQ=="]})") == "accepted");
  CHECK(items(R"({"f":["YQ==","Yg=="]})") == "repeated.items.bytes.pattern at f[1]");
  const auto broken = refusal(api("bytes f = 1 [(buf.validate.field).bytes.pattern = '('];"));
  CHECK(broken.find("bytes.pattern is not RE2 syntax") != std::string::npos);
}

TEST_CASE("rules: named formats of bytes") {
  // Which of 0, 3, 4, 5, 15, 16 and 17 bytes a rule takes.
  const auto taken = [](const std::string& rule) {
    const Field field = bytes_rule(rule + ": true");
    std::string result;
    for (const char* text : {"", "AAAA", "AAAAAA==", "AAAAAAA=", "AAAAAAAAAAAAAAAAAAAA",
                             "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAA="}) {
      const std::string verdict = field(body(text));
      result += verdict == "accepted" ? 'y' : verdict == "bytes." + rule + " at f" ? 'n' : '?';
    }
    CHECK(bytes_rule(rule + ": false")("{}") == "accepted");
    return result;
  };
  CHECK(taken("ip") == "nnynnyn");
  CHECK(taken("ipv4") == "nnynnnn");
  CHECK(taken("ipv6") == "nnnnnyn");
  CHECK(taken("uuid") == "nnnnnyn");
}

}  // namespace
}  // namespace sluice::judge::test
