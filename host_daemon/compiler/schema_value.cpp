// SPDX-License-Identifier: Apache-2.0
// The zero value (the default of implicit presence) in and out of a Value: the rules of presence
// are made of these steps.
#include <algorithm>
#include <cstdio>

#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

FloatWidth width_of(const Value& value) {
  return value.type == FieldDescriptor::TYPE_FLOAT ? FloatWidth::binary32 : FloatWidth::binary64;
}

// The bound that "not empty" raises: characters of a string, bytes of bytes.
std::uint64_t& least_length(Value& value) {
  return value.kind == ValueKind::bytes ? value.string.min_bytes : value.string.min_len;
}

}  // namespace
bool allows_zero(const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      return std::find(value.booleans.begin(), value.booleans.end(), false) != value.booleans.end();
    case ValueKind::integer:
      return value.integers.contains(0);
    case ValueKind::floating:
      return value.floats.contains(0);
    case ValueKind::bytes:
    case ValueKind::string:
      return value.string.or_empty || holds(value.string, "");
    case ValueKind::enumeration:
      return std::any_of(value.enumeration.begin(), value.enumeration.end(),
                         [](const EnumValue& e) { return e.number == 0; });
    default:  // written as a message or with presence: no zero
      break;
  }
  return true;
}

bool allows_nothing(const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      return value.booleans.empty();
    case ValueKind::integer:
    case ValueKind::timestamp:
    case ValueKind::duration:
      return value.integers.empty();
    case ValueKind::enumeration:
      return value.enumeration.empty();
    case ValueKind::string:
    case ValueKind::field_mask:
    case ValueKind::bytes: {
      const StringRules& s = value.string;
      if (s.or_empty) return false;
      if (s.in) return s.in->empty();
      const bool wrong = (s.max_len && s.min_len > *s.max_len) || (s.max_bytes && s.min_bytes > *s.max_bytes);
      return wrong || std::any_of(s.conditions.begin(), s.conditions.end(), [&](const TextCondition& condition) {
               using Kind = TextCondition::Kind;
               const bool part = condition.kind == Kind::prefix || condition.kind == Kind::suffix || condition.kind == Kind::contains;
               if (condition.negated || !part) return false;
               const std::string& text = condition.texts.front();
               return (s.max_len && count_code_points(text) > *s.max_len) || (s.max_bytes && text.size() > *s.max_bytes);
             });
    }
    case ValueKind::floating:
      return value.floats.empty();
    case ValueKind::any:
      return value.any.empty();
    case ValueKind::null:
    case ValueKind::dynamic:
    case ValueKind::structure:
    case ValueKind::list_value:
    case ValueKind::message:
      break;
  }
  return false;
}

void remove_zero(Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      std::erase(value.booleans, false);
      break;
    case ValueKind::integer:
      value.integers = value.integers.minus(IntegerSet::of({0}));
      break;
    case ValueKind::floating:
      value.floats = value.floats.minus({0}, width_of(value));
      break;
    case ValueKind::bytes:
    case ValueKind::string:
      value.string.or_empty = false;
      if (value.string.in) {
        std::erase(*value.string.in, "");
      } else {
        least_length(value) = std::max<std::uint64_t>(least_length(value), 1);
      }
      break;
    case ValueKind::enumeration:
      std::erase_if(value.enumeration, [](const EnumValue& e) { return e.number == 0; });
      break;
    default:  // written as a message or with presence: no zero
      break;
  }
}

void add_zero(Value& value, const FieldDescriptor* field) {
  if (allows_zero(value)) return;
  switch (value.kind) {
    case ValueKind::boolean:
      value.booleans.insert(value.booleans.begin(), false);
      break;
    case ValueKind::integer:
      value.integers = value.integers.unite(IntegerSet::of({0}));
      break;
    case ValueKind::floating:
      value.floats = value.floats.unite(FloatSet::of({0}));
      break;
    case ValueKind::bytes:
    case ValueKind::string: {
      StringRules& s = value.string;
      std::uint64_t& least = least_length(value);
      const std::uint64_t before = least;
      if (s.in) {
        s.in->insert(s.in->begin(), "");
        break;
      }
      least = 0;
      if (before <= 1 && holds(s, "")) break;  // what remove_zero did is undone
      least = before;
      s.or_empty = true;
      break;
    }
    case ValueKind::enumeration: {
      // Proto3: the first declared value is 0.
      value.enumeration.insert(value.enumeration.begin(),
                               {value.quoted ? field->enum_type()->value(0)->name() : "0", 0});
      break;
    }
    default:  // written as a message or with presence: no zero
      break;
  }
}

Value value_with_default(const Field& field) {
  Value value = field.value;
  if (field.default_allowed) add_zero(value, field.descriptor);
  return value;
}

Value value_without_default(const Field& field) {
  Value value = field.value;
  if (field.implicit) remove_zero(value);
  return value;
}

std::string quote_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c < 0x20 || c > 0x7E) {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace sluice::compiler
