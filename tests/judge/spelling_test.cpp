// SPDX-License-Identifier: Apache-2.0
// The plain spellings: UTF-8, percent-encoding, base64, JSON strings, numbers.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <random>

#include "judge/canonical_text.hpp"
#include "judge/number_form.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

TEST_CASE("UTF-8") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8(std::string("a\0\x7f", 3)));
  CHECK(is_valid_utf8(
      "\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF",
                          "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82\x28"}) {
    INFO(bad);
    CHECK_FALSE(is_valid_utf8(bad));
  }
  CHECK(count_code_points("a\xC3\xA9\xF0\x9F\x98\x80") == 3);
}

TEST_CASE("percent-encoding") {
  CHECK(percent_encode("azAZ09-._~") == "azAZ09-._~");
  CHECK(percent_encode("a b/:+\xC3\xA9") == "a%20b%2F%3A%2B%C3%A9");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    CHECK(percent_decode(percent_encode(one)) == one);
  }
  for (const char* bad : {"%", "%2", "%2f", "%41", "+", " ", "a:b", "%zz", "\xC3\xA9"}) {
    INFO(bad);
    CHECK_FALSE(percent_decode(bad).has_value());
  }
}

TEST_CASE("base64") {
  CHECK(base64_encode("") == "");
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode("\xFB\xFF\xFE") == "+//+");
  CHECK(base64_decode("Zm8=") == "fo");
  for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "-_-_", "Zg==Zg==", "=", "Zm9v\n"}) {
    INFO(bad);
    CHECK_FALSE(base64_decode(bad).has_value());
  }
}

TEST_CASE("JSON strings") {
  CHECK(json_quote("a/\x7F\xC3\xA9<") == "\"a/\x7F\xC3\xA9<\"");
  CHECK(json_quote("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  CHECK(json_quote(std::string("\0\x0B\x1F", 3)) == R"("\u0000\u000b\u001f")");
}

TEST_CASE("shortest numbers") {
  CHECK(shortest_number(0.0) == "0");
  CHECK(shortest_number(-0.0) == "0");
  CHECK(shortest_number(1.0) == "1");
  CHECK(shortest_number(-1.5) == "-1.5");
  CHECK(shortest_number(0.1) == "0.1");
  CHECK(shortest_number(0.1F) == "0.1");
  CHECK(shortest_number(static_cast<double>(0.1F)) == "0.10000000149011612");
  CHECK(shortest_number(1e20) == "100000000000000000000");
  CHECK(shortest_number(123456789012345680000.0) == "123456789012345680000");
  CHECK(shortest_number(1e21) == "1e+21");
  CHECK(shortest_number(1e-6) == "0.000001");
  CHECK(shortest_number(1e-7) == "1e-7");
  CHECK(shortest_number(1.25e-7) == "1.25e-7");
  CHECK(shortest_number(5e-324) == "5e-324");
  CHECK(shortest_number(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(shortest_number(std::numeric_limits<float>::max()) == "3.4028235e+38");
}

TEST_CASE("number form") {
  for (const char* good :
       {"0", "1", "-1", "10", "1.5", "0.1", "0.000001", "1e-7", "1.5e-7", "1e+21",
        "100000000000000000000", "123456789.5", "9e+99", "0.30000000000000004"}) {
    INFO(good);
    CHECK(has_number_form(good, kDoubleDigits));
  }
  for (const char* bad : {"",
                          "-",
                          "-0",
                          "0.0",
                          "-0.0",
                          "00",
                          "01",
                          "1.",
                          ".5",
                          "1.0",
                          "1.50",
                          "+1",
                          "1e5",
                          "1e21",
                          "1E+21",
                          "1e+021",
                          "1e-6",
                          "0.0000001",
                          "1000000000000000000000",
                          "10e+21",
                          "1.e+21",
                          "0e+21",
                          "1e",
                          "1e+",
                          "--1",
                          "1-1",
                          "0x1",
                          "1 ",
                          " 1",
                          "1e+99999",
                          "1e+99999999999999999999",
                          "NaN",
                          "inf",
                          "1.5e-7e1",
                          "0.123456789012345678"}) {
    INFO(bad);
    CHECK_FALSE(has_number_form(bad, kDoubleDigits));
  }
  CHECK(has_number_form("123456789", kFloatDigits));
  CHECK(has_number_form("1234567890", kFloatDigits));  // nine significant digits
  CHECK_FALSE(has_number_form("1234567891", kFloatDigits));
}

TEST_CASE("every shortest number has the form and is read back") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double wide = 0;
    std::memcpy(&wide, &bits, sizeof wide);
    if (std::isfinite(wide)) {
      const std::string text = shortest_number(wide);
      CHECK(has_number_form(text, kDoubleDigits));
      CHECK(std::strtod(text.c_str(), nullptr) == wide);
    }
    float narrow = 0;
    std::memcpy(&narrow, &bits, sizeof narrow);
    if (std::isfinite(narrow)) {
      const std::string text = shortest_number(narrow);
      CHECK(has_number_form(text, kFloatDigits));
      CHECK(std::strtof(text.c_str(), nullptr) == narrow);
    }
  }
}

TEST_CASE("comparison") {
  CanonicalText text;
  text.add("[");
  text.add_number(0.1, false);
  text.add(",");
  text.add_number(0.5F, false);
  text.add("]");
  REQUIRE(text.bytes() == "[0.1,0.5]");
  CHECK(text.compare("[0.1,0.5]").equal);
  CHECK_FALSE(text.compare("[0.1,0.5]").float_not_shortest);
  CHECK(text.compare("[0.10000000000000001,0.5]").float_not_shortest);
  CHECK(text.compare("[0.10000000000000001,0.5]").equal);
  CHECK(text.compare("[0.1,0.500000001]").equal);         // rounds to 0.5 as a float
  CHECK_FALSE(text.compare("[0.500000001,0.5]").equal);   // another double
  CHECK_FALSE(text.compare("[0.1,0.5000000001]").equal);  // ten digits
  CHECK_FALSE(text.compare("[0.100000000000000001,0.5]").equal);
  CHECK_FALSE(text.compare("[1e-1,0.5]").equal);
  CHECK_FALSE(text.compare("[0.1,0.5").equal);
  CHECK_FALSE(text.compare("[0.1,0.5]]").equal);
  CHECK_FALSE(text.compare("[,0.5]").equal);
  CHECK_FALSE(text.compare("").equal);
  CHECK(text.compare("[0.1;0.5]").record_offset == 4);

  CanonicalText target;
  target.add("?x=");
  target.add_number(1e300, true);
  REQUIRE(target.bytes() == "?x=1e%2B300");
  CHECK(target.compare("?x=1.0000000000000001e%2B300").float_not_shortest);
  CHECK_FALSE(target.compare("?x=1.0000000000000001e+300").equal);
}

}  // namespace
}  // namespace sluice::judge
