// SPDX-License-Identifier: Apache-2.0
// Exact sets of integers as sorted, disjoint, closed intervals. Bounds of 64-bit types, times in
// nanoseconds and one step beyond them fit an Int, so no operation here overflows.
#include <algorithm>
#include <string>

#include "compiler/schema.hpp"

namespace sluice::compiler {

std::string decimal(Int value) {
  const bool negative = value < 0;
  Int rest = negative ? -value : value;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return negative ? "-" + digits : digits;
}

bool IntegerSet::contains(Int value) const {
  return std::any_of(intervals.begin(), intervals.end(),
                     [&](const auto& i) { return i.first <= value && value <= i.second; });
}

IntegerSet IntegerSet::range(Int low, Int high) {
  IntegerSet result;
  if (low <= high) result.intervals.emplace_back(low, high);
  return result;
}

IntegerSet IntegerSet::of(std::vector<Int> values) {
  std::sort(values.begin(), values.end());
  IntegerSet result;
  for (Int value : values) {
    auto& list = result.intervals;
    if (!list.empty() && value <= list.back().second + 1) {
      list.back().second = std::max(list.back().second, value);
    } else {
      list.emplace_back(value, value);
    }
  }
  return result;
}

IntegerSet IntegerSet::intersect(const IntegerSet& other) const {
  IntegerSet result;
  std::size_t i = 0, j = 0;
  while (i < intervals.size() && j < other.intervals.size()) {
    const auto& a = intervals[i];
    const auto& b = other.intervals[j];
    const Int low = std::max(a.first, b.first);
    const Int high = std::min(a.second, b.second);
    if (low <= high) result.intervals.emplace_back(low, high);
    if (a.second < b.second) {
      ++i;
    } else {
      ++j;
    }
  }
  return result;
}

IntegerSet IntegerSet::minus(const IntegerSet& other) const {
  IntegerSet result;
  std::size_t j = 0;
  for (auto [low, high] : intervals) {
    while (j < other.intervals.size() && other.intervals[j].second < low) ++j;
    for (std::size_t k = j; k < other.intervals.size() && other.intervals[k].first <= high; ++k) {
      if (low < other.intervals[k].first) {
        result.intervals.emplace_back(low, other.intervals[k].first - 1);
      }
      low = std::max(low, other.intervals[k].second + 1);
    }
    if (low <= high) result.intervals.emplace_back(low, high);
  }
  return result;
}

IntegerSet IntegerSet::unite(const IntegerSet& other) const {
  std::vector<std::pair<Int, Int>> all = intervals;
  all.insert(all.end(), other.intervals.begin(), other.intervals.end());
  std::sort(all.begin(), all.end());
  IntegerSet result;
  for (const auto& [low, high] : all) {
    auto& list = result.intervals;
    if (!list.empty() && low <= list.back().second + 1) {
      list.back().second = std::max(list.back().second, high);
    } else {
      list.emplace_back(low, high);
    }
  }
  return result;
}

}  // namespace sluice::compiler
