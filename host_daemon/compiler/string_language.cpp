// SPDX-License-Identifier: Apache-2.0
// Rules on strings and bytes as languages: every condition is one more intersection. What is left of the lengths is counted, by one
// register: of several bounds all but one must follow from the language, or be unrolled into its states.
#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "compiler/binary_language.hpp"
#include "compiler/pattern.hpp"
#include "compiler/string_format.hpp"
#include "compiler/value_language.hpp"
#include "compiler/work_budget.hpp"
#include "sluice/layout.hpp"

namespace sluice::compiler {
namespace {

constexpr std::size_t kBudget = 50'000;
constexpr std::size_t kUnrolled = 20'000;  // states of a length that the register cannot count besides another

const Dfa& any_bytes() {
  static const Dfa language = [] {
    Nfa nfa;
    const int start = nfa.add_state();
    nfa.add_edge(start, 0, 255, start);
    return nfa.determinize(start, start);
  }();
  return language;
}

// Computed once in a process: some take a tenth of a second.
const Dfa& format_language(const StringFormat& format) {
  static std::mutex guard;
  static std::map<std::string, Dfa> known;
  const std::scoped_lock lock(guard);
  const auto [place, fresh] = known.try_emplace(format.name);
  if (fresh) {
    const auto all_of = [](const std::string& pattern) {
      return pattern.empty() ? Dfa{} : pattern_language(pattern, PatternMatch::full, kBudget);
    };
    place->second = unite(subtract(all_of(format.pattern), all_of(format.except), kBudget), all_of(format.besides));
  }
  return place->second;
}

// The texts of `whole` that meet the condition; its negation is the caller's.
Dfa condition_language(const TextCondition& condition, const Dfa& whole) {
  using Kind = TextCondition::Kind;
  const std::string& first = condition.texts.front();
  switch (condition.kind) {
    case Kind::prefix: return concat(text_language(first), whole);
    case Kind::suffix: return concat(whole, text_language(first));
    case Kind::contains: return concat(concat(whole, text_language(first)), whole);
    case Kind::pattern: return pattern_language(first, PatternMatch::search);
    case Kind::format: return format_language(*string_format(first));
    case Kind::listed: return any_of(condition.texts);
    case Kind::byte_lengths: {
      Dfa out;
      for (const std::string& text : condition.texts) {
        const std::uint64_t length = std::stoull(text);
        out = unite(out, restrict_length(whole, Counted::bytes, length, length, kUnrolled));
      }
      return out;
    }
  }
  return {};
}

struct Bound {
  Counted counted;
  std::uint64_t min;
  std::optional<std::uint64_t> max;
};

// Drops what the language ensures by itself, and a length that no record has.
bool still_bounds(Bound& bound, const Dfa& language) {
  const LengthBounds known = length_bounds(language, bound.counted);
  if (known.shortest >= bound.min) bound.min = 0;
  if (bound.max && ((known.longest && *known.longest <= *bound.max) || *bound.max >= layout::INC_UNBOUNDED)) bound.max.reset();
  return bound.min > 0 || bound.max.has_value();
}

bool is_ascii(const Dfa& language) {
  return std::all_of(language.states.begin(), language.states.end(), [](const Dfa::State& state) {
    return state.edges.empty() || state.edges.back().high < 0x80;
  });
}

// One bound for two of the same kind.
void add_bound(std::vector<Bound>& bounds, Bound bound) {
  for (Bound& known : bounds) {
    if (known.counted != bound.counted) continue;
    known.min = std::max(known.min, bound.min);
    if (bound.max) known.max = std::min(known.max.value_or(*bound.max), *bound.max);
    return;
  }
  bounds.push_back(bound);
}

StringLanguage counted_language(Dfa language, std::vector<Bound> bounds, bool or_empty) {
  StringLanguage out;
  // A single missing character costs no register: the empty text leaves the language.
  for (Bound& bound : bounds) {
    if (bound.min == 1) {
      language = subtract(language, text_language(""));
      bound.min = 0;
    }
  }
  if (language.empty()) bounds.clear();
  std::erase_if(bounds, [&](Bound& bound) { return !still_bounds(bound, language); });
  // The register keeps the widest bound; narrower ones make fewer states.
  std::sort(bounds.begin(), bounds.end(), [](const Bound& a, const Bound& b) { return a.max.value_or(a.min) < b.max.value_or(b.min); });
  while (bounds.size() > 1) {
    const Bound narrow = bounds.front();
    try {
      language = restrict_length(language, narrow.counted, narrow.min, narrow.max, kUnrolled);
    } catch (const WorkExceeded&) {
      throw;
    } catch (const BudgetExceeded&) {
      throw TwoCounters("has too many lengths: two of them are counted (characters, bytes, host name), and the engine has one register for it; one of them "
                        "would have to be at most some hundred");
    }
    bounds.erase(bounds.begin());
    std::erase_if(bounds, [&](Bound& bound) { return !still_bounds(bound, language); });
  }
  if (or_empty) {
    // The register cannot let the empty text pass below a minimum: the minimum becomes states.
    if (!bounds.empty() && bounds[0].min > 0) {
      language = restrict_length(language, bounds[0].counted, bounds[0].min, std::nullopt, kUnrolled);
      bounds[0].min = 0;
    }
    language = unite(language, text_language(""));
  }
  // A minimum above the register's is above every record, too.
  const bool some = bounds.empty() || (bounds[0].min <= layout::INC_UNBOUNDED && has_length(language, bounds[0].counted, bounds[0].min, bounds[0].max));
  if (!some) return {};
  if (!bounds.empty()) {
    out.min = bounds[0].min;
    out.max = bounds[0].max;
    out.counted = bounds[0].counted;
  }
  out.language = std::move(language);
  return out;
}

// All but the lengths.
Dfa conditions_language(const StringRules& rules, const Dfa& whole) {
  Dfa language = whole;
  for (const TextCondition& condition : rules.conditions) {
    const Dfa one = condition_language(condition, whole);
    language = condition.negated ? subtract(language, one, kBudget) : intersect(language, one, kBudget);
  }
  return language;
}

// The values of an `in` that the rules besides it allow.
Dfa listed_language(const StringRules& rules) {
  std::vector<std::string> allowed;
  for (const std::string& text : *rules.in) {
    if (holds(rules, text)) allowed.push_back(text);
  }
  if (rules.or_empty) allowed.emplace_back();
  return allowed.empty() ? Dfa{} : any_of(allowed);
}

// RFC 4648 section 4 applied to every text of a language: the states of the base64 text know a state of the language and the bits that
// are read of the byte under way.
Dfa encode_base64(const Dfa& language) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // {state, characters of the group, bits of the byte under way}; one more for each place of padding.
  using Key = std::tuple<int, int, int>;
  constexpr int kPadding = -1, kEnd = -2;
  Dfa out;
  std::map<Key, int> known;
  std::vector<Key> keys;
  const auto number = [&](const Key& key) {
    const auto [place, fresh] = known.emplace(key, static_cast<int>(keys.size()));
    if (fresh) {
      if (keys.size() >= kBudget) throw BudgetExceeded(kBudget);
      keys.push_back(key);
    }
    return place->second;
  };
  if (language.empty()) return out;
  number({0, 0, 0});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto [state, place, bits] = keys[i];
    out.states.emplace_back();
    const auto edge = [&](char character, const Key& to) {
      const auto byte = static_cast<std::uint8_t>(character);
      const int target = number(to);
      out.states[i].edges.push_back({byte, byte, target});
    };
    if (state == kEnd) {
      out.states[i].accept = true;
      continue;
    }
    if (state == kPadding) {
      edge('=', {kEnd, 0, 0});
      continue;
    }
    const Dfa::State& here = language.states[static_cast<std::size_t>(state)];
    if (place == 0) out.states[i].accept = here.accept;
    // A group may end early, its unused bits zero, where a byte has just been completed.
    if (place == 2 && bits == 0 && here.accept) edge('=', {kPadding, 0, 0});
    if (place == 3 && bits == 0 && here.accept) edge('=', {kEnd, 0, 0});
    for (int six = 0; six < 64; ++six) {
      const char character = kAlphabet[static_cast<std::size_t>(six)];
      switch (place) {
        case 0:
          edge(character, {state, 1, six});
          break;
        case 1:
        case 2:
        case 3: {
          // Bits still owed to the byte: 2, 4, 6.
          const int owed = 2 * place;
          const int byte = (bits << owed) | (six >> (6 - owed));
          const int next = language.next(state, static_cast<std::uint8_t>(byte));
          if (next >= 0) edge(character, {next, (place + 1) % 4, six & ((1 << (6 - owed)) - 1)});
          break;
        }
      }
    }
    std::sort(out.states[i].edges.begin(), out.states[i].edges.end());
  }
  return minimize(out);
}

}  // namespace

StringLanguage string_language(const StringRules& rules) {
  if (rules.in) return {listed_language(rules)};
  const Dfa language = conditions_language(rules, utf8_text());
  std::vector<Bound> bounds;
  // Where every character is a byte the two lengths are one.
  const bool ascii = is_ascii(language);
  add_bound(bounds, {Counted::code_points, rules.min_len, rules.max_len});
  add_bound(bounds, {ascii ? Counted::code_points : Counted::bytes, rules.min_bytes, rules.max_bytes});
  for (const TextCondition& condition : rules.conditions) {
    if (condition.kind != TextCondition::Kind::format) continue;
    const StringFormat& format = *string_format(condition.texts.front());
    if (!format.max_host) continue;
    // Within a host of ASCII the whole length, where it has a bound as tight, is bound enough.
    if (bounds[0].max && *bounds[0].max <= *format.max_host) continue;
    add_bound(bounds, {format.name == "hostname" ? Counted::code_points : Counted::host_characters, 0, format.max_host});
  }
  return counted_language(language, std::move(bounds), rules.or_empty);
}

StringLanguage raw_bytes_language(const StringRules& rules) {
  if (rules.in) return {listed_language(rules)};
  return counted_language(conditions_language(rules, any_bytes()), {{Counted::bytes, rules.min_bytes, rules.max_bytes}}, rules.or_empty);
}

StringLanguage bytes_language(const StringRules& rules) {
  if (rules.in) return {encode_base64(listed_language(rules))};
  const Dfa language = encode_base64(conditions_language(rules, any_bytes()));
  return counted_language(language, {{Counted::base64_bytes, rules.min_bytes, rules.max_bytes}}, rules.or_empty);
}

}  // namespace sluice::compiler
