// SPDX-License-Identifier: Apache-2.0
// Names and texts, each straight from the JSON mapping's table.
#include "judge/well_known.hpp"

#include <chrono>
#include <cstdio>
#include <map>

#include "judge/text.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "", ".500", ".500000" or ".500000000": 0, 3, 6 or 9 digits for 0 <= nanos < 10^9.
std::string fraction(std::int32_t nanos) {
  char text[16] = "";
  if (nanos == 0) {
  } else if (nanos % 1000000 == 0) {
    std::snprintf(text, sizeof text, ".%03d", nanos / 1000000);
  } else if (nanos % 1000 == 0) {
    std::snprintf(text, sizeof text, ".%06d", nanos / 1000);
  } else {
    std::snprintf(text, sizeof text, ".%09d", nanos);
  }
  return text;
}

// A name of a path: foo_bar in Protobuf, fooBar in JSON.
std::optional<std::string> camel_name(std::string_view name) {
  if (name == "*") return "*";
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '_') {
      ++i;
      if (i == name.size() || !is_lower(name[i])) return std::nullopt;
      camel += static_cast<char>(name[i] - 'a' + 'A');
    } else if (is_lower(name[i]) || (is_digit(name[i]) && i > 0)) {
      camel += name[i];
    } else {
      return std::nullopt;
    }
  }
  if (camel.empty()) return std::nullopt;
  return camel;
}

std::string snake_path(std::string_view camel) {
  std::string snake;
  for (char c : camel) {
    if (is_upper(c)) {
      snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      // A '_' that already stands in the JSON spelling would look like one made from a capital.
      snake += c == '_' ? '?' : c;
    }
  }
  return snake;
}

const FieldDescriptor* paths_of(const Message& mask) {
  return mask.GetDescriptor()->FindFieldByName("paths");
}

}  // namespace

WellKnown well_known(const Descriptor* message) {
  static const std::map<std::string, WellKnown, std::less<>> kinds = {
      {"Timestamp", WellKnown::kTimestamp}, {"Duration", WellKnown::kDuration},
      {"FieldMask", WellKnown::kFieldMask}, {"Any", WellKnown::kAny},
      {"Struct", WellKnown::kStruct},       {"Value", WellKnown::kValue},
      {"ListValue", WellKnown::kListValue}, {"DoubleValue", WellKnown::kWrapper},
      {"FloatValue", WellKnown::kWrapper},  {"Int64Value", WellKnown::kWrapper},
      {"UInt64Value", WellKnown::kWrapper}, {"Int32Value", WellKnown::kWrapper},
      {"UInt32Value", WellKnown::kWrapper}, {"BoolValue", WellKnown::kWrapper},
      {"StringValue", WellKnown::kWrapper}, {"BytesValue", WellKnown::kWrapper},
  };
  constexpr std::string_view kPackage = "google.protobuf.";
  const std::string_view name = message->full_name();
  if (!name.starts_with(kPackage)) return WellKnown::kNone;
  const auto found = kinds.find(name.substr(kPackage.size()));
  return found == kinds.end() ? WellKnown::kNone : found->second;
}

bool is_one_scalar(const Descriptor* message) {
  switch (well_known(message)) {
    case WellKnown::kTimestamp:
    case WellKnown::kDuration:
    case WellKnown::kFieldMask:
    case WellKnown::kWrapper:
      return true;
    default:
      return false;
  }
}

const FieldDescriptor* wrapped_field(const Descriptor* wrapper) {
  return wrapper->FindFieldByName("value");
}

bool is_null_value(const google::protobuf::EnumDescriptor* type) {
  return type->full_name() == "google.protobuf.NullValue";
}

Time read_time(const Message& message) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  return {reflection->GetInt64(message, type->FindFieldByName("seconds")),
          reflection->GetInt32(message, type->FindFieldByName("nanos"))};
}

void write_time(Message& message, const Time& time) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  reflection->SetInt64(&message, type->FindFieldByName("seconds"), time.seconds);
  reflection->SetInt32(&message, type->FindFieldByName("nanos"), time.nanos);
}

std::optional<std::string> timestamp_text(const Time& value) {
  constexpr std::int64_t kFirst = -62135596800;  // 0001-01-01T00:00:00Z
  constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z
  if (value.seconds < kFirst || value.seconds > kLast) return std::nullopt;
  if (value.nanos < 0 || value.nanos > 999999999) return std::nullopt;
  const std::chrono::sys_seconds time{std::chrono::seconds(value.seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text + fraction(value.nanos) + "Z";
}

std::optional<std::string> duration_text(const Time& value) {
  constexpr std::int64_t kMost = 315576000000;
  constexpr std::int32_t kBillion = 1000000000;
  if (value.seconds < -kMost || value.seconds > kMost) return std::nullopt;
  if (value.nanos <= -kBillion || value.nanos >= kBillion) return std::nullopt;
  if ((value.seconds < 0 && value.nanos > 0) || (value.seconds > 0 && value.nanos < 0)) {
    return std::nullopt;
  }
  const bool negative = value.seconds < 0 || value.nanos < 0;
  return (negative ? "-" : "") + std::to_string(negative ? -value.seconds : value.seconds) +
         fraction(negative ? -value.nanos : value.nanos) + "s";
}

std::optional<std::string> field_mask_text(const Message& mask) {
  std::string text;
  const int size = mask.GetReflection()->FieldSize(mask, paths_of(mask));
  for (int i = 0; i < size; ++i) {
    if (i > 0) text += ",";
    const std::string path = mask.GetReflection()->GetRepeatedString(mask, paths_of(mask), i);
    bool first = true;
    for (std::string_view part : split(path, '.')) {
      const auto name = camel_name(part);
      if (!name) return std::nullopt;
      if (!first) text += ".";
      first = false;
      text += *name;
    }
  }
  return text;
}

void set_field_mask(Message& mask, std::string_view text) {
  mask.GetReflection()->ClearField(&mask, paths_of(mask));
  if (text.empty()) return;
  for (std::string_view path : split(text, ',')) {
    mask.GetReflection()->AddString(&mask, paths_of(mask), snake_path(path));
  }
}

}  // namespace sluice::judge
