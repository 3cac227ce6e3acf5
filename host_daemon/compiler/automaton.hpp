// SPDX-License-Identifier: Apache-2.0
// Stage 4: the automaton IR. The grammar without what can never be used, and with every pair of equivalent states merged: two states are one
// when they allow the same symbols with the same effects and lead to (and call) equivalent states. That minimizes each routine
// and merges identical routines in one step.
#pragma once

#include "compiler/grammar.hpp"

namespace sluice::compiler {

// States, routines and subjects as in the grammar, renumbered; only what the start states reach.
struct Automaton {
  layout::Pipeline pipeline;
  std::vector<Subject> subjects;
  std::vector<Routine> routines;
  std::vector<State> states;
  std::vector<int> starts;
};

// Refuses (diagnostic) an endpoint that can accept no record at all; `spans` by tag - 1 say where it stands.
std::optional<Automaton> build_automaton(const Grammar& grammar, const Schema& schema, Diagnostics& diagnostics);

std::string dump(const Automaton& automaton);

}  // namespace sluice::compiler
