// SPDX-License-Identifier: Apache-2.0
// Random messages in random spellings through the canonicalizer: what it writes is one spelling, is accepted by the judge and means what was
// sent; what it refuses breaks a rule.
#pragma once

#include <google/protobuf/dynamic_message.h>

#include <random>

#include "canonical/support.hpp"
#include "judge/judge.hpp"
#include "support/binary_messages.hpp"
#include "support/hex.hpp"

namespace sluice::canonical::test {

inline HttpRequest binary_call(std::string method, std::string target, std::string body) {
  return {std::move(method), std::move(target), {{"Host", "a"}, {"Content-Type", "application/protobuf"}}, std::move(body)};
}

/// The canonical body in hexadecimal, or "code field @offset".
inline std::string binary_answer(const Canonicalizer& canonicalizer, const HttpRequest& http) {
  const auto result = canonicalizer.canonicalize_request(http);
  if (result) return result->bytes.find("content-length") == std::string::npos ? "none" : sluice::test::to_hex(body_of(result->bytes));
  const Refusal& refusal = result.refusal();
  CHECK(refusal.line == 0);
  CHECK(refusal.column == 0);
  return refusal.code + (refusal.field.empty() ? "" : " " + refusal.field) + (refusal.offset ? " @" + std::to_string(*refusal.offset) : "");
}

struct BinaryCounts {
  int taken = 0, refused = 0;
};

struct BinaryCampaign {
  const Canonicalizer& canonicalizer;
  std::string method, verb, target;  // of the endpoint; the method by its full name
  int rounds;
  std::uint64_t seed;
  bool damaged;                 // some bytes are changed
  unsigned dense = 3;           // the fullest messages have one field in so many
  std::string unfair = "";      // a code besides rules that random messages may be refused with

  BinaryCounts run() const {
    std::mt19937_64 random(seed);
    load::Diagnostics diagnostics;
    const auto judge = judge::Judge::create(canonicalizer.schema().loaded, diagnostics);
    REQUIRE(judge);
    const auto& endpoint = canonicalizer.endpoint(find_endpoint(canonicalizer.schema(), method));
    google::protobuf::DynamicMessageFactory factory(canonicalizer.schema().loaded->pool);
    const auto* type = endpoint.method->input_type();
    const auto* field = endpoint.body.kind == compiler::Body::Kind::field
                            ? canonicalizer.schema().message(endpoint.body.message).fields[static_cast<std::size_t>(endpoint.body.field)].descriptor
                            : nullptr;
    if (field != nullptr) type = field->message_type();
    const auto* prototype = factory.GetPrototype(type);
    BinaryCounts counts;
    for (int i = 0; i < rounds; ++i) {
      std::unique_ptr<google::protobuf::Message> message(prototype->New());
      sluice::test::fill(*message, random, dense + static_cast<unsigned>(random() % 20), canonicalizer.schema().loaded->any_types);
      std::string sent = random() % 4 == 0 ? message->SerializeAsString() : sluice::test::messy_spelling(*message, random);
      if (damaged) {
        for (std::size_t n = 1 + random() % 2; n > 0 && !sent.empty(); --n) sent[random() % sent.size()] = static_cast<char>(random());
      }
      const auto record = canonicalizer.canonicalize_request(binary_call(verb, target, sent));
      if (!record) {
        ++counts.refused;
        if (damaged) continue;
        // Only rules and the record's length may stand against a message that is well formed.
        const std::string& code = record.refusal().code;
        INFO(code << " " << record.refusal().field << " " << sluice::test::to_hex(sent));
        const bool fair = code == "rule" || code == "record_too_long" || code == unfair;
        REQUIRE(fair);
        if (code == "rule" && field == nullptr) REQUIRE_FALSE(judge->evaluate(*message).empty());
        continue;
      }
      ++counts.taken;
      INFO(sluice::test::to_hex(sent) << "\n" << sluice::test::to_hex(body_of(record->bytes)));
      const auto again = canonicalizer.canonicalize_http(layout::Pipeline::REQUEST, record->bytes);
      REQUIRE(again);
      REQUIRE(again->bytes == record->bytes);
      const auto verdict = judge->request({reinterpret_cast<const std::uint8_t*>(record->bytes.data()), record->bytes.size()});
      INFO(verdict.rule << " " << verdict.path << " " << verdict.message);
      REQUIRE(verdict.accepted);
      // The same message: what is read back from both.
      std::unique_ptr<google::protobuf::Message> before(prototype->New()), after(prototype->New());
      REQUIRE(before->ParseFromString(sent));
      REQUIRE(after->ParseFromString(body_of(record->bytes)));
      // Of minus zero there is one spelling, too, so damaged floats may differ.
      if (!damaged && (field == nullptr || !body_of(record->bytes).empty())) REQUIRE(sluice::test::same_message(*before, *after));
    }
    return counts;
  }
};

}  // namespace sluice::canonical::test
