// SPDX-License-Identifier: Apache-2.0
// Well-known types that the JSON mapping writes as scalars: what they hold without rules, and how rules state their values.
#include <map>

#include "compiler/civil_time.hpp"
#include "compiler/schema_internal.hpp"

namespace sluice::compiler {

const FieldDescriptor* wrapped_field(const Descriptor* message) {
  static const std::set<std::string, std::less<>> names = {
      "google.protobuf.DoubleValue", "google.protobuf.FloatValue",  "google.protobuf.Int64Value",
      "google.protobuf.UInt64Value", "google.protobuf.Int32Value",  "google.protobuf.UInt32Value",
      "google.protobuf.BoolValue",   "google.protobuf.StringValue", "google.protobuf.BytesValue"};
  return names.contains(message->full_name()) ? message->FindFieldByNumber(1) : nullptr;
}

Value free_message_value(const Descriptor* message) {
  Value value{};
  value.type = FieldDescriptor::TYPE_MESSAGE;
  value.message = -1;
  const std::string& name = message->full_name();
  if (name == "google.protobuf.Timestamp") {
    value.kind = ValueKind::timestamp;
    value.integers = timestamp_range();
  } else if (name == "google.protobuf.Duration") {
    value.kind = ValueKind::duration;
    value.integers = duration_range();
  } else if (name == "google.protobuf.FieldMask") {
    value.kind = ValueKind::field_mask;
    value.string.conditions.push_back({TextCondition::Kind::format, {"field_mask"}, false, "field_mask"});
  } else {
    static const std::map<std::string, ValueKind, std::less<>> kinds = {{"google.protobuf.Any", ValueKind::any},
                                                                        {"google.protobuf.Value", ValueKind::dynamic},
                                                                        {"google.protobuf.Struct", ValueKind::structure},
                                                                        {"google.protobuf.ListValue", ValueKind::list_value}};
    const auto known = kinds.find(name);
    value.kind = known == kinds.end() ? ValueKind::message : known->second;
  }
  return value;
}

Int nanoseconds_of(const google::protobuf::Message& time) {
  const auto* descriptor = time.GetDescriptor();
  const auto* reflection = time.GetReflection();
  return reflection->GetInt64(time, descriptor->FindFieldByName("seconds")) * kNanosPerSecond +
         reflection->GetInt32(time, descriptor->FindFieldByName("nanos"));
}

std::vector<std::string> mask_paths(const google::protobuf::Message& mask) {
  const auto* reflection = mask.GetReflection();
  const auto* member = mask.GetDescriptor()->FindFieldByName("paths");
  std::vector<std::string> out;
  for (int i = 0; i < reflection->FieldSize(mask, member); ++i) out.push_back(reflection->GetRepeatedString(mask, member, i));
  return out;
}

void resolve_any_types(Resolution& resolution) {
  const auto& loaded = resolution.loaded;
  for (std::size_t i = 0; i < loaded.any_types.size(); ++i) {
    const Descriptor* type = loaded.any_types[i];
    if (special_message(type) || type->full_name() == "google.protobuf.Any") {
      resolution.diagnostics.error(Code::kTypeUnsupported, loaded.policy_spans.at("anyTypes[" + std::to_string(i) + "]"),
                                   type->full_name() + " cannot stand in a google.protobuf.Any here")
          .mend("list messages of your own");
      continue;
    }
    AnyType& entry = resolution.schema.any_types.emplace_back();
    entry.url = "type.googleapis.com/" + type->full_name();
    entry.value.name = type->full_name();
    entry.value.json_name = "value";
    entry.value.value = free_value_of(resolution, type);
    refer_message(resolution, entry.value.value, type, false);
  }
}

}  // namespace sluice::compiler
