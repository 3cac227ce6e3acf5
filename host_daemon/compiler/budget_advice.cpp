// SPDX-License-Identifier: Apache-2.0
// Every number of the rules is turned down alone until the rest fits; of several the one that has to give least is advised. Sizes below the
// wanted one tell what that would take: states grow by a sum or by a factor with each step.
#include "compiler/budget_advice.hpp"

#include <cmath>
#include <functional>

#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"
#include "compiler/work_budget.hpp"

namespace sluice::compiler {
namespace {

constexpr std::uint64_t kTryWork = 200'000'000;     // for one try
constexpr std::uint64_t kAllWork = 1'500'000'000;   // for all tries of a field

struct Knob {
  std::uint64_t wanted;
  std::uint64_t least;
  std::function<void(StringRules&, std::uint64_t)> turn;
  std::function<std::string(std::uint64_t)> shown;  // the smaller rule
};

// The greatest count in braces of a pattern: its place and length.
struct Count {
  std::size_t at, length;
  std::uint64_t value;
};
std::optional<Count> greatest_count(const std::string& pattern) {
  std::optional<Count> best;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
      continue;
    }
    if (pattern[at] != '{') continue;
    const std::size_t close = pattern.find('}', at);
    if (close == std::string::npos) break;
    std::size_t begin = pattern.find(',', at);
    begin = begin == std::string::npos || begin > close ? at + 1 : begin + 1;
    const std::string digits = pattern.substr(begin, close - begin);
    if (digits.empty() || digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::uint64_t value = std::stoull(digits);
    if (!best || value > best->value) best = Count{begin, digits.size(), value};
  }
  return best;
}

std::vector<Knob> knobs_of(const Value& value) {
  std::vector<Knob> out;
  const StringRules& rules = value.string;
  const std::string group = value.kind == ValueKind::bytes ? "bytes." : "string.";
  const auto add_length = [&](std::optional<std::uint64_t> StringRules::*member, std::uint64_t least, const std::string& name) {
    const auto& bound = rules.*member;
    if (!bound) return;
    out.push_back({*bound, least, [member](StringRules& r, std::uint64_t n) { r.*member = n; },
                   [=](std::uint64_t n) { return group + name + " = " + std::to_string(n); }});
  };
  add_length(&StringRules::max_len, rules.min_len, "max_len");
  add_length(&StringRules::max_bytes, rules.min_bytes, value.kind == ValueKind::bytes ? "max_len" : "max_bytes");
  for (std::size_t i = 0; i < rules.conditions.size(); ++i) {
    const TextCondition& condition = rules.conditions[i];
    if (condition.kind != TextCondition::Kind::pattern) continue;
    const std::string pattern = condition.texts.front();
    const auto count = greatest_count(pattern);
    if (!count) continue;
    const auto changed = [=](std::uint64_t n) { return std::string(pattern).replace(count->at, count->length, std::to_string(n)); };
    out.push_back({count->value, 0, [=](StringRules& r, std::uint64_t n) { r.conditions[i].texts.front() = changed(n); },
                   [=](std::uint64_t n) { return group + "pattern = \"" + changed(n) + "\""; }});
  }
  return out;
}

// States of the language under the changed rules; none when it does not fit.
std::optional<std::size_t> size_with(const Value& value, const Knob& knob, std::uint64_t n) {
  StringRules rules = value.string;
  knob.turn(rules, n);
  WorkBudget work(kTryWork);
  try {
    const StringLanguage language = value.kind == ValueKind::bytes ? bytes_language(rules) : string_language(rules);
    if (language.language.empty()) return std::nullopt;
    return language.language.states.size();
  } catch (const BudgetExceeded&) {
  } catch (const PatternError&) {  // {5,3}
  }
  return std::nullopt;
}

struct Fit {
  std::uint64_t value;
  double states;  // that the wanted value would take
};

// The greatest value below the wanted one that fits.
std::optional<Fit> fit(const Value& value, const Knob& knob) {
  std::uint64_t good = knob.wanted, bad = knob.wanted;
  std::optional<std::size_t> size;
  while (!size && good > knob.least && good > 1) {
    bad = good;
    good = std::max<std::uint64_t>(good / 2, std::max<std::uint64_t>(knob.least, 1));
    size = size_with(value, knob, good);
  }
  if (!size) return std::nullopt;
  while (bad - good > std::max<std::uint64_t>(good / 64, 1)) {
    const std::uint64_t middle = good + (bad - good) / 2;
    if (const auto found = size_with(value, knob, middle)) {
      good = middle;
      size = found;
    } else {
      bad = middle;
    }
  }
  const std::uint64_t lower = good - std::max<std::uint64_t>(good / 8, 1);
  double states = 0;
  if (const auto before = lower >= 1 ? size_with(value, knob, lower) : std::nullopt; before && *size > *before) {
    const double step = static_cast<double>(good - lower), ahead = static_cast<double>(knob.wanted - good);
    const double factor = std::pow(static_cast<double>(*size) / static_cast<double>(*before), 1 / step);
    const double sum = static_cast<double>(*size) + static_cast<double>(*size - *before) / step * ahead;
    // A language that grows by a factor has at least half as many states more with each step of one.
    states = factor > 1.4 ? static_cast<double>(*size) * std::pow(factor, ahead) : sum;
  }
  return Fit{good, states};
}

std::string about(double states) {
  if (states >= 1e15) return "about 10^" + std::to_string(static_cast<int>(std::log10(states)));
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(states)) - 1));
  std::string digits = std::to_string(static_cast<std::uint64_t>(std::round(states / unit) * unit));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return "about " + digits;
}

}  // namespace

void advise(BudgetExceeded& error, const Value& value) {
  std::string names;
  for (const RuleUse& rule : value.rules) names += (names.empty() ? "" : ", ") + rule.text;
  if (!names.empty()) error.note = "its rules: " + names;
  if (value.kind != ValueKind::string && value.kind != ValueKind::bytes) return;
  std::optional<Fit> best;
  double best_ratio = 0;
  try {
    WorkBudget work(kAllWork);
    for (const Knob& knob : knobs_of(value)) {
      const auto found = fit(value, knob);
      if (work.exhausted()) break;
      const double ratio = found ? static_cast<double>(found->value) / static_cast<double>(knob.wanted) : 0;
      if (ratio <= best_ratio) continue;
      best = found;
      best_ratio = ratio;
      error.help = knob.shown(found->value) + " would fit";
    }
  } catch (const WorkExceeded&) {  // what was found so far serves
  }
  // The estimate is of a minimal automaton; the way there may need more, and "wants less than it may have" helps nobody.
  if (best && best->states > static_cast<double>(error.limit())) error.note += "; they want " + about(best->states) + " states";
}

}  // namespace sluice::compiler
