// SPDX-License-Identifier: Apache-2.0
// What is known about a machine before anything is counted: which states a frame can be in, how deep
// its calls go, which values of r it tells apart, and where the accumulator still matters. All
// fixpoints; the length limit is the only number that they use.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "room/machine.hpp"

namespace sluice::room {

class Analysis {
 public:
  /// `limit`: longest record, bytes.
  Analysis(const Machine& machine, std::uint32_t limit);

  /// Most frames that may stand above one that starts in this state; more than the machine's depth
  /// is given as `deep()`.
  [[nodiscard]] std::uint32_t height(int entry) const;
  [[nodiscard]] std::uint32_t deep() const { return machine_.max_depth; }
  /// Two values of r from this on are alike for a frame that starts in this state.
  [[nodiscard]] std::uint32_t clamp(int entry) const;
  /// True if the accumulator may be read, before it is set, from this state on (whatever frame).
  [[nodiscard]] bool accumulator_lives(int state) const {
    return live_[static_cast<std::size_t>(state)] != 0;
  }
  /// True if a frame that starts in this state reads keys of a map.
  [[nodiscard]] bool reads_keys(int entry) const { return frame(entry).keys; }
  /// True if it is a map whose pairs are frames of their own, as in Protobuf bodies.
  [[nodiscard]] bool lists_pairs(int entry) const { return lists_.count(entry) != 0; }
  /// The states of a frame that starts in this one; ascending.
  [[nodiscard]] const std::vector<int>& states(int entry) const { return frame(entry).states; }

 private:
  struct Frame {
    std::vector<int> states{};
    std::uint32_t height = 0;
    std::uint32_t clamp = 0;
    bool keys = false;
  };
  [[nodiscard]] const Frame& frame(int entry) const;
  [[nodiscard]] std::vector<int> reach(int entry) const;
  void find_exits();
  void find_heights();
  void find_live();

  const Machine& machine_;
  std::uint32_t limit_;
  std::map<int, std::vector<int>> exits_;  // by callee: where its REDO_TO lead
  std::map<int, std::uint32_t> heights_;   // by callee
  std::vector<char> live_;
  std::set<int> lists_;  // callees of NEW_MAP that read no keys themselves
  mutable std::map<int, Frame> frames_;
};

}  // namespace sluice::room
