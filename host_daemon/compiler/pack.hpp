// SPDX-License-Identifier: Apache-2.0
// Stage 5: the packed table. Byte classes for two maps, a base for every state, and every transition in the slot `base XOR class` (row
// displacement by XOR). Deterministic: the same automaton gives the same table.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "compiler/automaton.hpp"

namespace sluice::compiler {

struct PackedTable {
  std::array<std::array<std::uint8_t, 256>, 2> class_maps{};
  std::array<int, 2> classes{};                // byte classes in use, by map
  std::vector<layout::Entry> entries;          // up to the last used slot; unused ones are empty
  std::vector<layout::Action> actions;         // the first is the empty action
  std::vector<std::uint16_t> bases;            // by state
  std::vector<std::uint16_t> starts;           // as Automaton::starts
  std::size_t used = 0;                        // entries that hold a transition
  double density() const { return entries.empty() ? 0.0 : static_cast<double>(used) / static_cast<double>(entries.size()); }
};

struct TableLimits {
  std::size_t entries, actions;
};

// Errors when the table does not fit `limits` or wants more than 255 byte classes; both say how much is needed.
std::optional<PackedTable> pack(const Automaton& automaton, const TableLimits& limits, const Schema& schema, Diagnostics& diagnostics);

std::string dump(const PackedTable& table);

}  // namespace sluice::compiler
