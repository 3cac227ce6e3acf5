// SPDX-License-Identifier: Apache-2.0
#include "coverage/what_if.hpp"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <stdexcept>

#include "coverage/changed_schema.hpp"
#include "load/nearest.hpp"
#include "load/options.hpp"

namespace sluice::coverage {
namespace {

struct FirstError : google::protobuf::io::ErrorCollector {
  void AddError(int, int column, const std::string& message) override {
    if (text.empty()) text = "column " + std::to_string(column + 1) + ": " + message;
  }
  std::string text;
};

// All fields of the message that a full name ends in, for a hint.
std::string hint(const google::protobuf::DescriptorPool& pool, const std::string& field) {
  const std::size_t dot = field.rfind('.');
  const auto* message = dot == std::string::npos ? nullptr : pool.FindMessageTypeByName(field.substr(0, dot));
  if (message == nullptr) return " (a full name, as example.library.v1.Book.title)";
  std::vector<std::string> names;
  for (int i = 0; i < message->field_count(); ++i) names.push_back(message->field(i)->name());
  const std::string nearest = load::nearest(field.substr(dot + 1), names);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace

std::optional<WhatIf> what_if(const std::filesystem::path& policy, const std::string& field, const std::string& rules, const room::RoomOptions& options,
                              load::Diagnostics& diagnostics) {
  auto read = load::load(policy, diagnostics);
  if (!read) return std::nullopt;
  const auto loaded = std::make_shared<const load::Loaded>(std::move(*read));
  const auto compiled = compiler::compile(loaded, diagnostics);
  if (!compiled) return std::nullopt;
  const auto* descriptor = loaded->pool->FindFieldByName(field);
  if (descriptor == nullptr) throw std::runtime_error("the schemas have no field '" + field + "'" + hint(*loaded->pool, field));
  ChangedSchema::Change change{descriptor, load::field_rules(descriptor)};
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.MergeFromString(rules, &change.rules)) throw std::runtime_error("'" + rules + "' are no rules, " + error.text + " (as: string {max_len: 20})");
  const ChangedSchema files(*loaded, policy);
  std::string why;
  const auto tighter = files.compile(files.changed({change}), why);
  if (!tighter) throw std::runtime_error("with '" + rules + "' on " + field + " the policy does not compile: " + why);
  return WhatIf{room::measure(compiled->image, compiler::SymbolMap::parse(compiled->symbols), options),
                room::measure(tighter->image, compiler::SymbolMap::parse(tighter->symbols), options)};
}

}  // namespace sluice::coverage
