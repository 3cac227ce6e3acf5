// SPDX-License-Identifier: Apache-2.0
// A Graphviz picture of one routine of an automaton, for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/automaton.hpp"

namespace sluice::compiler {

// The routine's states and transitions, labelled as in the text dump; calls show the routine that they go to. `name` is "KIND NAME" or NAME, as
// `routine_names` lists them; of several routines of one name all are drawn. Nothing when there is no such routine.
std::optional<std::string> dot(const Automaton& automaton, std::string_view name);

// "leaf string Book.title", in order, each once.
std::vector<std::string> routine_names(const Automaton& automaton);

}  // namespace sluice::compiler
