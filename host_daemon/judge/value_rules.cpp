// SPDX-License-Identifier: Apache-2.0
// The meaning of protovalidate's rules on numbers, bools and enums, one by one; strings and bytes
// are in text_rules.cpp.
#include "judge/value_rules.hpp"

#include <algorithm>
#include <cmath>

#include "judge/message_rules.hpp"
#include "judge/range_rules.hpp"
#include "judge/text_rules.hpp"

namespace sluice::judge {
namespace {

using buf::validate::FieldRules;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename List, typename Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <typename Value, typename Rules>
void check_number(Value value, const Rules& rules, const std::string& type,
                  const Complain& complain) {
  check_range(
      value, rules, type, complain, [](Value bound) { return bound; },
      [](Value bound) { return std::to_string(bound); });
}

template <typename Value, typename Rules>
void check_floating(Value value, const Rules& rules, const std::string& type,
                    const Complain& complain) {
  check_number(value, rules, type, complain);
  if (rules.finite() && !std::isfinite(value)) complain(type + ".finite", "must be finite");
}

void check_enum(int value, const google::protobuf::EnumDescriptor* type,
                const buf::validate::EnumRules& rules, const Complain& complain) {
  if (rules.has_const_() && value != rules.const_()) {
    complain("enum.const", "must be number " + std::to_string(rules.const_()));
  }
  if (rules.defined_only() && type->FindValueByNumber(value) == nullptr) {
    complain("enum.defined_only", "is no declared value");
  }
  if (rules.in_size() > 0 && !contains(rules.in(), value)) {
    complain("enum.in", "is not one of the allowed values");
  }
  if (contains(rules.not_in(), value)) complain("enum.not_in", "is one of the forbidden values");
}

}  // namespace

void check_value(const Message& message, const FieldDescriptor* field, int index,
                 const FieldRules& rules, const RE2* pattern, const Complain& complain) {
  const auto* reflection = message.GetReflection();
  const bool element = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = element ? reflection->GetRepeatedInt32(message, field, index)
                                 : reflection->GetInt32(message, field);
      if (rules.has_int32()) check_number(value, rules.int32(), "int32", complain);
      if (rules.has_sint32()) check_number(value, rules.sint32(), "sint32", complain);
      if (rules.has_sfixed32()) check_number(value, rules.sfixed32(), "sfixed32", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = element ? reflection->GetRepeatedInt64(message, field, index)
                                 : reflection->GetInt64(message, field);
      if (rules.has_int64()) check_number(value, rules.int64(), "int64", complain);
      if (rules.has_sint64()) check_number(value, rules.sint64(), "sint64", complain);
      if (rules.has_sfixed64()) check_number(value, rules.sfixed64(), "sfixed64", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = element ? reflection->GetRepeatedUInt32(message, field, index)
                                 : reflection->GetUInt32(message, field);
      if (rules.has_uint32()) check_number(value, rules.uint32(), "uint32", complain);
      if (rules.has_fixed32()) check_number(value, rules.fixed32(), "fixed32", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto value = element ? reflection->GetRepeatedUInt64(message, field, index)
                                 : reflection->GetUInt64(message, field);
      if (rules.has_uint64()) check_number(value, rules.uint64(), "uint64", complain);
      if (rules.has_fixed64()) check_number(value, rules.fixed64(), "fixed64", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const float value = element ? reflection->GetRepeatedFloat(message, field, index)
                                  : reflection->GetFloat(message, field);
      if (rules.has_float_()) check_floating(value, rules.float_(), "float", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = element ? reflection->GetRepeatedDouble(message, field, index)
                                   : reflection->GetDouble(message, field);
      if (rules.has_double_()) check_floating(value, rules.double_(), "double", complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = element ? reflection->GetRepeatedBool(message, field, index)
                                 : reflection->GetBool(message, field);
      if (rules.bool_().has_const_() && value != rules.bool_().const_()) {
        complain("bool.const", value ? "must be false" : "must be true");
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = element ? reflection->GetRepeatedEnumValue(message, field, index)
                                : reflection->GetEnumValue(message, field);
      check_enum(value, field->enum_type(), rules.enum_(), complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = element ? reflection->GetRepeatedString(message, field, index)
                                        : reflection->GetString(message, field);
      if (rules.has_string()) check_string(value, rules.string(), pattern, complain);
      if (rules.has_bytes()) check_bytes(value, rules.bytes(), pattern, complain);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      check_message_value(element ? reflection->GetRepeatedMessage(message, field, index)
                                  : reflection->GetMessage(message, field),
                          rules, pattern, complain);
      break;
  }
}

bool is_zero(const Message& message, const FieldDescriptor* field, int index) {
  const auto* reflection = message.GetReflection();
  const bool element = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return (element ? reflection->GetRepeatedInt32(message, field, index)
                      : reflection->GetInt32(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_INT64:
      return (element ? reflection->GetRepeatedInt64(message, field, index)
                      : reflection->GetInt64(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_UINT32:
      return (element ? reflection->GetRepeatedUInt32(message, field, index)
                      : reflection->GetUInt32(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_UINT64:
      return (element ? reflection->GetRepeatedUInt64(message, field, index)
                      : reflection->GetUInt64(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_FLOAT:
      return (element ? reflection->GetRepeatedFloat(message, field, index)
                      : reflection->GetFloat(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return (element ? reflection->GetRepeatedDouble(message, field, index)
                      : reflection->GetDouble(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_BOOL:
      return !(element ? reflection->GetRepeatedBool(message, field, index)
                       : reflection->GetBool(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return (element ? reflection->GetRepeatedEnumValue(message, field, index)
                      : reflection->GetEnumValue(message, field)) == 0;
    case FieldDescriptor::CPPTYPE_STRING:
      return (element ? reflection->GetRepeatedString(message, field, index)
                      : reflection->GetString(message, field))
          .empty();
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& value = element ? reflection->GetRepeatedMessage(message, field, index)
                                     : reflection->GetMessage(message, field);
      std::vector<const FieldDescriptor*> set;
      value.GetReflection()->ListFields(value, &set);
      return set.empty();
    }
  }
  return false;
}

}  // namespace sluice::judge
