// SPDX-License-Identifier: Apache-2.0
// Invariant 11 by calculation: the least c such that a record of n bytes never takes more than c n + 1 steps, whatever its bytes are. Over the graph of a
// table without its registers, so that it is an upper bound for the table.
#pragma once

#include <cstdint>

#include "verify/graph.hpp"

namespace sluice::verify {

// True if every run from a start takes at most `ratio` / 256 steps a byte, and one.
bool holds(const Graph& graph, std::uint32_t ratio);

// The least such ratio in 1/256; 0 when even `most` does not hold.
std::uint32_t worst_ratio(const Graph& graph, std::uint32_t most);

}  // namespace sluice::verify
