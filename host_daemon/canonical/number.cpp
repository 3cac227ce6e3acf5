// SPDX-License-Identifier: Apache-2.0
// Integers are read digit by digit with the decimal point moved by the exponent, so nothing passes
// through a double. Floats lean on from_chars and to_chars, which round correctly and give the
// shortest digits.
#include "canonical/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sluice::canonical {
namespace {

struct Decimal {
  bool negative = false;
  std::string digits;  // without leading or trailing zeros; empty for zero
  long exponent = 0;   // value = digits * 10^exponent
};

Decimal split(std::string_view number) {
  Decimal out;
  if (number.starts_with('-')) {
    out.negative = true;
    number.remove_prefix(1);
  }
  const auto e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  if (e != std::string_view::npos) {
    std::string_view text = number.substr(e + 1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    // Clamped: no mantissa that fits a record brings a larger exponent back into range.
    for (const char c : text)
      out.exponent = std::min(out.exponent * 10 + (c - '0'), 1'000'000'000L);
    if (negative) out.exponent = -out.exponent;
  }
  bool fraction = false;
  for (const char c : mantissa) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (fraction) --out.exponent;
    if (c != '0' || !out.digits.empty()) out.digits += c;
  }
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  return out;
}

template <class Float>
FloatReading read_as(std::string_view number) {
  Float value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) {
    const Decimal decimal = split(number);
    const bool big = static_cast<long>(decimal.digits.size()) + decimal.exponent > 0;
    return {big ? NumberFault::too_big : NumberFault::too_small, 0};
  }
  if (error != std::errc() || end != number.data() + number.size())
    return {NumberFault::too_big, 0};
  if (std::isinf(value)) return {NumberFault::too_big, 0};
  if (value == 0) {
    if (!split(number).digits.empty()) return {NumberFault::too_small, 0};
    return {NumberFault::none, 0};
  }
  return {NumberFault::none, static_cast<double>(value)};
}

}  // namespace

IntegerReading read_integer(std::string_view number) {
  const Decimal decimal = split(number);
  if (decimal.digits.empty()) return {NumberFault::none, 0};
  if (decimal.exponent < 0) return {NumberFault::not_an_integer, 0};
  if (static_cast<long>(decimal.digits.size()) + decimal.exponent > 38)
    return {NumberFault::too_big, 0};
  Int value = 0;
  for (const char c : decimal.digits) value = value * 10 + (c - '0');
  for (long i = 0; i < decimal.exponent; ++i) value *= 10;
  return {NumberFault::none, decimal.negative ? -value : value};
}

std::string to_decimal(Int value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string out;
  while (value != 0) {
    const int digit = static_cast<int>(value % 10);
    out += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  }
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<Int> from_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 30) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  Int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

FloatReading read_float(std::string_view number, bool single_precision) {
  return single_precision ? read_as<float>(number) : read_as<double>(number);
}

std::string to_canonical_float(double value, bool single_precision) {
  if (value == 0) return "0";
  char buffer[64];
  const auto written =
      single_precision
          ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value),
                          std::chars_format::scientific)
          : std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  // d.ddde±xx: take digits and exponent apart, then set the point as ECMAScript does.
  std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  std::string out;
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const auto e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  const std::string_view exponent_text = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;  // digits before the point
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(n)) + "." +
           digits.substr(static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-n), '0');
    out += digits;
  } else {
    out += digits.substr(0, 1);
    if (k > 1) out += "." + digits.substr(1);
    out += n - 1 > 0 ? "e+" : "e-";
    out += std::to_string(n - 1 > 0 ? n - 1 : 1 - n);
  }
  return out;
}

}  // namespace sluice::canonical
