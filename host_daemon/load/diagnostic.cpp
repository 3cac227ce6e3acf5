// SPDX-License-Identifier: Apache-2.0
// Collecting and rendering diagnostics. Excerpts are best effort: a file that cannot be read has
// none. A note that ends with a place shows it like the diagnostic's own.
#include "load/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sluice::load {
namespace {

constexpr std::size_t kExcerptBytes = 160;

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
                  {}};
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

std::string Diagnostics::excerpt(const Span& span) const {
  if (span.line <= 0) return {};
  auto known = sources_.find(span.file);
  if (known == sources_.end()) return {};
  std::string_view text = known->second;
  auto line = line_of(text, span.line);
  if (!line) return {};
  std::size_t column = span.column > 0 ? static_cast<std::size_t>(span.column) : 0;
  std::size_t from = 0;
  if (column > kExcerptBytes) from = std::min(column - kExcerptBytes / 2, line->size());
  std::string result =
      fmt::format("{:>6} | {}\n", span.line, printable(line->substr(from, kExcerptBytes)));
  if (column > 0 && column - 1 <= line->size()) {
    result += fmt::format("       | {}^\n", std::string(column - 1 - from, ' '));
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
  if (errors_ > list_.size()) {
    result += fmt::format("and {} more errors\n", errors_ - list_.size());
  }
  return result;
}

}  // namespace sluice::load
