// SPDX-License-Identifier: Apache-2.0
// Changes of a Protobuf body by structure: fields left out, doubled, moved, given other numbers or values, lengths that follow the change,
// other spellings of the same varint. It knows no schema: whatever reads as a message is taken for one.
#pragma once

#include <random>
#include <string>

namespace sluice::test {

// A changed body; the same one only by chance.
std::string mutate_binary(const std::string& body, std::mt19937_64& random);

}  // namespace sluice::test
