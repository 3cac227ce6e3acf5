// SPDX-License-Identifier: Apache-2.0
// The leaf languages against naive definitions: brute force over ranges, strtod, a calendar, RE2.
#include <catch2/catch.hpp>
#include <re2/re2.h>

#include <random>

#include "compiler/pattern.hpp"
#include "compiler/civil_time.hpp"
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

TEST_CASE("timestamps are real dates") {
  const Dfa language = timestamp_language(timestamp_range());
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

TEST_CASE("ranges of times hold what lies between their bounds") {
  std::mt19937_64 rng(7);
  const auto near = [&](Int value, Int spread) { return value + static_cast<Int>(rng() % static_cast<std::uint64_t>(2 * spread)) - spread; };
  for (const bool timestamp : {true, false}) {
    const IntegerSet& whole = timestamp ? timestamp_range() : duration_range();
    const auto spell = timestamp ? timestamp_text : duration_text;
    const auto parse = timestamp ? parse_timestamp : parse_duration;
    for (int round = 0; round < 60; ++round) {
      // Spans from nanoseconds to centuries, around zero and far from it.
      const Int spread = static_cast<Int>(1) << (rng() % 60);
      const Int middle = round % 3 == 0 ? 0 : near(0, static_cast<Int>(1) << 57);
      Int low = near(middle, spread), high = near(middle, spread);
      if (round % 2 == 0) low = low / kNanosPerSecond * kNanosPerSecond;
      if (round % 5 == 0) high = low;
      if (low > high) std::swap(low, high);
      const IntegerSet set = IntegerSet::range(low, high).intersect(whole);
      const Dfa language = timestamp ? timestamp_language(set) : duration_language(set);
      for (int i = 0; i < 200; ++i) {
        Int value = i % 4 == 0 ? near(low, 3) : i % 4 == 1 ? near(high, 3) : near(middle, spread * 2);
        if (i % 3 == 0) value = value / 1'000'000 * 1'000'000;
        if (!whole.contains(value)) continue;
        const std::string text = spell(value);
        INFO(text << " in " << spell(low) << " to " << spell(high));
        REQUIRE(parse(text) == value);
        REQUIRE(language.matches(text) == set.contains(value));
      }
    }
  }
}

TEST_CASE("durations have one spelling") {
  const Dfa language = duration_language(duration_range());
  for (const char* good : {"0s", "1s", "-1s", "0.500s", "-0.000000001s", "315576000000.999999999s", "-315576000000s"}) {
    INFO(good);
    CHECK(language.matches(good));
    CHECK(parse_duration(good));
  }
  for (const char* bad : {"", "s", "-0s", "-0.000s", "1.0s", "1.000s", "1.5s", "01s", "+1s", "1", "1.s", ".5s", "315576000001s", "1.100000s", "1.1234567s"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("base64 leaves no unused bit set") {
  StringRules some;
  some.min_bytes = 1;
  const Dfa language = bytes_language(some).language;
  for (const char* good : {"AA==", "/w==", "AAA=", "//8=", "AAAA", "+/+/", "QUJDRA=="}) CHECK(language.matches(good));
  for (const char* bad : {"", "A", "AA", "AAA", "AB==", "AAB=", "AA=A", "====", "AAAA=", "-_-_"}) {
    INFO(bad);
    CHECK_FALSE(language.matches(bad));
  }
  CHECK(bytes_language({}).language.matches(""));
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
  const Dfa two_to_three = restrict_length(utf8_text(), Counted::code_points, 2, 3, 1000);
  for (const char* good : {"ab", "abc", "é€", "\xF0\x9F\x98\x80zz"}) CHECK(two_to_three.matches(good));
  for (const char* bad : {"", "a", "abcd", "é", "\xC3", "\xED\xA0\x80\xED\xA0\x80"}) CHECK_FALSE(two_to_three.matches(bad));
  const auto bounds = length_bounds(two_to_three, Counted::code_points);
  CHECK(bounds.shortest == 2);
  CHECK(bounds.longest == 3);
  CHECK(length_bounds(two_to_three, Counted::bytes).longest == 12);
  CHECK_FALSE(length_bounds(utf8_text(), Counted::code_points).longest);
  CHECK_THROWS_AS(restrict_length(utf8_text(), Counted::code_points, 0, 5000, 1000), BudgetExceeded);
}

TEST_CASE("lengths of base64 count the bytes that it spells") {
  StringRules rules;
  rules.min_bytes = 2;
  rules.max_bytes = 4;
  const StringLanguage counted = bytes_language(rules);
  CHECK(counted.counted == Counted::base64_bytes);
  const Dfa language = restrict_length(counted.language, Counted::base64_bytes, counted.min, counted.max, 1000);
  for (const char* good : {"AAA=", "AAAA", "AAAAAA=="}) CHECK(language.matches(good));
  for (const char* bad : {"", "AA==", "AAAAAAA=", "AAAAAAAA"}) CHECK_FALSE(language.matches(bad));
}

TEST_CASE("string rules become a language and what a register has to count") {
  StringRules rules;
  rules.min_len = 3;
  rules.max_len = 5;
  const StringLanguage counted = string_language(rules);
  CHECK(counted.min == 3);
  CHECK(counted.max == 5);
  auto pattern = [](std::string text) { return std::vector<TextCondition>{*text_condition("pattern", {std::move(text)})}; };
  rules.conditions = pattern("^[a-z]{3,5}$");  // ensures both lengths itself
  CHECK_FALSE(string_language(rules).is_counted());
  rules.conditions = pattern("^[a-z]+$");
  rules.or_empty = true;
  const StringLanguage optional = string_language(rules);
  CHECK(optional.min == 0);
  CHECK(optional.language.matches(""));
  CHECK_FALSE(optional.language.matches("ab"));
  CHECK(optional.language.matches("abc"));
  rules = {};
  rules.min_len = 1;
  CHECK_FALSE(string_language(rules).is_counted());  // no register for "not empty"
  CHECK_FALSE(string_language(rules).language.matches(""));
}

TEST_CASE("of two lengths one is unrolled into states, or both are too much") {
  StringRules rules;
  rules.max_len = 4000;
  rules.max_bytes = 60;
  rules.min_len = 20;
  const StringLanguage both = string_language(rules);
  CHECK(both.is_counted());
  CHECK(both.language.matches(std::string(60, 'a')));
  rules.max_len = 4000;
  rules.max_bytes = 9000;
  CHECK_THROWS_AS(string_language(rules), TwoCounters);
}
