// SPDX-License-Identifier: Apache-2.0
// One scalar of a message and its text: what stands in a path or a query, and what the JSON writer
// puts quotes around where the mapping wants them. A message that JSON writes as one scalar
// (Timestamp, Duration, FieldMask, a wrapper) counts as one.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace sluice::judge {

// How the JSON mapping writes a scalar.
enum class Spelling {
  kBare,          // true, 12
  kWide,          // a 64-bit integer: quoted or bare as the policy says
  kName,          // of an enum's value: between quotes, or its number as the policy says
  kQuoted,        // "AAE=", "NaN": the text between quotes as it is
  kString,        // between quotes after escaping
  kFloatNumber,   // a finite float
  kDoubleNumber,  // a finite double
};

struct Scalar {
  Spelling spelling = Spelling::kBare;
  std::string text;   // without quotes and unescaped; empty for the two number kinds
  double number = 0;  // for the two number kinds, and of a name
};

// True for fields that have one JSON scalar per value: no messages but those named above.
bool is_scalar(const google::protobuf::FieldDescriptor* field);
bool is_timestamp(const google::protobuf::Descriptor* message);
bool is_any(const google::protobuf::Descriptor* message);

// The value of a field; for a repeated one, of its element `index`. Nothing for a value without a
// spelling: an enum number without a name, a Timestamp outside years 1 to 9999, a Duration out of
// range, a FieldMask with a path that JSON cannot say.
std::optional<Scalar> read_scalar(const google::protobuf::Message& message,
                                  const google::protobuf::FieldDescriptor* field, int index);

// The same of a whole message that JSON writes as one scalar; nothing for other messages.
std::optional<Scalar> read_scalar(const google::protobuf::Message& message);

// The number of an enum's value (kName) as text.
std::string enum_number(const Scalar& name);

// Sets a field (appends to a repeated one) from its text without quotes, as it stands decoded in a
// path or a query. False if the text means no value of the type. May accept spellings that are not
// canonical.
bool write_scalar(google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor* field, const std::string& text);

}  // namespace sluice::judge
