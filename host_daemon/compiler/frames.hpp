// SPDX-License-Identifier: Apache-2.0
// How deep the device's stack must be, at least, for each endpoint to have a record at all. Part of stage 4.
#pragma once

#include <optional>
#include <vector>

#include "compiler/grammar.hpp"

namespace sluice::compiler {

// By tag - 1: the stack frames, bottom included, that the shallowest accepted record of the endpoint takes; none where it is more than `limit`.
// `states` are the grammar's without dead ends; their routines' required members are all counted.
std::vector<std::optional<int>> frames_needed(const Grammar& grammar, const std::vector<State>& states, std::size_t endpoints, int limit);

}  // namespace sluice::compiler
