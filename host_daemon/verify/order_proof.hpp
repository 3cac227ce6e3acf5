// SPDX-License-Identifier: Apache-2.0
// Shows that no record passes a transition because map keys must ascend: for each kind of map
// around it, everything that the graph allows is looked at with the least key that may stand
// before. Made for maps of few keys; where there are many, nothing is shown.
#pragma once

#include <cstdint>

#include "verify/graph.hpp"

namespace sluice::verify {

// True: no way of the graph through the transition (base, class) is in order. False: there may be
// one, or `budget`, how many states may still be looked at, is spent; it is lowered by what was.
bool never_in_order(const Table& table, const Graph& graph, std::uint16_t base,
                    std::uint8_t symbol_class, std::size_t& budget);

}  // namespace sluice::verify
