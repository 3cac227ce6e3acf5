// SPDX-License-Identifier: Apache-2.0
// Where schema files come from: google/protobuf/* from libprotobuf alone (their meaning is fixed),
// then the user's import paths, then the declarations that Sluice ships inside the program.
// Everything is bounded before libprotobuf's recursive parser sees it.
#pragma once

#include <google/protobuf/compiler/importer.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/diagnostic.hpp"

namespace sluice::load {

inline constexpr std::size_t kMaxSchemaFileBytes = 4u << 20;
inline constexpr std::size_t kMaxSchemaFiles = 500;
inline constexpr int kMaxSchemaNesting = 64;

// Text of a .proto file that is part of the program, by its import name.
std::optional<std::string_view> shipped_file(std::string_view name);
// Import names of all of them, ascending.
std::vector<std::string> shipped_files();

// True if libprotobuf itself has this well-known file.
bool is_well_known_file(std::string_view name);

// Depth of the brackets { [ < in a .proto text, outside strings and comments.
int bracket_depth(std::string_view text);

class SchemaSourceTree : public google::protobuf::compiler::SourceTree {
 public:
  explicit SchemaSourceTree(std::vector<std::filesystem::path> import_paths);

  // Text of an import name; null if it is not there, with the reason in GetLastErrorMessage.
  google::protobuf::io::ZeroCopyInputStream* Open(const std::string& filename) override;
  std::string GetLastErrorMessage() override { return error_; }

  // What people know the file as: its path on disk; "<sluice>/name" for a shipped one.
  std::string shown_name(const std::string& filename) const;
  // libprotobuf's place, from 0 and with tabs as blanks up to the next multiple of 8, as one that
  // counts from 1 and columns in bytes.
  Span span_in(const std::string& filename, int line, int column) const;
  // Gives the texts of all opened files for excerpts.
  void add_sources(Diagnostics& diagnostics) const;
  // The text of an opened file.
  const std::string* text_of(const std::string& filename) const;
  // True if the last refusal was for size, not for absence.
  bool refused_for_size() const { return refused_for_size_; }
  // Import names from the import paths, for suggestions: .proto files directly in them.
  std::vector<std::string> names_nearby() const;

 private:
  struct Opened {
    std::string shown;
    std::string text;
    std::vector<std::size_t> lines;  // where each begins; empty when there is no tab
  };

  bool accept(const std::string& filename, std::string shown, std::string text);

  std::vector<std::filesystem::path> import_paths_;
  std::map<std::string, Opened> opened_;
  std::string error_;
  bool refused_for_size_ = false;
};

}  // namespace sluice::load
