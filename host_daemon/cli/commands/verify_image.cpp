// SPDX-License-Identifier: Apache-2.0
// sluice verify-image: an image against its policy, by code that shares nothing with the compiler's stages.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "load/load.hpp"
#include "verify/verify.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path image, policy, dump;
  std::string format = "text";
  verify::Options check;
  MessageFormat message_format = MessageFormat::text;
};

int run(const Options& options) {
  load::Diagnostics diagnostics;
  auto loaded = load::load(options.policy, diagnostics);
  if (!loaded) {
    print_diagnostics(diagnostics, options.message_format);
    throw std::runtime_error("policy '" + options.policy.string() + "' cannot be read");
  }
  const auto image = read_bytes(options.image);
  std::optional<std::string> dump;
  if (!options.dump.empty()) dump = read_text(options.dump);
  std::string last;
  auto next = std::chrono::steady_clock::now();
  const auto report = verify::verify(image, std::make_shared<const load::Loaded>(std::move(*loaded)), dump, options.check,
                                     [&](const std::string& what, std::size_t done, std::size_t all) {
                                       const auto now = std::chrono::steady_clock::now();
                                       if (what == last && now < next) return;
                                       next = now + std::chrono::seconds(2);
                                       last = what;
                                       std::cerr << what;
                                       if (all != 0) std::cerr << ' ' << done << " of " << all;
                                       std::cerr << '\n';
                                     });
  std::cout << (options.format == "json" ? verify::to_json(report) : verify::to_text(report));
  return report.good() ? kDone : kRefused;
}

}  // namespace

void register_verify_image(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add(
      "verify-image", "check an image against its policy, independently of the compiler",
      "  sluice compile policy.yaml -o out && sluice compile policy.yaml --emit=packed > out/packed.txt\n"
      "  sluice verify-image --image out/policy.img --policy policy.yaml --dump out/packed.txt\n\n"
      "Exit status: 0 no finding, 1 findings, 2 could not work.");
  command.add_option("--image", options->image, "image (policy.img)")->required();
  command.add_option("--policy", options->policy, "the policy (YAML) that it should be")->required();
  command.add_option("--dump", options->dump, "what the compiler meant to write: output of `sluice compile --emit=packed`");
  command.add_option("--records", options->check.records, "changed records that table and judge are compared on")->capture_default_str();
  command.add_option("--seed", options->check.seed, "of everything random")->capture_default_str();
  command.add_option("--lengths", options->check.max_lengths, "longest record that the walk looks at, bytes")
      ->check(CLI::Range(64U, 65535U))
      ->capture_default_str();
  command.add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
