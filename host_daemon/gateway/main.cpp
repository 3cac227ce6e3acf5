// SPDX-License-Identifier: Apache-2.0
// sluice-gateway: the command line, signals, and the policy's reload. Exit status: 0 stopped by a
// signal, 2 could not work.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <iostream>

#include "gateway/high_gateway.hpp"
#include "gateway/low_gateway.hpp"

namespace {

using namespace sluice::gateway;

constexpr int kCouldNotWork = 2;
constexpr std::chrono::seconds kStopLimit{5};  // for requests under way

struct Arguments {
  std::string side, policy, device, listen, backend, log_level = "info";
  std::size_t max_connections = 1024;
};

// "ADDR:PORT", an IPv6 address in brackets.
tcp::endpoint parse_listen(const std::string& text) {
  const auto colon = text.rfind(':');
  boost::system::error_code error;
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string port = text.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        port.find_first_not_of("0123456789") == std::string::npos;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (!error && digits && std::stoi(port) <= 65535)
      return {address, static_cast<unsigned short>(std::stoi(port))};
  }
  throw std::invalid_argument("--listen '" + text +
                              "' is not of the form ADDRESS:PORT, for example 127.0.0.1:8080");
}

// Every client takes a descriptor; the device, the log and a new policy must still find some.
void raise_descriptor_limit(std::size_t connections) {
  constexpr rlim_t kOwn = 32;
  const rlim_t wanted = connections + kOwn;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw std::invalid_argument("--max-connections " + std::to_string(connections) + " needs " +
                                std::to_string(wanted) + " open files, but this process may have " +
                                std::to_string(limit.rlim_max) +
                                "; lower it, or raise the limit (ulimit -n)");
  }
  limit.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::invalid_argument("cannot raise the limit of open files to " +
                                std::to_string(wanted) + "; raise it (ulimit -n)");
}

// What both sides have in common.
struct Running {
  std::function<void(std::shared_ptr<const PolicyState>)> set_policy;
  std::function<void()> stop;
  std::function<bool()> idle;
};

Running start_low(asio::io_context& io, const Arguments& arguments,
                  std::shared_ptr<const PolicyState> policy) {
  const tcp::endpoint listen = parse_listen(arguments.listen);
  raise_descriptor_limit(arguments.max_connections);
  std::shared_ptr<LowGateway> gateway;
  try {
    gateway = LowGateway::create(io,
                                 {.device = arguments.device,
                                  .listen = listen,
                                  .max_connections = arguments.max_connections},
                                 std::move(policy));
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen on " + arguments.listen + ": " +
                             error.code().message());
  }
  gateway->start();
  const tcp::endpoint local = gateway->local_endpoint();
  spdlog::info("LOW: listening on {}:{}, device {}", local.address().to_string(), local.port(),
               arguments.device);
  return {[gateway](auto state) { gateway->set_policy(std::move(state)); },
          [gateway] { gateway->stop(); }, [gateway] { return gateway->idle(); }};
}

Running start_high(asio::io_context& io, const Arguments& arguments,
                   std::shared_ptr<const PolicyState> policy) {
  const auto gateway = HighGateway::create(
      io, {.device = arguments.device, .backend = parse_backend(arguments.backend)},
      std::move(policy));
  gateway->start();
  spdlog::info("HIGH: backend {}, device {}", arguments.backend, arguments.device);
  return {[gateway](auto state) { gateway->set_policy(std::move(state)); },
          [gateway] { gateway->stop(); }, [gateway] { return gateway->idle(); }};
}

class Signals {
 public:
  Signals(asio::io_context& io, Running running, std::string policy)
      : io_(io),
        running_(std::move(running)),
        policy_(std::move(policy)),
        signals_(io, SIGHUP, SIGTERM, SIGINT),
        timer_(io) {}

  void wait() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reload();
        wait();
        return;
      }
      spdlog::info("stopping: {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      running_.stop();
      deadline_ = Clock::now() + kStopLimit;
      finish();
    });
  }

 private:
  // Reading a policy takes a while: a thread of its own does it, and the old one serves until it is
  // done.
  void reload() {
    asio::post(pool_, [this] {
      auto result = load_policy(policy_);
      asio::post(io_, [this, result = std::move(result)] {
        if (const auto* text = std::get_if<std::string>(&result)) {
          spdlog::error("the new policy is not taken, the old one stays:\n{}", *text);
          return;
        }
        const auto& state = std::get<0>(result);
        running_.set_policy(state);
        spdlog::info("policy '{}' serial {} is in use", state->policy().name(),
                     state->policy().serial());
      });
    });
  }

  void finish() {
    if (running_.idle() || Clock::now() >= deadline_) {
      pool_.stop();
      io_.stop();
      return;
    }
    timer_.expires_after(std::chrono::milliseconds(20));
    timer_.async_wait([this](boost::system::error_code) { finish(); });
  }

  asio::io_context& io_;
  Running running_;
  std::string policy_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
  Clock::time_point deadline_;
  asio::thread_pool pool_{1};
};

int run(const Arguments& arguments) {
  auto policy = load_policy(arguments.policy);
  if (const auto* text = std::get_if<std::string>(&policy)) {
    std::cerr << *text << (text->ends_with('\n') ? "" : "\n");
    return kCouldNotWork;
  }
  const auto state = std::get<0>(policy);
  asio::io_context io(1);
  spdlog::info("policy '{}' serial {} is in use", state->policy().name(), state->policy().serial());
  Signals signals(
      io,
      arguments.side == "low" ? start_low(io, arguments, state) : start_high(io, arguments, state),
      arguments.policy);
  signals.wait();
  io.run();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Gateway between an HTTP network and the Sluice device: canonical records one way, HTTP the "
      "other.",
      "sluice-gateway"};
  Arguments arguments;
  app.set_version_flag("--version", "sluice-gateway " SLUICE_VERSION);
  app.add_option("--side", arguments.side, "low: serves clients; high: calls the backend")
      ->required()
      ->check(CLI::IsMember({"low", "high"}));
  app.add_option("--policy", arguments.policy, "the policy, policy.yaml; SIGHUP reads it again")
      ->required();
  app.add_option("--device", arguments.device, "socket of the device's port on this side")
      ->required();
  auto* listen = app.add_option("--listen", arguments.listen,
                                "low: ADDRESS:PORT for clients; port 0 takes a free one");
  auto* backend =
      app.add_option("--backend", arguments.backend, "high: http://HOST:PORT of the backend");
  app.add_option("--max-connections", arguments.max_connections,
                 "low: clients at once; above it the slowest is disconnected")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  app.add_option("--log-level", arguments.log_level, "what is logged to stderr")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  listen->excludes(backend);
  app.footer(
      "Example:\n"
      "  sluice-gateway --side low --policy policy.yaml --device low.sock --listen 127.0.0.1:8080\n"
      "  sluice-gateway --side high --policy policy.yaml --device high.sock --backend "
      "http://127.0.0.1:9000\n\n"
      "Start gateways, device and backend in any order. Exit status: 0 stopped by SIGTERM or "
      "SIGINT, 2 could not work.");
  try {
    app.parse(argc, argv);
    if (arguments.side == "low" && arguments.listen.empty())
      throw CLI::RequiredError("--listen (with --side low)");
    if (arguments.side == "high" && arguments.backend.empty())
      throw CLI::RequiredError("--backend (with --side high)");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kCouldNotWork;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("sluice-gateway-" + arguments.side));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(arguments.log_level));
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "sluice-gateway: " << error.what() << "\n";
    return kCouldNotWork;
  }
}
