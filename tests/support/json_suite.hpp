// SPDX-License-Identifier: Apache-2.0
// The texts of JSONTestSuite, which is not part of the tree. It judges nothing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sluice::support {

/// Name ("n_...", "y_...", "i_...") and content of each text, from SLUICE_CORPORA or
/// ../shared/corpora beside the tree. Empty without the suite; then a line "SKIPPED: ..." is
/// printed, by which ctest counts the test as skipped.
inline std::vector<std::pair<std::string, std::string>> json_suite() {
  const char* set = std::getenv("SLUICE_CORPORA");
  const auto corpora = std::filesystem::path(
      set != nullptr ? set : std::string(SLUICE_SOURCE_DIR) + "/../shared/corpora");
  const auto folder = corpora / "json-parsing";
  std::vector<std::pair<std::string, std::string>> texts;
  if (!std::filesystem::is_directory(folder)) {
    std::cout << "SKIPPED: no JSONTestSuite at " << folder
              << "; set SLUICE_CORPORA to the folder that holds json-parsing\n";
    return texts;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    texts.emplace_back(entry.path().filename(),
                       std::string(std::istreambuf_iterator<char>(in), {}));
  }
  return texts;
}

}  // namespace sluice::support
