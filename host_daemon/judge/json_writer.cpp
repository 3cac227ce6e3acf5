// SPDX-License-Identifier: Apache-2.0
// The naive writer of canonical JSON.
#include "judge/json_writer.hpp"

#include <algorithm>

#include "judge/json_dynamic.hpp"
#include "judge/scalar.hpp"
#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

int place(const FieldDescriptor* field) {
  int lowest = field->number();
  if (const auto* oneof = field->real_containing_oneof()) {
    for (int i = 0; i < oneof->field_count(); ++i) {
      lowest = std::min(lowest, oneof->field(i)->number());
    }
  }
  return lowest;
}

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// True if the text of a field, a body of its own, is that of an empty message. A Value is never
// empty.
bool is_empty_message(const FieldDescriptor* field, const std::string& text) {
  if (field->is_repeated() || field->message_type() == nullptr) return false;
  switch (well_known(field->message_type())) {
    case WellKnown::kNone:
    case WellKnown::kStruct:
      return text == "{}";
    case WellKnown::kListValue:
      return text == "[]";
    default:
      return false;
  }
}

// Why a message that ought to be one scalar has none.
Rejection unspeakable(const Message& message, const std::string& path) {
  switch (well_known(message.GetDescriptor())) {
    case WellKnown::kTimestamp:
      return {path, "timestamp.range", "a Timestamp outside the years 1 to 9999"};
    case WellKnown::kDuration:
      return {path, "duration.range", "a Duration that is out of range or of two signs"};
    default:
      return {path, "field_mask.path", "a FieldMask with a path that JSON cannot say"};
  }
}

// True if a path below `path` is in the set.
bool any_below(const std::set<std::string>& paths, const std::string& path) {
  const auto next = paths.lower_bound(path + ".");
  return next != paths.end() && next->starts_with(path + ".");
}

}  // namespace

std::vector<const FieldDescriptor*> canonical_order(const Descriptor* message) {
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < message->field_count(); ++i) fields.push_back(message->field(i));
  std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
    return std::pair(place(a), a->number()) < std::pair(place(b), b->number());
  });
  return fields;
}

void JsonWriter::prepare(const Descriptor* message) { order_[message] = canonical_order(message); }

MaybeRejection JsonWriter::message(const Message& message, const std::set<std::string>& elsewhere,
                                   CanonicalText& out) const {
  Context context{elsewhere, std::nullopt};
  whole(message, "", context, out);
  return context.problem;
}

MaybeRejection JsonWriter::field(const Message& message, const FieldDescriptor* field,
                                 const std::set<std::string>& elsewhere, CanonicalText& out) const {
  Context context{elsewhere, std::nullopt};
  const bool set = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                                        : message.GetReflection()->HasField(message, field);
  if (!set) return std::nullopt;
  CanonicalText text;
  value(message, field, field->name(), context, text);
  if (!is_empty_message(field, text.bytes())) out.add(text);
  return context.problem;
}

bool JsonWriter::stands(const Message& message, const FieldDescriptor* field) const {
  if (field->is_repeated()) return message.GetReflection()->FieldSize(message, field) > 0;
  if (message.GetReflection()->HasField(message, field)) return true;
  return spelling_.print_defaults && !field->has_presence();
}

void JsonWriter::members(const Message& message, bool first, const std::string& path,
                         Context& context, CanonicalText& out) const {
  const auto known = order_.find(message.GetDescriptor());
  std::vector<const FieldDescriptor*> found;
  if (known == order_.end()) found = canonical_order(message.GetDescriptor());
  const auto& fields = known == order_.end() ? found : known->second;
  for (const FieldDescriptor* field : fields) {
    if (!stands(message, field)) continue;
    const std::string field_path = join(path, field->name());
    if (context.elsewhere.contains(field_path)) continue;
    CanonicalText text;
    value(message, field, field_path, context, text);
    if (text.bytes() == "{}" && any_below(context.elsewhere, field_path)) continue;
    if (!first) out.add(",");
    first = false;
    out.add(json_quote(spelling_.name(field)));
    out.add(":");
    out.add(text);
  }
}

void JsonWriter::value(const Message& message, const FieldDescriptor* field,
                       const std::string& path, Context& context, CanonicalText& out) const {
  if (field->is_map()) {
    map(message, field, path, context, out);
    return;
  }
  if (!field->is_repeated()) {
    element(message, field, -1, path, context, out);
    return;
  }
  out.add("[");
  const int size = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out.add(",");
    element(message, field, i, path + "[" + std::to_string(i) + "]", context, out);
  }
  out.add("]");
}

void JsonWriter::map(const Message& message, const FieldDescriptor* field, const std::string& path,
                     Context& context, CanonicalText& out) const {
  std::map<std::string, CanonicalText> members;  // ascending by the keys as they stand
  const int size = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) {
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, field, i);
    const auto key = read_scalar(entry, field->message_type()->map_key(), -1);
    const std::string spelled = json_quote(key->text);
    // Without the closing quote: a key that begins another stands before it.
    CanonicalText& text = members[spelled.substr(0, spelled.size() - 1)];
    text.add(spelled + ":");
    element(entry, field->message_type()->map_value(), -1, path + "[" + spelled + "]", context,
            text);
  }
  out.add("{");
  bool first = true;
  for (const auto& [key, text] : members) {
    if (!first) out.add(",");
    first = false;
    out.add(text);
  }
  out.add("}");
}

void JsonWriter::element(const Message& message, const FieldDescriptor* field, int index,
                         const std::string& path, Context& context, CanonicalText& out) const {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto* reflection = message.GetReflection();
    whole(index < 0 ? reflection->GetMessage(message, field)
                    : reflection->GetRepeatedMessage(message, field, index),
          path, context, out);
  } else if (const auto found = read_scalar(message, field, index)) {
    scalar(*found, out);
  } else if (!context.problem) {
    context.problem =
        Rejection{path, "enum.unknown",
                  "the number is no declared value of " + field->enum_type()->full_name()};
  }
}

void JsonWriter::whole(const Message& message, const std::string& path, Context& context,
                       CanonicalText& out) const {
  switch (well_known(message.GetDescriptor())) {
    case WellKnown::kNone:
      out.add("{");
      members(message, true, path, context, out);
      out.add("}");
      break;
    case WellKnown::kAny:
      any(message, path, context, out);
      break;
    case WellKnown::kStruct:
    case WellKnown::kValue:
    case WellKnown::kListValue:
      write_dynamic(message, path, context.problem, out);
      break;
    default:
      if (const auto found = read_scalar(message)) {
        scalar(*found, out);
      } else if (!context.problem) {
        context.problem = unspeakable(message, path);
      }
      break;
  }
}

// The type first, then the members of the message, or its own form as the member `value`.
void JsonWriter::any(const Message& message, const std::string& path, Context& context,
                     CanonicalText& out) const {
  const auto inner = open_(message);
  if (inner == nullptr) {
    if (context.problem) return;
    context.problem = Rejection{path, "any.unlisted",
                                "a google.protobuf.Any must be absent unless it holds a type that "
                                "the policy lists"};
    return;
  }
  out.add("{\"@type\":" + json_quote(kTypePrefix + inner->GetDescriptor()->full_name()));
  if (well_known(inner->GetDescriptor()) == WellKnown::kNone) {
    members(*inner, false, path, context, out);
  } else {
    out.add(",\"value\":");
    whole(*inner, path, context, out);
  }
  out.add("}");
}

void JsonWriter::scalar(const Scalar& scalar, CanonicalText& out) const {
  switch (scalar.spelling) {
    case Spelling::kBare:
      out.add(scalar.text);
      break;
    case Spelling::kName:
      out.add(spelling_.enum_numbers ? enum_number(scalar) : '"' + scalar.text + '"');
      break;
    case Spelling::kWide:
      out.add(spelling_.bare_wide ? scalar.text : '"' + scalar.text + '"');
      break;
    case Spelling::kQuoted:
      out.add('"' + scalar.text + '"');
      break;
    case Spelling::kString:
      out.add(json_quote(scalar.text));
      break;
    case Spelling::kFloatNumber:
      out.add_number(static_cast<float>(scalar.number), false);
      break;
    case Spelling::kDoubleNumber:
      out.add_number(scalar.number, false);
      break;
  }
}

}  // namespace sluice::judge
