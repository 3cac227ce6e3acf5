// SPDX-License-Identifier: Apache-2.0
// The leaf languages against naive definitions: brute force over ranges, strtod, a calendar, RE2.
#include <catch2/catch.hpp>
#include <re2/re2.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"

using namespace sluice::compiler;

namespace {

std::string decimal(long long value) { return std::to_string(value); }

// A text over `alphabet`, up to `max` characters of it.
std::string random_text(std::mt19937_64& rng, const std::vector<std::string>& alphabet, std::size_t max) {
  std::string out;
  for (std::size_t n = rng() % (max + 1); n > 0; --n) out += alphabet[rng() % alphabet.size()];
  return out;
}

}  // namespace

TEST_CASE("integer languages hold exactly the numbers of the set") {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 60; ++round) {
    IntegerSet set;
    long long at = -1500;
    while (at < 1500 && set.intervals.size() < 5) {
      const long long low = at + static_cast<long long>(rng() % 700);
      const long long high = low + static_cast<long long>(rng() % 400);
      set.intervals.emplace_back(low, high);
      at = high + 2;
    }
    const Dfa language = integer_language(set);
    for (long long v = -3000; v <= 5000; ++v) {
      if (language.matches(decimal(v)) != set.contains(v)) FAIL(v << " in a set from " << static_cast<long long>(set.intervals[0].first));
    }
    for (const char* bad : {"", "-", "-0", "00", "01", "+1", "1 ", "1.0", "1e2"}) CHECK_FALSE(language.matches(bad));
  }
}

TEST_CASE("integer languages keep the bounds of 64 bits") {
  const Dfa signed64 = integer_language(IntegerSet::range(INT64_MIN, INT64_MAX));
  CHECK(signed64.matches("9223372036854775807"));
  CHECK_FALSE(signed64.matches("9223372036854775808"));
  CHECK(signed64.matches("-9223372036854775808"));
  CHECK_FALSE(signed64.matches("-9223372036854775809"));
  const Dfa unsigned64 = integer_language(IntegerSet::range(0, UINT64_MAX));
  CHECK(unsigned64.matches("18446744073709551615"));
  CHECK_FALSE(unsigned64.matches("18446744073709551616"));
  CHECK_FALSE(unsigned64.matches("-1"));
  CHECK(integer_language(IntegerSet{}).empty());
}

namespace {

// RFC 8785 spelling of a positive finite double from its shortest digits (ECMAScript Number::toString).
std::string ecmascript(double value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string digits;
  const std::string text(buffer, end);
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

}  // namespace

TEST_CASE("the double language holds every shortest spelling and nothing that rounds away") {
  const Dfa language = float_language(FloatWidth::binary64, true);
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
  CHECK_FALSE(float_language(FloatWidth::binary64, false).matches("0"));
}

TEST_CASE("the float language ends where binary32 does") {
  const Dfa language = float_language(FloatWidth::binary32, true);
  for (const char* good : {"3.4028235e+38", "3.40282356e+38", "1e-45", "7.00649233e-46", "0.1", "16777216", "1.17549435e-38"}) {
    INFO(good);
    CHECK(language.matches(good));
  }
  for (const char* bad : {"3.40282357e+38", "1e+39", "7.00649232e-46", "7e-46", "1234567891", "0.1234567891"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
}

TEST_CASE("timestamps are real dates") {
  const Dfa language = timestamp_language();
  auto leap = [](int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (int year : {0, 1, 4, 99, 100, 400, 1900, 1999, 2000, 2023, 2024, 2100, 9996, 9999}) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
        const bool real = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap(year) ? 1 : 0);
        if (language.matches(text) != real) FAIL(text);
      }
    }
  }
  for (const char* good : {"2024-01-01T23:59:59Z", "2024-01-01T00:00:00.100Z", "2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000000001Z"}) {
    INFO(good);
    CHECK(language.matches(good));
  }
  for (const char* bad : {"2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.1Z",
                          "2024-01-01T00:00:00.100000Z", "2024-01-01T00:00:00+00:00", "2024-01-01t00:00:00Z", "10000-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
}

TEST_CASE("base64 leaves no unused bit set") {
  const Dfa language = base64_language(false);
  for (const char* good : {"AA==", "/w==", "AAA=", "//8=", "AAAA", "+/+/", "QUJDRA=="}) CHECK(language.matches(good));
  for (const char* bad : {"", "A", "AA", "AAA", "AB==", "AAB=", "AA=A", "====", "AAAA=", "-_-_"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
  CHECK(base64_language(true).matches(""));
}

TEST_CASE("patterns mean what RE2 means") {
  const std::vector<std::string> patterns = {
      "^[a-z]+$", "abc", "^$", "", "a|b", "^(foo|bar){2,3}$", "[^a-c]", "^[^a-c]*$", "a.c", "(?s)a.c", "(?i)aK", "^(?i:s)t$", "\\d{2}-\\d", "\\w+\\s\\W", "x*y?z+$",
      "^\\x41\\x{20ac}$", "[[:alpha:]][[:^digit:]]", "^a{0}b$", "(a|ab)(c|bcd)$", "\\Aab\\z", "^é+$", "[à-ü]", "^[\\d.-]+$", "\\Qa.b\\E", "a^b", "$^", "(^a|b$)", "[]a]", "[a\\]]",
      "^(a*)*$", "(?U)a+b", "\\.", "a{2", "\\011"};
  const std::vector<std::string> alphabet = {"a", "b", "c", "d", "f", "o", "r", "x", "y", "z", "A", "K", "k", "s", "S", "t", "0", "7", ".", "-", " ", "\n", "\t", "]", "{", "2", "é", "à",
                                             "\xE2\x82\xAC", "\xE2\x84\xAA", "\xC5\xBF", "\xF0\x9F\x98\x80"};
  std::mt19937_64 rng(3);
  for (const auto& pattern : patterns) {
    INFO(pattern);
    const re2::RE2 reference(pattern);
    REQUIRE(reference.ok());
    const Dfa language = pattern_language(pattern, PatternMatch::search);
    const Dfa full = pattern_language(pattern, PatternMatch::full);
    for (int i = 0; i < 3000; ++i) {
      const std::string text = random_text(rng, alphabet, 7);
      if (language.matches(text) != re2::RE2::PartialMatch(text, reference)) FAIL("search '" << text << "'");
      if (full.matches(text) != re2::RE2::FullMatch(text, reference)) FAIL("full '" << text << "'");
    }
  }
}

TEST_CASE("patterns that a table cannot hold are refused, with the place") {
  for (const char* bad : {"\\bword", "\\pL", "(?m)^a$", "(?i)é", "a**)", "[a", "(a", "\\", "[b-a]", "a{1001}", "\\1", "*a"}) {
    INFO(bad);
    CHECK_THROWS_AS(pattern_language(bad, PatternMatch::search), PatternError);
  }
  CHECK_THROWS_AS(pattern_language("(a|b)*a(a|b){20}", PatternMatch::search, 5000), BudgetExceeded);
  CHECK_THROWS_AS(pattern_language(std::string(5000, '(') + std::string(5000, ')'), PatternMatch::search), PatternError);
}

TEST_CASE("lengths count code points") {
  const Dfa two_to_three = restrict_length(utf8_text(), 2, 3, 1000);
  for (const char* good : {"ab", "abc", "é€", "\xF0\x9F\x98\x80zz"}) CHECK(two_to_three.matches(good));
  for (const char* bad : {"", "a", "abcd", "é", "\xC3", "\xED\xA0\x80\xED\xA0\x80"}) CHECK_FALSE(two_to_three.matches(bad));
  const auto bounds = code_point_bounds(two_to_three);
  CHECK(bounds.shortest == 2);
  CHECK(bounds.longest == 3);
  CHECK_FALSE(code_point_bounds(utf8_text()).longest);
  CHECK_THROWS_AS(restrict_length(utf8_text(), 0, 5000, 1000), BudgetExceeded);
}

TEST_CASE("string rules become a language and what a register has to count") {
  StringRules rules;
  rules.min_len = 3;
  rules.max_len = 5;
  StringLanguage counted = string_language(rules);
  CHECK(counted.min == 3);
  CHECK(counted.max == 5);
  rules.pattern = "^[a-z]{3,5}$";  // ensures both lengths itself
  CHECK_FALSE(string_language(rules).counted());
  rules.pattern = "^[a-z]+$";
  rules.or_empty = true;
  StringLanguage optional = string_language(rules);
  CHECK(optional.min == 0);
  CHECK(optional.language.matches(""));
  CHECK_FALSE(optional.language.matches("ab"));
  CHECK(optional.language.matches("abc"));
  rules = {};
  rules.min_len = 1;
  CHECK_FALSE(string_language(rules).counted());  // no register for "not empty"
  CHECK_FALSE(string_language(rules).language.matches(""));
}
