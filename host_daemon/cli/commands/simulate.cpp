// SPDX-License-Identifier: Apache-2.0
// sluice simulate: traffic through a policy before there is hardware. A summary for people, a JSON result, a page.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"
#include "load/load.hpp"
#include "simulation/html.hpp"
#include "simulation/simulation.hpp"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path policy;
  std::filesystem::path traffic;
  std::string level = "engine";
  std::string json;
  std::filesystem::path html;
  std::filesystem::path chart_js = simulation::chart_library();
  MessageFormat message_format = MessageFormat::text;
};

// Before anything runs: a page that cannot be drawn is not worth a simulation.
std::string chart_script(const Options& options) {
  try {
    return read_text(options.chart_js);
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + "; --html needs Chart.js: install libjs-chart.js, or name a chart.min.js with --chart-js");
  }
}

simulation::Traffic read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in || !std::filesystem::is_regular_file(file)) throw std::runtime_error("'" + file.string() + "': cannot be read");
  simulation::Traffic traffic = simulation::read_traffic(in);
  if (in.bad()) throw std::runtime_error("'" + file.string() + "': reading failed");
  for (const std::string& error : traffic.errors) std::cerr << "sluice: '" << printable(file.string()) << "', " << printable(error) << '\n';
  if (!traffic.errors.empty()) throw std::runtime_error("nothing was simulated: mend the lines above");
  if (traffic.messages.empty()) throw std::runtime_error("'" + file.string() + "' holds no message");
  return traffic;
}

void print_summary(const Json& result) {
  const Json& summary = result["summary"];
  std::cout << fmt::format("{} serial {} at {}: {} messages, {} passed, {} rejected, {} refused by the gateway\n",
                           printable(result["policy"].get<std::string>()), result["serial"].get<std::uint64_t>(), result["level"].get<std::string>(),
                           summary["messages"].get<std::uint64_t>(), summary["accepted"].get<std::uint64_t>(),
                           summary["stopped_by_device"].get<std::uint64_t>(), summary["stopped_by_gateway"].get<std::uint64_t>());
  for (const Json& message : result["messages"]) {
    if (message["verdict"] == "accept") continue;
    const auto text = [&](const char* key) { return message[key].is_string() ? printable(message[key].get<std::string>()) : std::string("-"); };
    std::cout << fmt::format("  {:<24} {}  {:<18} {}  {}\n", text("id"), coloured(fmt::format("{:<7}", text("stopped_by")), Colour::kRed), text("reason"),
                             text("path"), text("rule"));
  }
  const Json& timing = result["timing"];
  if (timing.is_null()) return;
  if (timing["latency"].is_object()) {
    std::cout << fmt::format("latency {:.0f} ns median, {:.0f} ns most, at {} MHz\n", timing["latency"]["median_ns"].get<double>(),
                             timing["latency"]["max_ns"].get<double>(), simulation::clock_hz / 1'000'000);
  }
  for (const char* pipeline : {"request", "response"}) {
    const Json& throughput = timing["throughput"][pipeline];
    if (throughput.is_null()) continue;
    std::cout << fmt::format("{} throughput {:.1f} MB/s, {:.2f} cycles per byte\n", pipeline, throughput["megabytes_per_second"].get<double>(),
                             throughput["cycles_per_byte"].get<double>());
  }
}

int run(const Options& options) {
  const auto level = *simulator::level_from_name(options.level);
  if (level != simulator::Level::engine && !simulator::level_available(level)) {
    throw std::runtime_error("this build has no device at level " + options.level);
  }
  const std::string script = options.html.empty() ? std::string() : chart_script(options);
  const simulation::Traffic traffic = read(options.traffic);
  load::Diagnostics diagnostics;
  std::optional<load::Loaded> loaded = load::load(options.policy, diagnostics);
  std::optional<compiler::CompileResult> policy;
  if (loaded) policy = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  print_diagnostics(diagnostics, options.message_format);
  if (!policy) return kRefused;

  const Json result = simulation::to_json(simulation::simulate(std::move(*policy), traffic, level));
  const std::string json = result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string page = options.html.empty() ? std::string() : simulation::page_of(result, script);
  std::vector<std::pair<std::filesystem::path, std::string_view>> files;
  if (!options.json.empty() && options.json != "-") files.emplace_back(options.json, json);
  if (!options.html.empty()) files.emplace_back(options.html, page);
  write_files(files);
  if (options.json == "-") {
    std::cout << json;
  } else {
    print_summary(result);
  }
  return kDone;
}

}  // namespace

void register_simulate(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      cli.add("simulate", "run traffic through a policy before there is hardware",
              "  sluice simulate --policy policy.yaml --traffic traffic.jsonl --level rtl --html report.html\n"
              "  sluice simulate --policy policy.yaml --traffic traffic.jsonl --json - | jq .summary\n\n"
              "Lines in: {\"id\", \"pipeline\": \"request\"|\"response\", \"t_us\", \"http\" (base64 of one whole message),\n"
              "           \"endpoint\" (responses)}; `record` instead of `http` is a record put straight on the link, as a hostile\n"
              "           gateway would. A response answers the oldest open request of its endpoint.\n"
              "           tools/make_traffic TEXT > traffic.jsonl makes such lines of messages in plain HTTP.\n"
              "Exit status: 0 simulated, whatever the verdicts; 1 the policy has errors; 2 could not work, or a bad line.");
  command.add_option("--policy", options->policy, "the policy (YAML)")->required();
  command.add_option("--traffic", options->traffic, "JSON lines")->required();
  command.add_option("--level", options->level, "engine (C++), lt (SystemC model), rtl (the HDL)")
      ->check(CLI::IsMember({"engine", "lt", "rtl"}))
      ->capture_default_str();
  command.add_option("--json", options->json, "write the result to this file; - is the standard output, instead of the summary");
  command.add_option("--html", options->html, "write one self-contained page to this file");
  command.add_option("--chart-js", options->chart_js, "Chart.js to embed in the page")->capture_default_str();
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
