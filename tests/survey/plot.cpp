// SPDX-License-Identifier: Apache-2.0
#include "plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sluice::survey {
namespace {

constexpr double kWidth = 460, kHeight = 340, kLeft = 60, kRight = 20, kTop = 40, kBottom = 45;

struct Fit {
  double exponent = 0, offset = 0;  // log10 y = exponent * log10 x + offset
};

std::vector<std::pair<double, double>> logarithms(const std::vector<std::pair<double, double>>& points) {
  std::vector<std::pair<double, double>> out;
  for (const auto& [x, y] : points) {
    if (x > 0 && y > 0) out.emplace_back(std::log10(x), std::log10(y));
  }
  return out;
}

Fit fit(const std::vector<std::pair<double, double>>& logs) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const auto& [x, y] : logs) n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  const double spread = n * sxx - sx * sx;
  if (n < 2 || spread <= 0) return {};
  const double slope = (n * sxy - sx * sy) / spread;
  return {slope, (sy - slope * sx) / n};
}

// Whole decades around values.
std::pair<int, int> decades(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {static_cast<int>(std::floor(*low)), std::max(static_cast<int>(std::floor(*low)) + 1, static_cast<int>(std::ceil(*high)))};
}

std::string decade(int power) { return power >= 0 && power < 6 ? fmt::format("{:.0f}", std::pow(10, power)) : power < 0 ? fmt::format("{:.{}f}", std::pow(10, power), -power) : fmt::format("1e{}", power); }

std::string panel(const Panel& what, double left) {
  const auto logs = logarithms(what.points);
  std::string out = fmt::format("<g transform=\"translate({},0)\">\n<text x=\"{}\" y=\"22\" text-anchor=\"middle\" font-size=\"14\">{}</text>\n", left, (kLeft + kWidth - kRight) / 2, what.title);
  if (logs.size() < 2) return out + "</g>\n";
  std::vector<double> xs, ys;
  for (const auto& [x, y] : logs) xs.push_back(x), ys.push_back(y);
  const auto [x0, x1] = decades(xs);
  const auto [y0, y1] = decades(ys);
  const auto px = [&, a = x0, b = x1](double x) { return kLeft + (x - a) / (b - a) * (kWidth - kLeft - kRight); };
  const auto py = [&, a = y0, b = y1](double y) { return kHeight - kBottom - (y - a) / (b - a) * (kHeight - kTop - kBottom); };
  for (int d = x0; d <= x1; ++d) {
    out += fmt::format("<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n", px(d), kTop, kHeight - kBottom,
                       kHeight - kBottom + 16, decade(d));
  }
  for (int d = y0; d <= y1; ++d) {
    out += fmt::format("<line x1=\"{1}\" y1=\"{0:.1f}\" x2=\"{2}\" y2=\"{0:.1f}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n", py(d), kLeft, kWidth - kRight, kLeft - 6,
                       py(d) + 4, decade(d));
  }
  const Fit line = fit(logs);
  const double from = *std::min_element(xs.begin(), xs.end()), to = *std::max_element(xs.begin(), xs.end());
  out += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#c33\" stroke-width=\"1.5\"/>\n", px(from), py(line.exponent * from + line.offset), px(to),
                     py(line.exponent * to + line.offset));
  for (const auto& [x, y] : logs) out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"#247\" fill-opacity=\"0.6\"/>\n", px(x), py(y));
  out += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"#c33\">grows as the {:.2f}th power</text>\n", kLeft + 10, kTop + 14, line.exponent);
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n</g>\n", (kLeft + kWidth - kRight) / 2, kHeight - 8, what.x_title);
  return out;
}

}  // namespace

double exponent(const std::vector<std::pair<double, double>>& points) { return fit(logarithms(points)).exponent; }

std::string plot(const std::vector<Panel>& panels) {
  const double width = kWidth * static_cast<double>(panels.size());
  std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
                                width, kHeight);
  for (std::size_t i = 0; i < panels.size(); ++i) out += panel(panels[i], kWidth * static_cast<double>(i));
  return out + "</svg>\n";
}

}  // namespace sluice::survey
