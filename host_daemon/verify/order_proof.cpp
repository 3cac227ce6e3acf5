// SPDX-License-Identifier: Apache-2.0
#include "verify/order_proof.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "verify/machine.hpp"

namespace sluice::verify {

using layout::KeyOp;

namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

class OrderProof {
 public:
  OrderProof(const Table& table, const Graph& graph, std::uint16_t base, std::uint8_t symbol_class,
             std::size_t& budget)
      : table_(table),
        graph_(graph),
        base_(base),
        symbol_class_(symbol_class),
        budget_(budget),
        looked_into_(graph.parts().size(), false) {
    find_parts();
  }

  bool never() {
    std::set<int> roots;
    if (!find_roots(roots)) return false;
    return std::all_of(roots.begin(), roots.end(), [&](int root) { return closed(root); });
  }

 private:
  // A way within one map's frame: calls in it that matter, and the key unit.
  struct State {
    std::vector<std::pair<int, int>> callers{};  // node, edge
    int node = -1;
    bool passed = false, open = false;
    std::string key{};  // open: so far
    auto operator<=>(const State&) const = default;
  };
  static constexpr std::size_t kStates = 20'000, kDeepest = 8;

  KeyOp key_op(int node, const Edge& edge) const {
    return table_.actions[table_.entry(graph_.nodes()[at(node)].base, edge.symbol_class)->action]
        .key_op;
  }
  bool is_target(int node, const Edge& edge) const {
    return graph_.nodes()[at(node)].base == base_ && edge.symbol_class == symbol_class_;
  }

  // Parts in which the frame's own keys or the transition may stand, the parts called from there
  // included.
  void find_parts() {
    for (bool fresh = true; fresh;) {
      fresh = false;
      for (std::size_t p = 0; p < graph_.parts().size(); ++p) {
        if (looked_into_[p]) continue;
        const auto matters = [&](int n) {
          const auto& edges = graph_.nodes()[at(n)].edges;
          return std::any_of(edges.begin(), edges.end(), [&](const Edge& e) {
            const KeyOp op = key_op(n, e);
            return is_target(n, e) || op == KeyOp::BEGIN || op == KeyOp::END_KEY ||
                   (e.kind == Edge::Kind::call && op != KeyOp::NEW_MAP && looked_into_[at(e.part)]);
          });
        };
        const auto& nodes = graph_.parts()[p].nodes;
        if (std::any_of(nodes.begin(), nodes.end(), matters)) looked_into_[p] = fresh = true;
      }
    }
  }

  // The parts of the maps that the transition may stand in; false: it may stand in no map.
  bool find_roots(std::set<int>& roots) const {
    std::set<int> seen;
    std::vector<int> open;
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      const auto& node = graph_.nodes()[n];
      if (std::any_of(node.edges.begin(), node.edges.end(),
                      [&](const Edge& e) { return is_target(static_cast<int>(n), e); }) &&
          seen.insert(node.part).second) {
        open.push_back(node.part);
      }
    }
    while (!open.empty()) {
      const int part = open.back();
      open.pop_back();
      if (graph_.parts()[at(part)].bottom) return false;
      for (auto [caller, edge] : graph_.parts()[at(part)].callers) {
        if (key_op(caller, graph_.nodes()[at(caller)].edges[at(edge)]) == KeyOp::NEW_MAP) {
          roots.insert(part);
        } else if (seen.insert(graph_.nodes()[at(caller)].part).second) {
          open.push_back(graph_.nodes()[at(caller)].part);
        }
      }
    }
    return true;
  }

  // No way through a map's frame passes the transition. False also when there is too much to look
  // at.
  bool closed(int root) {
    least_.clear();
    seen_.clear();
    work_.clear();
    left_ = failed_ = false;
    State start;
    start.node = graph_.parts()[at(root)].entry;
    add(std::move(start), std::nullopt);
    for (std::size_t done = 0; !work_.empty() && !left_ && !failed_; ++done, --budget_) {
      if (done == kStates || budget_ == 0) return false;
      auto [state, previous] = std::move(work_.back());
      work_.pop_back();
      if (!state.open && less(least_.at(state), previous))
        continue;  // found again with less before it
      for (std::size_t e = 0; e < graph_.nodes()[at(state.node)].edges.size(); ++e)
        take(state, previous, static_cast<int>(e));
    }
    return !left_ && !failed_;
  }

  // The less stands before, the more may follow: of closed states only the least is followed.
  void add(State state, const std::optional<std::string>& previous) {
    if (state.open) {
      if (seen_.emplace(state, previous).second) work_.emplace_back(std::move(state), previous);
      return;
    }
    state.key.clear();
    const auto [it, fresh] = least_.try_emplace(state, previous);
    if (!fresh && !less(previous, it->second)) return;
    it->second = previous;
    work_.emplace_back(std::move(state), previous);
  }

  static bool less(const std::optional<std::string>& a, const std::optional<std::string>& b) {
    return b && (!a || key_less(*a, *b));
  }

  void take(const State& from, const std::optional<std::string>& previous, int number) {
    const Edge& edge = graph_.nodes()[at(from.node)].edges[at(number)];
    State state = from;
    std::optional<std::string> before = previous;
    state.passed = state.passed || is_target(from.node, edge);
    const KeyOp op = key_op(from.node, edge);
    if (op == KeyOp::END_KEY) {
      if (!state.open || (before && !key_less(*before, state.key))) return;
      before = state.key;
      state.open = false;
    } else if (op == KeyOp::BEGIN) {
      if (state.open) return;
      state.open = true;
      state.key.clear();
      return go(state, before, edge, number, {});
    } else if (op == KeyOp::NEW_MAP) {
      state.open = false;  // and so it is behind the map
    }
    go(state, before, edge, number,
       state.open && edge.consumes ? edge.bytes : std::vector<std::uint8_t>{});
  }

  // Along the edge; an open key grows by each of `bytes`.
  void go(const State& state, const std::optional<std::string>& previous, const Edge& edge,
          int number, const std::vector<std::uint8_t>& bytes) {
    if (bytes.empty()) return along(state, previous, edge, number);
    for (std::uint8_t byte : bytes) {
      State longer = state;
      longer.key += static_cast<char>(byte);
      along(std::move(longer), previous, edge, number);
    }
  }

  void along(State state, const std::optional<std::string>& previous, const Edge& edge,
             int number) {
    const bool into = edge.kind == Edge::Kind::call && key_op(state.node, edge) != KeyOp::NEW_MAP &&
                      (state.open || looked_into_[at(edge.part)]);
    if (edge.kind == Edge::Kind::next) {
      state.node = edge.to;
      add(std::move(state), previous);
    } else if (into) {
      if (state.callers.size() == kDeepest) {
        failed_ = true;
        return;
      }
      // Calls with the same ways back are one: those of a message differ in its length alone.
      state.callers.push_back(calls_.try_emplace(edge.returns, state.node, number).first->second);
      state.node = graph_.parts()[at(edge.part)].entry;
      add(std::move(state), previous);
    } else if (edge.kind == Edge::Kind::call) {
      for (auto [exit, back] : edge.returns) {
        State behind = state;
        behind.node = back;
        add(std::move(behind), previous);
      }
    } else if (state.callers.empty()) {
      left_ = left_ || state.passed;
    } else {
      const auto [caller, call] = state.callers.back();
      state.callers.pop_back();
      for (auto [exit, back] : graph_.nodes()[at(caller)].edges[at(call)].returns) {
        if (exit != edge.exit) continue;
        state.node = back;
        add(state, previous);
      }
    }
  }

  const Table& table_;
  const Graph& graph_;
  std::uint16_t base_;
  std::uint8_t symbol_class_;
  std::size_t& budget_;
  std::vector<bool> looked_into_;
  std::map<State, std::optional<std::string>> least_;
  std::set<std::pair<State, std::optional<std::string>>> seen_;
  std::vector<std::pair<State, std::optional<std::string>>> work_;
  std::map<std::vector<std::pair<int, int>>, std::pair<int, int>> calls_;  // by the ways back
  bool left_ = false, failed_ = false;
};

}  // namespace

bool never_in_order(const Table& table, const Graph& graph, std::uint16_t base,
                    std::uint8_t symbol_class, std::size_t& budget) {
  return budget > 0 && OrderProof(table, graph, base, symbol_class, budget).never();
}

}  // namespace sluice::verify
