// SPDX-License-Identifier: Apache-2.0
// Random messages of any type, and random spellings of them in Protobuf's encoding that every
// reader takes alike: shuffled fields, long varints, lists in pieces, packed or not, values that a
// later one replaces. Knows nothing of canonical forms or rules.
#pragma once

#include <google/protobuf/message.h>

#include <random>
#include <string>

namespace sluice::test {

// Sets about one field in `sparse`, with values that are often small, often at an edge. Never minus
// zero, never a google.protobuf.Any. Enumerations get declared numbers, times lie within the years
// 1 to 9999.
void fill(google::protobuf::Message& message, std::mt19937_64& random, unsigned sparse,
          int depth = 0);

// One of the spellings of `message`. What it says is what `message` says.
std::string messy_spelling(const google::protobuf::Message& message, std::mt19937_64& random);

}  // namespace sluice::test
