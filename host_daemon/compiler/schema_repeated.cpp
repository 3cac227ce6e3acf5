// SPDX-License-Identifier: Apache-2.0
// What is written many times: the bounds on its number, and maps, lists of pairs whose parts are values of their own and
// always stand. It knows nothing of the order of keys: there is only one, and the table ensures it.
#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

using buf::validate::FieldRules;

// The key or the value of a map's pairs.
Field resolve_part(Resolution& resolution, const FieldDescriptor* map, const FieldDescriptor* part,
                   FieldRules rules, bool with_rules) {
  const std::string path = part->number() == 1 ? "map.keys." : "map.values.";
  if (rules.ignore() == buf::validate::IGNORE_ALWAYS) {
    rules.Clear();
    with_rules = false;
  }
  Field field{};
  field.descriptor = part;
  field.name = field.json_name = part->name();
  field.number = part->number();
  field.required = true;  // `required` says nothing: a part is always there
  field.span = load::span_of(resolution.loaded, map);
  field.value = resolve_value(resolution, part, with_rules ? &rules : nullptr, path, map);
  refer_message(resolution, field.value, part->message_type(), with_rules);
  check_not_empty(resolution, field, map, part->number() == 1 ? " on keys" : " on values");
  if (rules.ignore() == buf::validate::IGNORE_IF_ZERO_VALUE) {
    allow_zero_item(resolution, field.value, part, map, path);
  }
  return field;
}

// How many keys there are, when that is a number worth comparing.
std::optional<std::uint64_t> number_of_keys(const Value& key) {
  if (key.kind == ValueKind::boolean) return key.booleans.size();
  if (key.kind == ValueKind::string && key.string.in) {
    return key.string.in->size() + (key.string.or_empty ? 1 : 0);
  }
  if (key.kind != ValueKind::integer) return std::nullopt;
  Int count = 0;
  for (const auto& [low, high] : key.integers.intervals) count += high - low + 1;
  return count > 65536 ? std::nullopt : std::optional(static_cast<std::uint64_t>(count));
}

}  // namespace

const FieldDescriptor* value_descriptor(const FieldDescriptor* field) {
  return field->is_map() ? field->message_type()->map_value() : field;
}

void resolve_count(Resolution& resolution, Field& field, const FieldRules& rules,
                   const google::protobuf::Message& group, const std::string& least,
                   const std::string& most) {
  const FieldDescriptor* descriptor = field.descriptor;
  const auto* reflection = group.GetReflection();
  const std::string prefix = descriptor->is_map() ? "map." : "repeated.";
  const auto bound = [&](const std::string& name) -> std::optional<std::uint64_t> {
    const FieldDescriptor* member = group.GetDescriptor()->FindFieldByName(name);
    if (!reflection->HasField(group, member)) return std::nullopt;
    const std::uint64_t value = reflection->GetUInt64(group, member);
    const std::string rule = prefix + name;
    field.rules.push_back({rule, rule + " = " + std::to_string(value),
                           load::span_of_rule(resolution.loaded, descriptor, rule)});
    return value;
  };
  const std::uint64_t min = bound(least).value_or(0);
  field.min_items = std::max<std::uint64_t>(min, 1);
  if (min != 0 && rules.ignore() != buf::validate::IGNORE_IF_ZERO_VALUE) field.required = true;
  field.max_items = bound(most);
  if (!field.max_items || *field.max_items >= field.min_items) return;
  const std::string what = descriptor->is_map() ? "map" : "list";
  resolution.refused.insert(descriptor);
  resolution.diagnostics.error(
      Code::kNoValue, load::span_of_rule(resolution.loaded, descriptor, prefix + most),
      "field " + descriptor->full_name() + ": no " + what + " can satisfy " + prefix + most + " = " +
          std::to_string(*field.max_items) +
          (min != 0 ? " with " + prefix + least + " = " + std::to_string(min)
                    : "; an empty " + what + " is never written"));
}

void allow_zero_item(Resolution& resolution, Value& value, const FieldDescriptor* field,
                     const FieldDescriptor* owner, const std::string& path) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    refuse_rule(resolution, owner, path + "ignore", "a message has no zero value");
  }
  add_zero(value, field);
}

void resolve_map(Resolution& resolution, Field& field, const FieldRules& rules, bool with_rules) {
  const FieldDescriptor* descriptor = field.descriptor;
  FieldRules own = rules;
  if (own.type_case() == FieldRules::kMap) own.clear_type();
  resolve_value(resolution, descriptor, &own, "");  // refuses cel and groups that do not fit

  const auto& map = rules.map();
  resolve_count(resolution, field, rules, map, "min_pairs", "max_pairs");
  const auto part = [&](const FieldDescriptor* of, const FieldRules& on) {
    return resolve_part(resolution, descriptor, of, on, with_rules);
  };
  const auto* entry = descriptor->message_type();
  MapEntry pair{part(entry->map_key(), map.keys()), part(entry->map_value(), map.values())};
  field.value = pair.value.value;
  const auto keys = number_of_keys(pair.key.value);
  field.map = std::make_shared<const MapEntry>(std::move(pair));
  if (!keys || *keys >= field.min_items || resolution.refused.contains(descriptor)) return;
  resolution.refused.insert(descriptor);
  resolution.diagnostics.error(
      Code::kNoValue, load::span_of_rule(resolution.loaded, descriptor, "map.min_pairs"),
      "field " + descriptor->full_name() + ": its keys have " + std::to_string(*keys) +
          " value(s), and map.min_pairs wants " + std::to_string(field.min_items));
}

}  // namespace sluice::compiler
