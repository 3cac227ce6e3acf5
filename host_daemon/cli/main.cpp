// SPDX-License-Identifier: Apache-2.0
// sluice: one command, many subcommands. This file only wires them; each lives in commands/<name>.cpp.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/commands/commands.hpp"
#include "cli/control_client.hpp"
#include "cli/terminal.hpp"
#include "load/nearest.hpp"

namespace {

// sluiced's refusal, with the compiler's diagnostics as they would stand here.
int report(const sluice::v1::Problem& problem) {
  if (!problem.text().empty()) std::cerr << problem.text();
  std::cerr << "sluice: " << problem.title() << ": " << problem.detail() << '\n';
  const bool refused = problem.status() < 500 || problem.status() == 502;
  return refused ? sluice::cli::kRefused : sluice::cli::kCouldNotWork;
}

// True if `word` stands where a subcommand should and is none; says so.
bool unknown_command(const CLI::App& app, const std::string& word) {
  if (word.empty() || word.front() == '-') return false;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == word) return false;
    names.push_back(command->get_name());
  }
  std::cerr << "sluice: no command `" << sluice::cli::printable(word) << '`' << sluice::load::did_you_mean(word, names)
            << "\nRun with --help for more information.\n";
  return true;
}

// A reader that has read enough (`| head`) is no failure worth a word.
bool reader_went_away() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::cli;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a failed write, with an exit status
  CLI::App app("sluice: filter policies for hardware, from schema to device", "sluice");
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.footer(
      "Examples:\n"
      "  sluice compile policy.yaml -o out\n"
      "  sluice check --image out/policy.img --symbols out/policy.sym --pipeline request < record\n"
      "  sluice push policy.yaml\n"
      "  sluice audit tail --follow\n\n"
      "Exit status: 0 done, 1 checked and refused, 2 could not work. `sluice COMMAND --help` has more.");
  Cli cli(app);
  register_compile(cli);
  register_check(cli);
  register_explain(cli);
  register_canonicalize(cli);
  register_push(cli);
  register_status(cli);
  register_audit(cli);
  register_simulate(cli);
  register_conform(cli);
  register_room(cli);
  register_coverage(cli);
  register_verify_image(cli);
  register_keygen(cli);
  register_sign(cli);
  register_verify(cli);
  if (argc > 1 && unknown_command(app, argv[1])) return kCouldNotWork;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kCouldNotWork;
  }
  int status = kCouldNotWork;
  try {
    status = cli.run_chosen();
  } catch (const Refused& refused) {
    if (*refused.what() != '\0') std::cerr << "sluice: " << refused.what() << '\n';
    status = kRefused;
  } catch (const ControlRefused& refused) {
    status = report(refused.problem());
  } catch (const std::exception& error) {
    std::cerr << "sluice: " << error.what() << '\n';
    status = kCouldNotWork;
  }
  std::cout.flush();
  if (!std::cout) {
    if (!reader_went_away()) std::cerr << "sluice: cannot write to the standard output\n";
    return kCouldNotWork;
  }
  return status;
}
