// SPDX-License-Identifier: Apache-2.0
// How commands that read a policy print its diagnostics: on the standard error output, for people or for programs.
#pragma once

#include <iostream>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "load/diagnostic.hpp"

namespace sluice::cli {

enum class MessageFormat { text, json };

// Adds --message-format to `command`; `format` must live as long as it.
inline void message_format_option(CLI::App& command, MessageFormat& format) {
  static const std::map<std::string, MessageFormat> names{{"text", MessageFormat::text}, {"json", MessageFormat::json}};
  command
      .add_option_function<std::string>(
          "--message-format", [&format](const std::string& name) { format = names.at(name); },
          "diagnostics as text, or as JSON, an object a line (docs/diagnostics.md)")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
}

inline void print_diagnostics(const load::Diagnostics& diagnostics, MessageFormat format) {
  std::cerr << (format == MessageFormat::json ? diagnostics.json() : diagnostics.text());
}

}  // namespace sluice::cli
