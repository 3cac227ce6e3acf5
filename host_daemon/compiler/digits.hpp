// SPDX-License-Identifier: Apache-2.0
// Ranges of decimal numbers as paths in an Nfa.
#pragma once

#include <string>

#include "compiler/language.hpp"
#include "compiler/schema.hpp"

namespace sluice::compiler {

// The texts between `low` and `high`, both included, of their one length, in the order of their characters. Where a character is no digit,
// both must have the same one.
void add_between(Nfa& nfa, int from, int to, const std::string& low, const std::string& high);

// Spellings, without leading zeros, of the integers of [low, high]; low > 0.
void add_positive(Nfa& nfa, int from, int to, Int low, Int high);

}  // namespace sluice::compiler
