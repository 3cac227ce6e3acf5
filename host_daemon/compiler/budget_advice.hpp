// SPDX-License-Identifier: Apache-2.0
// What a text field's rules want that exceed a budget, and the greatest length or count that would fit: found by trying, under a small budget.
#pragma once

#include "compiler/language.hpp"
#include "compiler/schema.hpp"

namespace sluice::compiler {

// Completes `error`, which building the value's language threw: `note` names the rules, the states they want and the budget, `help` a smaller
// rule that fits. Leaves `help` empty where none is found.
void advise(BudgetExceeded& error, const Value& value);

}  // namespace sluice::compiler
