// SPDX-License-Identifier: Apache-2.0
// For every configuration of a Graph and every way out of its part: which numbers of bytes lead from one to the other. Exact for the
// graph, up to a bound; found in ascending order of length, so no fixpoint is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "verify/graph.hpp"

namespace sluice::verify {

class Lengths {
 public:
  static constexpr std::uint32_t kNever = 0x3FFFFFFF;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

  // The longest bound that takes a second or so: tables that count far have many configurations. At least 512.
  static std::uint32_t affordable(const Graph& graph);
  // `bound`: longest length looked at. Throws std::length_error when the sets would take more than kMaxBytes of memory.
  Lengths(const Graph& graph, std::uint32_t bound);

  bool can(int node, int exit, std::uint32_t length) const {
    return length <= bound_ && (words_[at(node, exit) + length / 64] >> (length % 64) & 1) != 0;
  }
  std::uint32_t least(int node, int exit) const { return least_[pair(node, exit)]; }
  // The least length >= `from`, or kNever.
  std::uint32_t next(int node, int exit, std::uint32_t from) const;
  std::uint32_t bound() const { return bound_; }

 private:
  std::size_t pair(int node, int exit) const { return first_[static_cast<std::size_t>(node)] + static_cast<std::size_t>(exit); }
  std::size_t at(int node, int exit) const { return pair(node, exit) * width_; }
  void set(std::size_t pair, std::uint32_t length);
  void add_shifted(std::size_t into, std::size_t from, std::uint32_t shift);

  std::uint32_t bound_;
  std::size_t width_;  // words of a set
  std::vector<std::size_t> first_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> least_;
};

}  // namespace sluice::verify
