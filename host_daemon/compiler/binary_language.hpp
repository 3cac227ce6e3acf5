// SPDX-License-Identifier: Apache-2.0
// The languages of single values in Protobuf's encoding, canonical form (design section 5): minimal varints, zigzag, fixed widths, bit
// patterns of floats. No value's bytes begin another's, so that a value ends with its last byte. Strings are as in string_language.
#pragma once

#include "compiler/language.hpp"
#include "compiler/schema.hpp"
#include "compiler/value_language.hpp"

namespace sluice::compiler {

// Numbers, booleans and enumerations behind their tag. Throws BudgetExceeded.
Dfa binary_number_language(const Value& value);

// True for what binary_number_language spells: lists of it are packed.
bool is_packable(ValueKind kind);

// Wire type: 0 varint, 1 eight bytes, 2 length, 5 four bytes.
int wire_type(const Value& value);

// The shortest varint.
std::string varint_bytes(std::uint64_t value);

// The tag of a field as it stands, one to five bytes.
std::string tag_bytes(int number, int wire);

// The whole message google.protobuf.Timestamp or Duration (by `kind`), behind its length. `nanos`: as in Value::integers.
Dfa binary_time_language(ValueKind kind, const IntegerSet& nanos);

// The whole wrapper message of a number or boolean: its member `value`, or nothing for the default.
Dfa binary_wrapper_language(const Value& value);

// The values that rules on bytes allow, as they are. Throws as string_language does.
StringLanguage raw_bytes_language(const StringRules& rules);

}  // namespace sluice::compiler
