// SPDX-License-Identifier: Apache-2.0
#include "compiler/field_mask.hpp"

#include <algorithm>

namespace sluice::compiler {

namespace {

// "user.displayName" of "user.display_name"; empty: the mapping has no spelling for it.
std::optional<std::string> mask_path_in_json(const std::string& path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] >= 'A' && path[i] <= 'Z') return std::nullopt;
    if (path[i] != '_') {
      out += path[i];
      continue;
    }
    if (++i == path.size() || path[i] < 'a' || path[i] > 'z') return std::nullopt;
    out += static_cast<char>(path[i] - 'a' + 'A');
  }
  return out;
}

std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '.' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

bool is_rule(const RuleUse& rule, std::string_view name) { return rule.name == name || rule.name.ends_with("." + std::string(name)); }

}  // namespace

MaskRules mask_rules(const std::vector<RuleUse>& rules) {
  MaskRules out;
  for (const RuleUse& rule : rules) {
    if (is_rule(rule, "field_mask.const")) out.constant = rule.arguments;
    if (is_rule(rule, "field_mask.in")) out.in = rule.arguments;
    if (is_rule(rule, "field_mask.not_in")) out.not_in = rule.arguments;
  }
  return out;
}

bool covers(const std::vector<std::string>& listed, std::string_view path) {
  return std::any_of(listed.begin(), listed.end(), [&](const std::string& one) {
    return path.substr(0, one.size()) == one && (path.size() == one.size() || path[one.size()] == '.');
  });
}

std::optional<TextCondition> mask_condition(std::string_view rule, const std::vector<std::string>& paths) {
  using Kind = TextCondition::Kind;
  if (rule == "const") {
    std::string joined;
    for (const std::string& path : paths) {
      const auto spelled = mask_path_in_json(path);
      if (!spelled) return TextCondition{Kind::listed, {","}, false, "const"};  // has no spelling: nothing fits
      joined += (joined.empty() ? "" : ",") + *spelled;
    }
    return TextCondition{Kind::listed, {joined}, false, "const"};
  }
  if (rule != "in" && rule != "not_in") return std::nullopt;
  // A listed path, or one below it.
  std::string any;
  for (const std::string& path : paths) {
    if (const auto spelled = mask_path_in_json(path)) any += (any.empty() ? "" : "|") + escaped(*spelled) + "(?:\\.[^,]*)?";
  }
  const bool negated = rule == "not_in";
  if (any.empty()) any = "[^\\x00-\\x{10FFFF}]";  // nothing
  const std::string one = "(?:" + any + ")";
  const std::string pattern = negated ? "(?:\\A|,)" + one + "(?:,|\\z)" : "\\A(?:" + one + "(?:," + one + ")*)?\\z";
  return TextCondition{Kind::pattern, {pattern}, negated, std::string(rule)};
}

}  // namespace sluice::compiler
