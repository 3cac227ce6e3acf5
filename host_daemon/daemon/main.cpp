// SPDX-License-Identifier: Apache-2.0
// sluiced: keeps one device, loads images into it, serves the control API.
//
//   sluice push, status, audit -> http_server -> router -> control_service -> device_link -> management port
//                                                             |        \---- image_source (compiler, engine)
//                                                             store (SQLite), audit_decoder
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "daemon/control_address.hpp"
#include "daemon/control_service.hpp"
#include "daemon/http_server.hpp"
#include "daemon/router.hpp"
#include "daemon/store.hpp"

namespace {

namespace asio = boost::asio;
namespace daemon_ns = sluice::daemon;
constexpr int kCouldNotWork = 2;

struct Arguments {
  std::string control{daemon_ns::kDefaultControlAddress};
  std::string state;
  std::uint64_t audit_limit = 1'000'000;
  bool quiet = false;
  daemon_ns::ControlService::Options service;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "sluiced " SLUICE_VERSION);
  app.add_option("--control", arguments.control, "where the control API listens: ADDR:PORT or unix:PATH, local only")
      ->capture_default_str();
  app.add_option("--device", arguments.service.device_socket, "management socket of the device")->required();
  app.add_option("--state", arguments.state, "folder for images and the audit log; created if absent")->required();
  app.add_flag("--restore", arguments.service.restore,
               "load the last active image again when the device has none (after its restart)");
  app.add_option("--audit-limit", arguments.audit_limit, "events kept; the oldest make room")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 32))
      ->capture_default_str();
  app.add_flag("-q,--quiet", arguments.quiet, "log warnings and errors only");
  app.footer(
      "Example:\n"
      "  sluiced --device management.sock --state state\n"
      "  sluice push policy.yaml\n\n"
      "The device may start earlier or later, and come back. SIGTERM and SIGINT stop sluiced.\n"
      "Exit status: 0 stopped by a signal, 2 could not work.");
}

// What waits in coroutines refers to the parts below: it must go before they do.
class Context : public asio::io_context {
 public:
  Context() : asio::io_context(1) {}
  void drop_waiting() { shutdown(); }
};

int run(const Arguments& arguments) {
  Context context;
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) return;
    spdlog::info("stopping: signal {}", signal);
    context.stop();
  });
  const daemon_ns::ControlAddress address = daemon_ns::parse_control_address(arguments.control);
  daemon_ns::Store store(arguments.state, arguments.audit_limit);
  daemon_ns::ControlService service(context.get_executor(), store, arguments.service);
  daemon_ns::Router router(service);
  daemon_ns::HttpServer server(context.get_executor(), address, router);
  spdlog::info("control API on {}, device at {}", server.address(), arguments.service.device_socket);
  std::exception_ptr failure;
  const auto ended = [&](std::exception_ptr error) {
    failure = error;
    context.stop();
  };
  asio::co_spawn(context, server.run(), ended);
  asio::co_spawn(context, service.run(), ended);
  context.run();
  service.stop_compiler();
  context.drop_waiting();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("sluiced"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %^%l%$ %v");
  Arguments arguments;
  CLI::App app("sluiced: loads images into a Sluice device, keeps its audit log, serves the control API", "sluiced");
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
    std::cerr << "sluiced: " << error.what() << '\n';
    return kCouldNotWork;
  }
}
