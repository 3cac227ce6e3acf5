// SPDX-License-Identifier: Apache-2.0
// Least numbers of bytes to and from the nodes of a frame's graph. It counts nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "room/counter.hpp"

namespace sluice::room {

/// No way: more than any record, small enough to be added to.
inline constexpr std::uint32_t kNoWay = 1U << 28;

/// The shortest length that a series has; kNoWay: none.
template <class Number>
std::uint32_t shortest(const Series<Number>& series) {
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (!series[k].zero()) return static_cast<std::uint32_t>(k);
  }
  return kNoWay;
}

/// Dijkstra over steps and jumps. `forward`: away from `sources`; else towards them. `skip`: true for
/// steps that must not be used (may be empty).
template <class Number>
std::vector<std::uint32_t> distances(
    const Graph<Number>& graph, const std::vector<std::pair<int, std::uint32_t>>& sources, bool forward,
    const std::function<bool(const typename Graph<Number>::Step&)>& skip = {}) {
  struct Arc {
    int to;
    std::uint32_t cost;
  };
  std::vector<std::vector<Arc>> arcs(graph.nodes.size());
  const auto add = [&](int from, int to, std::uint32_t cost) {
    if (!forward) std::swap(from, to);
    if (cost < kNoWay) arcs[static_cast<std::size_t>(from)].push_back({to, cost});
  };
  for (const auto& step : graph.steps) {
    if (!skip || !skip(step)) add(step.from, step.to, 1);
  }
  for (const auto& jump : graph.jumps) add(jump.from, jump.to, shortest(jump.series));

  std::vector<std::uint32_t> best(graph.nodes.size(), kNoWay);
  using Item = std::pair<std::uint32_t, int>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  const auto reach = [&](int node, std::uint32_t cost) {
    auto& known = best[static_cast<std::size_t>(node)];
    if (cost >= known) return;
    known = cost;
    queue.emplace(cost, node);
  };
  for (const auto& [node, cost] : sources) reach(node, cost);
  while (!queue.empty()) {
    const auto [cost, node] = queue.top();
    queue.pop();
    if (cost > best[static_cast<std::size_t>(node)]) continue;
    for (const Arc& arc : arcs[static_cast<std::size_t>(node)]) reach(arc.to, cost + arc.cost);
  }
  return best;
}

}  // namespace sluice::room
