// SPDX-License-Identifier: Apache-2.0
// Timestamps and durations as languages. The spellings of a range are a few rectangles of seconds and fractions; what is canonical (real
// dates, the fewest fraction digits) is one more intersection.
#include <algorithm>
#include <cstdio>

#include "compiler/civil_time.hpp"
#include "compiler/digits.hpp"
#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"

namespace sluice::compiler {

namespace {

std::string padded(Int value, int width) {
  std::string text = decimal(value);
  return std::string(static_cast<std::size_t>(width) - text.size(), '0') + text;
}

// A fraction of 0, 3, 6 or 9 digits that means `low` to `high` nanoseconds; whether it is the shortest is not asked here.
void add_fraction(Nfa& nfa, int from, int to, Int low, Int high) {
  if (low == 0) nfa.add_epsilon(from, to);
  const int point = nfa.add_state();
  nfa.add_edge(from, '.', '.', point);
  Int unit = 1'000'000;
  for (int digits = 3; digits <= 9; digits += 3, unit /= 1000) {
    const Int first = (low + unit - 1) / unit, last = high / unit;
    if (first <= last) add_between(nfa, point, to, padded(first, digits), padded(last, digits));
  }
}

const std::string kNotZero = "(?:00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})";
const std::string kFraction = "(?:\\.(?:[0-9]{3}){0,2}" + kNotZero + ")?";

// Any timestamp: the calendar.
Dfa calendar() {
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
  auto two = [&](int from, int low, int high, int to) { add_between(nfa, from, to, padded(low, 2), padded(high, 2)); };
  // Any year, then every day that all years have.
  const int after_year = nfa.add_text(digits(start, 4), "-");
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
  nfa.add_epsilon(nfa.add_text(century, "00"), leap);
  nfa.add_epsilon(nfa.add_text(leap, "-02-29"), date);

  const int hour = nfa.add_state(), minute = nfa.add_state(), accept = nfa.add_state();
  two(nfa.add_text(date, "T"), 0, 23, hour);
  two(nfa.add_text(hour, ":"), 0, 59, minute);
  two(nfa.add_text(minute, ":"), 0, 59, accept);
  const Dfa seconds = nfa.determinize(start, accept);
  // The year 0000 does not exist.
  Nfa year_zero;
  const int zero_start = year_zero.add_state();
  const int zero_end = year_zero.add_text(zero_start, "0000");
  year_zero.add_edge(zero_end, 0, 255, zero_end);
  return concat(subtract(seconds, year_zero.determinize(zero_start, zero_end)), pattern_language(kFraction + "Z", PatternMatch::full));
}

}  // namespace

Dfa timestamp_language(const IntegerSet& nanos) {
  static const Dfa all = calendar();
  const IntegerSet wanted = nanos.intersect(timestamp_range());
  if (wanted.intervals == timestamp_range().intervals) return all;
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state();
  const int zone = nfa.add_state();
  nfa.add_edge(zone, 'Z', 'Z', accept);
  const auto until_second = [](Int second) { return timestamp_text(second * kNanosPerSecond).substr(0, 19); };
  for (const auto& [low, high] : wanted.intervals) {
    for (const TimeRectangle& part : time_rectangles(low, high)) {
      const int fraction = nfa.add_state();
      // Texts of one length, most significant first: their order is that of time.
      add_between(nfa, start, fraction, until_second(part.first_second), until_second(part.last_second));
      add_fraction(nfa, fraction, zone, part.first_nano, part.last_nano);
    }
  }
  return intersect(nfa.determinize(start, accept), all);
}

Dfa duration_language(const IntegerSet& nanos) {
  static const Dfa canonical =
      subtract(pattern_language("-?(?:0|[1-9][0-9]{0,11})" + kFraction + "s", PatternMatch::full), text_language("-0s"));
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state(), minus = nfa.add_state(), unit = nfa.add_state();
  nfa.add_edge(start, '-', '-', minus);
  nfa.add_edge(unit, 's', 's', accept);
  const auto add = [&](int from, Int low, Int high) {
    for (const TimeRectangle& part : time_rectangles(low, high)) {
      const int fraction = nfa.add_state();
      if (part.first_second == 0) nfa.add_edge(from, '0', '0', fraction);
      if (part.last_second > 0) add_positive(nfa, from, fraction, std::max<Int>(part.first_second, 1), part.last_second);
      add_fraction(nfa, fraction, unit, part.first_nano, part.last_nano);
    }
  };
  for (const auto& [low, high] : nanos.intersect(duration_range()).intervals) {
    if (low < 0) add(minus, -std::min<Int>(high, -1), -low);
    if (high >= 0) add(start, std::max<Int>(low, 0), high);
  }
  return intersect(nfa.determinize(start, accept), canonical);
}

}  // namespace sluice::compiler
