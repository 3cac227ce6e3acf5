// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite as bodies: every n_ text is refused, nothing crashes, and what is accepted reads
// back.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "canonical/json_reader.hpp"
#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;

TEST_CASE("JSONTestSuite", "[corpus]") {
  const char* set = std::getenv("SLUICE_CORPORA");
  const std::filesystem::path folder =
      std::filesystem::path(
          set != nullptr ? set : std::string(SLUICE_SOURCE_DIR) + "/../shared/corpora") /
      "json-parsing";
  if (!std::filesystem::is_directory(folder)) {
    std::cout << "SKIPPED: no JSONTestSuite at " << folder
              << "; set SLUICE_CORPORA to the folder that holds json-parsing\n";
    return;
  }
  int refused = 0, valid = 0, either = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    INFO(name);
    std::string outcome = "valid";
    try {
      const std::string copy = text.str();
      const JsonDocument document(copy, 600);
    } catch (const Refused& why) {
      outcome = why.refusal.code;
    }
    if (name.starts_with("n_")) {
      ++refused;
      CHECK(outcome != "valid");
      CHECK_FALSE(types().canonicalize_request(post_echo(text.str())));
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
    (void)types().canonicalize_request(post_echo(text.str()));
    (void)types().canonicalize_request(post_echo("{\"nested\":" + text.str() + "}"));
  }
  std::cout << "JSONTestSuite: " << refused << " n_ refused, " << valid << " y_ read, " << either
            << " i_ tried\n";
  CHECK(refused > 150);
}
