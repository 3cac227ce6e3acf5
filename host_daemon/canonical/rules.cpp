// SPDX-License-Identifier: Apache-2.0
// The rules of the schema on one scalar. The schema IR holds the resulting set of values, and the
// rules that shaped it as text; a refusal names the rule of which the value is really a breach.
#include <re2/re2.h>

#include <algorithm>

#include "canonical/number.hpp"
#include "canonical/refusal.hpp"
#include "canonical/scalar.hpp"
#include "canonical/text.hpp"
#include "compiler/rule_check.hpp"
#include "compiler/string_format.hpp"

namespace sluice::canonical {
namespace {

using compiler::RuleUse;
using compiler::ValueKind;

std::string_view last_component(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// Each after the other: for a value that no single one of the rules keeps out.
RuleText all_rules(const std::vector<RuleUse>& rules) {
  RuleText out;
  for (const RuleUse& rule : rules) {
    const char* comma = out.name.empty() ? "" : ", ";
    out.name += comma + rule.name;
    out.text += comma + rule.text;
  }
  return out;
}

// The rule that keeps a number out: the first that it breaks.
RuleText number_rule(const std::vector<RuleUse>& rules, const compiler::RuleSubject& number) {
  const auto broken = compiler::broken_rules(rules, number);
  return broken.empty() ? all_rules(rules) : RuleText{broken.front()->name, broken.front()->text};
}

double floating_value(const Value& value, std::string_view text) {
  const bool single = value.type == google::protobuf::FieldDescriptor::TYPE_FLOAT;
  return compiler::parse_floating(text, single ? compiler::FloatWidth::binary32 : compiler::FloatWidth::binary64).value_or(0);
}

// How a text breaks a condition, behind "which".
std::string breach(const compiler::TextCondition& condition) {
  using Kind = compiler::TextCondition::Kind;
  const std::string text = "'" + excerpt(condition.texts.front()) + "'";
  switch (condition.kind) {
    case Kind::prefix: return "does not begin with " + text;
    case Kind::suffix: return "does not end with " + text;
    case Kind::contains: return (condition.negated ? "contains " : "does not contain ") + text;
    case Kind::pattern: return "does not match the pattern " + text;
    case Kind::format: return "is not " + compiler::string_format(condition.texts.front())->article;
    case Kind::listed: return "is one of the forbidden values";
    case Kind::byte_lengths: return "has not the length that '" + condition.rule + "' wants";
  }
  return "";
}

void check_string(const Tables& tables, const Value& value, const std::string& text,
                  const Place& place) {
  const compiler::StringRules& string = value.string;
  const auto& rules = value.rules;
  if (string.or_empty && text.empty()) return;
  const std::string who = "'" + place.field + "' ";
  const auto check_length = [&](std::size_t length, std::uint64_t min, const std::optional<std::uint64_t>& max,
                                const std::string& unit, std::initializer_list<std::string_view> least,
                                std::initializer_list<std::string_view> most) {
    if (length < min) {
      refuse_rule(place, rule_text(rules, least),
                  who + "must have at least " + std::to_string(min) + " " + unit + "; it has " + std::to_string(length) + ".");
    }
    if (max && length > *max) {
      refuse_rule(place, rule_text(rules, most),
                  who + "must have at most " + std::to_string(*max) + " " + unit + "; it has " + std::to_string(length) + ".");
    }
  };
  if (value.kind != ValueKind::bytes) {
    check_length(compiler::count_code_points(text), string.min_len, string.max_len, "character(s)", {"min_len", "len"}, {"max_len", "len"});
    check_length(text.size(), string.min_bytes, string.max_bytes, "byte(s)", {"min_bytes", "len_bytes"}, {"max_bytes", "len_bytes"});
  } else {
    check_length(text.size(), string.min_bytes, string.max_bytes, "byte(s)", {"min_len", "len"}, {"max_len", "len"});
  }
  // Bytes are shown as they stand in JSON.
  const std::string shown = "is '" + excerpt(value.kind == ValueKind::bytes ? base64_encode(text) : text) + "', which ";
  if (string.in && std::find(string.in->begin(), string.in->end(), text) == string.in->end()) {
    refuse_rule(place, rule_text(rules, {"in", "const"}), who + shown + "is not one of the allowed values.");
  }
  const auto search = [&](std::string_view in, const std::string& pattern) {
    return RE2::PartialMatch(re2::StringPiece(in.data(), in.size()), tables.pattern(pattern));
  };
  for (const compiler::TextCondition& condition : string.conditions) {
    if (compiler::holds(condition, text, search)) continue;
    refuse_rule(place, rule_text(rules, {condition.rule}), who + shown + breach(condition) + ".");
  }
}

}  // namespace

std::optional<RuleText> find_rule(const std::vector<RuleUse>& rules,
                                  std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const RuleUse& rule : rules) {
      if (last_component(rule.name) == name) return RuleText{rule.name, rule.text};
    }
  }
  return std::nullopt;
}

RuleText rule_text(const std::vector<RuleUse>& rules, std::initializer_list<std::string_view> names,
                   std::string_view otherwise) {
  return find_rule(rules, names).value_or(RuleText{std::string(otherwise), std::string(otherwise)});
}

void refuse_rule(const Place& place, RuleText rule, std::string message) {
  throw Refused({422, "rule", place.field, std::move(rule.text), std::move(message), place.line,
                 place.column, "", std::nullopt, std::move(rule.name)});
}

void refuse_value(const Place& place, std::string code, std::string message) {
  throw Refused(
      {422, std::move(code), place.field, "", std::move(message), place.line, place.column, ""});
}

void check_rules(const Tables& tables, const Value& value, const Scalar& scalar,
                 const Place& place) {
  const auto refuse_number = [&] {
    refuse_rule(place,
                value.kind == ValueKind::floating
                    ? number_rule(value.rules, {{}, floating_value(value, scalar.text), ""})
                    : number_rule(value.rules, {scalar.number, {}, ""}),
                "'" + place.field + "' is " + (scalar.text.empty() ? "empty" : scalar.text) +
                    ", which the schema does not allow" +
                    (value.rules.empty() ? "" : " (" + all_rules(value.rules).text + ")") + ".");
  };
  switch (value.kind) {
    case ValueKind::boolean:
      if (std::find(value.booleans.begin(), value.booleans.end(), scalar.number != 0) ==
          value.booleans.end())
        refuse_number();
      break;
    case ValueKind::integer:
    case ValueKind::timestamp:
    case ValueKind::duration:
      if (!value.integers.contains(scalar.number)) refuse_number();
      break;
    case ValueKind::enumeration:
      if (std::none_of(value.enumeration.begin(), value.enumeration.end(),
                       [&](const auto& allowed) { return allowed.number == scalar.number; })) {
        refuse_number();
      }
      break;
    case ValueKind::string:
    case ValueKind::field_mask:
      check_string(tables, value, scalar.text, place);
      break;
    case ValueKind::bytes:
      check_string(tables, value, base64_decode(scalar.text).value_or(""), place);
      break;
    case ValueKind::floating:
      if (!value.floats.contains(floating_value(value, scalar.text))) refuse_number();
      break;
    case ValueKind::message:
    case ValueKind::any:
    case ValueKind::null:
    case ValueKind::dynamic:
    case ValueKind::structure:
    case ValueKind::list_value:
      break;
  }
}

}  // namespace sluice::canonical
