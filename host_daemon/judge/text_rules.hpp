// SPDX-License-Identifier: Apache-2.0
// The rules on strings and bytes.
#pragma once

#include <re2/re2.h>

#include <string>

#include "buf/validate/validate.pb.h"
#include "judge/complain.hpp"

namespace sluice::judge {

// Checks UTF-8 text against its rules. `pattern` is the compiled string.pattern, or null.
void check_string(const std::string& value, const buf::validate::StringRules& rules,
                  const RE2* pattern, const Complain& complain);

// Checks bytes against their rules. `pattern` is the compiled bytes.pattern, or null; it matches
// text, so bytes that are not UTF-8 break it.
void check_bytes(const std::string& value, const buf::validate::BytesRules& rules,
                 const RE2* pattern, const Complain& complain);

}  // namespace sluice::judge
