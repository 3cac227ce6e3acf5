// SPDX-License-Identifier: Apache-2.0
// The messages of google.protobuf that the JSON mapping writes in a way of their own, and the texts
// of those that it writes as one string. Nothing here knows rules.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::judge {

enum class WellKnown {
  kNone,  // an object of its fields; also Empty
  kTimestamp,
  kDuration,
  kFieldMask,
  kWrapper,  // google.protobuf.StringValue and its kin: one field `value`
  kAny,
  kStruct,
  kValue,
  kListValue,
};
// What stands before a type's full name in the URL of an Any.
inline constexpr char kTypePrefix[] = "type.googleapis.com/";

WellKnown well_known(const google::protobuf::Descriptor* message);

// The messages among them whose JSON is one scalar: Timestamp, Duration, FieldMask, wrappers.
bool is_one_scalar(const google::protobuf::Descriptor* message);

// The field `value` of a wrapper.
const google::protobuf::FieldDescriptor* wrapped_field(const google::protobuf::Descriptor* wrapper);

bool is_null_value(const google::protobuf::EnumDescriptor* type);

// Seconds and nanoseconds of a Timestamp or a Duration, as they stand.
struct Time {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
};
Time read_time(const google::protobuf::Message& message);
void write_time(google::protobuf::Message& message, const Time& time);

// UTC with 0, 3, 6 or 9 fraction digits, the fewest that hold the value; nothing outside the years
// 1 to 9999.
std::optional<std::string> timestamp_text(const Time& time);

// "-1.500s": fraction digits as above. Nothing beyond 315,576,000,000 seconds, for nanos of a
// billion and more, or where the two have different signs.
std::optional<std::string> duration_text(const Time& time);

// The paths of a FieldMask in the lower-camel spelling of JSON, joined by commas. Nothing if a path
// is not names joined by dots: letters and digits with a letter first, or '*'; a '_' of the
// Protobuf spelling stands only before a small letter.
std::optional<std::string> field_mask_text(const google::protobuf::Message& mask);

// Replaces the paths of `mask` by those of the JSON text. What is no path stays in it as a path
// that `field_mask_text` refuses.
void set_field_mask(google::protobuf::Message& mask, std::string_view text);

}  // namespace sluice::judge
