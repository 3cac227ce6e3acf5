// SPDX-License-Identifier: Apache-2.0
// The ACVP vectors of LMS signature verification, which are not part of the tree. It judges
// nothing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "signing/sha256.hpp"

namespace sluice::test {

struct LmsVector {
  std::string lms, lmots, reason;  // names of the sets; kind of damage
  bool accept = false;
  signing::Bytes message, signature, public_key;
};

inline signing::Bytes hex_bytes(const std::string& digits) {
  signing::Bytes out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}

// From SLUICE_CORPORA, or ../shared/corpora beside the tree. Empty without them; then a line
// "SKIPPED: ..." is printed, by which ctest counts the test as skipped.
inline std::vector<LmsVector> acvp_vectors() {
  const char* set = std::getenv("SLUICE_CORPORA");
  const auto file =
      std::filesystem::path(
          set != nullptr ? set : std::string(SLUICE_SOURCE_DIR) + "/../shared/corpora") /
      "lms-sigver/acvp_lms_sigver_sha256.jsonl";
  std::vector<LmsVector> vectors;
  std::ifstream in(file);
  if (!in) {
    std::cout << "SKIPPED: no ACVP vectors at " << file
              << "; set SLUICE_CORPORA to the folder that holds lms-sigver\n";
    return vectors;
  }
  for (std::string line; std::getline(in, line);) {
    const auto one = nlohmann::json::parse(line);
    vectors.push_back({one.at("lms"), one.at("lmots"), one.at("reason"),
                       one.at("expect") == "accept", hex_bytes(one.at("msg_hex")),
                       hex_bytes(one.at("sig_hex")), hex_bytes(one.at("pub_hex"))});
  }
  return vectors;
}

}  // namespace sluice::test
