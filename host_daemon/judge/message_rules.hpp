// SPDX-License-Identifier: Apache-2.0
// Rules on a field whose type is one of google.protobuf's messages: wrappers, Duration, Timestamp,
// FieldMask, Any. Rules that look at the clock are not among them.
#pragma once

#include <google/protobuf/message.h>
#include <re2/re2.h>

#include "buf/validate/validate.pb.h"
#include "judge/complain.hpp"

namespace sluice::judge {

// Checks a set value against the group for its type; of a wrapper, the wrapped value against the
// group of the scalar. `pattern` is the compiled string.pattern or bytes.pattern, or null.
void check_message_value(const google::protobuf::Message& value,
                         const buf::validate::FieldRules& rules, const RE2* pattern,
                         const Complain& complain);

// The name of the group that fits values of a message type ("duration", "int32"); empty if none
// does.
std::string rules_group(const google::protobuf::Descriptor* message);

}  // namespace sluice::judge
