// SPDX-License-Identifier: Apache-2.0
// What the rules on strings and bytes say about one text, by the naive way: search, compare, count. The tables say the same by
// automata (string_language.cpp); tests compare the two.
#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "compiler/schema.hpp"
#include "compiler/string_format.hpp"

namespace sluice::compiler {

std::uint64_t count_code_points(std::string_view utf8) {
  return static_cast<std::uint64_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool search_pattern(std::string_view text, const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), RE2(pattern, options));
}

namespace {

std::string whole(const std::string& pattern) { return "\\A(?:" + pattern + ")\\z"; }

}  // namespace

std::vector<std::string> patterns_of(const TextCondition& condition) {
  if (condition.kind == TextCondition::Kind::pattern) return condition.texts;
  std::vector<std::string> out;
  if (condition.kind == TextCondition::Kind::format) {
    const StringFormat& format = *string_format(condition.texts.front());
    for (const std::string* pattern : {&format.pattern, &format.except, &format.besides}) {
      if (!pattern->empty()) out.push_back(whole(*pattern));
    }
  }
  return out;
}

std::optional<TextCondition> text_condition(std::string_view rule, std::vector<std::string> texts) {
  using Kind = TextCondition::Kind;
  static const std::map<std::string, std::pair<Kind, bool>, std::less<>> kinds = {
      {"prefix", {Kind::prefix, false}},        {"suffix", {Kind::suffix, false}}, {"contains", {Kind::contains, false}},
      {"not_contains", {Kind::contains, true}}, {"not_in", {Kind::listed, true}},  {"pattern", {Kind::pattern, false}}};
  if (const auto known = kinds.find(rule); known != kinds.end() && !texts.empty()) {
    return TextCondition{known->second.first, std::move(texts), known->second.second, std::string(rule)};
  }
  if (string_format(rule) != nullptr) return TextCondition{Kind::format, {std::string(rule)}, false, std::string(rule)};
  return std::nullopt;
}

bool holds(const TextCondition& condition, std::string_view text, const PatternSearch& search) {
  using Kind = TextCondition::Kind;
  const std::string& first = condition.texts.front();
  bool met = false;
  switch (condition.kind) {
    case Kind::prefix: met = text.starts_with(first); break;
    case Kind::suffix: met = text.ends_with(first); break;
    case Kind::contains: met = text.find(first) != std::string_view::npos; break;
    case Kind::pattern: met = search(text, first); break;
    case Kind::format: {
      const StringFormat& format = *string_format(first);
      const auto is = [&](const std::string& pattern) { return !pattern.empty() && search(text, whole(pattern)); };
      met = (is(format.pattern) && !is(format.except)) || is(format.besides);
      if (format.max_host && std::min(text.find_first_of(":%"), text.size()) > *format.max_host) met = false;
      break;
    }
    case Kind::listed: met = std::find(condition.texts.begin(), condition.texts.end(), text) != condition.texts.end(); break;
    case Kind::byte_lengths:
      met = std::find(condition.texts.begin(), condition.texts.end(), std::to_string(text.size())) != condition.texts.end();
      break;
  }
  return met != condition.negated;
}

bool holds(const StringRules& rules, std::string_view text, const PatternSearch& search) {
  if (rules.in && std::find(rules.in->begin(), rules.in->end(), text) == rules.in->end()) return false;
  if (text.size() < rules.min_bytes || (rules.max_bytes && text.size() > *rules.max_bytes)) return false;
  const std::uint64_t length = count_code_points(text);
  if (length < rules.min_len || (rules.max_len && length > *rules.max_len)) return false;
  return std::all_of(rules.conditions.begin(), rules.conditions.end(),
                     [&](const TextCondition& condition) { return holds(condition, text, search); });
}

bool StringRules::unconstrained() const {
  return min_len <= 1 && !max_len && min_bytes <= 1 && !max_bytes && conditions.empty() && !in;
}

}  // namespace sluice::compiler
