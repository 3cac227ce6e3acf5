// SPDX-License-Identifier: Apache-2.0
// The verifier against NIST's vectors: every one as it is labelled.
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "signing/corpus.hpp"
#include "signing/lms.hpp"

using namespace sluice;

TEST_CASE("ACVP vectors of LMS signature verification", "[corpus]") {
  const auto vectors = test::acvp_vectors();
  if (vectors.empty()) return;
  std::map<std::string, unsigned> by_reason;
  for (const auto& vector : vectors) {
    INFO(vector.lms << " " << vector.lmots << ": " << vector.reason);
    const auto key = signing::PublicKey::decode(vector.public_key);
    CHECK(key.parameters.lms.name == vector.lms);
    CHECK(key.parameters.lmots.name == vector.lmots);
    CHECK(key.encode() == vector.public_key);
    const auto why = signing::why_invalid(key, vector.message, vector.signature);
    CHECK(why.has_value() != vector.accept);
    // The last bit is what the vectors change of a message.
    auto other = vector.message;
    other.back() ^= 1;
    CHECK(signing::why_invalid(key, other, vector.signature).has_value() ==
          (vector.reason != "modify message"));
    ++by_reason[(vector.accept ? "accept, " : "reject, ") + vector.reason];
  }
  for (const auto& [reason, count] : by_reason)
    std::cout << "  " << reason << ": " << count << "\n";
  CHECK(vectors.size() >= 64);
  CHECK(by_reason.size() >= 4);
}
