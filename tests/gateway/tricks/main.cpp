// SPDX-License-Identifier: Apache-2.0
// http_tricks: runs the list of HTTP tricks and says where what happens is not what should.
// Exit status: 0 all as expected, 1 not, 2 could not work.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "report.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  using namespace sluice::tricks;
  CLI::App app("http_tricks: HTTP tricks through gateways, device and tables", "http_tricks");
  std::string folder, device, markdown, fault, category;
  bool show = false;
  app.add_option("folder", folder, "policy.yaml and data/*.yaml")->required();
  app.add_option("--device", device, "the program sluice-device")->required();
  app.add_option("--markdown", markdown, "write the table of results to this file");
  app.add_option("--seeded-fault", fault, "mend messages on their way")
      ->check(CLI::IsMember({"lenient"}));
  app.add_option("--category", category, "only the tricks of this category");
  app.add_flag("--show", show, "print what happened to every trick");
  CLI11_PARSE(app, argc, argv);
  try {
    auto tricks = read_tricks(folder + "/data");
    if (!category.empty())
      std::erase_if(tricks, [&](const Trick& trick) { return trick.category != category; });
    if (tricks.empty()) throw std::runtime_error("there is no category '" + category + "'");
    Runner runner({folder, device, !fault.empty()});
    std::vector<Outcome> outcomes;
    std::size_t wrong = 0;
    for (const Trick& trick : tricks) {
      outcomes.push_back(runner.run(trick));
      const Outcome& outcome = outcomes.back();
      if (show) std::cout << line_of(trick, outcome) << '\n';
      for (const std::string& finding : outcome.findings)
        std::cout << "finding: " << trick.category << ": " << trick.name << ": " << finding
                  << std::endl;
      wrong += outcome.findings.empty() ? 0 : 1;
    }
    std::cout << tricks.size() << " tricks, " << wrong << " not as expected\n";
    if (!markdown.empty() && wrong == 0 && category.empty())
      std::ofstream(markdown) << table_of(tricks, outcomes);
    return wrong == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "http_tricks: " << error.what() << '\n';
    return 2;
  }
}
