// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies with maps, Any, Struct and its kin, FieldMask and NullValue: every spelling becomes one, which the judge accepts.
#include <iostream>

#include "canonical/binary_campaign.hpp"
#include "support/wire.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;
using sluice::test::from_hex;
using sluice::test::to_hex;
using sluice::test::wire_any;
using sluice::test::wire_field;
using sluice::test::wire_number;

namespace {

const Canonicalizer& wide() {
  static const Canonicalizer canonicalizer(load_schema("tests/canonical/data/wide.yaml"));
  return canonicalizer;
}

std::string echo_wide(const std::string& body) { return binary_answer(wide(), binary_call("POST", "/v1/echo", body)); }
std::string echo_hex(std::string_view text) { return echo_wide(from_hex(text)); }
// A map's field of the message Maps, entries as they are to stand.
std::string in_maps(unsigned number, const std::vector<std::string>& entries) {
  std::string out;
  for (const std::string& entry : entries) out += wire_field(number, entry);
  return wire_field(1, out);
}
std::string text_pair(const std::string& key, const std::string& value) { return wire_field(1, key) + wire_field(2, value); }

}  // namespace

TEST_CASE("wide binary: NullValue", "[binary]") {
  CHECK(echo_hex("68 00") == "");
  CHECK(echo_hex("68 01") == "must_be_absent never @0");
  CHECK(echo_hex("70 8000") == "7000");
  CHECK(echo_hex("70 01") == "unknown_enum_value nothing @1");
  CHECK(echo_hex("78 00 7A 02 0000") == "7A03000000");
  CHECK(echo_hex("7A 01 02") == "unknown_enum_value nothings[0] @2");
  CHECK(echo_hex("A801 00") == "A80100");
}

TEST_CASE("wide binary: FieldMask", "[binary]") {
  CHECK(echo_hex("42 00") == "4200");
  CHECK(echo_hex("42 08 0A01'b' 0A03'a.c'") == "42080A01620A03612E63");
  CHECK(echo_hex("42 03 0A01'b' 42 03 0A01'a'") == "42060A01620A0161");
  CHECK(echo_hex("42 04 0A02'a'FF") == "protobuf_utf8 mask @5");
  CHECK(echo_hex("42 02 0801") == "unknown_field mask @2");
  CHECK(echo_hex("4A 05 0A03'b.c'") == "4A050A03622E63");
  CHECK(echo_hex("4A 07 0A05'b.c.d'") == "4A070A05622E632E64");
  CHECK(echo_hex("4A 03 0A01'b'") == "rule inMask @2");
  CHECK(echo_hex("52 0A 0A08'secret.x'") == "rule notInMask @2");
  CHECK(echo_hex("52 09 0A07'secrets'") == "52090A0773656372657473");
  CHECK(echo_hex("5A 08 0A03'a_b' 0A01'c'") == "5A080A03615F620A0163");
  CHECK(echo_hex("5A 08 0A01'c' 0A03'a_b'") == "rule constMask @2");
  CHECK(echo_hex("5A 00") == "rule constMask @2");
}

TEST_CASE("wide binary: Any", "[binary]") {
  const std::string item = "test.wide.v1.Item", held = "test.wide.v1.Held";
  const auto same = [](const std::string& body) { return echo_wide(body) == to_hex(body); };
  CHECK(same(wire_field(2, wire_any(item, from_hex("0805 1201'a'")))));
  CHECK(same(wire_field(2, wire_any(item, ""))));
  CHECK(same(wire_field(3, wire_any(item, "")) + wire_field(3, wire_any("google.protobuf.Timestamp", from_hex("0801")))));
  // Other orders, a value that does not count, an inner message in another spelling.
  const std::string url = "type.googleapis.com/" + item;
  CHECK(echo_wide(wire_field(2, wire_field(2, from_hex("1201'a' 0805")) + wire_field(1, "x") + wire_field(1, url))) ==
        to_hex(wire_field(2, wire_any(item, from_hex("0805 1201'a'")))));
  CHECK(echo_wide(wire_field(2, wire_field(1, url) + wire_field(2, ""))) == to_hex(wire_field(2, wire_any(item, ""))));
  CHECK(echo_wide(wire_field(2, wire_any(item, from_hex("0800")))) == to_hex(wire_field(2, wire_any(item, ""))));
  // No rules within an Any.
  CHECK(same(wire_field(2, wire_any(held, from_hex("08 7F")))));
  CHECK(same(wire_field(2, wire_any(held, wire_field(2, wire_any(item, "")) + wire_field(3, "")))));
  CHECK(echo_hex("12 00") == "any_type any @2");
  CHECK(echo_wide(wire_field(2, wire_any("test.wide.v1.Maps", ""))) == "any_type any @2");
  CHECK(echo_wide(wire_field(4, wire_any(held, ""))) == "any_type onlyItem @2");
  CHECK(echo_wide(wire_field(2, wire_any(item, from_hex("F87F 01")))) == "unknown_field any @43");
  CHECK(echo_wide(wire_field(2, wire_field(3, ""))) == "unknown_field any @2");
  CHECK(same(wire_field(2, wire_any("google.protobuf.FieldMask", from_hex("0A01'b' 0A01'a'")))));
  CHECK(same(wire_field(2, wire_any("google.protobuf.StringValue", from_hex("0A01'b'")))));
  // Any within Any, deeper than the policy allows.
  std::string deep;
  for (int i = 0; i < 60; ++i) deep = wire_field(2, wire_any(held, deep));
  CHECK(echo_wide(deep).starts_with("protobuf_depth any"));
}

TEST_CASE("wide binary: maps", "[binary]") {
  const auto to = [](const std::string& in, const std::string& out) { return echo_wide(in) == to_hex(out); };
  // Ascending by the bytes of the key, a shorter key before one that it begins.
  CHECK(to(in_maps(1, {text_pair("b", "1"), text_pair("aa", "2"), text_pair("", "3"), text_pair("a", "")}),
           in_maps(1, {text_pair("", "3"), text_pair("a", ""), text_pair("aa", "2"), text_pair("b", "1")})));
  // Both parts stand, the key first; of equal keys the last entry counts.
  CHECK(to(in_maps(1, {"", wire_field(2, "v") + wire_field(1, "k")}), in_maps(1, {text_pair("", ""), text_pair("k", "v")})));
  CHECK(to(in_maps(1, {text_pair("k", "1"), text_pair("k", "2")}), in_maps(1, {text_pair("k", "2")})));
  // Of varints by their bytes: 300 is AC 02, before 200, which is C8 01. Minus one begins with FF.
  const auto flag = [](std::uint64_t key, int value) { return wire_number(1, key) + wire_number(2, static_cast<std::uint64_t>(value)); };
  CHECK(to(in_maps(3, {flag(~std::uint64_t{0}, 1), flag(200, 0), flag(300, 1), flag(1, 1)}),
           in_maps(3, {flag(1, 1), flag(300, 1), flag(200, 0), flag(~std::uint64_t{0}, 1)})));
  CHECK(to(in_maps(3, {from_hex("08 FFFFFFFF0F")}), in_maps(3, {flag(~std::uint64_t{0}, 0)})));
  CHECK(to(in_maps(18, {""}), in_maps(18, {flag(0, 0)})));
  CHECK(echo_wide(in_maps(18, {flag(1, 5), flag(0, 0)})).starts_with("rule maps.both"));
  // Messages, and maps in them.
  const std::string counts = wire_field(1, wire_field(3, wire_field(1, "y") + wire_number(2, 1)) + wire_field(3, wire_field(1, "x")));
  CHECK(to(in_maps(2, {wire_field(1, "b") + wire_field(2, ""), wire_field(1, "a") + wire_field(2, counts.substr(2))}),
           in_maps(2, {wire_field(1, "a") + wire_field(2, wire_field(3, wire_field(1, "x") + wire_number(2, 0)) + wire_field(3, wire_field(1, "y") + wire_number(2, 1))),
                       wire_field(1, "b") + wire_field(2, "")})));
  CHECK(to(in_maps(8, {wire_number(1, 2) + wire_field(2, from_hex("0A00"))}), in_maps(8, {wire_number(1, 2) + wire_field(2, "")})));
  CHECK(to(in_maps(302, {wire_field(1, "m") + wire_field(2, from_hex("0A01'p'"))}), in_maps(302, {wire_field(1, "m") + wire_field(2, from_hex("0A01'p'"))})));
  CHECK(to(in_maps(303, {wire_field(1, "m")}), in_maps(303, {wire_field(1, "m") + wire_number(2, 0)})));

  CHECK(echo_wide(in_maps(1, {text_pair("a", ""), text_pair("b", ""), text_pair("c", ""), text_pair("d", ""), text_pair("e", "")})).starts_with("rule maps.texts"));
  CHECK(echo_wide(in_maps(1, {text_pair("a", ""), text_pair("b", ""), text_pair("c", ""), text_pair("d", ""), text_pair("d", "e")})).starts_with("0A"));
  CHECK(echo_wide(in_maps(2, {wire_field(1, "a")})).starts_with("rule maps.items @"));
  CHECK(echo_wide(in_maps(2, {wire_field(1, "a"), wire_field(1, "long")})).starts_with("rule maps.items[\"long\"]"));
  CHECK(echo_wide(in_maps(5, {wire_number(1, 99)})).starts_with("rule maps.reals[\"99\"]"));
  CHECK(echo_wide(in_maps(5, {wire_number(1, 100) + from_hex("11 000000000000F07F")})).starts_with("rule maps.reals[\"100\"]"));
  CHECK(echo_wide(in_maps(6, {wire_number(1, 100) + wire_number(2, 7)})).starts_with("unknown_enum_value maps.colors"));
  CHECK(echo_wide(in_maps(1, {from_hex("0A01 FF")})).starts_with("protobuf_utf8 maps.texts"));
  CHECK(echo_wide(in_maps(1, {from_hex("1A00")})).starts_with("unknown_field maps.texts"));
  CHECK(echo_wide(in_maps(1, {from_hex("0801")})).starts_with("wrong_type maps.texts"));
}

TEST_CASE("wide binary: Struct, Value, ListValue", "[binary]") {
  const auto same = [](const std::string& body) { return echo_wide(body) == to_hex(body); };
  const auto number = from_hex("11 000000000000F03F");
  CHECK(same(wire_field(5, "")));
  CHECK(same(wire_field(7, "")));
  for (const std::string& kind : {from_hex("0800"), number, wire_field(3, ""), wire_number(4, 0), wire_field(5, ""), wire_field(6, wire_field(1, number))}) {
    INFO(to_hex(kind));
    CHECK(same(wire_field(6, kind)));
    CHECK(same(wire_field(19, kind) + wire_field(20, kind)));
    CHECK(same(wire_field(5, wire_field(1, wire_field(1, "a") + wire_field(2, kind)) + wire_field(1, wire_field(1, "b") + wire_field(2, kind)))));
  }
  // The last of the kinds counts.
  CHECK(echo_wide(wire_field(6, number + wire_number(4, 1))) == to_hex(wire_field(6, wire_number(4, 1))));
  CHECK(echo_wide(wire_field(6, "")) == "rule value.kind @2");
  CHECK(echo_wide(wire_field(5, wire_field(1, wire_field(1, "a")))).starts_with("rule config.fields[\"a\"].kind"));
  CHECK(echo_wide(wire_field(6, from_hex("11 000000000000F07F"))).starts_with("rule value.numberValue"));
  CHECK(echo_wide(wire_field(6, from_hex("11 010000000000F07F"))).starts_with("rule value.numberValue"));
  CHECK(echo_wide(wire_field(6, from_hex("0801"))) == "unknown_enum_value value.nullValue @3");
}

TEST_CASE("wide binary: well-known messages as bodies of their own", "[binary]") {
  const auto body = [](const std::string& target, const std::string& sent) { return binary_answer(wide(), binary_call("POST", target, sent)); };
  CHECK(body("/v1/known", "") == "none");
  CHECK(body("/v1/known", from_hex("0A01'b' 0A00")) == "0A01620A00");
  CHECK(body("/v1/hold", wire_any("test.wide.v1.Item", "")) == to_hex(wire_any("test.wide.v1.Item", "")));
  CHECK(body("/v1/hold", "") == "none");
  CHECK(body("/v1/keep", "") == "none");
  CHECK(body("/v1/keep", wire_field(1, wire_field(1, "a"))) == "rule config.fields[\"a\"].kind @2");
}

TEST_CASE("wide binary: random messages in random spellings", "[binary]") {
  const std::string service = "test.wide.v1.Wide.";
  const BinaryCounts whole = BinaryCampaign{wide(), service + "Echo", "POST", "/v1/echo", 5000, 1, false, 6, "any_type"}.run();
  const BinaryCounts config = BinaryCampaign{wide(), service + "Keep", "POST", "/v1/keep", 500, 2, false, 2}.run();
  const BinaryCounts damaged = BinaryCampaign{wide(), service + "Echo", "POST", "/v1/echo", 5000, 3, true, 6}.run();
  std::cout << "whole messages: " << whole.taken << " taken, " << whole.refused << " refused; Structs " << config.taken << "; damaged: " << damaged.taken
            << " taken, " << damaged.refused << " refused\n";
  CHECK(whole.taken > 1000);
  CHECK(whole.refused > 500);
  CHECK(config.taken > 100);
  CHECK(damaged.taken > 100);
  CHECK(damaged.refused > 1000);
}
