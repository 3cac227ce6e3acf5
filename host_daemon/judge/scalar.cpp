// SPDX-License-Identifier: Apache-2.0
// Scalars by reflection.
#include "judge/scalar.hpp"

#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "judge/text.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The text of the JSON mapping for Timestamp: UTC, and the fewest of 0, 3, 6 or 9 fraction digits.
std::optional<std::string> timestamp_text(std::int64_t seconds, std::int32_t nanos) {
  constexpr std::int64_t kFirst = -62135596800;  // 0001-01-01T00:00:00Z
  constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z
  if (seconds < kFirst || seconds > kLast || nanos < 0 || nanos > 999999999) return std::nullopt;
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result = text;
  char fraction[16];
  if (nanos == 0) {
    fraction[0] = '\0';
  } else if (nanos % 1000000 == 0) {
    std::snprintf(fraction, sizeof fraction, ".%03d", nanos / 1000000);
  } else if (nanos % 1000 == 0) {
    std::snprintf(fraction, sizeof fraction, ".%06d", nanos / 1000);
  } else {
    std::snprintf(fraction, sizeof fraction, ".%09d", nanos);
  }
  return result + fraction + "Z";
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
  return message->full_name() == "google.protobuf.Timestamp";
}

bool is_any(const google::protobuf::Descriptor* message) {
  return message->full_name() == "google.protobuf.Any";
}

bool is_scalar(const FieldDescriptor* field) {
  return field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         is_timestamp(field->message_type());
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
      for (int i = 0; i < field->enum_type()->value_count(); ++i) {  // of aliases the first
        const auto* value = field->enum_type()->value(i);
        if (value->number() == number) return Scalar{Spelling::kQuoted, value->name(), 0};
      }
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = repeated ? reflection->GetRepeatedString(message, field, index)
                                         : reflection->GetString(message, field);
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        return Scalar{Spelling::kQuoted, base64_encode(value), 0};
      }
      return Scalar{Spelling::kString, value, 0};
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& value = repeated ? reflection->GetRepeatedMessage(message, field, index)
                                      : reflection->GetMessage(message, field);
      if (!is_timestamp(value.GetDescriptor())) return std::nullopt;
      const auto* type = value.GetDescriptor();
      const auto text =
          timestamp_text(value.GetReflection()->GetInt64(value, type->FindFieldByName("seconds")),
                         value.GetReflection()->GetInt32(value, type->FindFieldByName("nanos")));
      if (!text) return std::nullopt;
      return Scalar{Spelling::kQuoted, *text, 0};
    }
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
      if (value == nullptr) return false;
      repeated ? reflection->AddEnumValue(&message, field, value->number())
               : reflection->SetEnumValue(&message, field, value->number());
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
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      google::protobuf::Timestamp time;
      if (!is_timestamp(field->message_type())) return false;
      if (!google::protobuf::util::TimeUtil::FromString(text, &time)) return false;
      Message* value = repeated ? reflection->AddMessage(&message, field)
                                : reflection->MutableMessage(&message, field);
      const auto* type = value->GetDescriptor();
      value->GetReflection()->SetInt64(value, type->FindFieldByName("seconds"), time.seconds());
      value->GetReflection()->SetInt32(value, type->FindFieldByName("nanos"), time.nanos());
      return true;
    }
  }
  return false;
}

}  // namespace sluice::judge
