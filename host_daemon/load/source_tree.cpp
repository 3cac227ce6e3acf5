// SPDX-License-Identifier: Apache-2.0
// Looking up and bounding schema files; see the header.
#include "load/source_tree.hpp"

#include <fmt/format.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>

#include "load/file_text.hpp"
#include "load/shipped.hpp"
#include "load/utf8.hpp"

namespace sluice::load {
namespace {

// An import name that stays below its import path: no "..", no ".", no empty part, no root.
bool stays_below(std::string_view name) {
  if (name.empty() || name.size() > 512 || name.find('\\') != name.npos) return false;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    std::size_t end = std::min(name.find('/', begin), name.size());
    std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> shipped_file(std::string_view name) {
  for (const ShippedFile& file : shipped_table()) {
    if (file.name == name) return file.text;
  }
  return std::nullopt;
}

std::vector<std::string> shipped_files() {
  std::vector<std::string> names;
  for (const ShippedFile& file : shipped_table()) names.emplace_back(file.name);
  std::sort(names.begin(), names.end());
  return names;
}

bool is_well_known_file(std::string_view name) {
  if (!name.starts_with("google/protobuf/")) return false;
  return google::protobuf::DescriptorPool::generated_pool()->FindFileByName(std::string(name)) !=
         nullptr;
}

int bracket_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      std::size_t end = text.find("*/", at + 2);
      at = end == text.npos ? text.size() : end + 1;
    } else if (c == '"' || c == '\'') {
      // A string ends at its quote; a line end inside is a syntax error that the parser reports.
      for (++at; at < text.size() && text[at] != c && text[at] != '\n'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[' || c == '<') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']' || c == '>') {
      depth = std::max(depth - 1, 0);
    }
  }
  return deepest;
}

SchemaSourceTree::SchemaSourceTree(std::vector<std::filesystem::path> import_paths)
    : import_paths_(std::move(import_paths)) {}

bool SchemaSourceTree::accept(const std::string& filename, std::string shown, std::string text) {
  refused_for_size_ = true;
  if (opened_.size() >= kMaxSchemaFiles) {
    error_ = fmt::format("{}: more than {} schema files", shown, kMaxSchemaFiles);
    return false;
  }
  if (bracket_depth(text) > kMaxSchemaNesting) {
    error_ = fmt::format("{}: brackets are nested deeper than {}", shown, kMaxSchemaNesting);
    return false;
  }
  refused_for_size_ = false;
  if (auto bad = first_invalid_utf8(text); bad != std::string_view::npos) {
    error_ = fmt::format("{}: not UTF-8 text", to_string(place_in(text, bad, shown)));
    return false;
  }
  std::vector<std::size_t> lines;
  if (text.find('\t') != text.npos) {
    for (std::size_t at = 0; at <= text.size(); at = std::min(text.find('\n', at), text.size()) + 1) {
      lines.push_back(at);
    }
  }
  opened_.insert_or_assign(filename, Opened{std::move(shown), std::move(text), std::move(lines)});
  return true;
}

google::protobuf::io::ZeroCopyInputStream* SchemaSourceTree::Open(const std::string& filename) {
  refused_for_size_ = false;
  error_ = "no such file on the import paths";
  // libprotobuf's own copies follow through the fallback database.
  if (is_well_known_file(filename)) return nullptr;
  if (!stays_below(filename)) {
    error_ = "an import name has no empty, `.` or `..` part and no leading `/`";
    return nullptr;
  }
  bool found = opened_.contains(filename);
  for (const auto& folder : import_paths_) {
    if (found) break;
    auto path = folder / filename;
    FileText read = read_file(path, kMaxSchemaFileBytes);
    if (read.missing) continue;
    if (!read.text) {
      refused_for_size_ = read.too_large;
      error_ = fmt::format("{}: {}", path.lexically_normal().string(), read.error);
      return nullptr;
    }
    if (!accept(filename, path.lexically_normal().string(), std::move(*read.text))) return nullptr;
    found = true;
  }
  if (!found) {
    auto shipped = shipped_file(filename);
    if (!shipped) return nullptr;
    if (!accept(filename, "<sluice>/" + filename, std::string(*shipped))) return nullptr;
  }
  const std::string& text = opened_.at(filename).text;
  error_.clear();
  return new google::protobuf::io::ArrayInputStream(text.data(), static_cast<int>(text.size()));
}

std::string SchemaSourceTree::shown_name(const std::string& filename) const {
  auto found = opened_.find(filename);
  return found == opened_.end() ? filename : found->second.shown;
}

Span SchemaSourceTree::span_in(const std::string& filename, int line, int column) const {
  constexpr int kTab = 8;  // columns, in libprotobuf's tokenizer
  Span span{shown_name(filename), line + 1, column + 1};
  auto found = opened_.find(filename);
  if (found == opened_.end() || line < 0) return span;
  const Opened& file = found->second;
  if (static_cast<std::size_t>(line) >= file.lines.size()) return span;
  std::size_t at = file.lines[static_cast<std::size_t>(line)];
  span.column = 1;
  for (int seen = 0; seen < column && at < file.text.size() && file.text[at] != '\n'; ++at) {
    seen += file.text[at] == '\t' ? kTab - seen % kTab : 1;
    ++span.column;
  }
  return span;
}

void SchemaSourceTree::add_sources(Diagnostics& diagnostics) const {
  for (const auto& [name, file] : opened_) diagnostics.add_source(file.shown, file.text);
}

const std::string* SchemaSourceTree::text_of(const std::string& filename) const {
  auto found = opened_.find(filename);
  return found == opened_.end() ? nullptr : &found->second.text;
}

std::vector<std::string> SchemaSourceTree::names_nearby() const {
  constexpr std::size_t kEnough = 200;
  std::vector<std::string> names = shipped_files();
  for (const auto& folder : import_paths_) {
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure), end;
    for (; !failure && entry != end && names.size() < kEnough; entry.increment(failure)) {
      if (entry->path().extension() == ".proto") names.push_back(entry->path().filename().string());
    }
  }
  return names;
}

}  // namespace sluice::load
