// SPDX-License-Identifier: Apache-2.0
// Every callee has a set of states; calls join callee and caller, REDO_TO leads from the callee's
// states into the caller's.
#include "room/analysis.hpp"

#include <algorithm>

namespace sluice::room {

using layout::AccumulatorOp;
using layout::Control;
using layout::RegisterOp;

namespace {

bool reads(const Edge& edge) {
  const bool on_end = edge.bytes == 0;
  switch (edge.accumulator_op) {
    case AccumulatorOp::CHECK_END:
      return true;
    case AccumulatorOp::DIGIT:
      return !on_end;
    case AccumulatorOp::GROUP:
      return !on_end && edge.group != 0;
    default:
      return edge.control == Control::CALL_LEN && edge.accumulator_op == AccumulatorOp::NONE;
  }
}

bool sets(const Edge& edge) {
  const bool on_end = edge.bytes == 0;
  return !on_end && (edge.accumulator_op == AccumulatorOp::DIGIT_FIRST ||
                     (edge.accumulator_op == AccumulatorOp::GROUP && edge.group == 0));
}

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

Analysis::Analysis(const Machine& machine, std::uint32_t limit)
    : machine_(machine), limit_(limit), live_(machine.states.size(), 0) {
  for (const State& state : machine.states) {
    for (const Edge& edge : state.edges) {
      if (edge.calls()) exits_[edge.next];
    }
  }
  find_exits();
  find_heights();
  find_live();
  for (const State& state : machine.states) {
    for (const Edge& edge : state.edges) {
      if (edge.key_op == layout::KeyOp::NEW_MAP && !reads_keys(edge.next)) lists_.insert(edge.next);
    }
  }
}

std::vector<int> Analysis::reach(int entry) const {
  std::vector<int> order{entry};
  std::set<int> seen{entry};
  const auto visit = [&](int state) {
    if (seen.insert(state).second) order.push_back(state);
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const Edge& edge : machine_.states[at(order[i])].edges) {
      if (edge.control == Control::NEXT) visit(edge.next);
      if (!edge.calls()) continue;
      visit(edge.back);
      for (int exit : exits_.at(edge.next)) visit(exit);
    }
  }
  return {seen.begin(), seen.end()};
}

void Analysis::find_exits() {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [entry, exits] : exits_) {
      std::set<int> found;
      for (int state : reach(entry)) {
        for (const Edge& edge : machine_.states[at(state)].edges) {
          if (edge.control == Control::REDO_TO) found.insert(edge.next);
        }
      }
      if (found.size() == exits.size()) continue;
      exits.assign(found.begin(), found.end());
      changed = true;
    }
  }
}

void Analysis::find_heights() {
  std::map<int, std::set<int>> callees;
  for (const auto& [entry, exits] : exits_) {
    for (int state : reach(entry)) {
      for (const Edge& edge : machine_.states[at(state)].edges) {
        if (edge.calls()) callees[entry].insert(edge.next);
      }
    }
    heights_[entry] = 0;
  }
  for (bool changed = true; changed;) {  // ends: heights grow, up to deep()
    changed = false;
    for (const auto& [entry, called] : callees) {
      std::uint32_t height = 0;
      for (int callee : called) height = std::max(height, heights_[callee] + 1);
      height = std::min(height, deep());
      if (height == heights_[entry]) continue;
      heights_[entry] = height;
      changed = true;
    }
  }
}

void Analysis::find_live() {
  // Where a frame that can be in a state may go on when it is popped.
  std::map<int, std::set<int>> returns;  // by callee
  for (const State& state : machine_.states) {
    for (const Edge& edge : state.edges) {
      if (edge.calls()) returns[edge.next].insert(edge.back);
    }
  }
  std::vector<std::set<int>> behind(machine_.states.size());
  for (const auto& [entry, backs] : returns) {
    for (int state : reach(entry)) behind[at(state)].insert(backs.begin(), backs.end());
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t s = machine_.states.size(); s-- > 0;) {
      if (live_[s] != 0) continue;
      const bool lives = std::any_of(
          machine_.states[s].edges.begin(), machine_.states[s].edges.end(), [&](const Edge& edge) {
            if (reads(edge)) return true;
            if (sets(edge)) return false;
            if (edge.next >= 0 && live_[at(edge.next)] != 0) return true;
            return edge.pops() && std::any_of(behind[s].begin(), behind[s].end(),
                                              [&](int back) { return live_[at(back)] != 0; });
          });
      if (!lives) continue;
      live_[s] = 1;
      changed = true;
    }
  }
}

const Analysis::Frame& Analysis::frame(int entry) const {
  const auto [it, fresh] = frames_.try_emplace(entry);
  Frame& frame = it->second;
  if (!fresh) return frame;
  frame.states = reach(entry);
  bool has_set = false;
  for (int state : frame.states) {
    for (const Edge& edge : machine_.states[at(state)].edges) {
      if (edge.calls()) {
        frame.height = std::min(deep(), std::max(frame.height, heights_.at(edge.next) + 1));
      }
      frame.keys = frame.keys || edge.key_op == layout::KeyOp::BEGIN;
      has_set = has_set || edge.register_op == RegisterOp::SET ||
                edge.register_op == RegisterOp::SET_AGAIN;
    }
  }
  // Without a SET, r counts consumed symbols and END: it never passes the limit by more than one.
  const auto note = [&](std::uint32_t constant) {
    if (has_set || constant <= limit_ + 1) frame.clamp = std::max(frame.clamp, constant + 1);
  };
  for (int state : frame.states) {
    for (const Edge& edge : machine_.states[at(state)].edges) {
      note(edge.min);
      if (edge.register_op == RegisterOp::SET || edge.register_op == RegisterOp::SET_AGAIN) {
        note(edge.register_arg);
        note(edge.register_min);
      }
      if (edge.register_op == RegisterOp::INC && edge.register_arg != layout::INC_UNBOUNDED) {
        note(edge.register_arg);
      }
    }
  }
  return frame;
}

std::uint32_t Analysis::height(int entry) const { return frame(entry).height; }
std::uint32_t Analysis::clamp(int entry) const { return frame(entry).clamp; }

}  // namespace sluice::room
