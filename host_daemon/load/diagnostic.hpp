// SPDX-License-Identifier: Apache-2.0
// Diagnostics: what is wrong, where, and how to mend it. Several are collected before anyone stops.
// This file knows no file format and never ends the program.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/codes.hpp"

namespace sluice::load {

// A place in a text. Lines and columns count from 1, columns in bytes; 0 means that it is not
// known.
struct Span {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Span&) const = default;
};

// "file:line:column", as much of it as is known.
std::string to_string(const Span& span);

enum class Severity { kError, kWarning, kNote };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;     // "E0104"
  std::string message;  // what is wrong, one line
  Span span;            // where
  std::vector<std::string> notes;
  std::string help;  // how to mend it: the code's general help, unless `mend` says more

  // Chains: diagnostics.error(...).note("...").mend("...").
  Diagnostic& note(std::string text);
  Diagnostic& mend(std::string text);
};

// Collects diagnostics in the order of their finding. After `kMax` errors further ones are counted,
// not kept.
class Diagnostics {
 public:
  static constexpr std::size_t kMax = 100;

  // Adds a diagnostic; the reference is valid as long as this object.
  Diagnostic& error(Code code, Span span, std::string message);
  Diagnostic& warning(Code code, Span span, std::string message);

  // True after the first error; warnings do not count.
  bool has_errors() const { return errors_ != 0; }
  // Number of errors found, also those beyond `kMax`.
  std::size_t error_count() const { return errors_; }
  const std::deque<Diagnostic>& all() const { return list_; }

  // Gives the text of a file, for excerpts. Files are never read for them: the names in spans may
  // come from a descriptor set that somebody else made.
  void add_source(std::string file, std::string text);

  // All diagnostics for people:
  //   file:line:col: error[E0123]: message
  //      12 | the line
  //         |     ^~~~
  //      note: ...
  //      help: ...
  std::string text() const;

  // All diagnostics for programs, one JSON object a line: code, severity, message, file, line, column, end {line, column}, excerpt, notes, help.
  // What is not known is left out, but for `notes`. `end` is the place behind the word or bracketed part that begins at `column`. Errors beyond
  // `kMax` are one last object, of severity `note` and without code. Not UTF-8 becomes U+FFFD.
  std::string json() const;

 private:
  Diagnostic& add(Severity severity, Code code, Span span, std::string message);
  std::size_t unlisted_errors() const;
  // The line of a place; nothing where its text is not known.
  std::optional<std::string_view> line_at(const Span& span) const;
  std::string excerpt(const Span& span) const;

  std::deque<Diagnostic> list_;
  Diagnostic overflow_;
  std::size_t errors_ = 0;
  std::map<std::string, std::string> sources_;
};

}  // namespace sluice::load
