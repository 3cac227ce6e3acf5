// SPDX-License-Identifier: Apache-2.0
// The languages of single values in their one canonical spelling (design section 5), before any quoting or escaping.
#pragma once

#include "compiler/language.hpp"
#include "compiler/schema.hpp"

namespace sluice::compiler {

// Decimal spellings of the integers of `set`: no leading zeros, no plus, no -0.
Dfa integer_language(const IntegerSet& set);

enum class FloatWidth { binary32, binary64 };
// Numbers in RFC 8785 (ECMAScript Number::toString) form with at most 9 or 17 significant digits; nothing that rounds to zero
// or to infinity. `zero`: whether "0" belongs to it.
Dfa float_language(FloatWidth width, bool zero);

// Standard base64 with padding and unused bits zero (RFC 4648 section 3.5, 4). `empty`: whether the empty text belongs to it.
Dfa base64_language(bool empty);

// google.protobuf.Timestamp in its JSON mapping: real calendar dates from 0001-01-01 to 9999-12-31, UTC as "Z", 0, 3, 6 or 9 fraction digits
// (the fewest that hold the value).
Dfa timestamp_language();

// The values that string rules allow, in UTF-8. Lengths that the rules want beyond what the language itself ensures are left in
// `min`, `max`, to be counted by a register.
struct StringLanguage {
  Dfa language;
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max;
  bool counted() const { return min > 0 || max.has_value(); }
};
// Throws PatternError, BudgetExceeded.
StringLanguage string_language(const StringRules& rules);

}  // namespace sluice::compiler
