// SPDX-License-Identifier: Apache-2.0
// Floating-point numbers in RFC 8785 form (section 3.2.2.3, which is ECMAScript's
// Number::toString): the shortest digits that round to the value, and the question whether a text
// has that form for whatever digits it has. The second is what a table can decide; the difference
// is the one gap that design section 5 names.
#pragma once

#include <string>
#include <string_view>

namespace sluice::judge {

inline constexpr int kFloatDigits = 9;
inline constexpr int kDoubleDigits = 17;

// The RFC 8785 spelling of a finite value. A float's digits are the fewest that round to that
// float, not to the double of the same value. Zero of either sign is "0".
std::string shortest_number(double value);
std::string shortest_number(float value);

// True if `text` is what RFC 8785 writes for its own significant digits, of which there are at most
// `max_digits`.
// "-0" is not: negative zero has no spelling.
bool has_number_form(std::string_view text, int max_digits);

}  // namespace sluice::judge
