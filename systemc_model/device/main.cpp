// SPDX-License-Identifier: Apache-2.0
// sluice-device: the simulated device as a process, its three ports on local sockets.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "device/device_loop.hpp"
#include "simulator/device_session.hpp"
#include "sluice/layout.hpp"

namespace {

constexpr int kCouldNotWork = 2;

using sluice::layout::Geometry;
using sluice::simulator::DeviceSession;
using sluice::simulator::Level;

struct Arguments {
  std::string level;
  std::string geometry = "small";
  std::string trace;
  sluice::device::DeviceLoop::Paths paths;
  bool quiet = false;
};

std::string check_trace(const std::string& file) {
  if (file.ends_with(".vcd") || file.ends_with(".fst")) return {};
  return "'" + file + "' must end in .vcd or .fst";
}

void describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "sluice-device " SLUICE_VERSION);
  app.add_option("--level", arguments.level, "lt: SystemC model; rtl: the HDL under Verilator")
      ->required()
      ->check(CLI::IsMember({"lt", "rtl"}));
  app.add_option("--low", arguments.paths.low, "socket of the LOW port (SOCK_SEQPACKET)")->required();
  app.add_option("--high", arguments.paths.high, "socket of the HIGH port")->required();
  app.add_option("--management", arguments.paths.management, "socket of the management port; sluiced's")
      ->required();
  app.add_option("--geometry", arguments.geometry, "sizes of the device")
      ->check(CLI::IsMember({"small", "simulation"}))
      ->capture_default_str();
  app.add_option("--trace", arguments.trace, "rtl: write waveforms to this file (.vcd or .fst)")
      ->check(check_trace);
  app.add_flag("-q,--quiet", arguments.quiet, "log warnings and errors only");
  app.footer(
      "Example:\n"
      "  sluice-device --level lt --low low.sock --high high.sock --management management.sock\n\n"
      "Frames: link frames (docs/layouts.md), one a message, without preamble and FCS. One peer a port; peers may\n"
      "come and go. The device passes nothing before sluiced has loaded an image. SIGTERM and SIGINT stop it.\n"
      "Exit status: 0 stopped by a signal, 2 could not work.");
}

// SIGTERM and SIGINT as a readable descriptor, so that the loop ends between two frames.
int stop_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int run(const Arguments& arguments) {
  const int stop = stop_descriptor();
  if (stop < 0) throw std::runtime_error("signalfd failed");
  std::string name = arguments.geometry;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  DeviceSession::Options options;
  options.level = arguments.level == "rtl" ? Level::rtl : Level::lt;
  options.geometry = sluice::layout::from_name<Geometry>(name).value();
  options.trace_file = arguments.trace;
  const std::unique_ptr<DeviceSession> session = DeviceSession::create(options);
  sluice::device::DeviceLoop loop(*session, arguments.paths);
  spdlog::info("level {}, geometry {}: listening on {}, {}, {}", arguments.level, arguments.geometry,
               arguments.paths.low, arguments.paths.high, arguments.paths.management);
  loop.run(stop);
  ::close(stop);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("sluice-device"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %^%l%$ %v");
  Arguments arguments;
  CLI::App app("sluice-device: a simulated Sluice filtering device", "sluice-device");
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kCouldNotWork;
  }
  if (arguments.quiet) spdlog::set_level(spdlog::level::warn);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "sluice-device: " << error.what() << '\n';
    return kCouldNotWork;
  }
}
