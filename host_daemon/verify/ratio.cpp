// SPDX-License-Identifier: Apache-2.0
// Every step weighs 256, less the ratio when it consumes a byte. The claim is that no way from a start weighs more than 0 before its last step. Heaviest
// ways are found part by part, as shortest ways are: what a part weighs up to a configuration, what it weighs as a whole, and what a caller brings along.
#include "verify/ratio.hpp"

#include <deque>
#include <limits>
#include <vector>

namespace sluice::verify {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

class Weights {
 public:
  Weights(const Graph& graph, std::int64_t ratio) : graph_(graph), ratio_(ratio) {
    inside_.assign(graph.nodes().size(), kNone);
    brought_.assign(graph.parts().size(), kNone);
    for (const Part& p : graph.parts()) whole_.emplace_back(p.exits.size(), kNone);
    queued_.assign(graph.nodes().size(), false);
  }

  bool bounded() {
    for (const Part& p : graph_.parts()) raise(p.entry, 0);
    // Weights only grow; without a way above 0 none can grow for ever. One relaxation of every edge for every node is far more than they then need.
    std::size_t budget = 200 * graph_.nodes().size() + 1'000'000;
    while (!queue_.empty()) {
      if (budget-- == 0) return false;
      const int n = queue_.front();
      queue_.pop_front();
      queued_[index(n)] = false;
      if (!relax(n)) return false;
    }
    for (int bottom : graph_.bottoms()) brought_[index(bottom)] = 0;
    for (std::size_t round = 0;; ++round) {
      bool grew = false;
      for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
        const Node& node = graph_.nodes()[n];
        const std::int64_t outside = brought_[index(node.part)];
        if (outside == kNone || inside_[n] == kNone) continue;
        if (outside + inside_[n] > 0) return false;
        for (const Edge& e : node.edges) {
          if (e.kind != Edge::Kind::call) continue;
          const std::int64_t at_callee = outside + inside_[n] + 256 - ratio_;
          if (at_callee > brought_[index(e.part)]) {
            brought_[index(e.part)] = at_callee;
            grew = true;
          }
        }
      }
      if (!grew) return true;
      if (round > graph_.parts().size() + 1) return false;  // a cycle of calls that gains
    }
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  void raise(int node, std::int64_t weight) {
    if (weight <= inside_[index(node)]) return;
    inside_[index(node)] = weight;
    if (!queued_[index(node)]) queue_.push_back(node);
    queued_[index(node)] = true;
  }
  bool relax(int n) {
    const Node& node = graph_.nodes()[index(n)];
    const std::int64_t here = inside_[index(n)];
    if (here > std::int64_t{1} << 32) return false;
    for (const Edge& e : node.edges) {
      const std::int64_t after = here + 256 - (e.consumes ? ratio_ : 0);
      if (e.kind == Edge::Kind::next) {
        raise(e.to, after);
      } else if (e.kind == Edge::Kind::leave) {
        std::int64_t& whole = whole_[index(node.part)][index(e.exit)];
        if (after <= whole) continue;
        whole = after;
        for (auto [caller, edge] : graph_.parts()[index(node.part)].callers) {
          if (inside_[index(caller)] != kNone && !queued_[index(caller)]) {
            queued_[index(caller)] = true;
            queue_.push_back(caller);
          }
        }
      } else {
        for (auto [exit, back] : e.returns) {
          const std::int64_t callee = whole_[index(e.part)][index(exit)];
          if (callee != kNone) raise(back, after + callee);
        }
      }
    }
    return true;
  }

  const Graph& graph_;
  std::int64_t ratio_;
  std::vector<std::int64_t> inside_, brought_;
  std::vector<std::vector<std::int64_t>> whole_;
  std::vector<bool> queued_;
  std::deque<int> queue_;
};

}  // namespace

bool holds(const Graph& graph, std::uint32_t ratio) { return Weights(graph, ratio).bounded(); }

std::uint32_t worst_ratio(const Graph& graph, std::uint32_t most) {
  if (!holds(graph, most)) return 0;
  std::uint32_t low = 255, high = most;  // 256: every byte is a step
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    (holds(graph, middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace sluice::verify
