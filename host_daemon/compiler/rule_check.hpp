// SPDX-License-Identifier: Apache-2.0
// Which rules does a value break? For explanations only: verdicts come from the tables, and from the value sets of the schema IR.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::compiler {

// One value, read.
struct RuleSubject {
  std::optional<Int> number{};       // integer; timestamp, duration: nanoseconds; boolean (0, 1); enumeration, empty for a name that is not declared
  std::optional<double> floating{};  // float, double
  std::string_view text{};           // string: UTF-8, decoded; bytes: themselves
};

// Those of `rules` that the value breaks, in their order. Presence and counts of items (`required`, `repeated.*_items`) are not looked at.
// An upper bound below the lower one means "outside": then both are broken, or neither.
std::vector<const RuleUse*> broken_rules(const std::vector<RuleUse>& rules, const RuleSubject& value);

// What stands behind the last dot of a rule's name: "lte" of "repeated.items.uint32.lte".
std::string_view last_name(std::string_view rule);

// The value of a number's JSON text in the type, also "NaN", "Infinity", "-Infinity"; empty for anything else.
std::optional<double> parse_floating(std::string_view text, FloatWidth width);

// Decimal digits, at most 36, with an optional minus; empty for anything else.
std::optional<Int> parse_integer(std::string_view text);

}  // namespace sluice::compiler
