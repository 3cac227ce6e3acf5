// SPDX-License-Identifier: Apache-2.0
// One case of a diagnostic as data: files that provoke it, and files that do not. `cases/<code>-<name>.txt` reads
//   What the case is about, in a sentence or two of Markdown.
//   == api.proto
//   ...
//   == mended api.proto
//   ...
// `api.proto` stands between a first line and a service that all share, `policy.yaml` replaces keys of a shared policy; `whole api.proto` and
// `whole policy.yaml` are the complete files, as all other names are. `place file` says that the diagnostic is about a file as a whole. A line
// `%repeat A..B text` stands for B - A + 1 lines, in each of which `#` is its number. This file knows no code and judges nothing.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "load/diagnostic.hpp"

namespace sluice::diagnostics_page {

struct Part {
  std::string name;  // "api.proto"
  bool whole = false;
  std::string text;  // as the case has it
};

struct Case {
  std::string name;   // of its file, without extension
  std::string code;   // "E0303"
  std::string title;  // the text before the first part
  bool whole_file = false;     // the diagnostic has no line
  std::vector<Part> failing;
  std::vector<Part> mended;  // replace parts of the same name
};

// Throws std::runtime_error that names the file and what is wrong with it.
Case parse_case(const std::string& name, const std::string& text);
// All *.txt of a folder, by name.
std::vector<Case> read_cases(const std::filesystem::path& folder);

// What stands around an example: file name to text. The policy's keys are in order, one a line.
std::string shared_policy();
std::string shared_first_line();
std::string shared_service();

// Name to content of every file.
std::map<std::string, std::string> files_of(const std::vector<Part>& parts);
std::map<std::string, std::string> mended_files_of(const Case& one);

struct Outcome {
  bool compiled = false;
  load::Diagnostics diagnostics;
};
// Loads and compiles policy.yaml of these files in a folder of their own, which is the current one meanwhile.
Outcome compile_files(const std::map<std::string, std::string>& files);

}  // namespace sluice::diagnostics_page
