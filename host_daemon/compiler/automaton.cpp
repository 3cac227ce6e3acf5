// SPDX-License-Identifier: Apache-2.0
// Three passes over the network - what can finish, what its register lets through, what is equivalent - and a renumbering. Each pass is a
// fixpoint over all states; none recurses.
#include "compiler/automaton.hpp"

#include "compiler/partition.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "compiler/frames.hpp"

namespace sluice::compiler {

using layout::Control;
using layout::RegisterOp;

namespace {

std::size_t at(int state) { return static_cast<std::size_t>(state); }

// A state can finish when some path from it leaves its routine. Transitions that cannot are dropped.
void drop_dead_ends(std::vector<State>& states) {
  std::vector<char> finishes(states.size(), 0);
  auto useful = [&](const Transition& t) {
    if (t.control == Control::REDO_TO) return finishes[at(t.target)] != 0;
    if (ends_routine(t.control)) return true;
    return finishes[at(t.target)] && (t.callee < 0 || finishes[at(t.callee)]);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t s = states.size(); s-- > 0;) {
      if (finishes[s]) continue;
      if (std::any_of(states[s].transitions.begin(), states[s].transitions.end(), useful)) {
        finishes[s] = 1;
        changed = true;
      }
    }
  }
  for (State& state : states) {
    std::erase_if(state.transitions, [&](const Transition& t) { return !useful(t); });
  }
}

// The values that r can have when a state is entered, as an interval; low > high: never entered.
struct Interval {
  int low = 1, high = 0;
  bool none() const { return low > high; }
  bool join(const Interval& other) {
    if (other.none()) return false;
    if (none()) {
      *this = other;
      return true;
    }
    const Interval old = *this;
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    return low != old.low || high != old.high;
  }
};

// r after the transition's register operation; none when the check cannot pass.
Interval after_register(const Interval& r, const Effect& e) {
  const int arg = e.register_arg, min = e.register_min;
  switch (e.register_op) {
    case RegisterOp::NONE:
      return r;
    case RegisterOp::SET:
      return (r.high < min || r.low >= arg) ? Interval{} : Interval{arg, arg};
    case RegisterOp::SET_AGAIN:
      return (r.high < min || r.low > arg) ? Interval{} : Interval{arg, arg};
    case RegisterOp::INC:
      // The upper end jumps to the maximum: counting up one by one would only end there.
      return arg != layout::INC_UNBOUNDED && r.low >= arg ? Interval{} : Interval{std::min(r.low + 1, arg), arg};
  }
  return r;
}

bool can_pass(const Interval& r, const Transition& t) {
  const Interval after = after_register(r, t.effect);
  if (after.none()) return false;
  return !ends_routine(t.control) || after.high >= t.min;
}

// Drops transitions whose register check can never pass.
void drop_impossible(std::vector<State>& states, const std::vector<int>& starts) {
  std::vector<Interval> entry(states.size());
  std::vector<int> work;
  auto reach = [&](int state, const Interval& r) {
    if (entry[at(state)].join(r)) work.push_back(state);
  };
  for (int start : starts) reach(start, {0, 0});
  while (!work.empty()) {
    const int s = work.back();
    work.pop_back();
    for (const Transition& t : states[at(s)].transitions) {
      if (!can_pass(entry[at(s)], t)) continue;
      const Interval after = after_register(entry[at(s)], t.effect);
      if (t.callee >= 0) reach(t.callee, {0, 0});
      // A state that REDO_TO goes on at belongs to the caller, who reaches it by itself.
      if (t.target >= 0 && t.control != Control::REDO_TO) reach(t.target, after);
    }
  }
  for (std::size_t s = 0; s < states.size(); ++s) {
    std::erase_if(states[s].transitions, [&](const Transition& t) { return entry[s].none() || !can_pass(entry[s], t); });
  }
}

// Equivalence classes of states, by refinement until nothing splits.
std::vector<int> equivalence(const std::vector<State>& states) {
  std::map<Effect, int> effects;
  auto effect_number = [&](const Effect& e) { return effects.try_emplace(e, static_cast<int>(effects.size())).first->second; };
  // What stands in a body is named by the state that waits behind it, so these are told apart by what they are about.
  std::vector<int> group(states.size(), 0);
  std::map<std::vector<int>, int> bodies;
  for (std::size_t s = 0; s < states.size(); ++s) {
    if (states[s].place != Place::record_end) continue;
    group[s] = bodies.try_emplace(states[s].subjects, static_cast<int>(bodies.size()) + 1).first->second;
  }
  std::vector<std::vector<int>> before(states.size());
  for (std::size_t s = 0; s < states.size(); ++s) {
    for (const Transition& t : states[s].transitions) {
      if (t.target >= 0) before[at(t.target)].push_back(static_cast<int>(s));
      if (t.callee >= 0) before[at(t.callee)].push_back(static_cast<int>(s));
    }
  }
  return refine(std::move(group), before, [&](std::size_t s, const std::vector<int>& groups) {
    std::vector<int> key;
    std::array<int, 5> last{};
    int last_high = -2;
    for (const Transition& t : states[s].transitions) {
      const std::array<int, 5> label = {effect_number(t.effect), static_cast<int>(t.control), t.target < 0 ? -1 : groups[at(t.target)],
                                        t.callee < 0 ? -1 : groups[at(t.callee)], t.min};
      if (t.low == last_high + 1 && t.low != kEnd && label == last) {
        key[key.size() - label.size() - 1] = t.high;  // one run
      } else {
        key.insert(key.end(), {t.low, t.high});
        key.insert(key.end(), label.begin(), label.end());
      }
      last_high = t.high;
      last = label;
    }
    return key;
  });
}

void join_transitions(std::vector<Transition>& transitions) {
  std::vector<Transition> joined;
  for (const Transition& t : transitions) {
    if (!joined.empty()) {
      Transition& last = joined.back();
      const bool same = last.high + 1 == t.low && t.low != kEnd && last.effect == t.effect && last.control == t.control &&
                        last.target == t.target && last.callee == t.callee && last.min == t.min;
      if (same) {
        last.high = t.high;
        continue;
      }
    }
    joined.push_back(t);
  }
  transitions = std::move(joined);
}

// Refuses endpoints whose shallowest record is deeper than the policy allows.
void check_depth(const Grammar& grammar, const std::vector<State>& states, const Schema& schema, Diagnostics& diagnostics) {
  const int allowed = static_cast<int>(schema.loaded->policy.limits().max_depth());
  const int most = static_cast<int>(layout::limits_of(layout::Geometry::SIMULATION).depth);
  const auto needed = frames_needed(grammar, states, schema.endpoints.size(), most);
  const std::string kind = grammar.pipeline == layout::Pipeline::REQUEST ? "request" : "response";
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i] && *needed[i] <= allowed) continue;
    const std::string frames = needed[i] ? std::to_string(*needed[i]) : "more than " + std::to_string(most);
    auto& error = diagnostics.error(load::Code::kNoRecord, schema.endpoints[i].span,
                                    "no " + kind + " of '" + schema.endpoints[i].name + "' can ever be accepted: the shallowest one takes " + frames +
                                        " stack frames, and limits.maxDepth is " + std::to_string(allowed));
    error.note("a frame for the record, one for each object, list and value within it");
    if (needed[i]) error.mend("limits: {maxDepth: " + frames + "} or more");
  }
}

}  // namespace

std::optional<Automaton> build_automaton(const Grammar& grammar, const Schema& schema, Diagnostics& diagnostics) {
  std::vector<State> states = grammar.states;
  drop_dead_ends(states);
  drop_impossible(states, grammar.starts);
  drop_dead_ends(states);

  const bool request = grammar.pipeline == layout::Pipeline::REQUEST;
  std::set<int> tags;
  for (const State& state : states) {
    for (const Transition& t : state.transitions) {
      if (t.effect.tag) tags.insert(t.effect.tag);
    }
  }
  for (const Endpoint& endpoint : schema.endpoints) {
    const bool alive = request ? tags.count(endpoint.tag) != 0
                               : !states[at(grammar.starts[at(endpoint.tag - 1)])].transitions.empty();
    if (alive) continue;
    diagnostics
        .error(load::Code::kNoRecord, endpoint.span,
               "no " + std::string(request ? "request" : "response") + " of '" + endpoint.name + "' can ever be accepted")
        .note("a required field contains itself, its rules leave no value, or another binding takes every path")
        .mend("relax the rules of its required fields, or leave the method out of the policy");
  }
  if (diagnostics.has_errors()) return std::nullopt;
  check_depth(grammar, states, schema, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;

  const std::vector<int> group = equivalence(states);
  // The lowest-numbered state of a group stands for it; the others only add what they are about.
  std::vector<int> leader(states.size(), -1);
  for (std::size_t s = 0; s < states.size(); ++s) {
    int& l = leader[at(group[s])];
    if (l < 0) l = static_cast<int>(s);
  }
  auto representative = [&](int s) { return leader[at(group[at(s)])]; };

  Automaton out;
  out.pipeline = grammar.pipeline;
  out.subjects = grammar.subjects;
  out.routines = grammar.routines;
  std::vector<int> number(states.size(), -1);
  std::vector<int> order;
  auto number_of = [&](int s) {
    const int r = representative(s);
    if (number[at(r)] < 0) {
      number[at(r)] = static_cast<int>(order.size());
      order.push_back(r);
    }
    return number[at(r)];
  };
  for (int start : grammar.starts) out.starts.push_back(number_of(start));
  for (std::size_t i = 0; i < order.size(); ++i) {
    State state = states[at(order[i])];
    for (Transition& t : state.transitions) {
      if (t.callee >= 0) t.callee = number_of(t.callee);
      if (t.target >= 0) t.target = number_of(t.target);
    }
    join_transitions(state.transitions);
    out.states.push_back(std::move(state));
  }
  for (std::size_t s = 0; s < states.size(); ++s) {
    const int n = number[at(representative(static_cast<int>(s)))];
    if (n < 0) continue;
    auto& others = out.states[at(n)].other_routines;
    const int routine = states[s].routine;
    if (routine != out.states[at(n)].routine && std::find(others.begin(), others.end(), routine) == others.end()) others.push_back(routine);
    auto& subjects = out.states[at(n)].subjects;
    for (int topic : states[s].subjects) {
      if (std::find(subjects.begin(), subjects.end(), topic) == subjects.end()) subjects.push_back(topic);
    }
  }
  return out;
}

std::string dump(const Automaton& automaton) {
  return dump(Grammar{automaton.pipeline, automaton.subjects, automaton.routines, automaton.states, automaton.starts});
}

}  // namespace sluice::compiler
