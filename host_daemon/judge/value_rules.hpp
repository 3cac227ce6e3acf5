// SPDX-License-Identifier: Apache-2.0
// Rules on one value: a singular field, or one element of a list. It knows nothing of presence.
#pragma once

#include <google/protobuf/message.h>
#include <re2/re2.h>

#include "buf/validate/validate.pb.h"
#include "judge/complain.hpp"

namespace sluice::judge {

// Checks the value of `field` in `message` (of a repeated field, the element `index`; else -1)
// against the group of `rules` for its type. `pattern` is the compiled string.pattern or
// bytes.pattern, or null.
void check_value(const google::protobuf::Message& message,
                 const google::protobuf::FieldDescriptor* field, int index,
                 const buf::validate::FieldRules& rules, const RE2* pattern,
                 const Complain& complain);

// True if the value is its type's zero value; of a message, if none of its fields is set.
bool is_zero(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor* field, int index);

}  // namespace sluice::judge
