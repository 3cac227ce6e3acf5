// SPDX-License-Identifier: Apache-2.0
#include "canonical/text.hpp"

#include <catch2/catch.hpp>

#include "canonical/timestamp.hpp"

using namespace sluice::canonical;

namespace {
std::string time(std::string_view text) {
  const auto result = canonical_timestamp(text);
  return result.index() == 0 ? std::get<0>(result) : "refused";
}
}  // namespace

TEST_CASE("UTF-8 is judged as RFC 3629 says", "[text]") {
  CHECK_FALSE(first_invalid_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  CHECK(first_invalid_utf8("a\xC0\x80") == 1);         // overlong
  CHECK(first_invalid_utf8("\xE0\x9F\xBF") == 0);      // overlong
  CHECK(first_invalid_utf8("\xED\xA0\x80") == 0);      // surrogate
  CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
  CHECK(first_invalid_utf8("ab\xE2\x82") == 2);        // cut short
  CHECK(first_invalid_utf8("\x80") == 0);
  CHECK(count_code_points("a\xC3\xA4\xF0\x9F\x98\x80") == 3);
}

TEST_CASE("base64 in all its spellings", "[text]") {
  CHECK(base64_decode("AAE=") == std::string("\0\1", 2));
  CHECK(base64_decode("AAE") == std::string("\0\1", 2));
  CHECK(base64_decode("-_8") == std::string("\xFB\xFF", 2));
  CHECK(base64_encode("\xFB\xFF") == "+/8=");
  CHECK(base64_encode("") == "");
  CHECK_FALSE(base64_decode("+_8"));  // both alphabets
  CHECK_FALSE(base64_decode("AAF"));  // unused bits
  CHECK_FALSE(base64_decode("A"));
  CHECK_FALSE(base64_decode("AA="));  // half a padding
  CHECK_FALSE(
      base64_decode("AA=="
                    "AAAA"));
  CHECK_FALSE(base64_decode("A A="));
  CHECK_FALSE(base64_decode("===="));
}

TEST_CASE("percent encoding", "[text]") {
  CHECK(percent_decode("a%2f%2F+") == "a//+");
  CHECK_FALSE(percent_decode("%2"));
  CHECK_FALSE(percent_decode("%zz"));
  std::string out;
  append_percent_encoded(out, "aZ09-._~ /:+\xC3\xA4");
  CHECK(out == "aZ09-._~%20%2F%3A%2B%C3%A4");
}

TEST_CASE("JSON strings as RFC 8785 writes them", "[text]") {
  std::string out;
  append_json_string(out, std::string_view("\0\b\t\n\f\r\x1f\"\\/\x7f\xC3\xA4", 13));
  CHECK(out == "\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\x7f\xC3\xA4\"");
}

TEST_CASE("timestamps", "[text]") {
  CHECK(time("2024-05-17T09:30:00Z") == "2024-05-17T09:30:00Z");
  CHECK(time("2024-05-17T09:30:00.250000Z") == "2024-05-17T09:30:00.250Z");
  CHECK(time("2024-05-17T09:30:00.0Z") == "2024-05-17T09:30:00Z");
  CHECK(time("2024-05-17T09:30:00.0001Z") == "2024-05-17T09:30:00.000100Z");
  CHECK(time("2024-05-17T09:30:00.123456789Z") == "2024-05-17T09:30:00.123456789Z");
  CHECK(time("2024-01-01T00:30:00+01:00") == "2023-12-31T23:30:00Z");
  CHECK(time("2024-02-28T23:30:00-01:00") == "2024-02-29T00:30:00Z");
  CHECK(time("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z");
  CHECK(time("9999-12-31T23:59:59.999999999Z") == "9999-12-31T23:59:59.999999999Z");
  for (const char* bad :
       {"", "2024-05-17", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2024-05-17T24:00:00Z",
        "2024-05-17T09:30:60Z", "2024-05-17t09:30:00z", "2024-05-17 09:30:00Z",
        "2024-05-17T09:30:00", "2024-05-17T09:30:00.Z", "2024-05-17T09:30:00.1234567890Z",
        "2024-05-17T09:30:00+24:00", "2024-05-17T09:30:00+0100", "2024-13-01T00:00:00Z",
        "2024-05-17T09:30:00Zx"}) {
    CHECK(time(bad) == "refused");
  }
}
