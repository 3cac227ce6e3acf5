// SPDX-License-Identifier: Apache-2.0
// Scalars by reflection.
#include "judge/scalar.hpp"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Sets such a message from its text without quotes.
bool write_message(Message& value, const std::string& text) {
  switch (well_known(value.GetDescriptor())) {
    case WellKnown::kTimestamp: {
      google::protobuf::Timestamp time;
      if (!google::protobuf::util::TimeUtil::FromString(text, &time)) return false;
      write_time(value, {time.seconds(), time.nanos()});
      return true;
    }
    case WellKnown::kDuration: {
      google::protobuf::Duration time;
      if (!google::protobuf::util::TimeUtil::FromString(text, &time)) return false;
      write_time(value, {time.seconds(), time.nanos()});
      return true;
    }
    case WellKnown::kFieldMask:
      if (!is_valid_utf8(text)) return false;
      set_field_mask(value, text);
      return true;
    case WellKnown::kWrapper:
      return write_scalar(value, wrapped_field(value.GetDescriptor()), text);
    default:
      return false;
  }
}

// Of aliases the first; NullValue is always null.
std::optional<Scalar> name_of(const google::protobuf::EnumDescriptor* type, int number) {
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != number) continue;
    if (is_null_value(type)) return Scalar{Spelling::kBare, "null", 0};
    return Scalar{Spelling::kName, type->value(i)->name(), static_cast<double>(number)};
  }
  return std::nullopt;
}

template <typename Float>
Scalar floating(Float value, Spelling spelling) {
  if (std::isnan(value)) return {Spelling::kQuoted, "NaN", 0};
  if (std::isinf(value)) return {Spelling::kQuoted, value > 0 ? "Infinity" : "-Infinity", 0};
  return {spelling, "", value};
}

template <typename Number>
bool parse(const std::string& text, Number& value) {
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

template <typename Float>
bool parse_floating(const std::string& text, Float& value) {
  if (text == "NaN") {
    value = std::numeric_limits<Float>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<Float>::infinity();
  } else if (text == "-Infinity") {
    value = -std::numeric_limits<Float>::infinity();
  } else {
    // from_chars also knows "inf" and "nan", which are no numbers here.
    return text.find_first_not_of("0123456789+-.eE") == std::string::npos && parse(text, value);
  }
  return true;
}

}  // namespace

bool is_timestamp(const google::protobuf::Descriptor* message) {
  return well_known(message) == WellKnown::kTimestamp;
}

bool is_any(const google::protobuf::Descriptor* message) {
  return well_known(message) == WellKnown::kAny;
}

bool is_scalar(const FieldDescriptor* field) {
  return field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         is_one_scalar(field->message_type());
}

std::optional<Scalar> read_scalar(const Message& value) {
  const auto quoted = [](const std::optional<std::string>& text) {
    return text ? std::optional(Scalar{Spelling::kQuoted, *text, 0}) : std::nullopt;
  };
  switch (well_known(value.GetDescriptor())) {
    case WellKnown::kTimestamp:
      return quoted(timestamp_text(read_time(value)));
    case WellKnown::kDuration:
      return quoted(duration_text(read_time(value)));
    case WellKnown::kFieldMask:
      return quoted(field_mask_text(value));
    case WellKnown::kWrapper:
      return read_scalar(value, wrapped_field(value.GetDescriptor()), -1);
    default:
      return std::nullopt;
  }
}

std::string enum_number(const Scalar& name) {
  return std::to_string(static_cast<std::int64_t>(name.number));
}

std::optional<Scalar> read_scalar(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Scalar{Spelling::kBare,
                    std::to_string(repeated ? reflection->GetRepeatedInt32(message, field, index)
                                            : reflection->GetInt32(message, field)),
                    0};
    case FieldDescriptor::CPPTYPE_UINT32:
      return Scalar{Spelling::kBare,
                    std::to_string(repeated ? reflection->GetRepeatedUInt32(message, field, index)
                                            : reflection->GetUInt32(message, field)),
                    0};
    case FieldDescriptor::CPPTYPE_INT64:
      return Scalar{Spelling::kWide,
                    std::to_string(repeated ? reflection->GetRepeatedInt64(message, field, index)
                                            : reflection->GetInt64(message, field)),
                    0};
    case FieldDescriptor::CPPTYPE_UINT64:
      return Scalar{Spelling::kWide,
                    std::to_string(repeated ? reflection->GetRepeatedUInt64(message, field, index)
                                            : reflection->GetUInt64(message, field)),
                    0};
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = repeated ? reflection->GetRepeatedBool(message, field, index)
                                  : reflection->GetBool(message, field);
      return Scalar{Spelling::kBare, value ? "true" : "false", 0};
    }
    case FieldDescriptor::CPPTYPE_FLOAT:
      return floating(repeated ? reflection->GetRepeatedFloat(message, field, index)
                               : reflection->GetFloat(message, field),
                      Spelling::kFloatNumber);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return floating(repeated ? reflection->GetRepeatedDouble(message, field, index)
                               : reflection->GetDouble(message, field),
                      Spelling::kDoubleNumber);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = repeated ? reflection->GetRepeatedEnumValue(message, field, index)
                                  : reflection->GetEnumValue(message, field);
      return name_of(field->enum_type(), number);
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = repeated ? reflection->GetRepeatedString(message, field, index)
                                         : reflection->GetString(message, field);
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        return Scalar{Spelling::kQuoted, base64_encode(value), 0};
      }
      return Scalar{Spelling::kString, value, 0};
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return read_scalar(repeated ? reflection->GetRepeatedMessage(message, field, index)
                                  : reflection->GetMessage(message, field));
  }
  return std::nullopt;
}

bool write_scalar(Message& message, const FieldDescriptor* field, const std::string& text) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  // Parses a number and sets or adds it with the two given members of Reflection.
  const auto number = [&](auto value, auto set, auto add) {
    bool good;
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      good = parse_floating(text, value);
    } else {
      good = parse(text, value);
    }
    if (good) (reflection->*(repeated ? add : set))(&message, field, value);
    return good;
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return number(std::int32_t{}, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return number(std::uint32_t{}, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return number(std::int64_t{}, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return number(std::uint64_t{}, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number(float{}, &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number(double{}, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_BOOL: {
      if (text != "true" && text != "false") return false;
      const bool value = text == "true";
      repeated ? reflection->AddBool(&message, field, value)
               : reflection->SetBool(&message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = field->enum_type()->FindValueByName(text);
      int chosen = value == nullptr ? 0 : value->number();
      const bool null = is_null_value(field->enum_type()) && text == "null";
      if (value == nullptr && !null && !parse(text, chosen)) return false;
      repeated ? reflection->AddEnumValue(&message, field, chosen)
               : reflection->SetEnumValue(&message, field, chosen);
      return true;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string value = text;
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        const auto bytes = base64_decode(text);
        if (!bytes) return false;
        value = *bytes;
      } else if (!is_valid_utf8(value)) {
        return false;
      }
      repeated ? reflection->AddString(&message, field, value)
               : reflection->SetString(&message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return is_scalar(field) &&
             write_message(*(repeated ? reflection->AddMessage(&message, field)
                                      : reflection->MutableMessage(&message, field)),
                           text);
  }
  return false;
}

}  // namespace sluice::judge
