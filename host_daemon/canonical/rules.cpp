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

namespace sluice::canonical {
namespace {

using compiler::RuleUse;
using compiler::ValueKind;

std::string_view last_component(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string all_texts(const std::vector<RuleUse>& rules) {
  std::string out;
  for (const RuleUse& rule : rules) out += (out.empty() ? "" : ", ") + rule.text;
  return out;
}

// The rule that keeps a number out: the first that it breaks.
std::string number_rule(const std::vector<RuleUse>& rules, Int number) {
  const auto broken = compiler::broken_rules(rules, {number, ""});
  return broken.empty() ? all_texts(rules) : broken.front()->text;
}

void check_string(const Tables& tables, const Value& value, const std::string& text,
                  const Place& place) {
  const compiler::StringRules& string = value.string;
  const auto& rules = value.rules;
  if (string.or_empty && text.empty()) return;
  const std::string who = "'" + place.field + "' ";
  if (string.min_len > 0 || string.max_len) {
    const std::size_t length = count_code_points(text);
    if (length < string.min_len) {
      refuse_rule(place, rule_text(rules, {"min_len", "len"}),
                  who + "must have at least " + std::to_string(string.min_len) +
                      " character(s); it has " + std::to_string(length) + ".");
    }
    if (string.max_len && length > *string.max_len) {
      refuse_rule(place, rule_text(rules, {"max_len", "len"}),
                  who + "must have at most " + std::to_string(*string.max_len) +
                      " character(s); it has " + std::to_string(length) + ".");
    }
  }
  if (string.in && std::find(string.in->begin(), string.in->end(), text) == string.in->end()) {
    refuse_rule(place, rule_text(rules, {"in", "const"}),
                who + "is '" + excerpt(text) + "', which is not one of the allowed values.");
  }
  if (!string.prefix.empty() && !text.starts_with(string.prefix)) {
    refuse_rule(place, rule_text(rules, {"prefix"}),
                who + "must begin with '" + excerpt(string.prefix) + "'.");
  }
  if (string.pattern && !RE2::PartialMatch(text, tables.pattern(*string.pattern))) {
    refuse_rule(place, rule_text(rules, {"pattern"}),
                who + "is '" + excerpt(text) + "', which does not match the pattern '" +
                    *string.pattern + "'.");
  }
}

}  // namespace

std::string rule_text(const std::vector<RuleUse>& rules,
                      std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const RuleUse& rule : rules) {
      if (last_component(rule.name) == name) return rule.text;
    }
  }
  return "";
}

void refuse_rule(const Place& place, std::string rule, std::string message) {
  throw Refused({422, "rule", place.field, std::move(rule), std::move(message), place.line,
                 place.column, ""});
}

void refuse_value(const Place& place, std::string code, std::string message) {
  throw Refused(
      {422, std::move(code), place.field, "", std::move(message), place.line, place.column, ""});
}

void check_rules(const Tables& tables, const Value& value, const Scalar& scalar,
                 const Place& place) {
  const auto refuse_number = [&] {
    refuse_rule(place, number_rule(value.rules, scalar.number),
                "'" + place.field + "' is " + (scalar.text.empty() ? "empty" : scalar.text) +
                    ", which the schema does not allow" +
                    (value.rules.empty() ? "" : " (" + all_texts(value.rules) + ")") + ".");
  };
  switch (value.kind) {
    case ValueKind::boolean:
      if (std::find(value.booleans.begin(), value.booleans.end(), scalar.number != 0) ==
          value.booleans.end())
        refuse_number();
      break;
    case ValueKind::integer:
      if (!value.integers.contains(scalar.number)) refuse_number();
      break;
    case ValueKind::enumeration:
      if (std::none_of(value.enumeration.begin(), value.enumeration.end(),
                       [&](const auto& allowed) { return allowed.number == scalar.number; })) {
        refuse_number();
      }
      break;
    case ValueKind::string:
      check_string(tables, value, scalar.text, place);
      break;
    case ValueKind::bytes:
    case ValueKind::floating:
      if (value.not_zero && scalar.is_default) refuse_number();
      break;
    case ValueKind::message:
    case ValueKind::timestamp:
      break;
  }
}

}  // namespace sluice::canonical
