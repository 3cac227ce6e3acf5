// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies: every spelling of a message becomes one, the one that the judge accepts.
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/message_differencer.h>

#include <iostream>
#include <random>

#include "canonical/support.hpp"
#include "judge/judge.hpp"
#include "support/binary_messages.hpp"
#include "support/hex.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;
using sluice::test::from_hex;
using sluice::test::to_hex;

namespace {

const Canonicalizer& binary() {
  static const Canonicalizer canonicalizer(load_schema("tests/canonical/data/binary.yaml"));
  return canonicalizer;
}

HttpRequest call(std::string method, std::string target, std::string body) {
  return {std::move(method),
          std::move(target),
          {{"Host", "a"}, {"Content-Type", "application/protobuf"}},
          std::move(body)};
}

// The canonical body in hexadecimal, or "code field @offset".
std::string answer(const HttpRequest& http) {
  const auto result = binary().canonicalize_request(http);
  if (result)
    return result->bytes.find("content-length") == std::string::npos ? "none"
                                                                     : to_hex(body_of(result->bytes));
  const Refusal& refusal = result.refusal();
  CHECK(refusal.line == 0);
  CHECK(refusal.column == 0);
  return refusal.code + (refusal.field.empty() ? "" : " " + refusal.field) +
         (refusal.offset ? " @" + std::to_string(*refusal.offset) : "");
}

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

namespace {

struct Counts {
  int taken = 0, refused = 0;
};

// Canonicalizer and judge on `rounds` random messages of a method in messy spellings.
Counts campaign(const std::string& method, const std::string& verb, const std::string& target,
                int rounds, std::uint64_t seed, bool damaged) {
  std::mt19937_64 random(seed);
  load::Diagnostics diagnostics;
  const auto judge = judge::Judge::create(binary().schema().loaded, diagnostics);
  REQUIRE(judge);
  const int tag = find_endpoint(binary().schema(), "test.binary.v1.Binary." + method);
  const auto& endpoint = binary().endpoint(tag);
  google::protobuf::DynamicMessageFactory factory(binary().schema().loaded->pool);
  const auto* type = endpoint.method->input_type();
  const auto* field = endpoint.body.kind == compiler::Body::Kind::field
                          ? binary()
                                .schema()
                                .message(endpoint.body.message)
                                .fields[static_cast<std::size_t>(endpoint.body.field)]
                                .descriptor
                          : nullptr;
  if (field != nullptr) type = field->message_type();
  const auto* prototype = factory.GetPrototype(type);
  Counts counts;
  for (int i = 0; i < rounds; ++i) {
    std::unique_ptr<google::protobuf::Message> message(prototype->New());
    sluice::test::fill(*message, random, 3 + static_cast<unsigned>(random() % 20));
    std::string sent = random() % 4 == 0 ? message->SerializeAsString()
                                         : sluice::test::messy_spelling(*message, random);
    if (damaged) {
      for (std::size_t n = 1 + random() % 2; n > 0 && !sent.empty(); --n)
        sent[random() % sent.size()] = static_cast<char>(random());
    }
    const auto record = binary().canonicalize_request(call(verb, target, sent));
    if (!record) {
      ++counts.refused;
      if (damaged) continue;
      // Only rules and the record's length may stand against a message that is well formed.
      const bool fair =
          record.refusal().code == "rule" || record.refusal().code == "record_too_long" ||
          (record.refusal().code == "bad_value" && method == "Touch");  // any seconds and nanos
      INFO(record.refusal().code << " " << record.refusal().field << " " << to_hex(sent));
      REQUIRE(fair);
      if (record.refusal().code == "rule" && field == nullptr)
        REQUIRE_FALSE(judge->evaluate(*message).empty());
      continue;
    }
    ++counts.taken;
    INFO(to_hex(sent) << "\n" << to_hex(body_of(record->bytes)));
    const auto again = binary().canonicalize_http(layout::Pipeline::REQUEST, record->bytes);
    REQUIRE(again);
    REQUIRE(again->bytes == record->bytes);
    const auto verdict = judge->request(
        {reinterpret_cast<const std::uint8_t*>(record->bytes.data()), record->bytes.size()});
    INFO(verdict.rule << " " << verdict.path << " " << verdict.message);
    REQUIRE(verdict.accepted);
    // The same message: what is read back from both.
    std::unique_ptr<google::protobuf::Message> before(prototype->New()), after(prototype->New());
    REQUIRE(before->ParseFromString(sent));
    REQUIRE(after->ParseFromString(body_of(record->bytes)));
    // Of NaN and minus zero there is one spelling, so damaged floats may differ from themselves.
    google::protobuf::util::MessageDifferencer differencer;
    differencer.set_float_comparison(google::protobuf::util::MessageDifferencer::EXACT);
    google::protobuf::util::DefaultFieldComparator comparator;
    comparator.set_treat_nan_as_equal(true);
    differencer.set_field_comparator(&comparator);
    if (field != nullptr) continue;
    if (!damaged) REQUIRE(differencer.Compare(*before, *after));
  }
  return counts;
}

}  // namespace

TEST_CASE("binary: random messages in random spellings", "[binary]") {
  const Counts whole = campaign("Echo", "POST", "/v1/echo", 6000, 1, false);
  const Counts part = campaign("Touch", "POST", "/v1/touch", 500, 2, false);
  const Counts damaged = campaign("Echo", "POST", "/v1/echo", 6000, 3, true);
  std::cout << "whole messages: " << whole.taken << " taken, " << whole.refused
            << " refused; times " << part.taken << "; damaged: " << damaged.taken << " taken, "
            << damaged.refused << " refused\n";
  CHECK(whole.taken > 2500);
  CHECK(whole.refused > 500);
  CHECK(part.taken > 100);
  CHECK(damaged.taken > 500);
  CHECK(damaged.refused > 1500);
}
