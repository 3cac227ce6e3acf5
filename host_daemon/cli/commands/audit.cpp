// SPDX-License-Identifier: Apache-2.0
// sluice audit tail: the newest audit events, and those that come.
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/control_client.hpp"
#include "cli/event_text.hpp"

namespace sluice::cli {
namespace {

constexpr std::uint32_t kPage = 500;      // events in one answer
constexpr std::uint32_t kWaitMs = 20'000;  // one long poll

struct Options {
  std::string control;
  std::string format = "text";
  std::uint32_t number = 20;
  bool follow = false;
};

void print(const v1::ListEventsResponse& response, const std::string& format) {
  for (const v1::AuditEvent& event : response.events()) {
    if (format == "text") {
      std::cout << event_line(event) << '\n';
      continue;
    }
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(event, &json).ok()) throw std::runtime_error("JSON failed");
    std::cout << json << '\n';
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to the standard output");
}

int run(const Options& options) {
  const ControlClient client(control_address(options.control));
  v1::ListEventsRequest request;
  v1::ListEventsResponse response;
  request.set_newest(true);
  request.set_limit(std::max(options.number, 1U));
  client.call("ListEvents", request, response);
  if (options.number != 0) print(response, options.format);
  request.Clear();
  request.set_limit(kPage);
  request.set_wait_ms(kWaitMs);
  while (options.follow) {
    request.set_after(response.last_id());
    response.Clear();
    client.call("ListEvents", request, response, std::chrono::seconds(60));
    print(response, options.format);
  }
  return kDone;
}

}  // namespace

void register_audit(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& audit = cli.add("audit", "read the audit log", "  sluice audit tail -n 50\n  sluice audit tail --follow");
  audit.require_subcommand(1);
  CLI::App& tail = *audit.add_subcommand("tail", "the newest events, oldest first");
  tail.footer("Examples:\n  sluice audit tail -n 50\n  sluice audit tail --follow --format json | jq .rule");
  tail.add_option("-n,--number", options->number, "how many of the newest events")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  tail.add_flag("-f,--follow", options->follow, "go on with the events that come, until interrupted");
  tail.add_option("--control", options->control, control_option_help());
  tail.add_option("--format", options->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  cli.runs(tail, [options] { return run(*options); });
}

}  // namespace sluice::cli
