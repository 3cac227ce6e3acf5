// SPDX-License-Identifier: Apache-2.0
// How the rules on values tell what a value breaks.
#pragma once

#include <functional>
#include <string>

namespace sluice::judge {

// Called with rule and message for every rule that the value breaks.
using Complain = std::function<void(const std::string& rule, const std::string& message)>;

}  // namespace sluice::judge
