// SPDX-License-Identifier: Apache-2.0
// Rules `oneof` of a message: they count members that will stand, not members that are spelled, alike in both encodings.
#include "canonical/support.hpp"
#include "support/hex.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;
using sluice::test::from_hex;
using sluice::test::to_hex;

namespace {

std::string answer(const std::string& path, const std::string& type, const std::string& body) {
  static const Canonicalizer choices(load_schema("tests/canonical/data/choice.yaml"));
  const auto result = choices.canonicalize_request({"POST", path, {{"Host", "types.example"}, {"Content-Type", type}}, body});
  if (result) return body_of(result->bytes);
  const Refusal& refusal = result.refusal();
  return refusal.code + " " + refusal.field + " " + refusal.rule;
}

std::string json(const std::string& body) { return answer("/v1/json", "application/json", body); }
std::string binary(std::string_view body) {
  const std::string out = answer("/v1/binary", "application/protobuf", from_hex(body));
  return out.find("oneof") != std::string::npos ? out : to_hex(out);
}

constexpr auto kNear = "message.oneof = {near, next, items} required";
constexpr auto kApart = "message.oneof = {first, last}";

}  // namespace

TEST_CASE("a default beside a member of a rule oneof is no second one", "[json][binary]") {
  CHECK(json(R"({"near":0,"next":"x"})") == R"({"next":"x"})");
  CHECK(json(R"({"items":[],"next":"","near":1})") == R"({"near":1})");
  CHECK(json(R"({"first":"","last":"z","near":1})") == R"({"near":1,"last":"z"})");
  CHECK(binary("1000 1A01'x'") == "1A0178");
  CHECK(binary("0A00 2A01'z' 1001") == "10012A017A");
}

TEST_CASE("two members of a rule oneof are refused, none too where one is required", "[json][binary]") {
  CHECK(json(R"({"near":1,"next":"x"})") == std::string("rule next ") + kNear);
  CHECK(json(R"({"near":1,"items":[1]})") == std::string("rule items ") + kNear);
  CHECK(json(R"({"first":"a","last":"z","near":1})") == std::string("rule last ") + kApart);
  CHECK(json(R"({"first":"a"})") == std::string("rule  ") + kNear);
  CHECK(json(R"({"near":0})") == std::string("rule  ") + kNear);
  // Protobuf's own oneof would keep the last one only.
  CHECK(binary("1001 1A01'x'") == std::string("rule next ") + kNear);
  CHECK(binary("1A01'x' 1001") == std::string("rule next ") + kNear);
  CHECK(binary("0A01'a' 2A01'z' 1001") == std::string("rule last ") + kApart);
  CHECK(binary("0A01'a'") == std::string("rule  ") + kNear);
}
