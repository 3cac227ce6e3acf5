// SPDX-License-Identifier: Apache-2.0
#include "canonical/number.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "canonical/json_reader.hpp"

using namespace sluice::canonical;

namespace {
std::string integer(std::string_view text) {
  const auto reading = read_integer(text);
  if (reading.fault == NumberFault::not_an_integer) return "fraction";
  if (reading.fault != NumberFault::none) return "big";
  return to_decimal(reading.value);
}
std::string twice(std::string_view text) {
  const auto reading = read_float(text, false);
  if (reading.fault == NumberFault::too_big) return "big";
  if (reading.fault == NumberFault::too_small) return "small";
  return to_canonical_float(reading.value, false);
}
std::string single(std::string_view text) {
  const auto reading = read_float(text, true);
  if (reading.fault == NumberFault::too_big) return "big";
  if (reading.fault == NumberFault::too_small) return "small";
  return to_canonical_float(reading.value, true);
}
}  // namespace

TEST_CASE("integers are exact in every spelling", "[number]") {
  CHECK(integer("0") == "0");
  CHECK(integer("-0") == "0");
  CHECK(integer("-0.0e99") == "0");
  CHECK(integer("15e-1") == "fraction");
  CHECK(integer("1.5e1") == "15");
  CHECK(integer("150e-1") == "15");
  CHECK(integer("1.0") == "1");
  CHECK(integer("18446744073709551616") == "18446744073709551616");
  CHECK(integer("-9223372036854775808") == "-9223372036854775808");
  CHECK(integer("9007199254740993") == "9007199254740993");
  CHECK(integer("1e30") == "1000000000000000000000000000000");
  CHECK(integer("1e400") == "big");
  CHECK(integer("1e99999999999999999999") == "big");
  CHECK(integer("1e-99999999999999999999") == "fraction");
  CHECK(integer("0e99999999999999999999") == "0");
}

TEST_CASE("floats come out in ECMAScript form", "[number]") {
  // The values of RFC 8785 appendix B.
  CHECK(twice("0") == "0");
  CHECK(twice("-0.0") == "0");
  CHECK(twice("5e-324") == "5e-324");
  CHECK(twice("-5e-324") == "-5e-324");
  CHECK(twice("1.7976931348623157e308") == "1.7976931348623157e+308");
  CHECK(twice("9007199254740992") == "9007199254740992");
  CHECK(twice("295147905179352830000") == "295147905179352830000");
  CHECK(twice("9.999999999999997e22") == "9.999999999999997e+22");
  CHECK(twice("1e23") == "1e+23");
  CHECK(twice("1.0000000000000001e+23") == "1.0000000000000001e+23");
  CHECK(twice("999999999999999700000") == "999999999999999700000");
  CHECK(twice("999999999999999900000") == "999999999999999900000");
  CHECK(twice("1e21") == "1e+21");
  CHECK(twice("9.999999999999997e-7") == "9.999999999999997e-7");
  CHECK(twice("0.000001") == "0.000001");
  CHECK(twice("333333333.33333325") == "333333333.33333325");
  CHECK(twice("-0.0000033333333333333333") == "-0.0000033333333333333333");
  CHECK(twice("1424953923781206.25") == "1424953923781206.2");
  CHECK(twice("100") == "100");
  CHECK(twice("1.50") == "1.5");
  CHECK(twice("1e400") == "big");
  CHECK(twice("-1e400") == "big");
  CHECK(twice("1e-400") == "small");
  CHECK(single("0.1") == "0.1");
  CHECK(single("16777217") == "16777216");
  CHECK(single("3.4028235e38") == "3.4028235e+38");
  CHECK(single("3.4028236e38") == "big");
  CHECK(single("1e-46") == "small");
  CHECK(single("1e-45") == "1e-45");
}

TEST_CASE("a canonical float reads back as the same value and is stable", "[number]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = to_canonical_float(value, false);
    REQUIRE(is_json_number(text));
    REQUIRE(read_float(text, false).value == value);
    const auto low = static_cast<std::uint32_t>(bits);
    float small;
    std::memcpy(&small, &low, sizeof small);
    if (!std::isfinite(small)) continue;
    REQUIRE(static_cast<float>(read_float(to_canonical_float(small, true), true).value) == small);
  }
}
