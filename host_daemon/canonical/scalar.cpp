// SPDX-License-Identifier: Apache-2.0
// Reading: one function a type, first for the text form, then for what JSON adds to it. Checking
// lives in rules.cpp.
#include "canonical/scalar.hpp"

#include <re2/re2.h>

#include <google/protobuf/descriptor.h>

#include "canonical/number.hpp"
#include "canonical/refusal.hpp"
#include "canonical/text.hpp"
#include "canonical/timestamp.hpp"
#include "compiler/string_format.hpp"

namespace sluice::canonical {
namespace {

using compiler::ValueKind;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

struct Range {
  Int low, high;
};

Range type_range(FieldDescriptor::Type type) {
  constexpr Int one = 1;
  switch (type) {
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_FIXED32:
      return {0, (one << 32) - 1};
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_SFIXED64:
      return {-(one << 63), (one << 63) - 1};
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_FIXED64:
      return {0, (one << 64) - 1};
    default:
      return {-(one << 31), (one << 31) - 1};
  }
}

// A value that the field's type does not hold; explanations of a device's verdict name the rule alike.
[[noreturn]] void refuse_by_type(const Field& field, const Place& place, std::string code,
                                 std::string message) {
  throw Refused({422, std::move(code), place.field, "type " + type_name(field), std::move(message),
                 place.line, place.column, ""});
}

[[noreturn]] void refuse_type(const Field& field, const Place& place, std::string_view wanted,
                              std::string_view found) {
  refuse_by_type(field, place, "wrong_type",
                 "'" + place.field + "' must be " + std::string(wanted) + " (" + type_name(field) +
                     "); found " + std::string(found) + ".");
}

[[noreturn]] void refuse_enum_value(const Field& field, const Place& place, std::string message) {
  RuleText rule = rule_text(field.value.rules, {"defined_only"}, "type " + type_name(field));
  throw Refused({422, "unknown_enum_value", place.field, std::move(rule.text), std::move(message),
                 place.line, place.column, "", std::nullopt, std::move(rule.name)});
}

Scalar read_number(const Field& field, std::string_view spelling, const Place& place) {
  if (!is_json_number(spelling)) {
    refuse_type(field, place, "a number", "'" + excerpt(spelling) + "'");
  }
  Scalar out;
  if (field.value.kind == ValueKind::floating) {
    const bool single = field.value.type == FieldDescriptor::TYPE_FLOAT;
    const FloatReading reading = read_float(spelling, single);
    if (reading.fault != NumberFault::none) {
      refuse_by_type(field, place, "out_of_range",
                   "'" + place.field + "' is " + excerpt(spelling) + ", which is too " +
                       (reading.fault == NumberFault::too_big ? "large" : "close to zero") +
                       " for a " + type_name(field) + ".");
    }
    out.text = to_canonical_float(reading.value, single);
    out.is_default = reading.value == 0;
    return out;
  }
  const IntegerReading reading = read_integer(spelling);
  if (reading.fault == NumberFault::not_an_integer) {
    refuse_type(field, place, "an integer", excerpt(spelling));
  }
  const Range range = type_range(field.value.type);
  if (reading.fault != NumberFault::none || reading.value < range.low ||
      reading.value > range.high) {
    refuse_by_type(field, place, "out_of_range",
                 "'" + place.field + "' is " + excerpt(spelling) + "; " + type_name(field) +
                     " holds " + to_decimal(range.low) + " to " + to_decimal(range.high) + ".");
  }
  out.number = reading.value;
  out.text = to_decimal(reading.value);
  out.quoted = field.value.quoted;
  out.is_default = reading.value == 0;
  return out;
}

Scalar enum_scalar(const Field& field, const EnumValueDescriptor* value) {
  Scalar out;
  out.quoted = field.value.quoted;
  // Of aliases the first declared: FindValueByNumber returns it.
  out.text = out.quoted ? value->type()->FindValueByNumber(value->number())->name() : std::to_string(value->number());
  out.number = value->number();
  out.is_default = value->number() == 0;
  return out;
}

Scalar read_enum_number(const Field& field, std::string_view spelling, const Place& place) {
  const IntegerReading reading = read_integer(spelling);
  const EnumValueDescriptor* value = nullptr;
  if (reading.fault == NumberFault::none && reading.value >= INT32_MIN &&
      reading.value <= INT32_MAX) {
    value = field.descriptor->enum_type()->FindValueByNumber(static_cast<int>(reading.value));
  }
  if (value == nullptr) {
    refuse_enum_value(field, place,
                 "'" + place.field + "' is " + excerpt(spelling) + ", which " + type_name(field) +
                     " does not declare.");
  }
  return enum_scalar(field, value);
}

Scalar read_enum_name(const Field& field, std::string_view name, const Place& place) {
  const auto* value = field.descriptor->enum_type()->FindValueByName(std::string(name));
  if (value == nullptr) {
    std::string known;
    for (const compiler::EnumValue& allowed : field.value.enumeration) {
      if (known.size() > 120) {
        known += ", …";
        break;
      }
      known += (known.empty() ? "" : ", ") + allowed.name;
    }
    refuse_enum_value(field, place,
                 "'" + place.field + "' is '" + excerpt(name) + "', which " + type_name(field) +
                     " does not declare; it may be " + known + ".");
  }
  return enum_scalar(field, value);
}

Scalar read_bytes(const Field& field, std::string_view text, const Place& place) {
  const auto bytes = base64_decode(text);
  if (!bytes) refuse_type(field, place, "base64 text", "'" + excerpt(text) + "'");
  Scalar out;
  out.text = base64_encode(*bytes);
  out.quoted = true;
  out.is_default = bytes->empty();
  return out;
}

Scalar read_time(const Field& field, std::string_view text, const Place& place) {
  auto time = canonical_timestamp(text);
  if (const auto* fault = std::get_if<const char*>(&time)) {
    refuse_by_type(
        field, place, "bad_value",
        "The time in '" + place.field + "' " + *fault + "; found '" + excerpt(text) + "'.");
  }
  Scalar out;
  out.text = std::get<std::string>(std::move(time));
  out.number = compiler::parse_timestamp(out.text).value_or(0);
  out.quoted = true;
  return out;
}

Scalar read_duration(const Field& field, std::string_view text, const Place& place) {
  const auto duration = canonical_duration(text);
  if (const auto* fault = std::get_if<const char*>(&duration)) {
    refuse_by_type(
        field, place, "bad_value",
        "The duration in '" + place.field + "' " + *fault + "; found '" + excerpt(text) + "'.");
  }
  Scalar out;
  out.number = std::get<compiler::Int>(duration);
  out.text = compiler::duration_text(out.number);
  out.quoted = true;
  return out;
}

Scalar read_mask(const Field& field, std::string_view text, const Place& place) {
  static const compiler::TextCondition is_mask{compiler::TextCondition::Kind::format, {"field_mask"}, false, ""};
  // The format has one pattern; it is compiled once, not for every value.
  const auto search = [](std::string_view mask, const std::string& pattern) {
    static const RE2 compiled(pattern);
    return RE2::PartialMatch(re2::StringPiece(mask.data(), mask.size()), compiled);
  };
  if (!compiler::holds(is_mask, text, search)) {
    refuse_by_type(field, place, "bad_value",
                   "'" + place.field + "' must be " + compiler::string_format("field_mask")->article + "; found '" + excerpt(text) + "'.");
  }
  Scalar out;
  out.text = text;
  out.quoted = true;
  return out;
}

Scalar null_scalar() {
  Scalar out;
  out.text = "null";
  out.is_default = true;
  return out;
}

Scalar boolean_scalar(bool value) {
  Scalar out;
  out.text = value ? "true" : "false";
  out.number = value;
  out.is_default = !value;
  return out;
}

bool is_special_float(std::string_view text) {
  return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

Scalar special_float(std::string_view text) {
  Scalar out;
  out.text = text;
  out.quoted = true;
  return out;
}

Scalar string_scalar(std::string_view text) {
  Scalar out;
  out.text = text;
  out.quoted = true;
  out.is_default = text.empty();
  return out;
}

}  // namespace

std::string type_name(const Field& field) {
  if (field.descriptor == nullptr) return field.name;
  if (const auto* type = field.descriptor->enum_type()) return type->full_name();
  if (const auto* type = field.descriptor->message_type()) return type->full_name();
  return field.descriptor->type_name();
}

Scalar read_scalar(const Field& field, std::string_view text, const Place& place) {
  switch (field.value.kind) {
    case ValueKind::boolean:
      if (text != "true" && text != "false")
        refuse_type(field, place, "true or false", "'" + excerpt(text) + "'");
      return boolean_scalar(text == "true");
    case ValueKind::floating:
      if (is_special_float(text)) return special_float(text);
      return read_number(field, text, place);
    case ValueKind::integer:
      return read_number(field, text, place);
    case ValueKind::string:
      return string_scalar(text);
    case ValueKind::bytes:
      return read_bytes(field, text, place);
    case ValueKind::enumeration:
      return is_json_number(text) ? read_enum_number(field, text, place)
                                  : read_enum_name(field, text, place);
    case ValueKind::timestamp:
      return read_time(field, text, place);
    case ValueKind::duration:
      return read_duration(field, text, place);
    case ValueKind::field_mask:
      return read_mask(field, text, place);
    case ValueKind::message:
    case ValueKind::any:
    case ValueKind::null:
    case ValueKind::dynamic:
    case ValueKind::structure:
    case ValueKind::list_value:
      break;
  }
  refuse_by_type(field, place, "wrong_type", "'" + place.field + "' is a message and has no text form.");
}

Scalar read_scalar(const Field& field, const JsonNode& node, const Place& place) {
  const auto wrong = [&](std::string_view wanted) {
    refuse_type(field, place, wanted, describe(node.kind));
  };
  switch (field.value.kind) {
    case ValueKind::null:
      if (node.kind != JsonKind::null) wrong("null");
      return null_scalar();
    case ValueKind::boolean:
      if (node.kind != JsonKind::boolean) wrong("true or false");
      return boolean_scalar(node.boolean);
    case ValueKind::integer:
    case ValueKind::floating:
      if (node.kind == JsonKind::number) return read_number(field, node.text, place);
      if (node.kind != JsonKind::string) wrong("a number");
      return read_scalar(field, node.text, place);
    case ValueKind::string:
      if (node.kind != JsonKind::string) wrong("a string");
      return string_scalar(node.text);
    case ValueKind::bytes:
      if (node.kind != JsonKind::string) wrong("base64 text");
      return read_bytes(field, node.text, place);
    case ValueKind::enumeration:
      if (node.kind == JsonKind::number) return read_enum_number(field, node.text, place);
      if (node.kind != JsonKind::string) wrong("the name of a value");
      return read_enum_name(field, node.text, place);
    case ValueKind::timestamp:
      if (node.kind != JsonKind::string) wrong("a time");
      return read_time(field, node.text, place);
    case ValueKind::duration:
      if (node.kind != JsonKind::string) wrong("a duration");
      return read_duration(field, node.text, place);
    case ValueKind::field_mask:
      if (node.kind != JsonKind::string) wrong("a field mask");
      return read_mask(field, node.text, place);
    case ValueKind::message:
    case ValueKind::any:
    case ValueKind::dynamic:
    case ValueKind::structure:
    case ValueKind::list_value:
      break;
  }
  refuse_by_type(field, place, "wrong_type", "'" + place.field + "' is a message, not a scalar.");
}

Scalar default_scalar(const Field& field) {
  switch (field.value.kind) {
    case ValueKind::null:
      return null_scalar();
    case ValueKind::boolean:
      return boolean_scalar(false);
    case ValueKind::enumeration:
      return enum_scalar(field, field.descriptor->default_value_enum());
    case ValueKind::integer:
    case ValueKind::floating: {
      Scalar out;
      out.text = "0";
      out.quoted = field.value.kind == ValueKind::integer && field.value.quoted;
      out.is_default = true;
      return out;
    }
    default:
      return string_scalar("");
  }
}

void append_json(std::string& out, const Scalar& scalar) {
  if (scalar.quoted) {
    append_json_string(out, scalar.text);
  } else {
    out += scalar.text;
  }
}

}  // namespace sluice::canonical
