// SPDX-License-Identifier: Apache-2.0
// The list of HTTP tricks as data: one YAML file a category, its form explained in README.md beside
// it. Reads it, and turns its short spellings into bytes. It runs nothing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::tricks {

struct Trick {
  std::string category, name;
  bool response = false;             // what a backend answers; else what a client sends
  std::string bytes;                 // the trick itself
  bool closes = false;               // response: the backend closes behind it
  std::vector<std::string> answers;  // what the client gets: "STATUS code [field]" or "STATUS body"
  std::vector<std::string> reaches;  // request: the canonical records that the backend gets, whole
  std::string logged;                // response refused: the reason in the HIGH gateway's log
  layout::Reason device{};           // the same bytes as one record, in the tables
  std::optional<std::size_t> rejected_at;  // offset where the tables stop
};

/// All tricks of all files in `folder`, ascending by file name. Throws std::runtime_error that
/// names file and trick.
std::vector<Trick> read_tricks(const std::filesystem::path& folder);

/// `text` with its spellings replaced: `¶` CRLF, `\r \n \t \\ \xHH`, `<N*text>` N times, `<get>`
/// `<post>` `<host>` `<json>` for the usual lines. Throws std::runtime_error.
std::string bytes_of(const std::string& text);

/// The canonical record that "METHOD target [name: value; ...] {body}" stands for; headers and body
/// may be missing.
std::string record_of(const std::string& text);

}  // namespace sluice::tricks
