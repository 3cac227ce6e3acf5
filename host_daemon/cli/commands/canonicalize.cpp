// SPDX-License-Identifier: Apache-2.0
// sluice canonicalize: raw HTTP messages into canonical records, a JSON object a line in and out.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "canonical/canonicalizer.hpp"
#include "cli/commands/commands.hpp"
#include "cli/diagnostics_output.hpp"
#include "cli/line_reader.hpp"
#include "compiler/base64.hpp"
#include "compiler/schema.hpp"
#include "load/load.hpp"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLineMax = 4U << 20;  // bytes

struct Options {
  std::filesystem::path policy;
  std::string pipeline;
  std::string input;
  MessageFormat message_format = MessageFormat::text;
};

// {"code","message",..}: what is empty or unknown is left out.
Json to_json(const canonical::Refusal& refusal) {
  Json out;
  out["code"] = refusal.code;
  out["message"] = refusal.message;
  if (!refusal.field.empty()) out["field"] = refusal.field;
  if (!refusal.rule.empty()) out["rule"] = refusal.rule;
  if (refusal.line != 0) {
    out["line"] = refusal.line;
    out["column"] = refusal.column;
  }
  if (refusal.offset) out["offset"] = *refusal.offset;
  out["httpStatus"] = refusal.http_status;
  return out;
}

// One line's answer; `bad` when the line itself cannot be used.
Json answer(const canonical::Canonicalizer& canonicalizer, layout::Pipeline pipeline, const Line& line, bool& bad) {
  Json out;
  out["id"] = nullptr;
  try {
    if (line.too_long) throw std::runtime_error("the line has more than " + std::to_string(kLineMax) + " bytes");
    const Json json = Json::parse(line.text);
    if (!json.is_object()) throw std::runtime_error("not a JSON object");
    if (!json.contains("id") || (!json["id"].is_string() && !json["id"].is_number())) {
      throw std::runtime_error("`id` must be a string or a number");
    }
    out["id"] = json["id"];
    if (!json.contains("http") || !json["http"].is_string()) {
      throw std::runtime_error("`http` is missing: the message's bytes in base64");
    }
    const auto raw = compiler::from_base64(json["http"].get_ref<const std::string&>());
    if (!raw) throw std::runtime_error("`http` is not base64 with padding");
    int tag = 0;
    if (pipeline == layout::Pipeline::RESPONSE) {
      if (!json.contains("endpoint") || !json["endpoint"].is_string()) {
        throw std::runtime_error("a response needs `endpoint`: the one whose request it answers");
      }
      const std::string& name = json["endpoint"].get_ref<const std::string&>();
      tag = canonical::find_endpoint(canonicalizer.schema(), name);
      if (tag == 0) throw std::runtime_error("the policy has no endpoint '" + name + "'");
    }
    const auto record = canonicalizer.canonicalize_http(pipeline, *raw, tag);
    if (record) {
      out["record"] = compiler::to_base64(record->bytes);
    } else {
      out["error"] = to_json(record.refusal());
    }
    return out;
  } catch (const Json::exception& error) {
    out["error"] = "line " + std::to_string(line.number) + ": not JSON: " + error.what();
  } catch (const std::runtime_error& error) {
    out["error"] = "line " + std::to_string(line.number) + ": " + error.what();
  }
  bad = true;
  return out;
}

int run(const Options& options) {
  load::Diagnostics diagnostics;
  std::optional<load::Loaded> loaded = load::load(options.policy, diagnostics);
  std::optional<compiler::Schema> schema;
  if (loaded) {
    schema = compiler::resolve_schema(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  }
  print_diagnostics(diagnostics, options.message_format);
  if (!schema) return kRefused;
  const canonical::Canonicalizer canonicalizer(std::make_shared<const compiler::Schema>(std::move(*schema)));
  const auto pipeline = options.pipeline == "request" ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  const bool from_file = options.input != "-";
  const int descriptor = from_file ? ::open(options.input.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  if (descriptor < 0) throw std::runtime_error("'" + options.input + "': " + std::generic_category().message(errno));
  LineReader reader(descriptor, kLineMax);
  bool bad = false;
  while (const std::optional<Line> line = reader.next()) {
    if (!line->too_long && line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << answer(canonicalizer, pipeline, *line, bad).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    if (!reader.ready()) std::cout.flush();
    if (!std::cout) break;
  }
  if (from_file) ::close(descriptor);
  return bad ? kCouldNotWork : kDone;
}

}  // namespace

void register_canonicalize(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add(
      "canonicalize", "transform HTTP messages into canonical records, as the gateways do",
      "  sluice canonicalize --policy policy.yaml --pipeline request --input http.jsonl\n\n"
      "Lines in:  {\"id\", \"http\" (base64 of one whole message), \"endpoint\" (responses)}\n"
      "Lines out: {\"id\", \"record\" (base64)} or {\"id\", \"error\"}\n"
      "Exit status: 0 every line was transformed or refused with a reason; 1 the policy has errors; 2 could not work, or a bad line.");
  command.add_option("--policy", options->policy, "the policy (YAML)")->required();
  command.add_option("--pipeline", options->pipeline, "request or response")
      ->required()
      ->check(CLI::IsMember({"request", "response"}));
  command.add_option("--input", options->input, "JSON lines from this file; - is the standard input")
      ->required();
  message_format_option(command, options->message_format);
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
