// SPDX-License-Identifier: Apache-2.0
// Sets of pairs with different keys, by their number and their bytes together. The pairs whose keys have one length are a kind: a of
// them, each of one series of spellings U, multiply the sets by (1 + U)^a. All sums are of positive numbers, but for one difference whose
// second part is less than 2^-24 of the first. It knows no tables.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "room/counter.hpp"

namespace sluice::room {

/// log2 of the number of keys from which on add_by_power is as exact as sums of positive numbers are.
constexpr double kManyKeys = 40;

template <class Number>
struct PairKind {
  Number keys;                                              // how many have this length
  std::vector<std::pair<std::size_t, Number>> spellings{};  // of a pair, by bytes; ascending, from 1
};

/// Sets by number (index) and bytes. With `ends` there are none of more pairs than the last index, else the last index is for all of them.
template <class Number>
using PairSets = std::vector<Series<Number>>;

/// Adds j pairs of a kind to each set, for every j, one after the other. Returns the greatest j.
template <class Number>
std::uint64_t add_by_choice(const PairKind<Number>& kind, PairSets<Number>& sets, bool ends) {
  const std::size_t most = sets.size() - 1, size = sets[0].size(), shortest = kind.spellings.front().first;
  PairSets<Number> chosen = sets;  // with j pairs, in any order
  Number choices(1);
  std::uint64_t j = 0;
  for (std::size_t least = shortest; least < size; least += shortest) {
    if (ends && j == most) break;
    choices = choices.next_choice(kind.keys, j);
    if (choices.zero()) break;
    ++j;
    PairSets<Number> more(most + 1, Series<Number>(size));
    for (std::size_t m = 0; m <= most; ++m) {
      if (ends && m == most) continue;
      Series<Number>& to = more[std::min(m + 1, most)];
      for (const auto& [length, ways] : kind.spellings) {
        for (std::size_t n = least - shortest; n + length < size; ++n) {
          if (!chosen[m][n].zero()) to[n + length].add_product(chosen[m][n], ways);
        }
      }
    }
    chosen = std::move(more);
    for (std::size_t m = 0; m <= most; ++m) {
      for (std::size_t n = least; n < size; ++n) {
        if (!chosen[m][n].zero()) sets[m][n].add_product(chosen[m][n], choices);
      }
    }
  }
  return j;
}

/// The same for sets[0], no pair, and sets[1], any number of them, through the power's own recurrence: of P = (1 + U)^a, with a' = a + 1,
/// n p(n) = sum over k of (a' k - n) u(k) p(n - k).
template <class Number>
void add_by_power(const PairKind<Number>& kind, PairSets<Number>& sets) {
  const std::size_t size = sets[0].size();
  const bool all_keys = Number::kExact || kind.keys.log2() < 80;  // else n u(k) p(n - k) is less than a unit of the last place
  Number after = kind.keys;
  after.add(Number(1));
  std::vector<Number> weighted;  // k u(k)
  for (const auto& [length, ways] : kind.spellings) weighted.push_back(ways.times(Number(length)));
  Series<Number> power(size);
  power[0] = Number(1);
  for (std::size_t n = kind.spellings.front().first; n < size; ++n) {
    Number sum, less;
    for (std::size_t i = 0; i < kind.spellings.size() && kind.spellings[i].first <= n; ++i) {
      const Number& before = power[n - kind.spellings[i].first];
      if (before.zero()) continue;
      sum.add_product(before, weighted[i]);
      if (all_keys) less.add_product(before, kind.spellings[i].second);
    }
    if (!sum.zero()) power[n] = Number::power_term(after, sum, less, n);
  }
  Series<Number> more = sets[1];
  for (std::size_t k = 1; k < size; ++k) {
    if (power[k].zero()) continue;
    more[k].add_product(power[k], sets[0][0]);
    for (std::size_t n = 1; n + k < size; ++n) {
      if (!sets[1][n].zero()) more[n + k].add_product(sets[1][n], power[k]);
    }
  }
  sets[1] = std::move(more);
}

/// Products that the two need, about.
template <class Number>
double work_of(const PairKind<Number>& kind, std::size_t most, bool ends, std::size_t size) {
  const auto spellings = static_cast<double>(kind.spellings.size());
  const auto length = static_cast<double>(size), shortest = static_cast<double>(kind.spellings.front().first);
  if (!ends && most == 1 && kind.keys.log2() >= kManyKeys) {
    const double left = std::max(0.0, length - 2 * shortest);
    return left * (std::min(spellings, left / 2) + left / 2) + length;
  }
  double work = 0;
  const double keys = std::exp2(std::min(kind.keys.log2(), kManyKeys));
  for (double j = 1; j * shortest < length && j < keys + 1 && !(ends && j > static_cast<double>(most)); ++j) {
    const double left = length - (j - 1) * shortest;
    const double counts = ends ? static_cast<double>(most) - j + 1 : static_cast<double>(most);
    work += counts * left * std::min(spellings, left / 2);
  }
  return work;
}

}  // namespace sluice::room
