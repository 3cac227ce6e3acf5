// SPDX-License-Identifier: Apache-2.0
#include "canonical/tables.hpp"

#include <stdexcept>

#include "load/nearest.hpp"

namespace sluice::canonical {

Tables::Tables(std::shared_ptr<const Schema> schema) : schema_(std::move(schema)) {
  for (const Message& message : schema_->messages) {
    Names& names = names_.emplace_back();
    for (std::size_t i = 0; i < message.fields.size(); ++i) {
      const Field& field = message.fields[i];
      names.json.emplace(field.json_name, static_cast<int>(i));
      names.proto.emplace(field.name, static_cast<int>(i));
      names.numbers.emplace(static_cast<std::uint32_t>(field.number), static_cast<int>(i));
      add_patterns(field.value);
      if (field.map) add_patterns(field.map->key.value);
    }
    for (int i = 0; i < message.descriptor->field_count(); ++i) {
      const auto* descriptor = message.descriptor->field(i);
      if (!names.proto.contains(descriptor->name())) {
        names.absent.insert(descriptor->name());
        names.absent.insert(descriptor->json_name());
      }
    }
  }
  for (const compiler::AnyType& type : schema_->any_types) add_patterns(type.value.value);
  for (const auto* headers : {&schema_->request_headers, &schema_->response_headers}) {
    for (const auto& header : *headers) {
      if (header.pattern) add_pattern(*header.pattern);
    }
  }
  dropped_.insert(policy().drop_headers().begin(), policy().drop_headers().end());
}

void Tables::add_patterns(const Value& value) {
  for (const auto& condition : value.string.conditions) {
    for (const std::string& pattern : compiler::patterns_of(condition)) add_pattern(pattern);
  }
}

void Tables::add_pattern(const std::string& text) {
  auto& compiled = patterns_[text];
  if (compiled) return;
  RE2::Options options;
  options.set_log_errors(false);
  compiled = std::make_unique<RE2>(text, options);
  if (!compiled->ok()) throw std::invalid_argument("pattern '" + text + "': " + compiled->error());
}

int Tables::find_field(int message, std::string_view name) const {
  const Names& names = names_[static_cast<std::size_t>(message)];
  const std::string key(name);
  if (const auto found = names.json.find(key); found != names.json.end()) return found->second;
  if (const auto found = names.proto.find(key); found != names.proto.end()) return found->second;
  return -1;
}

int Tables::find_field(int message, std::uint32_t number) const {
  const auto& numbers = names_[static_cast<std::size_t>(message)].numbers;
  const auto found = numbers.find(number);
  return found == numbers.end() ? -1 : found->second;
}

bool Tables::must_be_absent(int message, std::string_view name) const {
  return names_[static_cast<std::size_t>(message)].absent.contains(std::string(name));
}

std::string Tables::nearest_field(int message, std::string_view name) const {
  std::vector<std::string> known;
  for (const Field& field : schema_->message(message).fields) known.push_back(field.json_name);
  return load::nearest(std::string(name), known);
}

}  // namespace sluice::canonical
