// SPDX-License-Identifier: Apache-2.0
// Ways through a Graph spelled as bytes: the shortest, random ones near it, or of an exact length, from a start through a given edge to acceptance. What the
// graph does not follow (CHECK_END, key order, depth) a spelled record may still fail.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "verify/graph.hpp"
#include "verify/lengths.hpp"

namespace sluice::verify {

struct Spelled {
  std::uint16_t start;
  std::string record;
};

class Speller {
 public:
  static constexpr std::uint32_t kNever = Lengths::kNever;

  // `bound`: longest record that is looked for, bytes.
  Speller(const Graph& graph, std::uint32_t bound, std::uint64_t seed);

  // Bytes of the shortest record through an edge; kNever when there is none within the bound.
  std::uint32_t cost(int node, int edge) const;
  // A record through an edge. `attempt` 0: a shortest one; more: longer and random. `byte`: what the edge reads, -1: any.
  std::optional<Spelled> through(int node, int edge, int byte, std::size_t attempt) const;
  // A record with exactly `left` bytes behind the symbol of an edge, if the edge stands in a bottom frame or one call above it.
  std::optional<Spelled> with_left(int node, int edge, std::uint32_t left) const;
  // False: the edge stands in a part that is called by length alone, and with none of the lengths that it is called with does a way through the edge end there.
  bool length_fits(int node, int edge) const;
  // A random record from a start, of about `length` bytes.
  std::optional<Spelled> random(std::uint16_t start, std::uint32_t length) const;

  const Graph& graph() const { return graph_; }
  std::uint32_t bound() const { return lengths_.bound(); }
  std::mt19937_64& rng() const { return rng_; }

 private:
  struct From {  // how a configuration is reached first, within its part
    std::uint32_t cost = kNever;
    int node = -1, edge = -1, exit = -1, back = -1;  // exit: of the callee
  };
  struct Context {  // the cheapest way to finish a record behind an exit of a part
    std::uint32_t cost = kNever;
    int node = -1, edge = -1, back = -1, exit = -1;  // the call, the node behind it, exit of the caller's part
  };
  // By length of the call (-1: CALL).
  using Contexts = std::map<std::int32_t, Context>;

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  const Edge& edge_of(int node, int edge) const { return graph_.nodes()[at(node)].edges[at(edge)]; }
  std::uint32_t callee_least(const Edge& edge, int exit) const;
  void find_inside();
  void find_contexts();
  std::uint32_t pick(int node, int exit, std::size_t attempt) const;
  std::optional<std::uint32_t> pick_behind(int part, int node, int exit, std::uint32_t before, std::size_t attempt) const;
  std::size_t below(std::size_t n) const { return n == 0 ? 0 : rng_() % n; }
  char byte_of(const Edge& edge) const { return static_cast<char>(edge.bytes[below(edge.bytes.size())]); }
  void inside(int node, std::size_t attempt, std::string& out) const;
  void callee(const Edge& edge, int exit, std::size_t attempt, std::string& out) const;
  void exactly(int node, int exit, std::uint32_t length, std::string& out) const;
  std::optional<Spelled> around(int part, int exit, std::string text, std::size_t attempt) const;

  const Graph& graph_;
  Lengths lengths_;
  std::vector<From> inside_;                     // by node
  std::vector<std::vector<Contexts>> contexts_;  // by part and exit
  std::vector<std::vector<std::uint32_t>> outside_;  // the least of them
  mutable std::mt19937_64 rng_;
};

}  // namespace sluice::verify
