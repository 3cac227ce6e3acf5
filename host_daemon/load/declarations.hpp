// SPDX-License-Identifier: Apache-2.0
// The user's own copies of google/api and buf/validate must mean what the public originals mean:
// options are read by number, so a copy with other numbers would turn one rule into another without
// a word.
#pragma once

#include "load/diagnostic.hpp"
#include "load/load.hpp"

namespace sluice::load {

// Compares every declaration in the pool that has the name of one we ship. False after an error.
bool check_declarations(const Loaded& loaded, Diagnostics& diagnostics);

}  // namespace sluice::load
