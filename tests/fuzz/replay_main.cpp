// SPDX-License-Identifier: Apache-2.0
// Plays files and folders of inputs through a fuzz target without libFuzzer: what CI does with the
// seed corpus, under any compiler.
//
//   fuzz_<target> [--seeded-fault] FILE|FOLDER...
//
// Exit status: 0 all were played without a finding (a finding aborts), 2 there was nothing to play.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "fuzz/support.hpp"

namespace {

bool play(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
  if (!in.is_open() || in.bad()) {
    std::fprintf(stderr, "%s cannot be read\n", file.c_str());
    return false;
  }
  std::fprintf(stderr, "%s\r", file.filename().c_str());  // the last one shown is the finding's
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--seeded-fault") {
      sluice::fuzz::seeded_fault = true;
    } else if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "no input to play; name files or folders\n");
    return 2;
  }
  for (const auto& file : files) {
    if (!play(file)) return 2;
  }
  std::printf("\n%zu inputs played, no finding\n", files.size());
  return 0;
}
