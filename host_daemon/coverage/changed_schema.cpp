// SPDX-License-Identifier: Apache-2.0
#include "coverage/changed_schema.hpp"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "coverage/observation.hpp"
#include "coverage/proto_text.hpp"
#include "load/source_tree.hpp"
#include "load/spans.hpp"

namespace sluice::coverage {

using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

namespace {

constexpr const char* kRules = "buf/validate/validate.proto";

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("'" + file.string() + "' cannot be read");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool imports(const google::protobuf::FileDescriptor* file) {
  for (int i = 0; i < file->dependency_count(); ++i) {
    if (file->dependency(i)->name() == kRules) return true;
  }
  return false;
}

FileDescriptorProto parse(const std::string& name, const std::string& text) {
  struct Errors : google::protobuf::io::ErrorCollector {
    void AddError(int line, int, const std::string& message) override {
      if (first.empty()) first = "line " + std::to_string(line + 1) + ": " + message;
    }
    std::string first;
  } errors;
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  google::protobuf::io::Tokenizer tokenizer(&stream, &errors);
  google::protobuf::compiler::Parser parser;
  parser.RecordErrorsTo(&errors);
  FileDescriptorProto out;
  if (!parser.Parse(&tokenizer, &out)) throw std::runtime_error("the changed '" + name + "' does not parse: " + errors.first);
  out.set_name(name);
  return out;
}

}  // namespace

ChangedSchema::ChangedSchema(const load::Loaded& loaded, std::filesystem::path policy)
    : loaded_(loaded), policy_(std::move(policy)), folder_(std::filesystem::absolute(policy_).parent_path()), set_(load::descriptor_set_of(loaded)) {}

std::string ChangedSchema::obstacle(const FieldDescriptor* field) const {
  const load::Span span = load::span_of(loaded_, field);
  std::error_code error;
  if (span.line == 0 || !std::filesystem::is_regular_file(span.file, error)) return "its schema is no file on disk";
  if (relative(span.file).starts_with("..")) return "its schema stands outside of the policy's folder";
  return {};
}

ChangedSchema::Texts ChangedSchema::changed(const std::vector<Change>& changes) const {
  std::map<std::string, std::vector<Edit>> edits;
  Texts texts;
  for (const Change& change : changes) {
    const load::Span span = load::span_of(loaded_, change.field);
    const std::string& name = change.field->file()->name();
    if (texts.count(name) == 0) {
      texts[name] = read_file(span.file);
      if (!imports(change.field->file())) edits[name].push_back(add_import(texts[name], kRules));
    }
    edits[name].push_back(replace_rules(texts[name], span.line, span.column, text_of(change.rules)));
  }
  for (auto& [name, text] : texts) text = coverage::apply(text, edits[name]);
  return texts;
}

std::optional<compiler::CompileResult> ChangedSchema::compile(const Texts& texts, std::string& why) const {
  FileDescriptorSet set;
  set.ParseFromString(set_);
  const bool has_rules = std::any_of(set.file().begin(), set.file().end(), [](const auto& file) { return file.name() == kRules; });
  FileDescriptorSet made;
  if (!has_rules) *made.add_file() = parse(kRules, std::string(load::shipped_file(kRules).value()));
  for (const FileDescriptorProto& file : set.file()) {
    const auto text = texts.find(file.name());
    *made.add_file() = text == texts.end() ? file : parse(file.name(), text->second);
  }
  // A pool reads the options of a parsed text; load takes none that are still text.
  google::protobuf::DescriptorPool pool;
  FileDescriptorSet read;
  for (const FileDescriptorProto& file : made.file()) {
    const auto* built = pool.BuildFile(file);
    if (built == nullptr) {
      why = "the changed '" + file.name() + "' does not compile";
      return std::nullopt;
    }
    built->CopyTo(read.add_file());
  }
  load::Diagnostics diagnostics;
  auto loaded = load::load(read_file(policy_), policy_.string(), read.SerializeAsString(), diagnostics);
  std::optional<compiler::CompileResult> result;
  if (loaded) result = compiler::compile(std::make_shared<const load::Loaded>(std::move(*loaded)), diagnostics);
  if (!result) {
    for (const auto& one : diagnostics.all()) {
      if (one.severity == load::Severity::kError && why.empty()) why = one.message;
    }
  }
  return result;
}

std::string ChangedSchema::patch(const Texts& texts) const {
  std::string out;
  for (const auto& [name, text] : texts) {
    const std::string file = loaded_.schemas->shown_name(name);
    out += unified_diff(relative(file), read_file(file), text);
  }
  return out;
}

std::string ChangedSchema::relative(const std::filesystem::path& file) const {
  return std::filesystem::absolute(file).lexically_normal().lexically_relative(folder_.lexically_normal()).string();
}

}  // namespace sluice::coverage
