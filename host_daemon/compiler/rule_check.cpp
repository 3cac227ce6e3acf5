// SPDX-License-Identifier: Apache-2.0
// Rule by rule, from its name and its arguments.
#include "compiler/rule_check.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "compiler/base64.hpp"
#include "compiler/field_mask.hpp"

namespace sluice::compiler {

namespace {

bool of_group(const RuleUse& rule, std::string_view group) {
  const std::string_view name = rule.name;
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view before = name.substr(0, dot);
  return before == group || (before.ends_with(group) && before[before.size() - group.size() - 1] == '.');
}

// Arguments as they compare: bytes stand as base64.
std::vector<std::string> arguments_of(const RuleUse& rule) {
  if (!of_group(rule, "bytes") || last_name(rule.name) == "pattern") return rule.arguments;
  std::vector<std::string> out;
  for (const std::string& argument : rule.arguments) out.push_back(from_base64(argument).value_or(argument));
  return out;
}

bool is_listed(const RuleUse& rule, const RuleSubject& value) {
  const auto arguments = arguments_of(rule);
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    if (of_group(rule, "bool")) return value.number == (argument == "true" ? 1 : 0);
    if (of_group(rule, "string") || of_group(rule, "bytes")) return value.text == argument;
    if (value.floating) return *value.floating == parse_floating(argument, FloatWidth::binary64);
    return value.number && value.number == parse_integer(argument);
  });
}

template <typename Number>
bool breaks_bound(std::string_view kind, Number value, Number bound) {
  // Negated, so that NaN is in no range.
  return (kind == "lt" && !(value < bound)) || (kind == "lte" && !(value <= bound)) || (kind == "gt" && !(value > bound)) ||
         (kind == "gte" && !(value >= bound));
}

bool breaks_length(std::string_view kind, Int length, Int bound) {
  if (kind.starts_with("min")) return length < bound;
  if (kind.starts_with("max")) return length > bound;
  return length != bound;
}

bool breaks(const RuleUse& rule, const RuleSubject& value) {
  std::string_view kind = last_name(rule.name);
  if (of_group(rule, "field_mask")) {
    const auto condition = mask_condition(kind, rule.arguments);
    return condition && !holds(*condition, value.text);
  }
  if (rule.arguments.empty()) return false;
  if (kind == "const" || kind == "in") return !is_listed(rule, value);
  if (kind == "defined_only") return !value.number;
  if (kind == "finite") return value.floating && !std::isfinite(*value.floating);
  const bool of_bytes = of_group(rule, "bytes");
  if (of_bytes || of_group(rule, "string")) {
    if (kind.find("len") != std::string_view::npos && kind.find("prefixlen") == std::string_view::npos) {
      const bool in_bytes = of_bytes || kind.ends_with("_bytes");
      const auto bound = parse_integer(rule.arguments.front());
      const Int length = in_bytes ? static_cast<Int>(value.text.size()) : static_cast<Int>(count_code_points(value.text));
      return bound && breaks_length(kind, length, *bound);
    }
    if (kind == "min_bytes" || kind == "max_bytes") {
      const auto bound = parse_integer(rule.arguments.front());
      return bound && breaks_length(kind, static_cast<Int>(value.text.size()), *bound);
    }
    if (of_bytes && rule.arguments.front() == "true") {
      const std::size_t size = value.text.size();
      return !((size == 4 && kind != "ipv6" && kind != "uuid") || (size == 16 && kind != "ipv4"));
    }
    if (kind == "well_known_regex") kind = rule.arguments.front();
    const auto condition = text_condition(kind, arguments_of(rule));
    return condition && !holds(*condition, value.text);
  }
  if (kind == "not_in") return is_listed(rule, value);
  if (value.floating) {
    const auto bound = parse_floating(rule.arguments.front(), FloatWidth::binary64);
    return bound && breaks_bound(kind, *value.floating, *bound);
  }
  const auto bound = parse_integer(rule.arguments.front());
  return bound && value.number && breaks_bound(kind, *value.number, *bound);
}

const RuleUse* bound_of(const std::vector<RuleUse>& rules, std::string_view exclusive, std::string_view inclusive) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const RuleUse& rule) {
    const auto kind = last_name(rule.name);
    return kind == exclusive || kind == inclusive;
  });
  return found == rules.end() || found->arguments.empty() ? nullptr : &*found;
}

}  // namespace

std::string_view last_name(std::string_view rule) {
  const auto dot = rule.rfind('.');
  return dot == std::string_view::npos ? rule : rule.substr(dot + 1);
}

std::optional<Int> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 36) return std::nullopt;  // 36 digits fit an Int
  Int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::optional<double> parse_floating(std::string_view text, FloatWidth width) {
  if (text == "NaN" || text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity" || text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity" || text == "-inf") return -std::numeric_limits<double>::infinity();
  const auto parse = [&](auto value) -> std::optional<double> {
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    return static_cast<double>(value);
  };
  return width == FloatWidth::binary32 ? parse(float{}) : parse(double{});
}

std::vector<const RuleUse*> broken_rules(const std::vector<RuleUse>& rules, const RuleSubject& value) {
  std::vector<const RuleUse*> out;
  for (const RuleUse& rule : rules) {
    if (breaks(rule, value)) out.push_back(&rule);
  }
  const RuleUse* lower = bound_of(rules, "gt", "gte");
  const RuleUse* upper = bound_of(rules, "lt", "lte");
  if (!lower || !upper) return out;
  const auto number = [&](const RuleUse* rule) -> std::optional<long double> {
    if (value.floating) return parse_floating(rule->arguments.front(), FloatWidth::binary64);
    const auto integer = parse_integer(rule->arguments.front());
    return integer ? std::optional(static_cast<long double>(*integer)) : std::nullopt;
  };
  const auto low = number(lower), high = number(upper);
  const auto broken = [&](const RuleUse* rule) { return std::find(out.begin(), out.end(), rule) != out.end(); };
  if (low && high && *high < *low && !(broken(lower) && broken(upper))) {
    std::erase_if(out, [&](const RuleUse* rule) { return rule == lower || rule == upper; });
  }
  return out;
}

}  // namespace sluice::compiler
