// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies: every spelling of a message becomes one, the one that the judge accepts.
#include <iostream>

#include "canonical/binary_campaign.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;
using sluice::test::from_hex;

namespace {

const Canonicalizer& binary() {
  static const Canonicalizer canonicalizer(load_schema("tests/canonical/data/binary.yaml"));
  return canonicalizer;
}

const auto call = binary_call;

std::string answer(const HttpRequest& http) { return binary_answer(binary(), http); }

std::string echo_binary(std::string_view text) {
  return answer(call("POST", "/v1/echo", from_hex(text)));
}

}  // namespace

TEST_CASE("binary: one spelling of each value", "[binary]") {
  for (const auto& [in, out] : std::vector<std::pair<const char*, const char*>>{
           {"", ""},
           {"0800", ""},
           {"08 8180808000", "0801"},
           {"08 FFFFFFFF0F", "08FFFFFFFFFFFFFFFFFF01"},  // -1 in five bytes
           {"0805 0806", "0806"},
           {"1001 0802", "08021001"},
           {"68 02", "6801"},
           {"5D 00000080", ""},            // minus zero
           {"5D 0100C0FF", "5D0000C07F"},  // some NaN
           {"61 010000000000F0FF", "61000000000000F87F"},
           {"B101 0000000000000080", "B1010000000000000000"},
           {"D001 01 D201 01 00 D001 FFFFFFFFFFFFFFFFFF01",
            "D2010C"
            "0100FFFFFFFFFFFFFFFFFF01"},
           {"8202 01 'a' 8202 00", "82020161820200"},
           {"8A01 02 1005 8A01 02 0801",
            "8A0104"
            "08011005"},  // a time in two pieces
           {"9201 03 1201'a' 9201 02 0805",
            "920105"
            "0805120161"},
           {"B801 05 C202 01 'l'", "C202016C"},  // the last of a oneof counts
           {"E212 00 C801 02 C202 00",
            "C20200"
            "C80102"},
           {"E212 02 0805 E212 03 1201 'b'",
            "E21205"
            "0805120162"},
           {"C801 02 E212 00",
            "E21200"
            "C80102"},
           {"D201 00", ""},
       }) {
    INFO(in);
    CHECK(echo_binary(in) == out);
  }
}

TEST_CASE("binary: what cannot be read is refused with its place", "[binary]") {
  CHECK(echo_binary("0801 10") == "protobuf_syntax @3");
  CHECK(echo_binary("0801 10 FFFFFFFFFFFFFFFFFF02") == "protobuf_syntax @3");
  CHECK(echo_binary("72 05 'abc'") == "protobuf_syntax @1");
  CHECK(echo_binary("0B 0C") == "protobuf_syntax @0");
  CHECK(echo_binary("0801 00 01") == "protobuf_syntax @2");
  CHECK(echo_binary("0F") == "protobuf_syntax @0");
  CHECK(echo_binary("A901 0000") == "protobuf_syntax @2");
  CHECK(echo_binary("9201 04 0801 F801") == "protobuf_syntax item @7");
  CHECK(echo_binary("9201 05 0801 F801 01") == "unknown_field item @5");
  CHECK(echo_binary("F87F 01") == "unknown_field @0");
  CHECK(echo_binary("0801 A202 00") == "must_be_absent details @2");
  CHECK(echo_binary("0D 01000000") == "wrong_type i32 @0");
  CHECK(echo_binary("72 02 'a' FF") == "protobuf_utf8 text @3");
  CHECK(echo_binary("08 8080808010") == "out_of_range i32 @1");
  CHECK(echo_binary("8001 07") == "unknown_enum_value color @2");
  CHECK(echo_binary("18 FFFFFFFF0F") == "rule u32 @1");
  CHECK(echo_binary("D201 04 01020304") == "rule i32s @6");
  CHECK(echo_binary("8A01 0B 10 FFFFFFFFFFFFFFFFFF01") == "bad_value at @3");
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    std::string length;
    std::size_t n = deep.size();
    for (; n > 0x7F; n >>= 7) length += static_cast<char>(0x80 | (n & 0x7F));
    deep = "\x9A\x01" + length + static_cast<char>(n) + deep;
  }
  CHECK(answer(call("POST", "/v1/echo", deep)).starts_with("protobuf_depth"));
}

TEST_CASE("binary: bodies in their envelope", "[binary]") {
  CHECK(answer(call("PATCH", "/v1/items/7", "")) == "none");
  CHECK(answer({"PATCH", "/v1/items/7?dryRun=true", {{"Host", "a"}}, ""}) == "none");
  CHECK(answer({"POST", "/v1/echo", {{"Host", "a"}}, ""}) == "");
  CHECK(answer(call("PATCH", "/v1/items/7", from_hex("0807"))) == "none");  // it travels in the path
  CHECK(answer(call("PATCH", "/v1/items/7", from_hex("0808"))) == "contradicts_path item.id @0");
  CHECK(answer(call("PATCH", "/v1/items/7", from_hex("1801 1201'a'"))) == "1201611801");
  CHECK(answer(call("POST", "/v1/move/7/x", from_hex("1001"))) == "1001");
  CHECK(answer(call("POST", "/v1/move/7/x", from_hex("0A00 1001"))) == "1001");  // the path sets item
  CHECK(answer(call("POST", "/v1/move/7/x", from_hex("0A02 1800"))) == "0A021800");
  CHECK(answer(call("POST", "/v1/touch", from_hex("08001000"))) == "none");
  CHECK(answer(call("POST", "/v1/touch", from_hex("1001 0801"))) == "08011001");
  HttpRequest json = call("POST", "/v1/echo", "{}");
  json.headers[1].value = "application/json";
  CHECK(answer(json) == "content_type content-type");
  json = call("POST", "/v1/echo", from_hex("0801"));
  json.headers.pop_back();
  CHECK(answer(json) == "content_type content-type");
  const auto record = binary().canonicalize_request(call("POST", "/v1/echo", ""));
  REQUIRE(record);
  CHECK(record->bytes ==
        "POST /v1/echo HTTP/1.1\r\ncontent-length: 0\r\ncontent-type: "
        "application/protobuf\r\nhost: types.example\r\n\r\n");
  CHECK(binary().parse_request_record(record->bytes));
}

TEST_CASE("binary: random messages in random spellings", "[binary]") {
  const std::string service = "test.binary.v1.Binary.";
  const BinaryCounts whole = BinaryCampaign{binary(), service + "Echo", "POST", "/v1/echo", 6000, 1, false}.run();
  // Seconds and nanos of a time are any numbers.
  const BinaryCounts part = BinaryCampaign{binary(), service + "Touch", "POST", "/v1/touch", 500, 2, false, 3, "bad_value"}.run();
  const BinaryCounts damaged = BinaryCampaign{binary(), service + "Echo", "POST", "/v1/echo", 6000, 3, true}.run();
  std::cout << "whole messages: " << whole.taken << " taken, " << whole.refused
            << " refused; times " << part.taken << "; damaged: " << damaged.taken << " taken, "
            << damaged.refused << " refused\n";
  CHECK(whole.taken > 2500);
  CHECK(whole.refused > 500);
  CHECK(part.taken > 100);
  CHECK(damaged.taken > 500);
  CHECK(damaged.refused > 1500);
}
