// SPDX-License-Identifier: Apache-2.0
#include "levels/rule_samples.hpp"

#include <map>
#include <set>
#include <stdexcept>

#include "buf/validate/validate.pb.h"

namespace sluice::test {
namespace {

using google::protobuf::FieldDescriptor;

// What a rule is set to, and the rules of the same group whose values break it.
struct Setting {
  std::string value;
  std::string opposite;
};
using Settings = std::map<std::string, Setting>;

const std::set<std::string> kIntegers = {"int32", "sint32", "sfixed32", "uint32", "fixed32", "int64", "sint64", "sfixed64", "uint64", "fixed64"};

Settings number_settings() {
  return {{"const", {"7", "gte: 1 lte: 20 not_in: 7"}}, {"lt", {"100", "gte: 100"}}, {"lte", {"100", "gt: 100"}},
          {"gt", {"100", "lte: 100"}},                  {"gte", {"100", "lt: 100"}}, {"in", {"[7, 90]", "gte: 1 not_in: [7, 90]"}},
          {"not_in", {"[7, 90]", "in: [7, 90]"}},       {"finite", {"true", "gte: inf"}}};
}

// Messages with an order: `one` and `two` seconds.
Settings time_settings() {
  const std::string one = "{seconds: 100}", two = "{seconds: 900 nanos: 5000000}";
  return {{"const", {one, "gt: {seconds: 100}"}},     {"lt", {one, "gte: {seconds: 100}"}},  {"lte", {one, "gt: {seconds: 100}"}},
          {"gt", {one, "lte: {seconds: 100}"}},       {"gte", {one, "lt: {seconds: 100}"}},  {"in", {"[" + one + ", " + two + "]", "gte: {seconds: 901}"}},
          {"not_in", {"[" + one + ", " + two + "]", "in: [" + one + ", " + two + "]"}},
          {"lt_now", {"true", ""}},                   {"gt_now", {"true", ""}},              {"within", {one, ""}}};
}

Settings text_settings(bool bytes) {
  const std::string most = "max_len: 9";
  Settings out = {{"const", {"\"ab c\"", "max_len: 5 not_in: \"ab c\""}},
                  {"len", {"3", "min_len: 4 max_len: 9"}},
                  {"min_len", {"3", "max_len: 2"}},
                  {"max_len", {"3", "min_len: 4 max_len: 9"}},
                  {"pattern", {"\"^[a-c]{2,4}$\"", most}},
                  {"prefix", {"\"ab\"", most}},
                  {"suffix", {"\"ab\"", most}},
                  {"contains", {"\"aba\"", bytes ? most : "max_len: 9 not_contains: \"aba\""}},
                  {"in", {"[\"x\", \"yy\"]", "max_len: 4 not_in: [\"x\", \"yy\"]"}},
                  {"not_in", {"[\"x\", \"yy\"]", "in: [\"x\", \"yy\"]"}}};
  if (bytes) {
    for (const char* format : {"ip", "ipv4", "ipv6", "uuid"}) out[format] = {"true", "max_len: 20"};
    return out;
  }
  out["len_bytes"] = {"3", "min_bytes: 4 max_bytes: 9"};
  out["min_bytes"] = {"3", "max_bytes: 2"};
  out["max_bytes"] = {"3", "min_bytes: 4 max_bytes: 9"};
  out["not_contains"] = {"\"aba\"", "max_len: 9 contains: \"aba\""};
  for (const char* format : {"email", "hostname", "ip", "ipv4", "ipv6", "uri", "uri_ref", "address", "uuid", "tuuid", "ip_with_prefixlen",
                             "ipv4_with_prefixlen", "ipv6_with_prefixlen", "ip_prefix", "ipv4_prefix", "ipv6_prefix", "host_and_port", "ulid",
                             "protobuf_fqn", "protobuf_dot_fqn"}) {
    out[format] = {"true", "max_len: 20"};
  }
  // Not every text: what breaks it are control characters.
  out["well_known_regex"] = {"KNOWN_REGEX_HTTP_HEADER_NAME", "max_len: 9"};
  return out;
}

const std::string kListed = "\"type.googleapis.com/t.Listed\"";

const std::map<std::string, std::pair<std::string, Settings>>& groups() {
  static const auto table = [] {
    std::map<std::string, std::pair<std::string, Settings>> all = {
        {"bool", {"optional bool", {{"const", {"true", "const: false"}}}}},
        {"string", {"string", text_settings(false)}},
        {"bytes", {"bytes", text_settings(true)}},
        {"enum", {"Kind", {{"const", {"2", "not_in: 2"}}, {"in", {"[1, 2]", "not_in: [1, 2]"}}, {"not_in", {"[1, 2]", "in: [1, 2]"}}, {"defined_only", {"true", ""}}}}},
        {"repeated",
         {"repeated Kind", {{"min_items", {"3", "max_items: 2"}}, {"max_items", {"3", "min_items: 4 max_items: 9"}}, {"unique", {"true", "min_items: 5 max_items: 9"}}}}},
        {"map",
         {"map<string, bool>",
          {{"min_pairs", {"3", "max_pairs: 2 keys: {string: {max_len: 3}}"}}, {"max_pairs", {"3", "min_pairs: 4 max_pairs: 6 keys: {string: {max_len: 3}}"}}}}},
        {"any", {"google.protobuf.Any", {{"in", {kListed, "not_in: " + kListed}}, {"not_in", {kListed, "in: " + kListed}}}}},
        {"duration", {"google.protobuf.Duration", time_settings()}},
        {"timestamp", {"google.protobuf.Timestamp", time_settings()}},
        {"field_mask",
         {"google.protobuf.FieldMask", {{"const", {"{paths: [\"a\", \"b_c\"]}", "not_in: \"b_c\""}}, {"in", {"[\"a\", \"b_c\"]", "not_in: [\"a\", \"b_c\"]"}}, {"not_in", {"[\"a\", \"b_c\"]", "in: [\"a\", \"b_c\"]"}}}}}};
    for (const std::string& type : kIntegers) all[type] = {type, number_settings()};
    for (const std::string type : {"float", "double"}) all[type] = {type, number_settings()};
    return all;
  }();
  return table;
}

// Samples for people, rules on what is inside, and how another rule reads.
const std::set<std::string> kNoRule = {"example", "items", "keys", "values", "strict"};

std::string option(const std::string& group, const std::string& text) {
  return text.empty() ? "" : "(buf.validate.field)." + group + " = {" + text + "}";
}

RuleSample of_field(const std::string& name, const std::string& type, const std::string& rules, const std::string& opposite) {
  const auto declaration = [&](const std::string& options) { return type + " value = 1" + (options.empty() ? "" : " [" + options + "]") + ";"; };
  return {name, type, declaration(rules), declaration(opposite)};
}

// What needs a type of its own, or is no rule of a group.
std::vector<RuleSample> more_samples() {
  const std::string field = "(buf.validate.field)";
  return {
      of_field("string.well_known_regex: header value", "string", option("string", "well_known_regex: KNOWN_REGEX_HTTP_HEADER_VALUE"), option("string", "max_len: 9")),
      of_field("string.well_known_regex, not strict", "string", option("string", "well_known_regex: KNOWN_REGEX_HTTP_HEADER_VALUE strict: false"), option("string", "contains: \"\\n\" max_len: 9")),
      of_field("bytes.pattern on any byte", "bytes", option("bytes", "pattern: \"^[\\\\x01-\\\\x7f]{1,3}$\""), option("bytes", "min_len: 4 max_len: 9")),
      of_field("repeated.unique", "repeated bool", option("repeated", "unique: true"), option("repeated", "min_items: 3 max_items: 9")),
      of_field("repeated.unique", "repeated int32", option("repeated", "unique: true items: {int32: {in: [1, 2, 10]}}"), option("repeated", "min_items: 4 max_items: 9 items: {int32: {in: [1, 2, 10]}}")),
      of_field("repeated.unique", "repeated string", option("repeated", "unique: true items: {string: {in: [\"a\", \"ab\"]}}"), option("repeated", "min_items: 3 max_items: 9 items: {string: {in: [\"a\", \"ab\"]}}")),
      of_field("repeated.unique on many values", "repeated string", option("repeated", "unique: true"), ""),
      of_field("repeated.items", "repeated string", option("repeated", "items: {string: {max_len: 2}}"), option("repeated", "min_items: 1 max_items: 3 items: {string: {min_len: 3 max_len: 9}}")),
      of_field("map.keys", "map<string, bool>", option("map", "keys: {string: {max_len: 2}}"), option("map", "min_pairs: 1 max_pairs: 3 keys: {string: {min_len: 3 max_len: 9}}")),
      of_field("map.keys", "map<int32, bool>", option("map", "keys: {int32: {lt: 10}}"), option("map", "min_pairs: 1 max_pairs: 3 keys: {int32: {gte: 10}}")),
      of_field("map.values", "map<string, int32>", option("map", "max_pairs: 3 values: {int32: {gte: 10}}"), option("map", "min_pairs: 1 max_pairs: 3 values: {int32: {lt: 10}}")),
      of_field("required", "string", field + ".required = true", ""),
      of_field("required", "optional int32", field + ".required = true", option("int32", "const: 1")),
      of_field("required", "Listed", field + ".required = true", ""),
      of_field("required", "repeated Kind", field + ".required = true", ""),
      of_field("required", "google.protobuf.Timestamp", field + ".required = true", ""),
      of_field("ignore: IGNORE_IF_ZERO_VALUE", "int32", field + ".int32.gte = 10, " + field + ".ignore = IGNORE_IF_ZERO_VALUE", option("int32", "lt: 10")),
      of_field("ignore: IGNORE_IF_ZERO_VALUE", "string", field + ".string.min_len = 3, " + field + ".ignore = IGNORE_IF_ZERO_VALUE", option("string", "max_len: 2")),
      of_field("cel", "string", field + ".cel = {id: \"x\" message: \"y\" expression: \"this == 'a'\"}", ""),
      of_field("cel_expression", "string", field + ".cel_expression = \"this == 'a'\"", ""),
      {"oneof.required", "oneof", "oneof choice { option (buf.validate.oneof).required = true; int32 value = 1; string other = 2; }",
       "oneof choice { int32 value = 1; string other = 2; }"},
      {"message.oneof", "neighbours", "option (buf.validate.message).oneof = {fields: [\"value\", \"other\"]}; int32 value = 1; repeated bool other = 2;",
       "int32 value = 1; repeated bool other = 2;"},
      {"message.oneof", "fields apart", "option (buf.validate.message).oneof = {fields: [\"value\", \"other\"] required: true}; int32 value = 1; bool between = 2; string other = 3;",
       "int32 value = 1; bool between = 2; string other = 3;"},
      {"message.cel", "message", "option (buf.validate.message).cel = {id: \"x\" message: \"y\" expression: \"this.value > 1\"}; int32 value = 1;", "int32 value = 1;"},
  };
}

}  // namespace

const char* const kSampleTypes = R"(
enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; KIND_B = 2; KIND_C = 3; }
enum Wide { WIDE_UNSPECIFIED = 0; WIDE_A = 11; WIDE_B = 12; }
message Listed { string name = 1; }
)";

std::vector<RuleSample> rule_samples() {
  std::vector<RuleSample> out;
  const auto* oneof = buf::validate::FieldRules::descriptor()->FindOneofByName("type");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const std::string& group = oneof->field(i)->name();
    const auto known = groups().find(group);
    if (known == groups().end()) throw std::runtime_error("rule_samples: no sample for the rules of " + group);
    const auto* rules = oneof->field(i)->message_type();
    for (int r = 0; r < rules->field_count(); ++r) {
      const std::string& rule = rules->field(r)->name();
      if (kNoRule.contains(rule)) continue;
      const auto setting = known->second.second.find(rule);
      if (setting == known->second.second.end()) throw std::runtime_error("rule_samples: no sample for the rule " + group + "." + rule);
      const std::string& type = known->second.first;
      out.push_back(of_field(group + "." + rule, type, option(group, rule + ": " + setting->second.value), option(group, setting->second.opposite)));
      // What is not defined is there in another type only.
      if (rule == "defined_only") out.back().opposite = "Wide value = 1;";
    }
  }
  for (RuleSample& sample : more_samples()) out.push_back(std::move(sample));
  return out;
}

}  // namespace sluice::test
