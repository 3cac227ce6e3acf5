// SPDX-License-Identifier: Apache-2.0
// Single random changes to a packed image: each is noticed by a record, or proved to be without
// effect, or listed.
//
//   image_mutants --policy P [--mutants N] [--records N] [--seed S] [--markdown FILE]
//
// Exit status: 0 every change is accounted for, 1 one is not, 2 it could not run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "levels/mutant_check.hpp"
#include "load/load.hpp"

namespace {

using namespace sluice;

struct Options {
  std::string policy;
  std::size_t mutants = 1000, records = 20000;
  std::uint64_t seed = 1;
  std::string markdown;
};

int run(const Options& options) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(options.policy, diagnostics);
  if (!loaded) throw std::runtime_error(diagnostics.text());
  const auto policy =
      compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!policy) throw std::runtime_error(diagnostics.text());

  const test::MutantCheck check(*policy, options.records, options.seed);
  std::mt19937_64 rng(options.seed);
  std::array<std::size_t, test::kFindings> counts{};
  for (std::size_t m = 0; m < options.mutants; ++m) {
    const auto change = check.words().random(rng);
    std::string hint;
    const test::Finding found = check.check(change, hint);
    ++counts[static_cast<std::size_t>(found)];
    if (found == test::Finding::unexplained)
      fmt::print(stderr, "not accounted for: {} ({})\n", change.text, hint);
  }
  std::string out =
      fmt::format("| single changes to the image of {} | {} (seed {}, {} records) |\n|---|---|\n",
                  std::filesystem::path(options.policy).parent_path().filename().string(),
                  options.mutants, options.seed, options.records);
  for (std::size_t i = 0; i < counts.size(); ++i)
    out += fmt::format("| {} | {} |\n", test::text_of(static_cast<test::Finding>(i)), counts[i]);
  fmt::print("{}", out);
  if (!options.markdown.empty()) std::ofstream(options.markdown, std::ios::app) << out << "\n";
  return counts[static_cast<std::size_t>(test::Finding::unexplained)] == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Single changes to an image, and whether records notice them"};
  app.add_option("--policy", options.policy, "policy.yaml")->required();
  app.add_option("--mutants", options.mutants, "how many changes");
  app.add_option("--records", options.records, "how many records each");
  app.add_option("--seed", options.seed, "of both generators");
  app.add_option("--markdown", options.markdown, "append the table to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& e) {
    fmt::print(stderr, "image_mutants: {}\n", e.what());
    return 2;
  }
}
