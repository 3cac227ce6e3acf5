// SPDX-License-Identifier: Apache-2.0
// sluice push: a policy with its schemas, or a ready image with its symbol map, to sluiced, which loads the device.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/control_client.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"
#include "load/load.hpp"

namespace sluice::cli {
namespace {

constexpr std::chrono::seconds kPushTimeout{300};  // compiling a large policy takes its time
constexpr std::chrono::milliseconds kRetry{200};

struct Options {
  std::filesystem::path file;
  std::filesystem::path symbols;
  std::string control;
  std::string format = "text";
  MessageFormat message_format = MessageFormat::text;
  unsigned wait_s = 0;
};

v1::PushPolicyRequest policy_request(const Options& options) {
  load::Diagnostics diagnostics;
  const std::optional<load::Loaded> loaded = load::load(options.file, diagnostics);
  if (!loaded) {
    print_diagnostics(diagnostics, options.message_format);
    throw Refused("");
  }
  v1::PushPolicyRequest request;
  request.set_manifest(read_text(options.file));
  request.set_manifest_name(options.file.string());
  request.set_descriptor_set(load::descriptor_set_of(*loaded));
  return request;
}

// sluiced's diagnostics in the form of load::Diagnostics::json(), without what it does not tell (end, excerpt).
void print_json(const google::protobuf::RepeatedPtrField<v1::Diagnostic>& diagnostics) {
  for (const v1::Diagnostic& one : diagnostics) {
    nlohmann::ordered_json out{{"code", one.code()}, {"severity", one.severity()}, {"message", one.message()}};
    if (!one.file().empty()) out["file"] = one.file();
    if (one.line() > 0) out["line"] = one.line();
    if (one.line() > 0 && one.column() > 0) out["column"] = one.column();
    out["notes"] = std::vector<std::string>(one.notes().begin(), one.notes().end());
    if (!one.help().empty()) out["help"] = one.help();
    std::cerr << out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  }
}

v1::PushImageRequest image_request(const Options& options) {
  v1::PushImageRequest request;
  request.set_image(read_text(options.file));
  std::filesystem::path symbols = options.symbols;
  if (symbols.empty()) {
    // `sluice compile` puts them side by side.
    const std::filesystem::path beside = std::filesystem::path(options.file).replace_extension(".sym");
    if (std::filesystem::exists(beside)) symbols = beside;
  }
  if (symbols.empty()) {
    std::cerr << "sluice: no symbol map beside the image: audit events will not name fields and rules; give one with "
                 "--symbols\n";
  } else {
    request.set_symbols(read_text(symbols));
  }
  return request;
}

// Again and again while sluiced or its device is not there yet, for at most `wait_s`.
template <class Call>
std::string with_patience(unsigned wait_s, Call call) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait_s);
  for (;;) {
    try {
      return call();
    } catch (const ControlUnreachable&) {
      if (std::chrono::steady_clock::now() >= deadline) throw;
    } catch (const ControlRefused& refused) {
      if (refused.problem().status() != 503 || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(kRetry);
  }
}

int run(const Options& options) {
  const ControlClient client(control_address(options.control));
  const bool is_policy = options.file.extension() == ".yaml" || options.file.extension() == ".yml";
  if (is_policy && !options.symbols.empty()) {
    throw std::runtime_error("--symbols belongs to an image; a policy gets its own when it is compiled");
  }
  v1::PushResult result;
  std::string json;
  if (is_policy) {
    const v1::PushPolicyRequest request = policy_request(options);
    try {
      json = with_patience(options.wait_s, [&] { return client.call("PushPolicy", request, result, kPushTimeout); });
    } catch (const ControlRefused& refused) {
      if (options.message_format != MessageFormat::json || refused.problem().diagnostics().empty()) throw;
      print_json(refused.problem().diagnostics());
      throw Refused("");
    }
  } else {
    const v1::PushImageRequest request = image_request(options);
    json = with_patience(options.wait_s, [&] { return client.call("PushImage", request, result, kPushTimeout); });
  }
  if (options.format == "json") {
    std::cout << json << '\n';
    return kDone;
  }
  if (options.message_format == MessageFormat::json) print_json(result.diagnostics());
  for (const v1::Diagnostic& diagnostic : result.diagnostics()) {
    if (options.message_format == MessageFormat::json) break;
    std::cerr << diagnostic.file() << ':' << diagnostic.line() << ':' << diagnostic.column() << ": "
              << diagnostic.severity() << "[" << diagnostic.code() << "]: " << diagnostic.message() << '\n';
  }
  const bool activated = result.outcome() == v1::PushResult::ACTIVATED;
  std::cout << (activated ? coloured("activated", Colour::kGreen) : coloured("unchanged", Colour::kDim)) << "  "
            << printable(result.image().name()) << " serial " << result.image().serial() << "  digest "
            << result.image().digest() << "  epoch " << result.epoch() << '\n';
  return kDone;
}

}  // namespace

void register_push(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      cli.add("push", "load a policy or an image into the device, through sluiced",
              "  sluice push policy.yaml                     # sluiced compiles it\n"
              "  sluice push out/policy.img                  # takes out/policy.sym with it\n"
              "  sluice push policy.yaml --wait 10 --control unix:/run/sluice/control.sock\n\n"
              "Pushing the active image again changes nothing (`unchanged`, exit status 0).");
  command.add_option("file", options->file, "policy.yaml, or an image made by `sluice compile`")->required();
  command.add_option("--symbols", options->symbols, "symbol map of the image (default: the .sym file beside it)");
  command.add_option("--control", options->control, control_option_help());
  command.add_option("--wait", options->wait_s, "seconds to wait for sluiced and its device")->capture_default_str();
  command.add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
