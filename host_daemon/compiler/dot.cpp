// SPDX-License-Identifier: Apache-2.0
// The labels come from the text dump, line by line, so that a picture says what the dump says.
#include "compiler/dot.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sluice::compiler {

namespace {

std::string full_name(const Routine& routine) { return std::string(name_of(routine.kind)) + " " + routine.name; }

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct Lines {
  std::string head;                      // "s12 value <title>"
  std::vector<std::string> transitions;  // as in the dump, in the order of State::transitions
};

std::vector<Lines> lines_of(const Automaton& automaton) {
  std::vector<Lines> out;
  const std::string text = dump(automaton);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("    ")) {
      out.back().transitions.push_back(line.substr(4));
    } else if (line.starts_with("  ")) {
      out.push_back({line.substr(2), {}});
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> routine_names(const Automaton& automaton) {
  std::set<int> used;
  for (const State& state : automaton.states) {
    used.insert(state.routine);
    used.insert(state.other_routines.begin(), state.other_routines.end());
  }
  std::vector<std::string> out;
  for (int routine : used) {
    const std::string name = full_name(automaton.routines[static_cast<std::size_t>(routine)]);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

std::optional<std::string> dot(const Automaton& automaton, std::string_view name) {
  const auto wanted = [&](int routine) {
    const Routine& r = automaton.routines[static_cast<std::size_t>(routine)];
    return r.name == name || full_name(r) == name;
  };
  std::set<std::size_t> states;
  for (std::size_t s = 0; s < automaton.states.size(); ++s) {
    const State& state = automaton.states[s];
    if (wanted(state.routine) || std::any_of(state.other_routines.begin(), state.other_routines.end(), wanted)) states.insert(s);
  }
  if (states.empty()) return std::nullopt;
  const std::vector<Lines> lines = lines_of(automaton);
  const bool request = automaton.pipeline == layout::Pipeline::REQUEST;
  std::string out = "digraph " + dot_text(std::string(request ? "request " : "response ") + std::string(name)) + " {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n"
                    "  edge [fontname=monospace];\n  left [shape=doublecircle, label=\"\"];\n";
  for (std::size_t s : states) {
    out += "  s" + std::to_string(s) + " [label=" + dot_text(lines[s].head) + "];\n";
    // Transitions that differ in their symbols alone are one arrow.
    std::map<std::pair<int, std::string>, std::string> arrows;
    for (std::size_t t = 0; t < lines[s].transitions.size(); ++t) {
      const Transition& transition = automaton.states[s].transitions[t];
      const std::string& line = lines[s].transitions[t];
      const std::size_t space = line.find(' ', 1);
      std::string effect = line.substr(std::min(space, line.size()));
      if (transition.callee >= 0) {
        effect += "\n" + full_name(automaton.routines[static_cast<std::size_t>(automaton.states[static_cast<std::size_t>(transition.callee)].routine)]);
      }
      std::string& symbols = arrows[{transition.target, effect}];
      symbols += (symbols.empty() ? "" : " ") + line.substr(0, space);
    }
    for (const auto& [to, symbols] : arrows) {
      out += "  s" + std::to_string(s) + " -> " + (to.first < 0 ? std::string("left") : "s" + std::to_string(to.first)) + " [label=";
      out += dot_text(symbols + to.second) + "];\n";
    }
  }
  return out + "}\n";
}

}  // namespace sluice::compiler
