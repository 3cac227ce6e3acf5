// SPDX-License-Identifier: Apache-2.0
// sluice room: how many bits an accepted message can carry, per endpoint and per field; with a second image, what the
// difference between the two policies is worth.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/files.hpp"
#include "cli/terminal.hpp"
#include "compiler/symbols.hpp"
#include "coverage/what_if.hpp"
#include "engine/image.hpp"
#include "room/number.hpp"
#include "room/room.hpp"

namespace sluice::cli {
namespace {

struct Options {
  std::filesystem::path image, symbols;
  std::filesystem::path other_image, other_symbols;
  std::filesystem::path policy;
  std::vector<std::string> what_if;  // a field, its further rules
  std::string format = "text";
  double rate = 0;
  std::uint32_t max_bytes = 0;
  MessageFormat message_format = MessageFormat::text;
};

room::RoomOptions room_options(const Options& options) {
  room::RoomOptions what;
  what.max_bytes = options.max_bytes;
  if (isatty(STDERR_FILENO) == 1) what.progress = [](const std::string& text) { std::cerr << "sluice: " << text << '\n'; };
  return what;
}

room::Room measure(const std::filesystem::path& image_file, const std::filesystem::path& symbols_file, const Options& options) {
  const std::vector<std::uint8_t> bytes = read_bytes(image_file);
  const auto image = engine::Image::load(bytes);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) {
    throw std::runtime_error("image '" + image_file.string() + "': " + error->text);
  }
  compiler::SymbolMap symbols;
  try {
    symbols = compiler::SymbolMap::parse(read_text(symbols_file));
  } catch (const std::exception& error) {
    throw std::runtime_error("symbol map '" + symbols_file.string() + "': " + error.what());
  }
  std::string digest;
  for (std::uint8_t byte : std::get<engine::Image>(image).digest()) digest += fmt::format("{:02x}", byte);
  if (digest != symbols.digest()) {
    throw std::runtime_error("symbol map '" + symbols_file.string() + "' belongs to the image " + symbols.digest() +
                             ", this one is " + digest);
  }
  return room::measure(bytes, symbols, room_options(options));
}

int print_difference(const room::Room& here, const room::Room& there, const Options& options) {
  std::cout << (options.format == "json" ? room::difference_json(here, there) + "\n" : room::difference_text(here, there));
  return kDone;
}

int run(const Options& options) {
  if (!options.policy.empty()) {
    load::Diagnostics diagnostics;
    const auto result = coverage::what_if(options.policy, options.what_if.at(0), options.what_if.at(1), room_options(options), diagnostics);
    print_diagnostics(diagnostics, options.message_format);
    return result ? print_difference(result->before, result->after, options) : kRefused;
  }
  const room::Room here = measure(options.image, options.symbols, options);
  if (options.other_image.empty()) {
    std::cout << (options.format == "json" ? room::to_json(here) + "\n" : room::to_text(here, options.rate));
    return kDone;
  }
  const room::Room there = measure(options.other_image, options.other_symbols, options);
  return print_difference(here, there, options);
}

}  // namespace

void register_room(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add(
      "room", "how many bits an accepted message can carry, by endpoint and field",
      "  sluice room --image out/policy.img --symbols out/policy.sym --rate 100\n"
      "  sluice room --image out/policy.img --symbols out/policy.sym --format json --max-bytes 256\n"
      "  sluice room --image old/policy.img --symbols old/policy.sym --against new/policy.img --against-symbols new/policy.sym\n"
      "  sluice room --policy policy.yaml --what-if example.library.v1.Book.title 'string {max_len: 20}'\n\n"
      "What the figures mean: docs/room.md. Counts up to 256 bytes are exact, longer ones within 1e-6 bit.");
  auto* image = command.add_option("--image", options->image, "image (policy.img)");
  auto* symbols = command.add_option("--symbols", options->symbols, "symbol map (policy.sym)");
  auto* other = command.add_option("--against", options->other_image, "a second image: what it takes away or adds");
  auto* other_symbols = command.add_option("--against-symbols", options->other_symbols, "its symbol map");
  other->needs(other_symbols);
  other_symbols->needs(other);
  auto* policy = command.add_option("--policy", options->policy, "a policy (YAML), for --what-if")->excludes(image)->excludes(symbols)->excludes(other);
  auto* what_if = command.add_option("--what-if", options->what_if, "a field by its full name, and rules that it would get: what they take away")->expected(2);
  image->needs(symbols);
  symbols->needs(image);
  policy->needs(what_if);
  what_if->needs(policy);
  command.add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command.add_option("--rate", options->rate, "messages a second: says bit/s too")->check(CLI::PositiveNumber);
  command.add_option("--max-bytes", options->max_bytes, "count records up to this length, not up to the image's limit")
      ->check(CLI::Range(1U, 65535U));
  message_format_option(command, options->message_format);
  cli.runs(command, [options] {
    if (options->image.empty() && options->policy.empty()) throw CLI::ValidationError("room", "wants --image and --symbols, or --policy and --what-if");
    return run(*options);
  });
}

}  // namespace sluice::cli
