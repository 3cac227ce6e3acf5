// SPDX-License-Identifier: Apache-2.0
// What is said of a message's members alike in JSON and in Protobuf bodies: which may not stand where it does, and which is missing.
#include <algorithm>

#include "compiler/explain_internal.hpp"

namespace sluice::compiler {

namespace {

bool stands(const Members& m, int rank) {
  return std::any_of(m.seen.begin(), m.seen.end(), [&](const auto* f) { return f->rank == rank; });
}

struct Missing {
  const FieldFacts* field = nullptr;
  const OneofFacts* oneof = nullptr;
};

Missing find_missing(const Members& m, int before) {
  Missing out;
  const auto wanted = [&](int rank) { return (before == 0 || rank < before) && (!out.field || rank < out.field->rank); };
  for (const FieldFacts& f : m.message.fields) {
    const std::string name = m.scope + f.name;
    const bool elsewhere = m.scoped && (m.body.excluded.contains(name) || (m.body.reached.contains(name) && !m.body.needed.contains(name)));
    const bool required = m.body.protobuf ? f.required_by_rules() : f.required;
    if (required && f.oneof < 0 && !elsewhere && !stands(m, f.rank) && wanted(f.rank)) out.field = &f;
  }
  for (const OneofFacts& oneof : m.message.oneofs) {
    if (!oneof.required || stands(m, oneof.rank) || !wanted(oneof.rank)) continue;
    out.oneof = &oneof;
    return out;
  }
  return out;
}

}  // namespace

bool travels_elsewhere(const Members& m, const FieldFacts& field) { return m.scoped && m.body.excluded.contains(m.scope + field.name); }

Finding wrong_place(const Members& m, const FieldFacts& field, const std::string& path) {
  if (std::find(m.seen.begin(), m.seen.end(), &field) != m.seen.end()) return found(path, "duplicate_field", "the member stands twice");
  const bool beside = std::any_of(m.seen.begin(), m.seen.end(), [&](const auto* f) { return f->oneof >= 0 && f->oneof == field.oneof; });
  if (beside) {
    return found(path, "oneof", "another member of the oneof " + m.message.oneofs[static_cast<std::size_t>(field.oneof)].name + " stands already");
  }
  return found(path, "order", "members stand in ascending order of their field numbers");
}

bool is_missing_member(const Members& m) {
  const Missing missing = find_missing(m, 0);
  return missing.field || missing.oneof;
}

Finding missing_member(const Members& m, const std::string& path, int before) {
  const auto [field, oneof] = find_missing(m, before);
  if (oneof) return found(join_path(path, oneof->name), "required", "one member of the oneof " + oneof->name + " must stand");
  if (field) return {{join_path(path, field->json_name)}, causes_of_absence(*field, m.facts.print_defaults && !m.body.protobuf)};
  return found(path, "default", "an empty message is spelled by leaving it out");
}

Finding rule_of_list(const FieldFacts& list, const std::string& path, std::string_view name, const std::string& text) {
  for (const RuleUse& rule : list.rules) {
    if (rule.name.ends_with(name)) return found(path, rule.name, text + " (" + rule.text + ")");
  }
  return found(path, "default", text);
}

}  // namespace sluice::compiler
