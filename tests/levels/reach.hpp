// SPDX-License-Identifier: Apache-2.0
// Which configurations a table can come into within a record of the longest length: for every frame
// (first base, return base) each base with each value of r, with the fewest bytes that lead there.
// An upper bound of what is reachable: a frame knows its caller but not the callers below, and what
// a number's delimiter excludes is not followed. Bytes are a lower bound for the same reason.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "levels/table_view.hpp"

namespace sluice::test {

class Reach {
 public:
  static constexpr std::uint32_t kNever = 0x7FFFFFFF;

  // A base with its r inside a routine, and how it was come by first.
  struct Node {
    std::uint16_t base, r;
    std::uint32_t bytes;  // since the routine's first base
    int from;             // node, -1 at the first base
    int symbol;           // that led here
  };
  struct Call {
    int node;  // that calls
    int symbol;
    std::uint16_t callee, back, r;  // r of the caller's frame afterwards
    std::uint16_t tag;
  };
  struct Routine {
    std::uint16_t first;
    std::vector<Node> nodes;
    std::unordered_map<std::uint32_t, int> index;  // by key(base, r)
    std::vector<Call> calls;
    std::uint32_t cost = kNever;  // fewest bytes until it pops
  };
  struct Caller {
    int frame, call;  // frame, and index in the calls of its routine
  };
  struct Frame {
    int routine;
    std::uint16_t back;            // kNoReturn: the bottom
    std::uint32_t bytes = kNever;  // before its first base
    std::uint32_t depth = 0;       // most frames, bottom and this one included, or max_depth
    int best = -1;                 // index of the caller that gives `bytes`
    std::vector<Caller> callers;
    std::map<std::uint16_t, std::uint64_t>
        facts;  // by base: which tags can be set (bit 63: the accumulator may be used)
    std::uint64_t in = 0, out = 0;
  };
  static constexpr std::uint64_t kAccumulated = std::uint64_t{1} << 63;

  // `max_bytes`, `max_depth`: the policy's longest record and most frames.
  Reach(const TableView& table, const std::vector<std::uint16_t>& starts, std::uint32_t max_bytes,
        std::uint32_t max_depth);

  const std::vector<Routine>& routines() const { return routines_; }
  const std::vector<Frame>& frames() const { return frames_; }
  int frame(std::uint16_t first, std::uint16_t back) const;        // -1: none
  int node(int frame, std::uint16_t base, std::uint16_t r) const;  // -1: none
  std::uint32_t bytes(int frame, int node) const {
    const Frame& f = frames_[static_cast<std::size_t>(frame)];
    return f.bytes + routines_[static_cast<std::size_t>(f.routine)]
                         .nodes[static_cast<std::size_t>(node)]
                         .bytes;
  }
  std::uint32_t cost(std::uint16_t first) const;
  std::uint32_t max_bytes() const { return max_bytes_; }
  std::uint32_t max_depth() const { return max_depth_; }
  // Symbols of one byte of every class at this base, and END.
  std::vector<int> symbols(std::uint16_t base) const;
  static std::uint32_t key(std::uint16_t base, std::uint16_t r) {
    return std::uint32_t{base} << 16 | r;
  }

 private:
  int routine(std::uint16_t first);
  bool solve(std::size_t routine);
  void find_frames(const std::vector<std::uint16_t>& starts);
  bool deepen(std::size_t frame);
  bool propagate(std::size_t frame);

  const TableView& table_;
  std::uint32_t max_bytes_, max_depth_;
  std::vector<Routine> routines_;
  std::map<std::uint16_t, int> routine_of_;
  std::vector<Frame> frames_;
  std::map<std::pair<std::uint16_t, std::uint16_t>, int> frame_of_;
  mutable std::map<std::uint16_t, std::vector<int>> symbols_;
};

}  // namespace sluice::test
