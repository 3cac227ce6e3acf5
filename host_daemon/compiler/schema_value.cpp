// SPDX-License-Identifier: Apache-2.0
// The zero value (the default of implicit presence) in and out of a Value: the rules of presence
// are made of these steps.
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>

#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

bool empty_string_holds(const StringRules& rules) {
  if (rules.in) return std::find(rules.in->begin(), rules.in->end(), "") != rules.in->end();
  if (rules.min_len != 0 || !rules.prefix.empty()) return false;
  if (!rules.pattern) return true;
  RE2::Options options;
  options.set_log_errors(false);
  return RE2::PartialMatch("", RE2(*rules.pattern, options));
}

std::uint64_t code_points(std::string_view utf8) {
  return static_cast<std::uint64_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

bool allows_zero(const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      return std::find(value.booleans.begin(), value.booleans.end(), false) != value.booleans.end();
    case ValueKind::integer:
      return value.integers.contains(0);
    case ValueKind::floating:
    case ValueKind::bytes:
      return !value.not_zero;
    case ValueKind::string:
      return value.string.or_empty || empty_string_holds(value.string);
    case ValueKind::enumeration:
      return std::any_of(value.enumeration.begin(), value.enumeration.end(),
                         [](const EnumValue& e) { return e.number == 0; });
    case ValueKind::message:
    case ValueKind::timestamp:
      break;
  }
  return true;
}

bool allows_nothing(const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      return value.booleans.empty();
    case ValueKind::integer:
      return value.integers.empty();
    case ValueKind::enumeration:
      return value.enumeration.empty();
    case ValueKind::string: {
      const StringRules& s = value.string;
      if (s.or_empty) return false;
      if (s.in) return s.in->empty();
      return s.max_len && (s.min_len > *s.max_len || code_points(s.prefix) > *s.max_len);
    }
    case ValueKind::floating:
    case ValueKind::bytes:
    case ValueKind::message:
    case ValueKind::timestamp:
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
    case ValueKind::bytes:
      value.not_zero = true;
      break;
    case ValueKind::string:
      value.string.or_empty = false;
      if (value.string.in) {
        std::erase(*value.string.in, "");
      } else {
        value.string.min_len = std::max<std::uint64_t>(value.string.min_len, 1);
      }
      break;
    case ValueKind::enumeration:
      std::erase_if(value.enumeration, [](const EnumValue& e) { return e.number == 0; });
      break;
    case ValueKind::message:
    case ValueKind::timestamp:
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
    case ValueKind::bytes:
      value.not_zero = false;
      break;
    case ValueKind::string: {
      StringRules& s = value.string;
      StringRules shorter = s;
      shorter.min_len = 0;
      if (s.in) {
        s.in->insert(s.in->begin(), "");
      } else if (s.min_len <= 1 && empty_string_holds(shorter)) {
        s.min_len = 0;  // what remove_zero did is undone
      } else {
        s.or_empty = true;
      }
      break;
    }
    case ValueKind::enumeration: {
      // Proto3: the first declared value is 0.
      value.enumeration.insert(value.enumeration.begin(),
                               {field->enum_type()->value(0)->name(), 0});
      break;
    }
    case ValueKind::message:
    case ValueKind::timestamp:
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
