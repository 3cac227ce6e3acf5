// SPDX-License-Identifier: Apache-2.0
// Collecting and rendering diagnostics. Excerpts are best effort: a file that cannot be read has
// none. A note that ends with a place shows it like the diagnostic's own.
#include "load/diagnostic.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace sluice::load {
namespace {

constexpr std::size_t kExcerptBytes = 160;   // of a line, for people
constexpr std::size_t kExcerptMax = 4096;    // of a line, for programs: a longer one is left out

// The end of what begins at `begin`: a word, a quoted text, or what stands in brackets with the words behind it. At least one byte.
std::size_t end_of_part(std::string_view line, std::size_t begin) {
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == '-' || (c & 0x80) != 0;
  };
  std::size_t at = begin;
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) {
    const char quote = line[at++];
    while (at < line.size() && line[at] != quote) at += line[at] == '\\' ? 2 : 1;
    return std::min(at + 1, line.size());
  }
  if (at < line.size() && (line[at] == '(' || line[at] == '{' || line[at] == '[')) {
    int depth = 0;
    do {
      depth += line[at] == '(' || line[at] == '{' || line[at] == '[' ? 1 : line[at] == ')' || line[at] == '}' || line[at] == ']' ? -1 : 0;
      ++at;
    } while (at < line.size() && depth > 0);
    if (depth > 0) return begin + 1;  // goes on in the next line
  }
  while (at < line.size() && is_word(line[at])) ++at;
  return std::max(at, begin + 1);
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

// The line with the given number (from 1), without its end.
std::optional<std::string_view> line_of(std::string_view text, int number) {
  std::size_t begin = 0;
  for (int at = 1; at < number; ++at) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return std::nullopt;
    begin = end + 1;
  }
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Control characters would garble a terminal.
std::string printable(std::string_view text) {
  std::string result;
  for (char c : text) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    result += c == '\t' || c == '\n' ? ' ' : control ? '?' : c;
  }
  return result;
}

// The number behind the last ':' of `text`, which is cut off there; 0 when there is none.
int take_number(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string_view::npos)
    return 0;
  text = text.substr(0, colon);
  return std::stoi(std::string(digits));
}

// The place with which a note ends ("the field: api.proto:3:4"), if `files` has its text.
template <class Files>
Span place_in(std::string_view note, const Files& files) {
  Span place;
  place.column = take_number(note);
  place.line = take_number(note);
  if (place.line <= 0 || place.column <= 0) return {};
  for (const auto& [file, text] : files) {
    if (note.ends_with(file) && file.size() > place.file.size()) place.file = file;
  }
  return place;
}

}  // namespace

std::string to_string(const Span& span) {
  if (span.line <= 0) return span.file;
  if (span.column <= 0) return fmt::format("{}:{}", span.file, span.line);
  return fmt::format("{}:{}:{}", span.file, span.line, span.column);
}

Diagnostic& Diagnostic::note(std::string text) {
  notes.push_back(std::move(text));
  return *this;
}

Diagnostic& Diagnostic::mend(std::string text) {
  help = std::move(text);
  return *this;
}

Diagnostic& Diagnostics::add(Severity severity, Code code, Span span, std::string message) {
  if (severity == Severity::kError) ++errors_;
  Diagnostic made{severity, std::string(code_id(code)), std::move(message), std::move(span), {},
                  std::string(code_help(code))};
  if (list_.size() >= kMax) {
    overflow_ = std::move(made);
    return overflow_;
  }
  return list_.emplace_back(std::move(made));
}

Diagnostic& Diagnostics::error(Code code, Span span, std::string message) {
  return add(Severity::kError, code, std::move(span), std::move(message));
}

Diagnostic& Diagnostics::warning(Code code, Span span, std::string message) {
  return add(Severity::kWarning, code, std::move(span), std::move(message));
}

void Diagnostics::add_source(std::string file, std::string text) {
  sources_.insert_or_assign(std::move(file), std::move(text));
}

std::optional<std::string_view> Diagnostics::line_at(const Span& span) const {
  const auto known = sources_.find(span.file);
  if (span.line <= 0 || known == sources_.end()) return std::nullopt;
  return line_of(known->second, span.line);
}

std::string Diagnostics::excerpt(const Span& span) const {
  const auto line = line_at(span);
  if (!line) return {};
  std::size_t column = span.column > 0 ? static_cast<std::size_t>(span.column) : 0;
  std::size_t from = 0;
  if (column > kExcerptBytes) from = std::min(column - kExcerptBytes / 2, line->size());
  std::string result =
      fmt::format("{:>6} | {}\n", span.line, printable(line->substr(from, kExcerptBytes)));
  if (column > 0 && column - 1 <= line->size()) {
    const std::size_t end = std::min(end_of_part(*line, column - 1), from + kExcerptBytes);
    result += fmt::format("       | {}^{}\n", std::string(column - 1 - from, ' '), std::string(std::max(end, column) - column, '~'));
  }
  return result;
}

std::size_t Diagnostics::unlisted_errors() const {
  const auto kept = std::count_if(list_.begin(), list_.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; });
  return errors_ - static_cast<std::size_t>(kept);
}

std::string Diagnostics::json() const {
  using Json = nlohmann::ordered_json;
  std::string result;
  const auto write = [&](const Json& one) { result += one.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; };
  for (const Diagnostic& one : list_) {
    Json out;
    out["code"] = one.code;
    out["severity"] = name_of(one.severity);
    out["message"] = one.message;
    if (!one.span.file.empty()) out["file"] = one.span.file;
    if (one.span.line > 0) out["line"] = one.span.line;
    if (one.span.line > 0 && one.span.column > 0) out["column"] = one.span.column;
    if (const auto line = line_at(one.span)) {
      const auto column = static_cast<std::size_t>(std::max(one.span.column, 0));
      if (column > 0 && column - 1 <= line->size()) out["end"] = {{"line", one.span.line}, {"column", end_of_part(*line, column - 1) + 1}};
      if (line->size() <= kExcerptMax) out["excerpt"] = *line;
    }
    out["notes"] = one.notes;
    if (!one.help.empty()) out["help"] = one.help;
    write(out);
  }
  if (const std::size_t more = unlisted_errors(); more > 0) {
    write({{"severity", "note"}, {"message", fmt::format("and {} more errors", more)}, {"notes", Json::array()}});
  }
  return result;
}

std::string Diagnostics::text() const {
  std::string result;
  for (const Diagnostic& one : list_) {
    std::string where = printable(to_string(one.span));
    if (!where.empty()) where += ": ";
    result += fmt::format("{}{}[{}]: {}\n", where, name_of(one.severity), one.code,
                          printable(one.message));
    result += excerpt(one.span);
    for (const std::string& note : one.notes) {
      result += fmt::format("  note: {}\n", printable(note));
      result += excerpt(place_in(note, sources_));
    }
    if (!one.help.empty()) result += fmt::format("  help: {}\n", printable(one.help));
  }
  if (const std::size_t more = unlisted_errors(); more > 0) {
    result += fmt::format("and {} more errors\n", more);
  }
  return result;
}

}  // namespace sluice::load
