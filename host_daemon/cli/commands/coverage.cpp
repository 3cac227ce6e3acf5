// SPDX-License-Identifier: Apache-2.0
// sluice coverage: which transitions real traffic never used, and a patch of the .proto files with the rules that it keeps.
#include "coverage/coverage.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path policy, patch;
  std::vector<std::filesystem::path> traffic;
  std::string format = "text";
  coverage::Options what;
  bool no_patterns = false, no_room = false;
  MessageFormat message_format = MessageFormat::text;
};

int run(const Options& options) {
  simulation::Traffic traffic;
  for (const std::filesystem::path& file : options.traffic) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("'" + file.string() + "' cannot be read");
    simulation::Traffic more = simulation::read_traffic(in);
    for (const std::string& error : more.errors) std::cerr << "sluice: " << printable(file.string()) << ": " << printable(error) << '\n';
    if (!more.errors.empty()) return kCouldNotWork;
    for (simulation::Message& message : more.messages) traffic.messages.push_back(std::move(message));
  }
  coverage::Options what = options.what;
  what.patterns = !options.no_patterns;
  what.room = !options.no_room;
  if (isatty(STDERR_FILENO) == 1) what.progress = [](const std::string& text) { std::cerr << "sluice: " << text << '\n'; };
  load::Diagnostics diagnostics;
  const auto report = coverage::measure(options.policy, traffic, what, diagnostics);
  print_diagnostics(diagnostics, options.message_format);
  if (!report) return kRefused;
  std::cout << (options.format == "json" ? coverage::to_json(*report) + "\n" : coverage::to_text(*report));
  if (options.patch.empty()) return kDone;
  write_files({{options.patch, report->patch}});
  if (options.format == "text") {
    std::cout << (report->patch.empty() ? "\nno proposals; the patch is empty\n"
                                        : "\npatch -d " + printable(options.policy.parent_path().empty() ? "." : options.policy.parent_path().string()) +
                                              " -p1 < " + printable(options.patch.string()) + '\n');
  }
  return kDone;
}

}  // namespace

void register_coverage(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add(
      "coverage", "what real traffic uses of the tables, and tighter rules from it",
      "  sluice coverage policy.yaml --traffic monday.jsonl tuesday.jsonl --patch tighter.patch\n\n"
      "Traffic is what `sluice simulate` takes: {\"id\", \"pipeline\", \"t_us\", \"http\" or \"record\" (base64), \"endpoint\" (responses)} a line.\n"
      "The patch applies with `patch -p1` in the policy's folder; under it all of this traffic still passes. See docs/room.md.");
  command.add_option("policy", options->policy, "the policy (YAML)")->required();
  command.add_option("--traffic", options->traffic, "JSON lines")->required();
  command.add_option("--patch", options->patch, "write the proposals here, as a unified diff");
  command.add_option("--least", options->what.least, "values of a field before it gets a proposal")->capture_default_str();
  command.add_flag("--no-patterns", options->no_patterns, "propose no sets of characters");
  command.add_flag("--no-room", options->no_room, "do not measure what the proposals take away");
  command.add_option("--max-bytes", options->what.max_bytes, "measure records up to this length")->check(CLI::Range(1U, 65535U));
  command.add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
