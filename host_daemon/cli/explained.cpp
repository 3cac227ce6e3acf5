// SPDX-License-Identifier: Apache-2.0
#include "cli/explained.hpp"

#include <algorithm>

#include "cli/terminal.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kBefore = 60;  // bytes shown in front of the offending one
constexpr std::size_t kAfter = 20;

layout::Event event_of(layout::Pipeline pipeline, std::uint32_t length, const engine::Verdict& verdict) {
  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.pipeline = pipeline;
  event.reason = verdict.reason;
  event.endpoint = verdict.endpoint;
  event.depth = verdict.depth;
  event.length = length;
  event.offset = verdict.offset;
  event.base = verdict.base;
  event.symbol_class = verdict.symbol_class;
  event.frames = verdict.frames;
  event.return_bases = verdict.return_bases;
  event.registers = verdict.registers;
  return event;
}

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

// One byte of a record as one to four columns of ASCII: what a line shows and how far the caret moves.
std::string shown(std::uint8_t byte) {
  if (byte == '\r') return "\\r";
  if (byte == '\n') return "\\n";
  if (byte >= 0x20 && byte < 0x7F) return std::string(1, static_cast<char>(byte));
  constexpr char digits[] = "0123456789abcdef";
  return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

std::string excerpt(std::span<const std::uint8_t> record, std::size_t offset) {
  offset = std::min(offset, record.size());
  // The line around the offset, and no more of it than fits a screen.
  const auto newline = [](std::uint8_t byte) { return byte == '\n'; };
  const auto head = record.first(offset);
  const auto tail = record.subspan(offset);
  const auto line_start = static_cast<std::size_t>(
      head.rend() - std::find_if(head.rbegin(), head.rend(), newline));
  const auto line_end = offset + static_cast<std::size_t>(std::find_if(tail.begin(), tail.end(), newline) - tail.begin());
  const std::size_t from = std::max(line_start, offset > kBefore ? offset - kBefore : 0);
  const std::size_t to = std::min(std::min(line_end + 1, record.size()), offset + kAfter);
  std::string text = from > line_start ? "  .. " : "  ";
  std::string caret;
  for (std::size_t i = from; i <= to; ++i) {
    if (i == offset) caret = std::string(text.size(), ' ') + '^';
    if (i < to) text += shown(record[i]);
  }
  if (offset == record.size()) caret += " end of the record";
  return text + '\n' + coloured(caret, Colour::kRed) + '\n';
}

}  // namespace

Explained explain(const compiler::SymbolMap& symbols, layout::Pipeline pipeline, std::span<const std::uint8_t> record,
                  const engine::Verdict& verdict) {
  Explained out;
  out.verdict = verdict;
  out.endpoint = symbols.endpoint_name(verdict.endpoint);
  if (verdict.accepted()) return out;
  const compiler::Explanation explanation = symbols.explain(event_of(pipeline, static_cast<std::uint32_t>(record.size()), verdict), record);
  if (!explanation.endpoint.empty()) out.endpoint = explanation.endpoint;
  out.path = explanation.path;
  out.rule = explanation.rule;
  out.text = explanation.text.empty() ? std::string(layout::text_of(verdict.reason)) : explanation.text;
  return out;
}

nlohmann::ordered_json to_json(const nlohmann::ordered_json& id, const Explained& explained) {
  const bool accepted = explained.verdict.accepted();
  nlohmann::ordered_json out;
  out["id"] = id;
  out["verdict"] = accepted ? "accept" : "reject";
  out["reason"] = accepted ? nlohmann::ordered_json(nullptr)
                           : nlohmann::ordered_json(std::string(layout::name_of(explained.verdict.reason)));
  out["offset"] = explained.verdict.offset;
  out["path"] = accepted ? nlohmann::ordered_json(nullptr) : or_null(explained.path);
  out["rule"] = accepted ? nlohmann::ordered_json(nullptr) : or_null(explained.rule);
  out["endpoint"] = or_null(explained.endpoint);
  return out;
}

std::string to_text(std::span<const std::uint8_t> record, const Explained& explained) {
  const engine::Verdict& verdict = explained.verdict;
  const std::string endpoint = explained.endpoint.empty() ? "-" : printable(explained.endpoint);
  if (verdict.accepted()) {
    return coloured("accept", Colour::kGreen) + "  " + endpoint + ", " + std::to_string(record.size()) + " bytes\n";
  }
  std::string text = coloured("reject", Colour::kRed) + "  " + std::string(layout::name_of(verdict.reason)) +
                     " at byte " + std::to_string(verdict.offset) + " of " + std::to_string(record.size()) + "\n";
  text += excerpt(record, verdict.offset);
  text += "  " + printable(explained.text) + '\n';
  if (!explained.path.empty()) text += "  field     " + printable(explained.path) + '\n';
  if (!explained.rule.empty()) text += "  rule      " + printable(explained.rule) + '\n';
  text += "  endpoint  " + endpoint + '\n';
  return text;
}

}  // namespace sluice::cli
