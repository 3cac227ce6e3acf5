// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies with maps, Any, Struct and its kin, FieldMask and NullValue: what is accepted, and every near miss.
#include <catch2/catch.hpp>

#include "bench.hpp"
#include "support/hex.hpp"
#include "support/wire.hpp"

namespace sluice::judge::test {
namespace {

using sluice::test::from_hex;
using sluice::test::wire_any;
using sluice::test::wire_field;
using sluice::test::wire_number;

const std::string kSchema = R"(
message All {
  map<string, string> texts = 1 [(buf.validate.field).map = {max_pairs: 3, keys: {string: {max_len: 2}}}];
  map<int32, All> inner = 2;
  map<bool, fixed32> both = 3;
  map<sfixed32, bool> fixed = 4;
  google.protobuf.Any any = 5;
  google.protobuf.Struct config = 6;
  google.protobuf.Value value = 7;
  google.protobuf.ListValue list = 8;
  google.protobuf.FieldMask mask = 9 [(buf.validate.field).field_mask = {in: ["a", "b.c"], not_in: ["a.x"]}];
  google.protobuf.NullValue never = 10;
  optional google.protobuf.NullValue nothing = 11;
  google.protobuf.Duration span = 12;
}
message Held { uint32 low = 1 [(buf.validate.field).uint32.lte = 3]; google.protobuf.Timestamp at = 2; google.protobuf.Any more = 3; }
message Empty {}
service Api {
  rpc Do(All) returns (Empty) { option (google.api.http) = {post: "/all" body: "*"}; }
}
)";

std::string all(const std::string& body) {
  static const Bench bench(kSchema, {"t.Api", "anyTypes: [t.Held, google.protobuf.Duration]\n", "PROTOBUF"});
  return shown(bench.raw_request("POST /all HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
                                 "\r\ncontent-type: application/protobuf\r\nhost: api.example\r\n\r\n" + body));
}
std::string all_hex(std::string_view hex) { return all(from_hex(hex)); }
std::string texts(std::initializer_list<const char*> keys) {
  std::string out;
  for (const char* key : keys) out += wire_field(1, wire_field(1, key) + wire_field(2, "v"));
  return out;
}

TEST_CASE("binary: maps ascend by the bytes of their keys") {
  CHECK(all(texts({"", "a", "aa"})) == "accepted");
  CHECK(all(texts({"a", "b", "\xC3\xA9"})) == "accepted");
  CHECK(all(texts({"aa", "a"})) == "canonical");
  CHECK(all(texts({"a", "a"})) == "canonical");
  CHECK(all(texts({"a", "b", "c", "d"})) == "map.max_pairs at texts");
  CHECK(all(texts({"abc"})) == "map.keys.string.max_len at texts[abc]");
  CHECK(all(wire_field(1, wire_field(1, "\xFF") + wire_field(2, ""))) == "protobuf.parse");
  // Both parts, the key first, nothing else.
  CHECK(all_hex("0A 04 0A00 1200") == "accepted");
  CHECK(all_hex("0A 02 0A00") == "canonical");
  CHECK(all_hex("0A 02 1200") == "canonical");
  CHECK(all_hex("0A 00") == "canonical");
  CHECK(all_hex("0A 04 1200 0A00") == "canonical");
  CHECK(all_hex("0A 06 0A00 0A00 1200") == "canonical");
  CHECK(all_hex("0A 06 0A00 1200 1A00") == "canonical");
  // 300 is AC 02, 200 is C8 01, minus one ten bytes from FF on.
  CHECK(all_hex("12 05 08AC02 1200 12 05 08C801 1200") == "accepted");
  CHECK(all_hex("12 05 08C801 1200 12 05 08AC02 1200") == "canonical");
  CHECK(all_hex("12 04 0801 1200 12 0D 08FFFFFFFFFFFFFFFFFF01 1200") == "accepted");
  CHECK(all_hex("12 08 08FFFFFFFF0F 1200") == "canonical");
  CHECK(all_hex("1A 07 0800 1500000000 1A 07 0801 1501000000") == "accepted");
  CHECK(all_hex("1A 07 0801 1500000000 1A 07 0800 1501000000") == "canonical");
  // Minus one, FF FF FF FF, stands behind 1, which is 01 00 00 00.
  CHECK(all_hex("22 07 0D01000000 1001 22 07 0DFFFFFFFF 1000") == "accepted");
  CHECK(all_hex("22 07 0DFFFFFFFF 1000 22 07 0D01000000 1001") == "canonical");
  // A map within a map.
  CHECK(all(wire_field(2, wire_number(1, 1) + wire_field(2, texts({"a", "b"})))) == "accepted");
  CHECK(all(wire_field(2, wire_number(1, 1) + wire_field(2, texts({"b", "a"})))) == "canonical");
  CHECK(all(wire_field(2, wire_number(1, 1) + wire_field(2, texts({"abc"})))) == "map.keys.string.max_len at inner[1].texts[abc]");
}

TEST_CASE("binary: Any holds what the policy lists") {
  const auto any = [](const std::string& bytes) { return all(wire_field(5, bytes)); };
  CHECK(any(wire_any("t.Held", "")) == "accepted");
  CHECK(any(wire_any("t.Held", from_hex("087F"))) == "accepted");  // rules mean nothing in it
  CHECK(any(wire_any("google.protobuf.Duration", from_hex("0801"))) == "accepted");
  CHECK(any(wire_any("google.protobuf.Duration", from_hex("0801 10FFFFFFFFFFFFFFFFFF01"))) == "duration.range at any");
  CHECK(any(wire_any("t.Held", from_hex("12 0B 10FFFFFFFFFFFFFFFFFF01"))) == "timestamp.range at any.at");
  CHECK(any(wire_any("t.Held", wire_field(3, wire_any("t.Held", from_hex("0804"))))) == "accepted");
  CHECK(any(wire_any("t.Held", wire_field(3, wire_any("t.Empty", "")))) == "any.unlisted at any.more");
  CHECK(any(wire_any("t.Held", from_hex("0800"))) == "canonical");
  CHECK(any(wire_any("t.Held", from_hex("2001"))) == "canonical");
  CHECK(any(wire_any("t.Held", "\x08")) == "any.unlisted at any");
  CHECK(any(wire_any("t.Held", "") + wire_field(2, "")) == "canonical");
  CHECK(any(wire_field(2, from_hex("0801")) + wire_any("t.Held", "")) == "canonical");
  CHECK(any(wire_any("t.Held", "") + wire_field(3, "")) == "canonical");
  CHECK(any(wire_any("t.All", "")) == "any.unlisted at any");
  CHECK(any(wire_field(1, "type.example/t.Held")) == "any.unlisted at any");
  CHECK(any("") == "any.unlisted at any");
  std::string deep;
  for (int i = 0; i < 150; ++i) deep = wire_field(3, wire_any("t.Held", deep));
  CHECK(any(wire_any("t.Held", deep)) == "judge.depth at any" + [] {
    std::string path;
    for (int i = 0; i < 100; ++i) path += ".more";
    return path;
  }());
}

TEST_CASE("binary: Struct, Value and ListValue are plain messages") {
  const std::string number = from_hex("11 000000000000F03F");
  const auto entry = [](const std::string& key, const std::string& value) { return wire_field(1, wire_field(1, key) + wire_field(2, value)); };
  for (const std::string& kind : {from_hex("0800"), number, from_hex("11 0000000000000000"), wire_field(3, "x"), wire_number(4, 0), wire_field(5, ""), wire_field(6, "")}) {
    CHECK(all(wire_field(7, kind)) == "accepted");
    CHECK(all(wire_field(8, wire_field(1, kind) + wire_field(1, kind))) == "accepted");
    CHECK(all(wire_field(6, entry("a", kind) + entry("b", kind))) == "accepted");
    CHECK(all(wire_field(6, entry("b", kind) + entry("a", kind))) == "canonical");
  }
  CHECK(all(wire_field(6, "")) == "accepted");
  CHECK(all(wire_field(8, "")) == "accepted");
  CHECK(all(wire_field(7, "")) == "value.unset at value");
  CHECK(all(wire_field(8, wire_field(1, ""))) == "value.unset at list.values[0]");
  CHECK(all(wire_field(6, wire_field(1, wire_field(1, "a")))) == "value.unset at config.fields[0].value");
  CHECK(all(wire_field(7, from_hex("11 000000000000F07F"))) == "value.number at value");
  CHECK(all(wire_field(7, from_hex("11 000000000000F87F"))) == "value.number at value");
  CHECK(all(wire_field(7, from_hex("11 0000000000000080"))) == "canonical");
  CHECK(all(wire_field(7, from_hex("0801"))) == "enum.unknown at value.null_value");
  CHECK(all(wire_field(7, number + wire_number(4, 1))) == "canonical");
}

TEST_CASE("binary: FieldMask, NullValue, Duration") {
  CHECK(all_hex("4A 00") == "accepted");
  CHECK(all_hex("4A 08 0A03'b.c' 0A01'a'") == "accepted");
  CHECK(all_hex("4A 06 0A01'a' 0A01'a'") == "accepted");
  CHECK(all_hex("4A 03 0A01'b'") == "field_mask.in at mask");
  CHECK(all_hex("4A 05 0A03'a.x'") == "field_mask.not_in at mask");
  CHECK(all_hex("4A 05 0A03'a'C3A9") == "field_mask.in at mask");
  CHECK(all_hex("4A 05 0A03'a.'FF") == "protobuf.parse");
  CHECK(all_hex("50 00") == "canonical");
  CHECK(all_hex("50 01") == "enum.unknown at never");
  CHECK(all_hex("58 00") == "accepted");
  CHECK(all_hex("62 04 0801 1001") == "accepted");
  CHECK(all_hex("62 0D 0801 10FFFFFFFFFFFFFFFFFF01") == "duration.range at span");
}

}  // namespace
}  // namespace sluice::judge::test
