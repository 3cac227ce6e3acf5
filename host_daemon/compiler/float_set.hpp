// SPDX-License-Identifier: Apache-2.0
// Which values of a float or double field are allowed: what the rules of protovalidate on numbers with a point come down to.
#pragma once

#include <utility>
#include <vector>

namespace sluice::compiler {

enum class FloatWidth { binary32, binary64 };

// Sorted, disjoint, closed intervals of values of the type; their ends may be infinite. -0 and 0 are one value.
struct FloatSet {
  std::vector<std::pair<double, double>> intervals;
  bool nan = false;

  bool operator==(const FloatSet&) const = default;
  bool contains(double value) const;  // NaN: `nan`
  bool empty() const { return intervals.empty() && !nan; }
  FloatSet intersect(const FloatSet& other) const;
  FloatSet unite(const FloatSet& other) const;
  FloatSet minus(const std::vector<double>& values, FloatWidth width) const;

  static FloatSet everything();  // infinities and NaN too
  static FloatSet finite(FloatWidth width);
  static FloatSet range(double low, double high);  // without NaN; empty when low > high
  static FloatSet of(const std::vector<double>& values);
};

// The next value of the type towards plus or minus infinity.
double next_up(double value, FloatWidth width);
double next_down(double value, FloatWidth width);

}  // namespace sluice::compiler
