// SPDX-License-Identifier: Apache-2.0
// What every subcommand of `sluice` shares: how it is registered, how it ends, and the words for its failures.
//
// A subcommand lives in commands/<name>.cpp: `void register_<name>(Cli& cli)`, declared in commands/commands.hpp, adds
// a CLI::App and calls `cli.runs(subcommand, function)`. The function returns the exit status, or throws: Refused is 1,
// every other exception 2, with its text on stderr.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

namespace sluice::cli {

enum Exit : int {
  kDone = 0,
  kRefused = 1,       // checked, and found bad
  kCouldNotWork = 2,  // usage, files, network, internal failure
};

// Checked, and found bad: exit status 1. An empty text prints nothing more.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Cli {
 public:
  explicit Cli(CLI::App& app) : app_(app) {}

  // A new subcommand; `examples` stands at the end of its help.
  CLI::App& add(const std::string& name, const std::string& purpose, const std::string& examples) {
    CLI::App& command = *app_.add_subcommand(name, purpose);
    command.footer("Examples:\n" + examples);
    return command;
  }

  // `run` runs when `command` was chosen.
  void runs(CLI::App& command, std::function<int()> run) {
    command.callback([this, run = std::move(run)] { chosen_ = run; });
  }

  int run_chosen() const { return chosen_ ? chosen_() : static_cast<int>(kCouldNotWork); }
  CLI::App& app() { return app_; }

 private:
  CLI::App& app_;
  std::function<int()> chosen_;
};

}  // namespace sluice::cli
