// SPDX-License-Identifier: Apache-2.0
// The partition is the coarsest stable one, as the naive fixpoint finds it, and long chains take no quadratic time.
#include <catch2/catch.hpp>

#include <random>

#include "compiler/partition.hpp"

using namespace sluice::compiler;

namespace {

struct Graph {
  std::vector<std::vector<int>> to, before;  // -1: none
  explicit Graph(std::size_t n) : to(n), before(n) {}
  void add(std::size_t from, int target) {
    to[from].push_back(target);
    if (target >= 0) before[static_cast<std::size_t>(target)].push_back(static_cast<int>(from));
  }
  std::vector<int> signature(std::size_t s, const std::vector<int>& group) const {
    std::vector<int> out;
    for (const int t : to[s]) out.push_back(t < 0 ? -1 : group[static_cast<std::size_t>(t)]);
    return out;
  }
};

std::vector<int> naive(const Graph& graph, std::vector<int> group) {
  for (std::size_t count = 0;;) {
    std::map<std::vector<int>, int> numbers;
    std::vector<int> next(group.size());
    for (std::size_t s = 0; s < group.size(); ++s) {
      std::vector<int> key = graph.signature(s, group);
      key.push_back(group[s]);
      next[s] = numbers.try_emplace(key, static_cast<int>(numbers.size())).first->second;
    }
    group = std::move(next);
    if (numbers.size() == count) return group;
    count = numbers.size();
  }
}

}  // namespace

TEST_CASE("refine finds what the naive fixpoint finds") {
  std::mt19937 rng(1);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = 1 + rng() % 30, degree = 1 + rng() % 3;
    Graph graph(n);
    std::vector<int> start(n);
    for (std::size_t s = 0; s < n; ++s) {
      start[s] = static_cast<int>(rng() % 2);
      for (std::size_t k = 0; k < degree; ++k) graph.add(s, static_cast<int>(rng() % (n + 3)) - 3);
    }
    const auto fast = refine(start, graph.before, [&](std::size_t s, const std::vector<int>& group) { return graph.signature(s, group); });
    const auto slow = naive(graph, start);
    bool same = true;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < a; ++b) same = same && (fast[a] == fast[b]) == (slow[a] == slow[b]);
    }
    REQUIRE(same);
  }
}

TEST_CASE("a chain of 100,000 states") {
  constexpr std::size_t n = 100'000;
  Graph graph(n);
  for (std::size_t s = 0; s < n; ++s) graph.add(s, s + 1 < n ? static_cast<int>(s) + 1 : -1);
  std::size_t calls = 0;
  const auto group = refine(std::vector<int>(n, 0), graph.before, [&](std::size_t s, const std::vector<int>& g) {
    ++calls;
    return graph.signature(s, g);
  });
  CHECK(calls < 5 * n);
  CHECK(group[0] != group[1]);
}
