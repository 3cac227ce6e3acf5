// SPDX-License-Identifier: Apache-2.0
#include "canonical/body_walk.hpp"

#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {

using compiler::Oneof;

BodyWalk::Descent::Descent(BodyWalk& walk, const Field& field)
    : walk_(walk), path_(walk.path_.size()), proto_path_(walk.proto_path_.size()) {
  const auto extend = [](std::string& path, const std::string& name) {
    if (!path.empty()) path += '.';
    path += name;
  };
  extend(walk.path_, field.json_name);
  extend(walk.proto_path_, field.name);
}

BodyWalk::Descent::~Descent() {
  walk_.path_.resize(path_);
  walk_.proto_path_.resize(proto_path_);
}

const Scalar& BodyWalk::value_in_path(std::size_t offset) const {
  const auto found = path_fields_.find(proto_path_);
  if (found == path_fields_.end()) {
    refuse_value(here(offset), "oneof", "'" + path_ + "' is set, but another member of its oneof travels in the path.");
  }
  return found->second;
}

void BodyWalk::require_equal(const Scalar& in_body, const Scalar& in_path, std::size_t offset) const {
  if (in_body.text == in_path.text) return;
  refuse_value(here(offset), "contradicts_path",
               "'" + path_ + "' travels in the path, as '" + excerpt(in_path.text) +
                   "'; the body says something else. Leave it out of the body.");
}

void BodyWalk::check_choices(const Message& type, std::size_t offset, const SetAt& set_at) {
  if (type.oneofs.empty() && type.groups.empty()) return;
  // Of rules the groups are looked at: what a oneof is to Protobuf, the reader of the body has ensured.
  std::vector<bool> chosen(type.oneofs.size(), false);
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (type.fields[i].oneof < 0) continue;
    const Descent descent(*this, type.fields[i]);
    if (is_set_by_path() || set_at(type.fields[i], i)) chosen[static_cast<std::size_t>(type.fields[i].oneof)] = true;
  }
  for (std::size_t i = 0; i < type.oneofs.size(); ++i) {
    const Oneof& oneof = type.oneofs[i];
    if (oneof.descriptor == nullptr || !oneof.required || chosen[i]) continue;
    Place place = here(offset);
    place.field += (place.field.empty() ? "" : ".") + oneof.name;
    refuse_rule(place, {"required", "required"},
                "One member of '" + oneof.name + "' must be set; none is.");
  }
  for (const compiler::ExclusiveGroup& group : type.groups) {
    const Field* other = nullptr;
    for (const int index : group.fields) {
      const Field& field = type.fields[static_cast<std::size_t>(index)];
      const Descent descent(*this, field);
      const auto set = set_at(field, static_cast<std::size_t>(index));
      if (!set && !is_set_by_path()) continue;
      // Members that the path excludes are its own business.
      if (other != nullptr && set && !is_elsewhere()) {
        refuse_rule(here(*set), {group.rule.name, group.rule.text},
                    "'" + other->json_name + "' and '" + field.json_name +
                        "' are both set; the schema allows one of them.");
      }
      other = &field;
    }
    if (other == nullptr && group.required) {
      refuse_rule(
          here(offset), {group.rule.name, group.rule.text},
          subject() + " must have one of the fields of " + group.rule.text + "; none is set.");
    }
  }
}

void BodyWalk::refuse_absent(const Field& field, std::size_t offset) const {
  auto rule = find_rule(field.rules, {"required", "min_items", "min_pairs"});
  if (!rule && field.implicit) rule = breached_by_default(field);
  refuse_rule(here(offset), rule.value_or(RuleText{"required", "required"}),
              "'" + path_ + "' is missing; it is required.");
}

void BodyWalk::refuse_default(const Field& field, const Scalar& scalar, std::size_t offset) const {
  auto rule = find_rule(field.rules, {"required"});
  if (!rule) rule = breached_by_default(field);
  refuse_rule(here(offset), rule.value_or(RuleText{"required", "required"}),
              "'" + path_ + "' is " + (scalar.text.empty() ? "empty" : scalar.text) +
                  ", which the schema does not allow.");
}

void BodyWalk::refuse_empty(const Field& field, std::size_t offset) const {
  refuse_rule(here(offset), rule_text(field.rules, {"required"}, "required"),
              "'" + path_ + "' is empty; it is required, so one of its members must be set.");
}

// The value rule that the type's default breaks.
std::optional<RuleText> BodyWalk::breached_by_default(const Field& field) const {
  try {
    check_rules(tables_, field.value, default_scalar(field), {});
  } catch (const Refused& refused) {
    return RuleText{refused.refusal.rule_name, refused.refusal.rule};
  }
  return std::nullopt;
}

}  // namespace sluice::canonical
