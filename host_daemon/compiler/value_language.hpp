// SPDX-License-Identifier: Apache-2.0
// The languages of single values in their one canonical spelling (design section 5), before any quoting or escaping.
#pragma once

#include "compiler/float_set.hpp"
#include "compiler/language.hpp"
#include "compiler/schema.hpp"

namespace sluice::compiler {

// Decimal spellings of the integers of `set`: no leading zeros, no plus, no -0.
Dfa integer_language(const IntegerSet& set);

// The finite values of `set` in RFC 8785 (ECMAScript Number::toString) form with at most 9 or 17 significant digits; a spelling
// belongs to the value that it rounds to. Nothing but "0" rounds to zero. Infinities and NaN have names, not digits: the caller's.
Dfa float_language(FloatWidth width, const FloatSet& set);

// google.protobuf.Timestamp in its JSON mapping: real calendar dates from 0001-01-01 to 9999-12-31, UTC as "Z", 0, 3, 6 or 9 fraction digits
// (the fewest that hold the value). The set is of nanoseconds since 1970.
Dfa timestamp_language(const IntegerSet& nanos);

// google.protobuf.Duration in its JSON mapping: "-1.500s", fraction digits likewise. The set is of nanoseconds.
Dfa duration_language(const IntegerSet& nanos);

// A language whose texts' lengths are bounded beyond what its states ensure; the rest is counted by the engine's one register.
struct StringLanguage {
  Dfa language;
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max = std::nullopt;
  Counted counted = Counted::code_points;
  bool is_counted() const { return min > 0 || max.has_value(); }
};
// Two bounds want the register, and neither can be unrolled into states.
class TwoCounters : public BudgetExceeded {
 public:
  explicit TwoCounters(const std::string& text) : BudgetExceeded(text) {}
};
// The values that string rules allow, in UTF-8. Throws PatternError, BudgetExceeded, TwoCounters.
StringLanguage string_language(const StringRules& rules);
// The values that rules on bytes allow, as standard base64, padded, unused bits zero (RFC 4648 sections 3.5 and 4). Throws likewise.
StringLanguage bytes_language(const StringRules& rules);

}  // namespace sluice::compiler
