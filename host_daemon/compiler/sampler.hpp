// SPDX-License-Identifier: Apache-2.0
// Accepted records out of an automaton: the shortest one of an endpoint, or random ones that visit rare transitions first. Used for the symbol
// map's sample requests and by tests; it plays no part in what is enforced.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/automaton.hpp"

namespace sluice::compiler {

class Sampler {
 public:
  explicit Sampler(const Automaton& automaton);

  // A shortest accepted record: request pipeline, of the endpoint `tag`; response pipeline, from its start state. None if there is none.
  std::optional<std::string> shortest(int tag);

  // An accepted record that takes transition `index` of `state`, on `symbol` if one is given. None when no register value lets it through.
  struct Through {
    int tag;  // response pipeline: the endpoint it answers; request: 0
    std::string record;
  };
  std::optional<Through> through(int state, std::size_t index, std::optional<int> symbol = std::nullopt);

  struct RandomLimits {
    std::size_t bytes = 1000;  // from here on the record is brought to its end
    std::size_t depth = 40;    // no deeper calls from here on, where there is another way
  };
  // A random accepted record, or none when the walk ended where it could not finish (try again). Request pipeline: of any endpoint.
  std::optional<std::string> random(int tag, std::mt19937_64& rng, RandomLimits limits);

 private:
  using Node = std::pair<int, int>;  // state, r (cut at the highest minimum that matters)
  static constexpr std::size_t kMaxNodes = 2'000'000;  // beyond it there are no samples: memory
  static constexpr std::uint64_t kNever = ~std::uint64_t{0} / 4;

  void solve(int start);
  int cut(int state, int r) const;
  std::optional<int> apply(const Effect& effect, int r) const;
  std::uint64_t cost_of(const Transition& t, int r) const;
  std::uint64_t cost(int state, int r) const;
  // One step of the way to a transition: which transition is taken, and whether the way goes on inside its callee or behind it.
  struct Step {
    Node from;
    std::size_t index;
    bool enter;
  };
  struct Plan {
    std::vector<Step> steps;
    std::optional<int> symbol;  // for the last step
  };
  // By place in the bottom routine: symbols to a transition with some tag, at least.
  using Distances = std::map<Node, std::uint64_t>;
  const Distances& way_to(int tag);
  std::uint64_t step_to(int tag, const Distances& known, const Transition& t, int r) const;
  void explore();
  std::optional<std::string> walk(int start, int tag, std::mt19937_64* rng, RandomLimits limits, const Plan* plan = nullptr);

  const Automaton& automaton_;
  std::vector<int> needed_;  // by state: the highest r that some check ahead tells from a lower one
  static std::uint64_t key(const Node& node) { return static_cast<std::uint64_t>(node.first) << 32 | static_cast<std::uint32_t>(node.second); }
  std::unordered_map<std::uint64_t, std::size_t> numbers_;  // of nodes, by key
  std::vector<std::uint64_t> costs_;                         // by number
  std::vector<std::vector<std::uint32_t>> visits_;  // by state and transition
  std::map<Node, Step> came_by_;      // breadth first from all starts; a start has no entry
  std::map<Node, int> start_of_;      // the start state that a node was reached from
  std::map<int, Distances> ways_;  // by tag
};

}  // namespace sluice::compiler
