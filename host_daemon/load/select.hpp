// SPDX-License-Identifier: Apache-2.0
// Names of the policy -> descriptors of the pool: methods and their endpoints, statuses, Any types;
// and the check that everything reachable from them can be judged at all (proto3, no unknown
// rules).
#pragma once

#include "load/diagnostic.hpp"
#include "load/load.hpp"

namespace sluice::load {

// Fills methods, endpoints, statuses and any_types of `loaded`. False after an error.
bool select(Loaded& loaded, Diagnostics& diagnostics);

}  // namespace sluice::load
