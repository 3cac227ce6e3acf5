// SPDX-License-Identifier: Apache-2.0
// Each language is a small nondeterministic automaton written down directly from its definition; determinization does the rest.
#include "compiler/value_language.hpp"

#include <algorithm>
#include <string>

#include "compiler/digits.hpp"

namespace sluice::compiler {

void add_between(Nfa& nfa, int from, int to, const std::string& low, const std::string& high) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  // Two tight paths (equal to the bound so far) and free tails. free[i]: i characters are still to come.
  std::vector<int> free(low.size() + 1);
  free[0] = to;
  for (std::size_t i = 1; i <= low.size(); ++i) {
    const char c = low[low.size() - i];
    free[i] = nfa.add_state();
    nfa.add_edge(free[i], is_digit(c) ? '0' : c, is_digit(c) ? '9' : c, free[i - 1]);
  }
  int both = from, tight_low = -1, tight_high = -1;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::size_t left = low.size() - i - 1;
    const int a = low[i], b = high[i];
    int next_both = -1, next_low = -1, next_high = -1;
    auto tight_state = [&] { return left == 0 ? to : nfa.add_state(); };
    if (tight_low >= 0) {
      if (is_digit(low[i]) && a < '9') nfa.add_edge(tight_low, a + 1, '9', free[left]);
      next_low = tight_state();
      nfa.add_edge(tight_low, a, a, next_low);
    }
    if (tight_high >= 0) {
      if (is_digit(low[i]) && b > '0') nfa.add_edge(tight_high, '0', b - 1, free[left]);
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

void add_positive(Nfa& nfa, int from, int to, Int low, Int high) {
  std::string first = decimal(low);
  const std::string last = decimal(high);
  while (first.size() < last.size()) {
    add_between(nfa, from, to, first, std::string(first.size(), '9'));
    first = "1" + std::string(first.size(), '0');
  }
  add_between(nfa, from, to, first, last);
}

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

}  // namespace sluice::compiler
