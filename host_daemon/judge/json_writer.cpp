// SPDX-License-Identifier: Apache-2.0
// The naive writer of canonical JSON.
#include "judge/json_writer.hpp"

#include <algorithm>

#include "judge/scalar.hpp"
#include "judge/text.hpp"

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
  object(message, "", context, out);
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
  const bool empty = !field->is_repeated() && !is_scalar(field) && text.bytes() == "{}";
  if (!empty) out.add(text);
  return context.problem;
}

bool JsonWriter::stands(const Message& message, const FieldDescriptor* field) const {
  if (field->is_repeated()) return message.GetReflection()->FieldSize(message, field) > 0;
  if (message.GetReflection()->HasField(message, field)) return true;
  return print_defaults_ && !field->has_presence();
}

void JsonWriter::object(const Message& message, const std::string& path, Context& context,
                        CanonicalText& out) const {
  const auto known = order_.find(message.GetDescriptor());
  std::vector<const FieldDescriptor*> found;
  if (known == order_.end()) found = canonical_order(message.GetDescriptor());
  const auto& fields = known == order_.end() ? found : known->second;
  out.add("{");
  bool first = true;
  for (const FieldDescriptor* field : fields) {
    if (!stands(message, field)) continue;
    const std::string field_path = join(path, field->name());
    if (context.elsewhere.contains(field_path)) continue;
    CanonicalText text;
    value(message, field, field_path, context, text);
    if (text.bytes() == "{}" && any_below(context.elsewhere, field_path)) continue;
    if (!first) out.add(",");
    first = false;
    out.add(json_quote(field->json_name()));
    out.add(":");
    out.add(text);
  }
  out.add("}");
}

void JsonWriter::value(const Message& message, const FieldDescriptor* field,
                       const std::string& path, Context& context, CanonicalText& out) const {
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

void JsonWriter::element(const Message& message, const FieldDescriptor* field, int index,
                         const std::string& path, Context& context, CanonicalText& out) const {
  if (!is_scalar(field)) {
    const auto* reflection = message.GetReflection();
    const Message& inner = index < 0 ? reflection->GetMessage(message, field)
                                     : reflection->GetRepeatedMessage(message, field, index);
    if (is_any(inner.GetDescriptor())) {
      if (!context.problem) {
        context.problem =
            Rejection{path, "any.unlisted",
                      "a google.protobuf.Any whose types the policy does not list must be absent"};
      }
      return;
    }
    object(inner, path, context, out);
    return;
  }
  const auto scalar = read_scalar(message, field, index);
  if (!scalar) {
    if (!context.problem) {
      const bool named = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
      context.problem =
          Rejection{path, named ? "enum.unknown" : "timestamp.range",
                    named ? "the number is no declared value of " + field->enum_type()->full_name()
                          : std::string("a Timestamp outside the years 1 to 9999")};
    }
    return;
  }
  switch (scalar->spelling) {
    case Spelling::kBare:
      out.add(scalar->text);
      break;
    case Spelling::kWide:
      out.add(bare_wide_ ? scalar->text : '"' + scalar->text + '"');
      break;
    case Spelling::kQuoted:
      out.add('"' + scalar->text + '"');
      break;
    case Spelling::kString:
      out.add(json_quote(scalar->text));
      break;
    case Spelling::kFloatNumber:
      out.add_number(static_cast<float>(scalar->number), false);
      break;
    case Spelling::kDoubleNumber:
      out.add_number(scalar->number, false);
      break;
  }
}

}  // namespace sluice::judge
