// SPDX-License-Identifier: Apache-2.0
// sluice explain: verdict lines of `check`, audit events of `audit tail --format json`, or a device's raw event, in words. Whoever has the
// record (it is in no event) adds it, and gets the one field and the rule that its value breaks.
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/hexadecimal.hpp"
#include "cli/line_reader.hpp"
#include "cli/terminal.hpp"
#include "compiler/base64.hpp"
#include "compiler/symbols.hpp"
#include "sluice/layout.hpp"

namespace sluice::cli {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kLineMax = 1U << 20;  // bytes

struct Options {
  std::filesystem::path symbols, record;
  std::string event;
  bool json = false;
};

// What a verdict or an event says, whichever spelling it had.
struct Facts {
  std::string id, pipeline, reason, endpoint, path, rule, text;
  std::uint64_t offset = 0;
  bool transaction = false;
};

std::string reason_in_words(const std::string& name) {
  const auto reason = layout::from_name<layout::Reason>(name);
  if (!reason) throw std::runtime_error("'" + name + "' is no reason that a device gives");
  return std::string(layout::text_of(*reason));
}

std::string sentence(const Facts& facts) {
  std::string out = facts.id.empty() ? "" : printable(facts.id) + ": ";
  const std::string record = facts.pipeline.empty() ? "the record" : "the " + printable(facts.pipeline);
  const std::string of = facts.endpoint.empty() ? "" : " of " + printable(facts.endpoint);
  if (facts.reason == layout::name_of(layout::Reason::ACCEPTED)) return out + record + of + " was accepted.";
  if (facts.transaction) return out + "no response to a request" + of + ": " + reason_in_words(facts.reason) + ".";
  out += record + of + " was rejected at byte " + std::to_string(facts.offset) + " (" + printable(facts.reason) + ": " +
         reason_in_words(facts.reason) + ").";
  if (!facts.text.empty()) out += ' ' + printable(facts.text);
  if (!facts.path.empty()) out += " Field: " + printable(facts.path) + '.';
  if (!facts.rule.empty()) out += " Rule: " + printable(facts.rule) + '.';
  return out;
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

Facts facts_of(const Json& json) {
  if (!json.is_object()) throw std::runtime_error("not a JSON object");
  Facts facts;
  facts.id = text_of(json, "id");
  facts.pipeline = text_of(json, "pipeline");
  facts.endpoint = text_of(json, "endpoint");
  facts.path = text_of(json, "path");
  facts.rule = text_of(json, "rule");
  facts.text = text_of(json, "text");
  facts.reason = text_of(json, "reason");
  facts.transaction = text_of(json, "kind") == layout::name_of(layout::EventKind::TRANSACTION);
  if (text_of(json, "verdict") == "accept") facts.reason = layout::name_of(layout::Reason::ACCEPTED);
  if (facts.reason.empty()) throw std::runtime_error("neither a verdict (`verdict`, `reason`) nor an audit event");
  const std::string offset = text_of(json, "offset");
  if (!offset.empty()) facts.offset = std::stoull(offset);
  return facts;
}

// What the symbol map says about `event`, whose record may be known.
void consult(const compiler::SymbolMap& symbols, const layout::Event& event, std::span<const std::uint8_t> record, Facts& facts) {
  const compiler::Explanation explanation = symbols.explain(event, record);
  if (!explanation.endpoint.empty()) facts.endpoint = explanation.endpoint;
  if (event.reason == layout::Reason::ACCEPTED) return;
  facts.path = explanation.path;
  facts.rule = explanation.rule;
  facts.text = explanation.text;
}

// A line with the record in it: field and rule anew.
void consult(const compiler::SymbolMap& symbols, const Json& json, Facts& facts) {
  if (!json.contains("record")) return;
  const auto record = json["record"].is_string() ? compiler::from_base64(json["record"].get_ref<const std::string&>()) : std::nullopt;
  if (!record) throw std::runtime_error("`record` is not base64 with padding");
  if (facts.pipeline != "request" && facts.pipeline != "response") {
    throw std::runtime_error("a line with a `record` needs `pipeline`: request or response");
  }
  const auto reason = layout::from_name<layout::Reason>(facts.reason);
  if (!reason) throw std::runtime_error("'" + facts.reason + "' is no reason that a device gives");
  if (facts.offset > record->size()) throw std::runtime_error("`offset` lies behind the end of the record");
  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.pipeline = facts.pipeline == "request" ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  event.reason = *reason;
  event.offset = static_cast<std::uint32_t>(facts.offset);
  event.endpoint = symbols.endpoint_tag(facts.endpoint).value_or(0);
  consult(symbols, event, {reinterpret_cast<const std::uint8_t*>(record->data()), record->size()}, facts);
}

std::string as_json(const Facts& facts) {
  const auto or_null = [](const std::string& text) { return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text); };
  nlohmann::ordered_json out;
  out["id"] = or_null(facts.id);
  out["reason"] = facts.reason;
  out["offset"] = facts.offset;
  out["path"] = or_null(facts.path);
  out["rule"] = or_null(facts.rule);
  out["endpoint"] = or_null(facts.endpoint);
  out["text"] = or_null(facts.text);
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string said(const Facts& facts, const Options& options) { return options.json ? as_json(facts) : sentence(facts); }

std::string explain_line(const std::string& text, const compiler::SymbolMap* symbols, const Options& options) {
  const Json json = Json::parse(text);
  if (json.is_object() && json.contains("error")) {
    return printable(text_of(json, "id")) + ": not judged: " + printable(text_of(json, "error"));
  }
  if (json.is_object() && text_of(json, "kind") == layout::name_of(layout::EventKind::IMAGE)) {
    return "image " + printable(text_of(json, "digest")) + " became active, epoch " + text_of(json, "epoch") + '.';
  }
  Facts facts = facts_of(json);
  if (symbols) consult(*symbols, json, facts);
  return said(facts, options);
}

// A management frame with an event, or the event alone (docs/layouts.md).
std::string explain_event(const Options& options, const compiler::SymbolMap& symbols) {
  const auto bytes = from_hexadecimal(options.event);
  if (!bytes) throw std::runtime_error("--event takes hexadecimal digits");
  std::span<const std::uint8_t> raw(*bytes);
  if (raw.size() == layout::ManagementHeader::bytes + layout::Event::bytes) {
    raw = raw.subspan(layout::ManagementHeader::bytes);
  }
  if (raw.size() != layout::Event::bytes) {
    throw std::runtime_error("an event has " + std::to_string(layout::Event::bytes) + " bytes (or " +
                             std::to_string(layout::ManagementHeader::bytes + layout::Event::bytes) +
                             " with its management header), not " + std::to_string(raw.size()));
  }
  const auto event = layout::Event::decode(raw.first<layout::Event::bytes>());
  if (event.kind == layout::EventKind::IMAGE) return "an image became active, epoch " + std::to_string(event.epoch) + '.';
  if (!layout::is_defined(event.kind) || !layout::is_defined(event.reason)) {
    throw std::runtime_error("not an event: kind or reason is no defined value");
  }
  Facts facts;
  facts.pipeline = event.pipeline == layout::Pipeline::REQUEST ? "request" : "response";
  facts.reason = layout::name_of(event.reason);
  facts.offset = event.offset;
  facts.transaction = event.kind == layout::EventKind::TRANSACTION;
  facts.endpoint = symbols.endpoint_name(event.endpoint);
  std::vector<std::uint8_t> record;
  if (!options.record.empty()) record = read_bytes(options.record);
  consult(symbols, event, record, facts);
  return said(facts, options);
}

int run(const Options& options) {
  if (!options.event.empty()) {
    if (options.symbols.empty()) throw std::runtime_error("explain --event needs --symbols: the image's symbol map");
    std::cout << explain_event(options, compiler::SymbolMap::parse(read_text(options.symbols))) << '\n';
    return kDone;
  }
  if (!options.record.empty()) throw std::runtime_error("explain: --record goes with --event; a JSON line has its own member `record`");
  std::optional<compiler::SymbolMap> symbols;
  if (!options.symbols.empty()) symbols = compiler::SymbolMap::parse(read_text(options.symbols));
  LineReader reader(STDIN_FILENO, kLineMax);
  int status = kDone;
  while (const std::optional<Line> line = reader.next()) {
    try {
      if (line->too_long) throw std::runtime_error("longer than " + std::to_string(kLineMax) + " bytes");
      if (line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
      std::cout << explain_line(line->text, symbols ? &*symbols : nullptr, options) << '\n';
      if (!reader.ready()) std::cout.flush();
    } catch (const std::exception& error) {
      std::cerr << "sluice: line " << line->number << ": " << error.what() << '\n';
      status = kCouldNotWork;
    }
  }
  return status;
}

}  // namespace

void register_explain(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App& command = cli.add("explain", "say verdicts and audit events in words",
                              "  sluice check ... --input cases.jsonl | sluice explain\n"
                              "  sluice audit tail --format json | sluice explain\n"
                              "  sluice explain --event 0101.. --symbols out/policy.sym    # a device's own bytes\n"
                              "  sluice explain --symbols out/policy.sym < events-with-records.jsonl    # `record` in base64: the exact rule");
  command.add_option("--event", options->event, "an audit event as the device sent it, in hexadecimal digits");
  command.add_option("--symbols", options->symbols, "symbol map of the image that judged the record (with --event, and for lines with a `record`)");
  command.add_option("--record", options->record, "file with the bytes of the record that the event is about (with --event)");
  command.add_flag("--json", options->json, "a JSON line for each explanation instead of a sentence");
  cli.runs(command, [options] { return run(*options); });
}

}  // namespace sluice::cli
