// SPDX-License-Identifier: Apache-2.0
// Depth by depth: what can finish within d frames follows from what its callees can within d - 1. Registers are looked at in one way only: a
// routine finishes when every rank that it requires has a member that fits.
#include "compiler/frames.hpp"

#include <map>

namespace sluice::compiler {

using layout::Control;
using layout::RegisterOp;

namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

class Depths {
 public:
  Depths(const Grammar& grammar, const std::vector<State>& states) : grammar_(grammar), states_(states), finishes_(states.size(), 0), callable_(states.size(), 0) {
    for (std::size_t s = 0; s < states.size(); ++s) {
      for (const Transition& t : states[s].transitions) {
        if (t.effect.register_op == RegisterOp::SET || t.effect.register_op == RegisterOp::SET_AGAIN)
          setters_[{states[s].routine, t.effect.register_arg}].push_back(&t);
      }
    }
  }

  // One frame more than before.
  void deepen() {
    std::vector<char> fit(grammar_.routines.size());  // what follows from one frame less
    for (std::size_t r = 0; r < fit.size(); ++r) fit[r] = members_fit(static_cast<int>(r));
    std::vector<char> callable(states_.size());
    for (std::size_t s = 0; s < states_.size(); ++s) callable[s] = finishes_[s] && fit[at(states_[s].routine)];
    callable_ = std::move(callable);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t s = states_.size(); s-- > 0;) {
        if (finishes_[s]) continue;
        for (const Transition& t : states_[s].transitions) {
          if (!fits(t)) continue;
          finishes_[s] = 1;
          changed = true;
          break;
        }
      }
    }
  }

  // A record passes here and is accepted behind it.
  bool fits(const Transition& t) const {
    if (t.target < 0) return true;  // pops or accepts
    return finishes_[at(t.target)] && (t.callee < 0 || callable_[at(t.callee)]);
  }
  bool finishes(int state) const { return finishes_[at(state)]; }

 private:
  bool members_fit(int routine) const {
    for (int rank : grammar_.routines[at(routine)].required_ranks) {
      const auto found = setters_.find({routine, rank});
      if (found == setters_.end()) continue;
      bool fitting = false;
      for (const Transition* t : found->second) fitting = fitting || fits(*t);
      if (!fitting) return false;
    }
    return true;
  }

  const Grammar& grammar_;
  const std::vector<State>& states_;
  std::vector<char> finishes_, callable_;
  std::map<std::pair<int, int>, std::vector<const Transition*>> setters_;  // by routine and rank
};

}  // namespace

std::vector<std::optional<int>> frames_needed(const Grammar& grammar, const std::vector<State>& states, std::size_t endpoints, int limit) {
  std::vector<std::optional<int>> out(endpoints);
  std::vector<std::pair<int, const Transition*>> tagged;
  for (const State& state : states) {
    for (const Transition& t : state.transitions) {
      if (t.effect.tag) tagged.emplace_back(t.effect.tag - 1, &t);
    }
  }
  Depths depths(grammar, states);
  std::size_t left = endpoints;
  for (int depth = 1; depth <= limit && left > 0; ++depth) {
    depths.deepen();
    const auto found = [&](std::size_t endpoint) {
      if (out[endpoint]) return;
      out[endpoint] = depth;
      --left;
    };
    if (grammar.pipeline == layout::Pipeline::REQUEST) {
      for (const auto& [endpoint, t] : tagged) {
        if (depths.fits(*t)) found(at(endpoint));
      }
    } else {
      for (std::size_t endpoint = 0; endpoint < endpoints; ++endpoint) {
        if (depths.finishes(grammar.starts[endpoint])) found(endpoint);
      }
    }
  }
  return out;
}

}  // namespace sluice::compiler
