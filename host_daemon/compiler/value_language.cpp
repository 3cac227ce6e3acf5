// SPDX-License-Identifier: Apache-2.0
// Each language is a small nondeterministic automaton written down directly from its definition; determinization does the rest.
#include "compiler/value_language.hpp"

#include <algorithm>
#include <string>

#include "compiler/pattern.hpp"
#include "sluice/layout.hpp"

namespace sluice::compiler {

namespace {

std::string decimal(Int value) {
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return out;
}

// Adds the digit strings of equal length between `low` and `high`, both included.
void add_between(Nfa& nfa, int from, int to, const std::string& low, const std::string& high) {
  // Two tight paths (equal to the bound so far) and free tails. free[i]: i digits are still to come.
  std::vector<int> free(low.size() + 1);
  free[0] = to;
  for (std::size_t i = 1; i <= low.size(); ++i) {
    free[i] = nfa.add_state();
    nfa.add_edge(free[i], '0', '9', free[i - 1]);
  }
  int both = from, tight_low = -1, tight_high = -1;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::size_t left = low.size() - i - 1;
    const int a = low[i], b = high[i];
    int next_both = -1, next_low = -1, next_high = -1;
    auto tight_state = [&] { return left == 0 ? to : nfa.add_state(); };
    if (tight_low >= 0) {
      if (a < '9') nfa.add_edge(tight_low, a + 1, '9', free[left]);
      next_low = tight_state();
      nfa.add_edge(tight_low, a, a, next_low);
    }
    if (tight_high >= 0) {
      if (b > '0') nfa.add_edge(tight_high, '0', b - 1, free[left]);
      next_high = tight_state();
      nfa.add_edge(tight_high, b, b, next_high);
    }
    if (both >= 0) {
      if (a == b) {
        next_both = tight_state();
        nfa.add_edge(both, a, a, next_both);
      } else {
        if (b - a > 1) nfa.add_edge(both, a + 1, b - 1, free[left]);
        next_low = tight_state();
        nfa.add_edge(both, a, a, next_low);
        next_high = tight_state();
        nfa.add_edge(both, b, b, next_high);
      }
    }
    both = next_both;
    tight_low = next_low;
    tight_high = next_high;
  }
}

// Spellings of the positive integers in [low, high].
void add_positive(Nfa& nfa, int from, int to, Int low, Int high) {
  std::string first = decimal(low);
  const std::string last = decimal(high);
  while (first.size() < last.size()) {
    add_between(nfa, from, to, first, std::string(first.size(), '9'));
    first = "1" + std::string(first.size(), '0');
  }
  add_between(nfa, from, to, first, last);
}

}  // namespace

Dfa integer_language(const IntegerSet& set) {
  Nfa nfa;
  const int start = nfa.add_state();
  const int minus = nfa.add_state();
  const int accept = nfa.add_state();
  nfa.add_edge(start, '-', '-', minus);
  for (auto [low, high] : set.intervals) {
    if (low < 0) add_positive(nfa, minus, accept, -std::min<Int>(high, -1), -low);
    if (low <= 0 && high >= 0) nfa.add_edge(start, '0', '0', accept);
    if (high > 0) add_positive(nfa, start, accept, std::max<Int>(low, 1), high);
  }
  return nfa.determinize(start, accept);
}

namespace {

// Significant digits d1 d2 ... dk, k <= max, as the mantissa d1[.d2...dk] of the exponent form, dk != 0 unless k = 1, optionally bounded:
// `at_most` / `at_least` are digit strings of `max` digits (d1 first).
struct Mantissa {
  int max;
  std::string at_most, at_least;
};

bool digits_allowed(const Mantissa& m, const std::string& digits, bool exact) {
  // `exact`: the digits are the whole mantissa; else only a prefix, of which some continuation must be allowed.
  std::string low = digits, high = digits;
  low.resize(static_cast<std::size_t>(m.max), '0');
  high.resize(static_cast<std::size_t>(m.max), exact ? '0' : '9');
  if (!m.at_most.empty() && low > m.at_most) return false;
  if (!m.at_least.empty() && high < m.at_least) return false;
  return true;
}

// Adds the mantissas from `from` to `to`. Unbounded prefixes share the states of a free tail, so the automaton stays small.
void add_mantissa(Nfa& nfa, int from, int to, const Mantissa& m) {
  const bool bounded = !m.at_most.empty() || !m.at_least.empty();
  // tail[i]: i more digits may come, at least one must, the last is not 0.
  std::vector<int> tail(static_cast<std::size_t>(m.max) + 1);
  for (int i = 1; i <= m.max; ++i) {
    const auto at = static_cast<std::size_t>(i);
    tail[at] = nfa.add_state();
    nfa.add_edge(tail[at], '1', '9', to);
    if (i > 1) nfa.add_edge(tail[at], '0', '9', tail[at - 1]);
  }
  auto free_after_first = [&](int state) {  // d1 is read
    nfa.add_epsilon(state, to);
    if (m.max > 1) nfa.add_edge(state, '.', '.', tail[static_cast<std::size_t>(m.max) - 1]);
  };
  if (!bounded) {
    const int first = nfa.add_state();
    nfa.add_edge(from, '1', '9', first);
    free_after_first(first);
    return;
  }
  // Walk along the bound digit by digit: every branch off it is free or dead.
  const std::string& bound = m.at_most.empty() ? m.at_least : m.at_most;
  const bool upper = !m.at_most.empty();
  int tight = from;
  for (int i = 0; i < m.max; ++i) {
    const char digit = bound[static_cast<std::size_t>(i)];
    const std::string prefix = bound.substr(0, static_cast<std::size_t>(i));
    const int left = m.max - i - 1;
    const int first_digit = i == 0 ? '1' : '0';
    const int low = upper ? first_digit : digit + 1;
    const int high = upper ? digit - 1 : '9';
    if (low <= high) {
      if (i == 0) {
        const int first = nfa.add_state();
        nfa.add_edge(tight, low, high, first);
        free_after_first(first);
      } else {
        if (std::max<int>(low, '1') <= high) nfa.add_edge(tight, std::max<int>(low, '1'), high, to);
        if (left > 0) nfa.add_edge(tight, low, high, tail[static_cast<std::size_t>(left)]);
      }
    }
    // The bound's own digit.
    int next = nfa.add_state();
    nfa.add_edge(tight, digit, digit, next);
    const bool may_end = (i == 0 || digit != '0') && digits_allowed(m, prefix + digit, true);
    if (may_end) nfa.add_epsilon(next, to);
    if (i == 0) {
      const int dot = nfa.add_state();
      nfa.add_edge(next, '.', '.', dot);
      next = dot;
    }
    tight = next;
  }
}

}  // namespace

Dfa float_language(FloatWidth width, bool zero) {
  const bool wide = width == FloatWidth::binary64;
  const int digits = wide ? 17 : 9;
  const int max_exponent = wide ? 308 : 38;
  const int min_exponent = wide ? -324 : -46;
  // Largest digits that do not round to infinity, smallest that do not round to zero (IEEE 754, round to nearest even):
  // halfway points are 1.797693134862315807937...e308, 2.4703282292062327208...e-324; 3.40282356779733...e38, 7.006492321624...e-46.
  const std::string at_most = wide ? "17976931348623158" : "340282356";
  const std::string at_least = wide ? "24703282292062328" : "700649233";

  Nfa nfa;
  const int start = nfa.add_state();
  const int positive = nfa.add_state();
  const int accept = nfa.add_state();
  nfa.add_epsilon(start, positive);
  nfa.add_edge(start, '-', '-', positive);
  if (zero) nfa.add_edge(start, '0', '0', accept);

  // ECMAScript Number::toString, value = 0.d1...dk * 10^n.
  // k <= n <= 21: digits, then n - k zeros.
  for (int n = 1; n <= 21; ++n) {
    int at = positive;
    for (int i = 1; i <= n; ++i) {
      const int to = i == n ? accept : nfa.add_state();
      if (i > digits) {
        nfa.add_edge(at, '0', '0', to);
      } else {
        nfa.add_edge(at, i == 1 ? '1' : '0', '9', to);
      }
      at = to;
    }
  }
  // 0 < n < k: a point inside, the last digit not 0.
  for (int n = 1; n < digits; ++n) {
    int at = positive;
    for (int i = 1; i <= n; ++i) {
      const int to = nfa.add_state();
      nfa.add_edge(at, i == 1 ? '1' : '0', '9', to);
      at = to;
    }
    const int point = nfa.add_state();
    nfa.add_edge(at, '.', '.', point);
    at = point;
    for (int left = digits - n; left > 0; --left) {
      nfa.add_edge(at, '1', '9', accept);
      const int to = nfa.add_state();
      nfa.add_edge(at, '0', '9', to);
      at = to;
    }
  }
  // -6 < n <= 0: "0." and -n zeros, then the digits.
  {
    int at = nfa.add_text(positive, "0.");
    const int first = nfa.add_state();
    for (int zeros = 0; zeros <= 5; ++zeros) {
      nfa.add_edge(at, '1', '9', first);
      const int to = nfa.add_state();
      nfa.add_edge(at, '0', '0', to);
      at = to;
    }
    nfa.add_epsilon(first, accept);
    at = first;
    for (int left = digits - 1; left > 0; --left) {
      nfa.add_edge(at, '1', '9', accept);
      const int to = nfa.add_state();
      nfa.add_edge(at, '0', '9', to);
      at = to;
    }
  }
  // Else the exponent form, exponent n - 1.
  auto exponents = [&](int from, const std::string& sign, int low, int high) {
    const int tail = nfa.add_text(from, sign);
    add_positive(nfa, tail, accept, low, high);
  };
  const int mantissa = nfa.add_state();
  add_mantissa(nfa, positive, mantissa, {digits, "", ""});
  exponents(mantissa, "e+", 21, max_exponent - 1);
  exponents(mantissa, "e-", 7, -min_exponent - 1);
  const int largest = nfa.add_state();
  add_mantissa(nfa, positive, largest, {digits, at_most, ""});
  exponents(largest, "e+", max_exponent, max_exponent);
  const int smallest = nfa.add_state();
  add_mantissa(nfa, positive, smallest, {digits, "", at_least});
  exponents(smallest, "e-", -min_exponent, -min_exponent);
  return nfa.determinize(start, accept);
}

Dfa base64_language(bool empty) {
  Nfa nfa;
  const int start = nfa.add_state();
  const int accept = nfa.add_state();
  auto symbols = [&](int from, int to, std::string_view some = "") {
    if (!some.empty()) {
      for (char c : some) nfa.add_edge(from, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c), to);
      return;
    }
    nfa.add_edge(from, 'A', 'Z', to);
    nfa.add_edge(from, 'a', 'z', to);
    nfa.add_edge(from, '0', '9', to);
    nfa.add_edge(from, '+', '+', to);
    nfa.add_edge(from, '/', '/', to);
  };
  const int one = nfa.add_state(), two = nfa.add_state(), three = nfa.add_state(), four = nfa.add_state();
  symbols(start, one);
  symbols(one, two);
  symbols(two, three);
  symbols(three, four);
  nfa.add_epsilon(four, start);
  nfa.add_epsilon(four, accept);
  const int two_last = nfa.add_state(), three_last = nfa.add_state(), pad = nfa.add_state();
  symbols(one, two_last, "AQgw");  // four unused bits
  nfa.add_edge(two_last, '=', '=', pad);
  nfa.add_edge(pad, '=', '=', accept);
  symbols(two, three_last, "AEIMQUYcgkosw048");  // two unused bits
  nfa.add_edge(three_last, '=', '=', accept);
  Dfa language = nfa.determinize(start, accept);
  return empty ? unite(language, text_language("")) : language;
}

Dfa timestamp_language() {
  Nfa nfa;
  const int start = nfa.add_state();
  const int date = nfa.add_state();
  auto digits = [&](int from, int count) {
    for (int i = 0; i < count; ++i) {
      const int to = nfa.add_state();
      nfa.add_edge(from, '0', '9', to);
      from = to;
    }
    return from;
  };
  // Two-digit numbers low..high from `from` to `to`.
  auto two = [&](int from, int low, int high, int to) {
    for (int tens = low / 10; tens <= high / 10; ++tens) {
      const int middle = nfa.add_state();
      nfa.add_edge(from, '0' + tens, '0' + tens, middle);
      nfa.add_edge(middle, '0' + (tens == low / 10 ? low % 10 : 0), '0' + (tens == high / 10 ? high % 10 : 9), to);
    }
  };
  // Any year, then every day that all years have.
  const int year = digits(start, 4);
  const int after_year = nfa.add_text(year, "-");
  for (int month = 1; month <= 12; ++month) {
    const int days = month == 2 ? 28 : (month == 4 || month == 6 || month == 9 || month == 11) ? 30 : 31;
    const int m = nfa.add_state();
    two(after_year, month, month, m);
    two(nfa.add_text(m, "-"), 1, days, date);
  }
  // Leap years: divisible by 4 and not by 100, or by 400. 29 February.
  const int leap = nfa.add_state();
  auto divisible_by_4 = [&](int from, bool zero, int to) {
    for (int value = zero ? 0 : 4; value < 100; value += 4) two(from, value, value, to);
  };
  divisible_by_4(digits(start, 2), false, leap);
  const int century = nfa.add_state();
  divisible_by_4(start, true, century);
  const int zeros = nfa.add_text(century, "00");
  nfa.add_epsilon(zeros, leap);
  nfa.add_epsilon(nfa.add_text(leap, "-02-29"), date);

  const int hour = nfa.add_state(), minute = nfa.add_state(), second = nfa.add_state(), accept = nfa.add_state();
  two(nfa.add_text(date, "T"), 0, 23, hour);
  two(nfa.add_text(hour, ":"), 0, 59, minute);
  two(nfa.add_text(minute, ":"), 0, 59, second);
  nfa.add_edge(second, 'Z', 'Z', accept);
  // Groups of three digits, of which the last is not 000.
  int at = nfa.add_text(second, ".");
  for (int group = 0; group < 3; ++group) {
    const int end = digits(at, 3);
    for (int nonzero = 0; nonzero < 3; ++nonzero) {
      const int before = digits(at, nonzero);
      const int seen = nfa.add_state();
      nfa.add_edge(before, '1', '9', seen);
      nfa.add_edge(digits(seen, 2 - nonzero), 'Z', 'Z', accept);
    }
    at = end;
  }
  // The year 0000 does not exist.
  Nfa year_zero;
  const int zero_start = year_zero.add_state();
  const int zero_end = year_zero.add_text(zero_start, "0000");
  year_zero.add_edge(zero_end, 0, 255, zero_end);
  return subtract(nfa.determinize(start, accept), year_zero.determinize(zero_start, zero_end));
}

StringLanguage string_language(const StringRules& rules) {
  StringLanguage out;
  out.min = rules.min_len;
  out.max = rules.max_len;
  Dfa language = rules.pattern ? intersect(pattern_language(*rules.pattern, PatternMatch::search), utf8_text()) : utf8_text();
  if (!rules.prefix.empty()) language = intersect(language, concat(text_language(rules.prefix), utf8_text()));
  if (rules.in) {
    std::vector<std::string> allowed;
    for (const auto& text : *rules.in) {
      const auto length = static_cast<std::uint64_t>(
          std::count_if(text.begin(), text.end(), [](char c) { return starts_code_point(static_cast<std::uint8_t>(c)); }));
      if (language.matches(text) && length >= out.min && (!out.max || length <= *out.max)) allowed.push_back(text);
    }
    if (rules.or_empty) allowed.emplace_back();
    return {allowed.empty() ? Dfa{} : any_of(allowed), 0, std::nullopt};
  }
  // A single missing code point costs no register: the empty text leaves the language.
  if (out.min == 1) {
    language = subtract(language, text_language(""));
    out.min = 0;
  }
  const LengthBounds bounds = code_point_bounds(language);
  if (!language.empty() && bounds.shortest >= out.min) out.min = 0;
  if (out.max && bounds.longest && *bounds.longest <= *out.max) out.max.reset();
  if (out.max && *out.max >= layout::INC_UNBOUNDED) out.max.reset();  // no record is that long
  if (rules.or_empty) {
    // The register cannot let the empty text pass below a minimum: the minimum becomes states.
    if (out.min > 0) language = restrict_length(language, out.min, std::nullopt, 20'000);
    out.min = 0;
    language = unite(language, text_language(""));
  }
  out.language = std::move(language);
  return out;
}

}  // namespace sluice::compiler
