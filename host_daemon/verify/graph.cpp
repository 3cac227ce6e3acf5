// SPDX-License-Identifier: Apache-2.0
#include "verify/graph.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::verify {

using layout::AccumulatorOp;
using layout::Control;
using layout::RegisterOp;

Graph::Graph(const Table& table, const std::vector<std::uint16_t>& starts, bool registers)
    : table_(table), registers_(registers), joint_of_(256) {
  std::map<std::pair<int, int>, int> numbers;
  for (std::size_t b = 0; b < 256; ++b) {
    const auto key = std::pair<int, int>{table.maps[b].map0, table.maps[b].map1};
    const auto [it, fresh] = numbers.try_emplace(key, static_cast<int>(joints_.size()));
    if (fresh) joints_.emplace_back();
    joints_[static_cast<std::size_t>(it->second)].push_back(static_cast<std::uint8_t>(b));
    joint_of_[b] = it->second;
  }
  if (registers_) find_limits(starts);
  for (std::uint16_t start : starts) bottoms_.push_back(part(table.base(start), false, true));
  while (!work_.empty()) {
    const int next = work_.back();
    work_.pop_back();
    expand(next);
  }
}

// Values of r above every constant that a part compares with are one.
void Graph::find_limits(const std::vector<std::uint16_t>& starts) {
  const Graph plain(table_, starts, false);
  for (const Part& p : plain.parts()) {
    std::uint32_t limit = 0;
    for (int n : p.nodes) {
      for (const Edge& e : plain.nodes()[static_cast<std::size_t>(n)].edges) {
        const layout::Entry* entry = table_.entry(plain.nodes()[static_cast<std::size_t>(n)].base, e.symbol_class);
        const layout::Action& a = table_.actions[entry->action];
        if (a.register_op != RegisterOp::NONE && a.register_arg != layout::INC_UNBOUNDED) limit = std::max<std::uint32_t>(limit, a.register_arg);
        if (a.register_op != RegisterOp::NONE) limit = std::max<std::uint32_t>(limit, a.register_min);
        if (entry->control != Control::CALL && entry->control != Control::CALL_LEN) limit = std::max<std::uint32_t>(limit, a.operand);
      }
    }
    limit_[{p.first, p.by_length, p.bottom}] = std::min<std::uint32_t>(limit + 1, 0xFFFF);
  }
}

int Graph::part(std::uint16_t first, bool by_length, bool bottom) {
  const auto [it, fresh] = part_of_.try_emplace({first, by_length, bottom}, static_cast<int>(parts_.size()));
  if (fresh) {
    parts_.push_back({first, by_length, bottom});
    const int number = it->second;
    const int entry = node(number, first, 0, -1, kFresh);
    parts_[static_cast<std::size_t>(number)].entry = entry;
  }
  return it->second;
}

int Graph::node(int part, std::uint16_t base, std::uint32_t r, std::int32_t accumulator, int pending) {
  const auto low = static_cast<std::uint16_t>(r);
  const auto [it, fresh] = node_of_.try_emplace({part, base, low, accumulator, pending}, static_cast<int>(nodes_.size()));
  if (fresh) {
    if (nodes_.size() >= kMaxNodes) throw std::length_error("the table has more than " + std::to_string(kMaxNodes) + " configurations to walk");
    nodes_.push_back({{part, base, low, accumulator, pending}});
    parts_[static_cast<std::size_t>(part)].nodes.push_back(it->second);
    work_.push_back(it->second);
  }
  return it->second;
}

// A new way out of a part: every caller goes on behind it.
int Graph::exit(int part, Exit exit) {
  auto& exits = parts_[static_cast<std::size_t>(part)].exits;
  const auto found = std::find(exits.begin(), exits.end(), exit);
  if (found != exits.end()) return static_cast<int>(found - exits.begin());
  exits.push_back(exit);
  const int number = static_cast<int>(exits.size()) - 1;
  const auto callers = parts_[static_cast<std::size_t>(part)].callers;
  for (auto [caller, edge] : callers) connect(caller, edge, number);
  return number;
}

void Graph::connect(int caller, int edge, int exit) {
  const Place at = nodes_[static_cast<std::size_t>(caller)];
  const Edge e = nodes_[static_cast<std::size_t>(caller)].edges[static_cast<std::size_t>(edge)];
  const Exit out = parts_[static_cast<std::size_t>(e.part)].exits[static_cast<std::size_t>(exit)];
  const layout::Action& action = table_.actions[table_.entry(at.base, e.symbol_class)->action];
  const std::uint16_t base = out.to >= 0 ? static_cast<std::uint16_t>(out.to) : table_.base(action.operand);
  // `to` of a call edge holds the caller's r behind the call until here; see add_edge.
  const int back = node(at.part, base, static_cast<std::uint32_t>(e.to), -1, out.pending);
  nodes_[static_cast<std::size_t>(caller)].edges[static_cast<std::size_t>(edge)].returns.emplace_back(exit, back);
}

void Graph::expand(int number) {
  const Place at = nodes_[static_cast<std::size_t>(number)];
  if (at.pending == kFresh || at.pending == kEndPending) {
    if (const layout::Entry* e = table_.entry(at.base, layout::CLASS_END)) add_edge(number, layout::CLASS_END, {}, -1, *e);
  }
  if (at.pending == kEndPending) return;
  if (at.pending >= 0) {
    const auto& bytes = joints_[static_cast<std::size_t>(at.pending)];
    const std::uint8_t symbol_class = table_.class_of(at.base, bytes[0]);
    if (const layout::Entry* e = table_.entry(at.base, symbol_class)) add_edge(number, symbol_class, bytes, at.pending, *e);
    return;
  }
  std::map<std::uint8_t, std::vector<std::uint8_t>> classes;
  for (int b = 0; b < 256; ++b) classes[table_.class_of(at.base, b)].push_back(static_cast<std::uint8_t>(b));
  for (auto& [symbol_class, bytes] : classes) {
    const layout::Entry* e = table_.entry(at.base, symbol_class);
    if (e == nullptr) continue;
    const bool redo = e->control == Control::REDO || e->control == Control::REDO_TO;
    if (table_.actions[e->action].accumulator_op == AccumulatorOp::GROUP) {
      for (std::uint8_t b : bytes) add_edge(number, symbol_class, {b}, joint_of_[b], *e);
    } else if (redo) {
      std::map<int, std::vector<std::uint8_t>> by_joint;
      for (std::uint8_t b : bytes) by_joint[joint_of_[b]].push_back(b);
      for (auto& [joint, some] : by_joint) add_edge(number, symbol_class, some, joint, *e);
    } else {
      add_edge(number, symbol_class, std::move(bytes), -1, *e);
    }
  }
}

void Graph::add_edge(int number, std::uint8_t symbol_class, std::vector<std::uint8_t> bytes, int joint, const layout::Entry& entry) {
  const Place at = nodes_[static_cast<std::size_t>(number)];
  const bool bottom = parts_[static_cast<std::size_t>(at.part)].bottom, by_length = parts_[static_cast<std::size_t>(at.part)].by_length;
  const layout::Action& action = table_.actions[entry.action];
  const bool end = bytes.empty();
  const bool pops = entry.control == Control::RET || entry.control == Control::REDO || entry.control == Control::REDO_TO;
  if (end && !pops && entry.control != Control::ACCEPT) return;
  if (entry.control == Control::ACCEPT && (!end || !bottom)) return;
  if (pops && bottom) return;
  if (pops && !end && by_length) return;
  std::uint32_t r = at.r;
  if (registers_) {
    const std::uint32_t limit = limit_.at({parts_[static_cast<std::size_t>(at.part)].first, by_length, bottom});
    if (action.register_op == RegisterOp::SET || action.register_op == RegisterOp::SET_AGAIN) {
      if (action.register_op == RegisterOp::SET ? r >= action.register_arg : r > action.register_arg) return;
      if (r < action.register_min) return;
      r = action.register_arg;
    } else if (action.register_op == RegisterOp::INC) {
      if (action.register_arg != layout::INC_UNBOUNDED && r >= action.register_arg) return;
      ++r;
    }
    if ((pops || entry.control == Control::ACCEPT) && r < action.operand) return;
    r = std::min(r, limit);
  }
  std::int32_t accumulator = at.accumulator;
  switch (end ? AccumulatorOp::NONE : action.accumulator_op) {
    case AccumulatorOp::GROUP: {
      const std::int32_t part_value = static_cast<std::int32_t>(bytes[0] & 0x7F) << (7 * std::min<int>(action.accumulator_group, 3));
      if (action.accumulator_group == 0) {
        accumulator = part_value;
      } else if (accumulator >= 0) {
        accumulator = std::min<std::int32_t>(accumulator + part_value, static_cast<std::int32_t>(layout::ACCUMULATOR_SATURATED));
      }
      break;
    }
    case AccumulatorOp::NONE:
      break;
    default:
      accumulator = -1;
  }
  Edge edge;
  edge.symbol_class = symbol_class;
  edge.bytes = std::move(bytes);
  switch (entry.control) {
    case Control::NEXT:
      edge.to = node(at.part, table_.base(entry.next), r, accumulator, kFresh);
      break;
    case Control::CALL:
    case Control::CALL_LEN: {
      if (entry.control == Control::CALL_LEN) {
        edge.length = accumulator;
        if (accumulator == static_cast<std::int32_t>(layout::ACCUMULATOR_SATURATED)) return;
      }
      edge.kind = Edge::Kind::call;
      edge.part = part(table_.base(entry.next), entry.control == Control::CALL_LEN, false);
      edge.to = static_cast<int>(r);
      auto& edges = nodes_[static_cast<std::size_t>(number)].edges;
      edges.push_back(edge);
      const int index = static_cast<int>(edges.size()) - 1;
      auto& callee = parts_[static_cast<std::size_t>(edge.part)];
      callee.callers.emplace_back(number, index);
      const std::size_t exits = callee.exits.size();
      for (std::size_t x = 0; x < exits; ++x) connect(number, index, static_cast<int>(x));
      return;
    }
    case Control::ACCEPT:
      edge.kind = Edge::Kind::leave;
      edge.consumes = false;
      edge.exit = exit(at.part, kAccepted);
      break;
    default: {
      edge.kind = Edge::Kind::leave;
      edge.consumes = entry.control == Control::RET && !end;
      Exit out;
      if (entry.control == Control::REDO_TO) out.to = table_.base(entry.next);
      // A frame with an end of its own: behind it the symbol is computed afresh.
      if (end) {
        out.pending = by_length ? kFresh : kEndPending;
      } else if (!edge.consumes) {
        out.pending = joint;
      }
      // add_edge's own edge stands before callers are told: they may be this node.
      edge.exit = exit(at.part, out);
      break;
    }
  }
  nodes_[static_cast<std::size_t>(number)].edges.push_back(std::move(edge));
}

}  // namespace sluice::verify
