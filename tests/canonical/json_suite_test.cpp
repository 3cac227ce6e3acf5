// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite as bodies: every n_ text is refused, nothing crashes, and what is accepted reads
// back.
#include <iostream>

#include "canonical/json_reader.hpp"
#include "canonical/support.hpp"
#include "support/json_suite.hpp"

using namespace sluice;
using namespace sluice::canonical;
using namespace sluice::canonical::test;

TEST_CASE("JSONTestSuite", "[corpus]") {
  const auto texts = support::json_suite();
  if (texts.empty()) return;
  int refused = 0, valid = 0, either = 0;
  for (const auto& [name, text] : texts) {
    INFO(name);
    std::string outcome = "valid";
    try {
      const JsonDocument document(text, 600);
    } catch (const Refused& why) {
      outcome = why.refusal.code;
    }
    if (name.starts_with("n_")) {
      ++refused;
      CHECK(outcome != "valid");
      CHECK_FALSE(types().canonicalize_request(post_echo(text)));
    } else if (name.starts_with("y_")) {
      ++valid;
      CHECK(outcome == "valid");
    } else {
      ++either;  // up to the implementation; bad UTF-8, lone surrogates and a byte order mark are
                 // refused here
      if (name.find("string") != std::string::npos || name.find("BOM") != std::string::npos ||
          name.find("object_key") != std::string::npos) {
        CHECK(outcome != "valid");
      }
    }
    (void)types().canonicalize_request(post_echo(text));
    (void)types().canonicalize_request(post_echo("{\"nested\":" + text + "}"));
  }
  std::cout << "JSONTestSuite: " << refused << " n_ refused, " << valid << " y_ read, " << either
            << " i_ tried\n";
  CHECK(refused > 150);
}
