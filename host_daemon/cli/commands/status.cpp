// SPDX-License-Identifier: Apache-2.0
// sluice status: the device, its active image, its counters.
#include <iomanip>
#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/control_client.hpp"
#include "cli/terminal.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::string control;
  std::string format = "text";
};

void line(const char* name, const std::string& value) {
  std::cout << std::left << std::setw(12) << name << value << '\n';
}

std::string state_text(const v1::DeviceStatus& status) {
  switch (status.state()) {
    case v1::DeviceStatus::ACTIVE:
      return coloured("active", Colour::kGreen);
    case v1::DeviceStatus::INACTIVE:
      return coloured("inactive", Colour::kYellow) + " (no image: nothing passes; `sluice push` loads one)";
    default:
      return coloured("disconnected", Colour::kRed) + " (nobody answers; sluiced keeps trying)";
  }
}

void print_image(const v1::DeviceStatus& status) {
  const v1::ImageSummary& image = status.image();
  line("policy", printable(image.name()) + ", serial " + std::to_string(image.serial()));
  line("digest", image.digest());
  line("signature", status.unsigned_image()
                        ? coloured("none: the device runs an unsigned image", Colour::kYellow)
                        : std::string("verified"));
  if (!image.symbols()) line("symbols", "none: events name no field and no rule");
}

void print_load(const v1::Load& load) {
  using v1::Load;
  if (load.stage() == Load::STAGE_UNSPECIFIED || load.stage() == Load::DONE) return;
  const std::string what = printable(load.image().name()) + " serial " + std::to_string(load.image().serial());
  if (load.stage() == Load::FAILED) {
    line("last load", coloured("failed", Colour::kRed) + " (" + what + "): " + printable(load.detail()));
  } else {
    line("load", Load::Stage_Name(load.stage()) + " (" + what + ")");
  }
}

int run(const Options& options) {
  v1::DeviceStatus status;
  const std::string json =
      ControlClient(control_address(options.control)).call("GetStatus", v1::GetStatusRequest(), status);
  if (options.format == "json") {
    std::cout << json << '\n';
    return kDone;
  }
  line("device", printable(status.device()));
  line("state", state_text(status));
  if (status.state() != v1::DeviceStatus::DISCONNECTED) {
    line("hardware", status.geometry() + ", version " + std::to_string(status.hardware_version()));
    if (status.has_image()) print_image(status);
    line("epoch", std::to_string(status.epoch()));
    line("outstanding", std::to_string(status.outstanding()) + " requests wait for their response");
  }
  print_load(status.load());
  for (const v1::Counter& counter : status.counters()) {
    line(counter.pipeline().c_str(), counter.reason() + " " + std::to_string(counter.count()));
  }
  if (status.events_lost() != 0) {
    line("events lost", coloured(std::to_string(status.events_lost()), Colour::kRed) + " in the device, without a slot");
  }
  if (status.frames_ignored() != 0) line("ignored", std::to_string(status.frames_ignored()) + " foreign frames");
  const v1::AuditLog& audit = status.audit();
  line("audit log", std::to_string(audit.events()) + " events of at most " + std::to_string(audit.limit()) +
                        (audit.missed() != 0 ? ", " + std::to_string(audit.missed()) + " missed" : ""));
  return kDone;
}

}  // namespace

void register_status(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add("status", "show the device, its active image and its counters",
                              "  sluice status\n"
                              "  sluice status --format json | jq .state");
  command.add_option("--control", options->control, control_option_help());
  command.add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
