// SPDX-License-Identifier: Apache-2.0
#include "compiler/query_choice.hpp"

#include <algorithm>

namespace sluice::compiler {

bool has_message_choice(const Message& message, int oneof) {
  if (oneof < 0) return false;
  const auto member = [&](const Field& field) { return field.oneof == oneof; };
  return std::count_if(message.fields.begin(), message.fields.end(), member) > 1 &&
         std::any_of(message.fields.begin(), message.fields.end(),
                     [&](const Field& field) { return member(field) && field.value.kind == ValueKind::message; });
}

QueryChoice query_choice(const Schema& schema, int request, const FieldPath& path) {
  QueryChoice out;
  std::string at;
  int message = request;
  for (const int index : path.indexes) {
    const Message& type = schema.message(message);
    const Field& field = type.fields[static_cast<std::size_t>(index)];
    if (has_message_choice(type, field.oneof)) out.emplace_back(at + type.oneofs[static_cast<std::size_t>(field.oneof)].name, index);
    at += field.name + ".";
    message = field.value.message;
  }
  return out;
}

bool exclude_each_other(const QueryChoice& a, const QueryChoice& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& x) {
    return std::any_of(b.begin(), b.end(), [&](const auto& y) { return x.first == y.first && x.second != y.second; });
  });
}

}  // namespace sluice::compiler
