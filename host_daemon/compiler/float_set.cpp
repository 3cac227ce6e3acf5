// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic on the values of a floating-point type (IEEE 754), by comparison and nextafter only: nothing is ever rounded.
#include "compiler/float_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

double next_up(double value, FloatWidth width) {
  if (width == FloatWidth::binary64) return std::nextafter(value, kInfinity);
  return static_cast<double>(std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity()));
}

double next_down(double value, FloatWidth width) { return -next_up(-value, width); }

bool FloatSet::contains(double value) const {
  if (std::isnan(value)) return nan;
  return std::any_of(intervals.begin(), intervals.end(),
                     [&](const auto& i) { return i.first <= value && value <= i.second; });
}

FloatSet FloatSet::intersect(const FloatSet& other) const {
  FloatSet out;
  out.nan = nan && other.nan;
  // Both ascend and none touches the next: what ends first meets nothing further.
  for (auto a = intervals.begin(), b = other.intervals.begin(); a != intervals.end() && b != other.intervals.end();) {
    const double low = std::max(a->first, b->first), high = std::min(a->second, b->second);
    if (low <= high) out.intervals.emplace_back(low, high);
    if (a->second < b->second) {
      ++a;
    } else {
      ++b;
    }
  }
  return out;
}

FloatSet FloatSet::unite(const FloatSet& other) const {
  FloatSet out;
  out.nan = nan || other.nan;
  auto all = intervals;
  all.insert(all.end(), other.intervals.begin(), other.intervals.end());
  std::sort(all.begin(), all.end());
  for (const auto& one : all) {
    if (!out.intervals.empty() && one.first <= out.intervals.back().second) {
      out.intervals.back().second = std::max(out.intervals.back().second, one.second);
    } else {
      out.intervals.push_back(one);
    }
  }
  return out;
}

FloatSet FloatSet::minus(const std::vector<double>& values, FloatWidth width) const {
  // What is left between the values; NaN is equal to none.
  FloatSet rest;
  rest.nan = true;
  double low = -kInfinity;
  for (const auto& [value, same] : of(values).intervals) {
    if (value != -kInfinity && low <= next_down(value, width)) rest.intervals.emplace_back(low, next_down(value, width));
    if (value == kInfinity) return intersect(rest);
    low = next_up(value, width);
  }
  rest.intervals.emplace_back(low, kInfinity);
  return intersect(rest);
}

FloatSet FloatSet::everything() { return {{{-kInfinity, kInfinity}}, true}; }

FloatSet FloatSet::finite(FloatWidth width) {
  const double most = width == FloatWidth::binary64 ? std::numeric_limits<double>::max()
                                                    : static_cast<double>(std::numeric_limits<float>::max());
  return range(-most, most);
}

FloatSet FloatSet::range(double low, double high) {
  FloatSet out;
  if (low <= high) out.intervals.emplace_back(low, high);
  return out;
}

FloatSet FloatSet::of(const std::vector<double>& values) {
  FloatSet out;
  for (const double value : values) {
    if (!std::isnan(value)) out.intervals.emplace_back(value, value);
  }
  return out.unite({});
}

}  // namespace sluice::compiler
