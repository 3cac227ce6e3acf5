// SPDX-License-Identifier: Apache-2.0
// A number is taken apart into sign, significant digits and the place of its point, and written
// from those.
#include "judge/number_form.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>

namespace sluice::judge {
namespace {

// value = 0.DIGITS * 10^point; no leading and no trailing zero in `digits`; none at all for zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

// ECMA-262, Number::toString, steps 6 to 12, with k = digits.size() and n = point.
std::string write(const Decimal& decimal) {
  const std::string& digits = decimal.digits;
  if (digits.empty()) return "0";
  const int k = static_cast<int>(digits.size());
  const int n = decimal.point;
  std::string text = decimal.negative ? "-" : "";
  if (k <= n && n <= 21) {
    text += digits + std::string(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    text += digits.substr(0, static_cast<std::size_t>(n)) + "." +
            digits.substr(static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    text += "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  } else {
    text += digits.substr(0, 1);
    if (k > 1) text += "." + digits.substr(1);
    text += n - 1 < 0 ? "e-" : "e+";
    text += std::to_string(std::abs(n - 1));
  }
  return text;
}

// Reads [-]digits[.digits][e[+-]digits]; lenient, because the caller writes the result again and
// compares.
std::optional<Decimal> read(std::string_view text) {
  constexpr std::size_t kLongest =
      40;  // the longest spelling that `write` makes of 17 digits has 25
  if (text.empty() || text.size() > kLongest) return std::nullopt;
  Decimal decimal;
  std::size_t i = 0;
  if (text[i] == '-') {
    decimal.negative = true;
    ++i;
  }
  bool after_point = false;
  int digits_before_point = 0;
  for (; i < text.size() && text[i] != 'e'; ++i) {
    if (text[i] == '.' && !after_point) {
      after_point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      decimal.digits += text[i];
      if (!after_point) ++digits_before_point;
    } else {
      return std::nullopt;
    }
  }
  int exponent = 0;
  if (i < text.size()) {
    ++i;
    if (i < text.size() && text[i] == '+') ++i;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data() + i, end, exponent);
    if (result.ec != std::errc() || result.ptr != end || std::abs(exponent) > 9999) {
      return std::nullopt;
    }
  }
  decimal.point = digits_before_point + exponent;
  while (!decimal.digits.empty() && decimal.digits.back() == '0') decimal.digits.pop_back();
  while (!decimal.digits.empty() && decimal.digits.front() == '0') {
    decimal.digits.erase(0, 1);
    --decimal.point;
  }
  return decimal;
}

template <typename Float>
std::string shortest(Float value) {
  if (value == 0) return "0";
  char buffer[64];
  // The scientific form of to_chars has the fewest digits that round to the value, the nearest of
  // those.
  const auto result =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  return write(*read(std::string_view(buffer, static_cast<std::size_t>(result.ptr - buffer))));
}

}  // namespace

std::string shortest_number(double value) { return shortest(value); }
std::string shortest_number(float value) { return shortest(value); }

bool has_number_form(std::string_view text, int max_digits) {
  const auto decimal = read(text);
  return decimal && static_cast<int>(decimal->digits.size()) <= max_digits &&
         write(*decimal) == text;
}

}  // namespace sluice::judge
