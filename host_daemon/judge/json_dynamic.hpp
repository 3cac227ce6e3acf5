// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Struct, Value and ListValue as canonical JSON: objects ascending by key, numbers
// in RFC 8785 form. Recursion is as deep as the message, which libprotobuf's parser has bounded.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "judge/canonical_text.hpp"
#include "judge/rejection.hpp"

namespace sluice::judge {

// The order of an object's keys: by the bytes that stand between the quotes; a proper prefix comes
// first.
bool key_before(const std::string& a, const std::string& b);

// Appends `message`, one of the three. Sets `problem`, if none is set, where a Value has no kind
// ("value.unset") or is a number that is not finite ("value.number").
void write_dynamic(const google::protobuf::Message& message, const std::string& path,
                   MaybeRejection& problem, CanonicalText& out);

}  // namespace sluice::judge
