// SPDX-License-Identifier: Apache-2.0
// One scalar value: read from JSON or from the text of a path or query, checked against every rule
// of the schema, written in canonical form. Reading and checking are apart, because a default value
// that is spelled by absence is judged as an absent member.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canonical/json_reader.hpp"
#include "canonical/refusal.hpp"
#include "canonical/tables.hpp"

namespace sluice::canonical {

/// Where a value stands, for refusals.
struct Place {
  std::string field;  // "items[3].price"
  std::size_t line =
      0;  // in the body, from 1; 0 in the folder's inside, where `column` is still an offset
  std::size_t column = 0;
};

struct Scalar {
  std::string text;          // canonical, without JSON quotes and escapes
  bool quoted = false;       // in JSON it is a string
  bool is_default = false;   // the type's default value
  compiler::Int number = 0;  // integer, enumeration: the value; boolean: 0 or 1; timestamp, duration: nanoseconds
};

/// Reads a value of the field (one item, when it is repeated); its type is no message. Throws
/// Refused (wrong_type, out_of_range, bad_value).
Scalar read_scalar(const Field& field, const JsonNode& node, const Place& place);
/// The same from text that stands in a path or a query, already decoded, valid UTF-8.
Scalar read_scalar(const Field& field, std::string_view text, const Place& place);
/// The type's default value.
Scalar default_scalar(const Field& field);

/// Throws Refused (code "rule") when `scalar` is none of the values that `value` allows.
void check_rules(const Tables& tables, const Value& value, const Scalar& scalar,
                 const Place& place);

/// Appends the scalar as it stands in a canonical JSON body.
void append_json(std::string& out, const Scalar& scalar);

/// The declared type in the words of a .proto file: "int32", "string", an enum's or message's full
/// name.
std::string type_name(const Field& field);

/// The first rule among `rules` whose last name component is one of `names`; nothing: none.
std::optional<RuleText> find_rule(const std::vector<compiler::RuleUse>& rules,
                                  std::initializer_list<std::string_view> names);
/// The same; where there is none, the rule that is only known by the name `otherwise`.
RuleText rule_text(const std::vector<compiler::RuleUse>& rules,
                   std::initializer_list<std::string_view> names, std::string_view otherwise = "");

/// Throws a refusal about a rule: 422, code "rule".
[[noreturn]] void refuse_rule(const Place& place, RuleText rule, std::string message);
/// Throws a refusal about a value: 422 with another code.
[[noreturn]] void refuse_value(const Place& place, std::string code, std::string message);

}  // namespace sluice::canonical
