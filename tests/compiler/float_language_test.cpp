// SPDX-License-Identifier: Apache-2.0
// Floating-point spellings against strtod: what a text rounds to decides whether it belongs to a set.
#include <catch2/catch.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "compiler/value_language.hpp"

using namespace sluice::compiler;

namespace {

// RFC 8785 spelling (ECMAScript Number::toString) of a number from its digits in scientific form.
std::string ecmascript_of_digits(const std::string& text) {
  std::string digits;
  const std::size_t e = text.find('e');
  for (char c : text.substr(0, e)) {
    if (c != '.') digits += c;
  }
  const int n = std::atoi(text.c_str() + e + 1) + 1;
  const int k = static_cast<int>(digits.size());
  if (k <= n && n <= 21) return digits + std::string(static_cast<std::size_t>(n - k), '0');
  if (0 < n && n <= 21) return digits.substr(0, static_cast<std::size_t>(n)) + "." + digits.substr(static_cast<std::size_t>(n));
  if (-6 < n && n <= 0) return "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  const std::string exponent = (n - 1 < 0 ? "e-" : "e+") + std::to_string(std::abs(n - 1));
  return k == 1 ? digits + exponent : digits.substr(0, 1) + "." + digits.substr(1) + exponent;
}

std::string ecmascript(double value) {
  char buffer[64];
  return ecmascript_of_digits({buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr});
}

}  // namespace

TEST_CASE("the double language holds every shortest spelling and nothing that rounds away") {
  const Dfa language = float_language(FloatWidth::binary64, FloatSet::finite(FloatWidth::binary64));
  std::mt19937_64 rng(2);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = rng() >> 1;
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value) || value == 0) continue;
    const std::string text = ecmascript(value);
    if (!language.matches(text)) FAIL(text);
    if (!language.matches("-" + text)) FAIL(text);
  }
  for (const char* good : {"0", "1", "-1", "0.5", "1e+21", "100000000000000000000", "1.7976931348623157e+308", "1.7976931348623158e+308", "5e-324",
                           "2.4703282292062328e-324", "0.000001", "1e-7", "123456789012345680000"}) {
    INFO(good);
    CHECK(language.matches(good));
  }
  for (const char* bad : {"-0", "1.0", "01", ".5", "1e21", "1E+21", "1e+20", "0.0000001", "1.7976931348623159e+308", "1e+309",
                          "2.4703282292062327e-324", "2e-324", "1e-325", "1.10", "0.0", "NaN", "123456789012345678", "1234567890123456789012", "1e+021"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
  CHECK_FALSE(float_language(FloatWidth::binary64, FloatSet::finite(FloatWidth::binary64).minus({0}, FloatWidth::binary64)).matches("0"));
}

TEST_CASE("the float language ends where binary32 does") {
  const Dfa language = float_language(FloatWidth::binary32, FloatSet::finite(FloatWidth::binary32));
  for (const char* good : {"3.4028235e+38", "3.40282356e+38", "1e-45", "7.00649233e-46", "0.1", "16777216", "1.17549435e-38"}) {
    INFO(good);
    CHECK(language.matches(good));
  }
  for (const char* bad : {"3.40282357e+38", "1e+39", "7.00649232e-46", "7e-46", "1234567891", "0.1234567891"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
}

namespace {

// Any value of the type, near the ends of its range as often as in the middle.
double random_value(std::mt19937_64& rng, FloatWidth width) {
  if (width == FloatWidth::binary32) {
    const auto bits = static_cast<std::uint32_t>(rng());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) return static_cast<double>(value);
  } else {
    const std::uint64_t bits = rng();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) return value;
  }
  return std::ldexp(static_cast<double>(rng() % 2000) - 1000, static_cast<int>(rng() % 9) - 4);
}

double round_to(const std::string& text, FloatWidth width) {
  return width == FloatWidth::binary32 ? static_cast<double>(std::strtof(text.c_str(), nullptr)) : std::strtod(text.c_str(), nullptr);
}

// The same number with its last digit changed, or a digit more, or one less; in canonical layout again.
std::string neighbour(std::string text, std::mt19937_64& rng) {
  std::size_t end = text.find('e');
  if (end == std::string::npos) end = text.size();
  std::size_t last = end;
  while (last > 0 && (text[last - 1] < '0' || text[last - 1] > '9')) --last;
  if (last == 0) return text;
  text[last - 1] = static_cast<char>('0' + rng() % 10);
  if (text.find('.') < end && rng() % 3 == 0) text.insert(last, 1, static_cast<char>('1' + rng() % 9));
  return text;
}

}  // namespace

TEST_CASE("a set of values is a set of spellings, to the last digit before its bounds") {
  for (const FloatWidth width : {FloatWidth::binary32, FloatWidth::binary64}) {
    const Dfa all = float_language(width, FloatSet::finite(width));
    std::mt19937_64 rng(7);
    int inside = 0, outside = 0;
    for (int round = 0; round < 60; ++round) {
      FloatSet set;
      std::vector<double> bounds;
      for (int i = 0; i < 2; ++i) {
        double low = random_value(rng, width), high = random_value(rng, width);
        if (rng() % 3 == 0) high = next_up(low, width);
        if (rng() % 5 == 0) low = 0;
        if (low > high) std::swap(low, high);
        set = set.unite(FloatSet::range(low, high));
        bounds.insert(bounds.end(), {low, high});
      }
      if (rng() % 4 == 0) set = set.minus({bounds[0]}, width);
      const Dfa language = float_language(width, set);
      for (const double bound : bounds) {
        double value = next_down(next_down(bound, width), width);
        for (int i = 0; i < 5; ++i, value = next_up(value, width)) {
          if (!std::isfinite(value) || value == 0) continue;
          char digits[64];
          const auto end = width == FloatWidth::binary32
                               ? std::to_chars(digits, digits + sizeof digits, static_cast<float>(std::abs(value)), std::chars_format::scientific).ptr
                               : std::to_chars(digits, digits + sizeof digits, std::abs(value), std::chars_format::scientific).ptr;
          std::string text = (value < 0 ? "-" : "") + ecmascript_of_digits(std::string(digits, end));
          for (int change = 0; change < 12; ++change, text = neighbour(text, rng)) {
            if (!all.matches(text)) continue;  // no canonical number
            const bool belongs = set.contains(round_to(text, width));
            ++(belongs ? inside : outside);
            if (language.matches(text) != belongs) FAIL(text << " near " << bound << ": " << belongs);
          }
        }
      }
      if (language.matches("0") != set.contains(0)) FAIL("0");
    }
    CHECK(inside > 3000);
    CHECK(outside > 1500);
  }
}

TEST_CASE("sets of floats") {
  const double inf = std::numeric_limits<double>::infinity();
  const FloatSet all = FloatSet::everything();
  CHECK(all.contains(inf));
  CHECK(all.contains(std::nan("")));
  CHECK_FALSE(FloatSet::finite(FloatWidth::binary32).contains(1e39));
  const FloatSet hole = all.minus({0.0, inf, std::nan("")}, FloatWidth::binary64);
  CHECK_FALSE(hole.contains(0));
  CHECK_FALSE(hole.contains(-0.0));
  CHECK_FALSE(hole.contains(inf));
  CHECK(hole.contains(-inf));
  CHECK(hole.contains(std::nan("")));
  CHECK(hole.contains(std::numeric_limits<double>::denorm_min()));
  CHECK(FloatSet::range(2, 1).empty());
  CHECK(FloatSet::of({3, 1, 3}).intervals.size() == 2);
  CHECK(float_language(FloatWidth::binary64, FloatSet::range(inf, inf)).empty());
}
