// SPDX-License-Identifier: Apache-2.0
// A scatter plot with logarithmic axes and the power law that fits it best, as SVG. Draws what it is given; measures nothing.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice::survey {

struct Panel {
  std::string title;    // "CPU seconds"
  std::string x_title;  // "transitions"
  std::vector<std::pair<double, double>> points;  // positive; others are left out
};

// The exponent p of y = c * x^p by least squares over the logarithms: 1 is linear. 0 for fewer than two points.
double exponent(const std::vector<std::pair<double, double>>& points);

// The panels side by side.
std::string plot(const std::vector<Panel>& panels);

}  // namespace sluice::survey
