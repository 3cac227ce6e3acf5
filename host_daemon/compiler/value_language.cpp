// SPDX-License-Identifier: Apache-2.0
// Each language is a small nondeterministic automaton written down directly from its definition; determinization does the rest.
#include "compiler/value_language.hpp"

#include <algorithm>
#include <string>


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

}  // namespace sluice::compiler
