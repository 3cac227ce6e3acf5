// SPDX-License-Identifier: Apache-2.0
// Rule by rule, from its name and its arguments.
#include "compiler/rule_check.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

namespace sluice::compiler {

namespace {

template <typename T>
std::optional<Int> parse_as(std::string_view text) {
  T value{};
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return static_cast<Int>(value);
}

Int code_points(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool matches(const std::string& pattern, std::string_view text) {
  RE2::Options options;
  options.set_log_errors(false);
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), RE2(pattern, options));
}

bool is_listed(const RuleUse& rule, const RuleSubject& value) {
  return std::any_of(rule.arguments.begin(), rule.arguments.end(), [&](const std::string& argument) {
    if (rule.name.ends_with("bool.const")) return value.number == (argument == "true" ? 1 : 0);
    if (rule.name.find("string.") != std::string::npos) return value.text == argument;
    return value.number && value.number == parse_integer(argument);
  });
}

bool breaks(const RuleUse& rule, const RuleSubject& value) {
  const std::string_view kind = last_name(rule.name);
  if (rule.arguments.empty()) return false;
  if (kind == "const" || kind == "in") return !is_listed(rule, value);
  if (kind == "not_in") return is_listed(rule, value);
  if (kind == "defined_only") return !value.number;
  const std::string& argument = rule.arguments.front();
  if (kind == "prefix") return !value.text.starts_with(argument);
  if (kind == "pattern") return !matches(argument, value.text);
  const auto bound = parse_integer(argument);
  if (!bound) return false;
  if (kind == "len") return code_points(value.text) != *bound;
  if (kind == "min_len") return code_points(value.text) < *bound;
  if (kind == "max_len") return code_points(value.text) > *bound;
  if (!value.number) return false;
  return (kind == "lt" && *value.number >= *bound) || (kind == "lte" && *value.number > *bound) ||
         (kind == "gt" && *value.number <= *bound) || (kind == "gte" && *value.number < *bound);
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
  return text.starts_with('-') ? parse_as<std::int64_t>(text) : parse_as<std::uint64_t>(text);
}

std::vector<const RuleUse*> broken_rules(const std::vector<RuleUse>& rules, const RuleSubject& value) {
  std::vector<const RuleUse*> out;
  for (const RuleUse& rule : rules) {
    if (breaks(rule, value)) out.push_back(&rule);
  }
  const RuleUse* lower = bound_of(rules, "gt", "gte");
  const RuleUse* upper = bound_of(rules, "lt", "lte");
  if (!lower || !upper) return out;
  const auto low = parse_integer(lower->arguments.front()), high = parse_integer(upper->arguments.front());
  const auto broken = [&](const RuleUse* rule) { return std::find(out.begin(), out.end(), rule) != out.end(); };
  if (low && high && *high < *low && !(broken(lower) && broken(upper))) {
    std::erase_if(out, [&](const RuleUse* rule) { return rule == lower || rule == upper; });
  }
  return out;
}

}  // namespace sluice::compiler
