// SPDX-License-Identifier: Apache-2.0
// sluice: one command, many subcommands. This file only wires them; each lives in commands/<name>.cpp.
#include <csignal>
#include <iostream>
#include <string>

#include "cli/command.hpp"
#include "cli/commands/commands.hpp"
#include "cli/control_client.hpp"

namespace {

// sluiced's refusal, with the compiler's diagnostics as they would stand here.
int report(const sluice::v1::Problem& problem) {
  if (!problem.text().empty()) std::cerr << problem.text();
  std::cerr << "sluice: " << problem.title() << ": " << problem.detail() << '\n';
  const bool refused = problem.status() < 500 || problem.status() == 502;
  return refused ? sluice::cli::kRefused : sluice::cli::kCouldNotWork;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::cli;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a failed write, with an exit status
  CLI::App app("sluice: filter policies for hardware, from schema to device");
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
    std::cerr << "sluice: cannot write to the standard output\n";
    return kCouldNotWork;
  }
  return status;
}
