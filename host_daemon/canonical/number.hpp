// SPDX-License-Identifier: Apache-2.0
// Numbers between their JSON spellings and exact values, and back into the one canonical spelling.
// Input must follow the number grammar of RFC 8259 (is_json_number). Knows nothing about fields or
// ranges.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/schema.hpp"

namespace sluice::canonical {

using compiler::Int;

enum class NumberFault { none, not_an_integer, too_big, too_small };

struct IntegerReading {
  NumberFault fault;  // too_big: beyond 38 decimal digits, whatever the sign
  Int value;
};

/// The exact integer that a JSON number spells, exponent and fraction included ("1.5e1" is 15).
IntegerReading read_integer(std::string_view number);

/// Plain decimal.
std::string to_decimal(Int value);

/// Plain decimal, without leading zeros or "+", to a value; nothing otherwise. For rule texts.
std::optional<Int> from_decimal(std::string_view text);

struct FloatReading {
  NumberFault fault;  // too_big: overflows to infinity; too_small: not zero, but rounds to zero
  double value;       // of a float: exactly representable in 32 bits
};

/// Nearest value of the type (round half to even, once, also for 32 bits). Negative zero is read as
/// zero.
FloatReading read_float(std::string_view number, bool single_precision);

/// RFC 8785 section 3.2.2.3 (ECMAScript Number::toString): the shortest digits that read back as
/// the same value of the type. `value` must be finite.
std::string to_canonical_float(double value, bool single_precision);

}  // namespace sluice::canonical
