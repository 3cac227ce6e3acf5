// SPDX-License-Identifier: Apache-2.0
// sluice conform: the conformance kit against a device, as a table for people and JUnit XML for machines.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"
#include "conformance/faults.hpp"
#include "conformance/report.hpp"
#include "conformance/runner.hpp"

namespace sluice::cli {
namespace {

using conformance::Procedure;
using conformance::Result;

struct Options {
  std::string dut;
  std::string fault;
  std::filesystem::path junit;
  std::vector<std::string> ids;
  unsigned timeout = 600;
  bool list = false;
  bool verbose = false;
};

void print_list() {
  for (const Procedure& procedure : conformance::procedures()) {
    std::cout << fmt::format("{}  {:<65}  invariant {}\n", procedure.id, procedure.title, procedure.invariants);
  }
  for (const auto& fault : conformance::faults()) {
    std::cout << fmt::format("--fault {:<16} a device that {} must find\n", fault.name, fault.procedure);
  }
}

std::vector<const Procedure*> chosen(const Options& options) {
  std::vector<const Procedure*> out;
  if (options.ids.empty()) {
    for (const Procedure& procedure : conformance::procedures()) out.push_back(&procedure);
  }
  for (const std::string& id : options.ids) {
    const Procedure* procedure = conformance::find_procedure(id);
    if (procedure == nullptr) throw std::runtime_error("there is no procedure '" + printable(id) + "'; --list names them");
    out.push_back(procedure);
  }
  return out;
}

void print(const Result& result, bool verbose) {
  const Procedure& procedure = *result.procedure;
  const std::string status = result.status == Result::Status::passed   ? coloured("pass ", Colour::kGreen)
                             : result.status == Result::Status::failed ? coloured("FAIL ", Colour::kRed)
                                                                       : coloured("ERROR", Colour::kRed);
  std::cout << fmt::format("{}  {}  {:<65} {:>6} checks {:>7.2f} s  invariant {}\n", procedure.id, status, procedure.title, result.checks,
                           result.seconds, procedure.invariants);
  if (!result.error.empty()) std::cout << "          " << printable(result.error) << '\n';
  constexpr std::size_t shown = 5;
  for (std::size_t i = 0; i < result.failures.size() && (i < shown || verbose); ++i) {
    std::cout << "          not met: " << printable(result.failures[i]) << '\n';
  }
  if (result.failures.size() > shown && !verbose) {
    std::cout << fmt::format("          and {} more (--verbose)\n", result.failures.size() - shown);
  }
  if (verbose) {
    for (const std::string& note : result.notes) std::cout << "          " << printable(note) << '\n';
  }
  std::cout.flush();
}

int run(const Options& options) {
  if (options.list) {
    print_list();
    return kDone;
  }
  if (options.dut.empty()) throw std::runtime_error("conform: name the device under test with --dut lt or --dut rtl");
  const auto level = *simulator::level_from_name(options.dut);
  if (!simulator::level_available(level)) throw std::runtime_error("this build has no device at level " + options.dut);
  simulator::DeviceSession::Options device;
  device.level = level;
  if (!options.fault.empty()) {
    const auto* fault = conformance::find_fault(options.fault);
    if (fault == nullptr) throw std::runtime_error("there is no fault '" + printable(options.fault) + "'; --list names them");
    device.fault = fault->fault;
  }
  const auto procedures = chosen(options);
  const conformance::Reference reference;
  device.geometry = reference.first().image.geometry();
  const conformance::Subject subject{options.dut, options.fault, reference.first().compiled.digest};

  std::cout << "device " << options.dut << (options.fault.empty() ? "" : ", deliberately broken: " + options.fault) << "; image "
            << subject.digest.substr(0, 16) << "..\n";
  const auto results = conformance::run(
      procedures, reference, [&] { return simulator::DeviceSession::create(device); },
      {std::chrono::seconds(options.timeout), [&](const Result& result) { print(result, options.verbose); }});
  const conformance::Totals totals = conformance::totals(results);
  std::cout << fmt::format("{} passed, {} failed, {} could not run\n", totals.passed, totals.failed, totals.errors);
  if (!options.junit.empty()) write_files({{options.junit, conformance::junit(subject, results)}});
  if (totals.errors != 0) return kCouldNotWork;
  return totals.failed != 0 ? kRefused : kDone;
}

}  // namespace

void register_conform(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      cli.add("conform", "run the conformance kit against a device",
              "  sluice conform --dut rtl --junit conform.xml\n"
              "  sluice conform --dut lt --procedure SLC-04 --verbose\n"
              "  sluice conform --dut lt --fault stale-byte    # must fail: shows that the kit finds it\n\n"
              "The policy of the procedures is built in; devices are driven through their three ports alone.\n"
              "Exit status: 0 all passed; 1 a procedure failed; 2 something could not run.");
  command.add_option("--dut", options->dut, "device under test: lt (SystemC model), rtl (the HDL)")->check(CLI::IsMember({"lt", "rtl"}));
  command.add_option("--fault", options->fault, "a deliberately broken device instead");
  command.add_option("--junit", options->junit, "write JUnit XML to this file");
  command.add_option("--procedure", options->ids, "only this procedure; may be repeated");
  command.add_option("--timeout", options->timeout, "seconds for one procedure")->check(CLI::Range(1U, 86400U))->capture_default_str();
  command.add_flag("--list", options->list, "name procedures and faults, and run nothing");
  command.add_flag("--verbose", options->verbose, "all failures, and measurements");
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
