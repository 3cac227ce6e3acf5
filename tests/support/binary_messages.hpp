// SPDX-License-Identifier: Apache-2.0
// Random messages of any type, and random spellings of them in Protobuf's encoding that every
// reader takes alike: shuffled fields, long varints, lists in pieces, packed or not, values that a
// later one replaces. Knows nothing of canonical forms or rules.
#pragma once

#include <google/protobuf/message.h>

#include <random>
#include <string>
#include <vector>

namespace sluice::test {

// Messages that a google.protobuf.Any may hold.
using AnyTypes = std::vector<const google::protobuf::Descriptor*>;

// Sets about one field in `sparse`, with values that are often small, often at an edge. Never minus
// zero, no key of a map twice, a google.protobuf.Any only of `any_types`. Enumerations get declared
// numbers, times lie in their ranges, a google.protobuf.Value has a kind and is no infinite number.
void fill(google::protobuf::Message& message, std::mt19937_64& random, unsigned sparse,
          const AnyTypes& any_types = {}, int depth = 0);

// One of the spellings of `message`. What it says is what `message` says.
std::string messy_spelling(const google::protobuf::Message& message, std::mt19937_64& random);

// True if both say the same: one NaN is any NaN, and of map entries with one key the last counts (a dynamic message keeps them all).
bool same_message(const google::protobuf::Message& one, const google::protobuf::Message& other);

}  // namespace sluice::test
