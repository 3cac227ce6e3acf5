// SPDX-License-Identifier: Apache-2.0
// Random spellings of a JSON text that every proto3 JSON reader takes alike: members in any order, white space, escapes, numbers with an
// exponent, a fraction of zeros or in quotes. Knows nothing of schemas: the caller says what may be done to numbers.
#pragma once

#include <random>
#include <string>

namespace sluice::test {

enum class Numbers {
  keep,     // for texts with google.protobuf.Value
  respell,  // for texts with enumerations by number
  quote     // and put them into quotes, too
};

std::string messy_json(const std::string& json, std::mt19937_64& random, Numbers numbers);

}  // namespace sluice::test
