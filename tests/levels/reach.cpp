// SPDX-License-Identifier: Apache-2.0
// Every routine on its own first: its configurations by bytes (Dijkstra), with what its calls cost,
// again until no cost falls. Then frames from the starts on, and the facts along them.
#include "levels/reach.hpp"

#include <algorithm>
#include <queue>
#include <stdexcept>

namespace sluice::test {

using Kind = Step::Kind;

Reach::Reach(const TableView& table, const std::vector<std::uint16_t>& starts,
             std::uint32_t max_bytes, std::uint32_t max_depth)
    : table_(table), max_bytes_(max_bytes), max_depth_(max_depth) {
  for (std::uint16_t start : starts) routine(start);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < routines_.size(); ++i)
      changed = solve(i) || changed;  // grows while it runs
  }
  find_frames(starts);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < frames_.size(); ++i) changed = deepen(i) || changed;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < frames_.size(); ++i) changed = propagate(i) || changed;
  }
}

int Reach::routine(std::uint16_t first) {
  const auto [it, fresh] = routine_of_.try_emplace(first, static_cast<int>(routines_.size()));
  if (fresh) {
    routines_.emplace_back();
    routines_.back().first = first;
  }
  return it->second;
}

std::uint32_t Reach::cost(std::uint16_t first) const {
  const auto it = routine_of_.find(first);
  return it == routine_of_.end() ? kNever : routines_[static_cast<std::size_t>(it->second)].cost;
}

std::vector<int> Reach::symbols(std::uint16_t base) const {
  auto [it, fresh] = symbols_.try_emplace(base);
  if (fresh) {
    std::array<bool, 256> seen{};
    for (int symbol = 0; symbol < kEndSymbol; ++symbol) {
      const std::uint8_t c = table_.class_of(base, symbol);
      if (!seen[c] && table_.find(base, symbol) != nullptr) it->second.push_back(symbol);
      seen[c] = true;
    }
    if (table_.find(base, kEndSymbol) != nullptr) it->second.push_back(kEndSymbol);
  }
  return it->second;
}

// True when the routine was new, or its cost or what it reaches changed.
bool Reach::solve(std::size_t index) {
  Routine now;
  now.first = routines_[index].first;
  using Item = std::pair<std::uint32_t, int>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> work;
  std::vector<char> done;
  const auto reach = [&](std::uint16_t base, std::uint16_t r, std::uint32_t bytes, int from,
                         int symbol) {
    if (bytes > max_bytes_) return;
    const auto [it, fresh] =
        now.index.try_emplace(key(base, r), static_cast<int>(now.nodes.size()));
    if (fresh) {
      now.nodes.push_back({base, r, bytes, from, symbol});
      done.push_back(0);
    } else {
      Node& node = now.nodes[static_cast<std::size_t>(it->second)];
      if (node.bytes <= bytes) return;
      node = {base, r, bytes, from, symbol};
    }
    work.emplace(bytes, it->second);
  };
  reach(now.first, 0, 0, -1, 0);
  // Whether a frame is the bottom one, and whether a tag is set, only takes transitions away: both
  // ways are followed.
  while (!work.empty()) {
    const int at = work.top().second;
    work.pop();
    if (done[static_cast<std::size_t>(at)]) continue;
    done[static_cast<std::size_t>(at)] = 1;
    const Node node = now.nodes[static_cast<std::size_t>(at)];
    for (int symbol : symbols(node.base)) {
      const Step s = step(table_, node.base, node.r, symbol, {false, true});
      switch (s.kind) {
        case Kind::next:
          reach(s.base, s.r, node.bytes + 1, at, symbol);
          break;
        case Kind::call: {
          if (node.bytes + 1 > max_bytes_) break;
          now.calls.push_back({at, symbol, s.base, s.back, s.r, s.tag});
          const std::uint32_t callee = routines_[static_cast<std::size_t>(routine(s.base))].cost;
          if (callee < kNever) reach(s.back, s.r, node.bytes + 1 + callee, at, symbol);
          break;
        }
        case Kind::call_len:
        case Kind::redo_to:
          throw std::runtime_error("this search does not know CALL_LEN and REDO_TO");
        case Kind::ret:
          now.cost = std::min(now.cost, node.bytes + 1);
          break;
        case Kind::redo:
          now.cost = std::min(now.cost, node.bytes);
          break;
        default:
          break;
      }
    }
  }
  Routine& old = routines_[index];
  bool same = old.cost == now.cost && old.nodes.size() == now.nodes.size() &&
              old.calls.size() == now.calls.size();
  for (std::size_t i = 0; same && i < now.nodes.size(); ++i) {
    const auto it = old.index.find(key(now.nodes[i].base, now.nodes[i].r));
    same = it != old.index.end() &&
           old.nodes[static_cast<std::size_t>(it->second)].bytes == now.nodes[i].bytes;
  }
  old = std::move(now);
  return !same;
}

void Reach::find_frames(const std::vector<std::uint16_t>& starts) {
  std::vector<int> work;
  const auto frame_for = [&](std::uint16_t first, std::uint16_t back) {
    const auto [it, fresh] = frame_of_.try_emplace({first, back}, static_cast<int>(frames_.size()));
    if (fresh) {
      frames_.emplace_back();
      frames_.back().routine = routine_of_.at(first);
      frames_.back().back = back;
    }
    return it->second;
  };
  for (std::uint16_t start : starts) {
    const int f = frame_for(start, kNoReturn);
    frames_[static_cast<std::size_t>(f)].bytes = 0;
    work.push_back(f);
  }
  std::vector<char> listed;
  while (!work.empty()) {
    const int f = work.back();
    work.pop_back();
    listed.resize(frames_.size(), 0);
    const bool first_time = listed[static_cast<std::size_t>(f)] == 0;
    listed[static_cast<std::size_t>(f)] = 1;
    const std::size_t routine =
        static_cast<std::size_t>(frames_[static_cast<std::size_t>(f)].routine);
    for (std::size_t c = 0; c < routines_[routine].calls.size(); ++c) {
      const Call& call = routines_[routine].calls[c];
      const std::uint32_t bytes =
          frames_[static_cast<std::size_t>(f)].bytes +
          routines_[routine].nodes[static_cast<std::size_t>(call.node)].bytes + 1;
      const int to = frame_for(call.callee, call.back);
      Frame& callee = frames_[static_cast<std::size_t>(to)];
      if (first_time) callee.callers.push_back({f, static_cast<int>(c)});
      if (bytes >= callee.bytes) continue;
      callee.bytes = bytes;
      for (std::size_t i = 0; i < callee.callers.size(); ++i) {
        if (callee.callers[i].frame == f && callee.callers[i].call == static_cast<int>(c))
          callee.best = static_cast<int>(i);
      }
      work.push_back(to);
    }
  }
  for (std::uint16_t start : starts)
    frames_[static_cast<std::size_t>(frame_of_.at({start, kNoReturn}))].in |= 1;
}

// A frame stands one above the deepest of its callers; calls that recur come to max_depth.
bool Reach::deepen(std::size_t index) {
  Frame& frame = frames_[index];
  std::uint32_t depth = 1;
  for (const Caller& caller : frame.callers)
    depth = std::max(depth, frames_[static_cast<std::size_t>(caller.frame)].depth + 1);
  depth = std::min(depth, max_depth_);
  const bool changed = depth > frame.depth;
  frame.depth = depth;
  return changed;
}

// Tags and use of the accumulator through one frame; true when anything was added.
bool Reach::propagate(std::size_t index) {
  const auto& routine = routines_[static_cast<std::size_t>(frames_[index].routine)];
  bool changed = false;
  const auto add = [&](std::uint64_t& facts, std::uint64_t more) {
    if ((facts | more) == facts) return;
    facts |= more;
    changed = true;
  };
  add(frames_[index].facts[routine.first], frames_[index].in);
  for (const Node& node : routine.nodes) {
    const std::uint64_t here = frames_[index].facts[node.base];
    if (here == 0) continue;
    for (int symbol : symbols(node.base)) {
      const Step s =
          step(table_, node.base, node.r, symbol, {frames_[index].back == kNoReturn, true});
      if (s.kind == Kind::reject) continue;
      std::uint64_t facts = here;
      if (s.tag != 0)
        facts = (facts & kAccumulated) | std::uint64_t{1} << std::min<std::uint16_t>(s.tag, 62);
      if (s.accumulator != layout::AccumulatorOp::NONE) facts |= kAccumulated;
      if (s.kind == Kind::next) add(frames_[index].facts[s.base], facts);
      if (s.kind == Kind::ret || s.kind == Kind::redo) add(frames_[index].out, facts);
      if (s.kind == Kind::call) {
        const int callee = frame(s.base, s.back);
        if (callee < 0) continue;  // beyond the longest record
        add(frames_[static_cast<std::size_t>(callee)].in, facts);
        add(frames_[index].facts[s.back], frames_[static_cast<std::size_t>(callee)].out);
      }
    }
  }
  return changed;
}

int Reach::frame(std::uint16_t first, std::uint16_t back) const {
  const auto it = frame_of_.find({first, back});
  return it == frame_of_.end() ? -1 : it->second;
}

int Reach::node(int frame, std::uint16_t base, std::uint16_t r) const {
  const auto& routine =
      routines_[static_cast<std::size_t>(frames_[static_cast<std::size_t>(frame)].routine)];
  const auto it = routine.index.find(key(base, r));
  return it == routine.index.end() ? -1 : it->second;
}

}  // namespace sluice::test
