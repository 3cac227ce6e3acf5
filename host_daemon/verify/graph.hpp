// SPDX-License-Identifier: Apache-2.0
// A table as a graph of configurations: base, r of the top frame, the accumulator as far as GROUP built it, and a symbol that a callee has
// left unread. One part for every first base that something calls; a part knows how it can be left, not who called it. It is an upper bound of what the
// machine can do: CHECK_END, the key unit and the depth limit are not followed, nor is a decimal accumulator.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "verify/table.hpp"

namespace sluice::verify {

inline constexpr int kFresh = -1;     // no symbol is pending
inline constexpr int kEndPending = -2;  // END is pending

// How a part is left: where the caller goes on, and what it still has to read.
struct Exit {
  int to = -1;           // REDO_TO: base; -1: the frame's return base
  int pending = kFresh;  // kFresh, kEndPending, or a joint class
  auto operator<=>(const Exit&) const = default;
};
inline constexpr Exit kAccepted{-2, kEndPending};  // of the bottom frame

struct Edge {
  enum class Kind : std::uint8_t { next, call, leave };
  Kind kind = Kind::next;
  std::uint8_t symbol_class = 0;
  bool consumes = true;
  std::vector<std::uint8_t> bytes;  // that may be read here; empty: END
  int to = -1;                      // next: node
  int part = -1;                    // call
  std::int32_t length = -1;         // call by CALL_LEN: bytes of the callee; -1: any
  int exit = -1;                    // leave: index into the part's exits
  std::vector<std::pair<int, int>> returns{};  // call: (exit of the callee, node that it leads to)
};

struct Place {
  int part;
  std::uint16_t base;
  std::uint16_t r;
  std::int32_t accumulator;  // -1: not known
  int pending;               // kFresh, kEndPending, or a joint class
};

struct Node : Place {
  std::vector<Edge> edges{};
};

struct Part {
  std::uint16_t first;
  bool by_length;  // called by CALL_LEN: left on END alone
  bool bottom;
  int entry = -1;  // node
  std::vector<Exit> exits{};
  std::vector<int> nodes{};
  std::vector<std::pair<int, int>> callers{};  // node, index of its edge
};

class Graph {
 public:
  static constexpr std::size_t kMaxNodes = 3'000'000;

  // `registers` false: r is not followed (every register check passes). Throws std::length_error above kMaxNodes.
  Graph(const Table& table, const std::vector<std::uint16_t>& starts, bool registers);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Part>& parts() const { return parts_; }
  const std::vector<int>& bottoms() const { return bottoms_; }  // parts, in the order of `starts`
  const std::vector<std::uint8_t>& joint_bytes(int joint) const { return joints_[static_cast<std::size_t>(joint)]; }

 private:
  int part(std::uint16_t first, bool by_length, bool bottom);
  int node(int part, std::uint16_t base, std::uint32_t r, std::int32_t accumulator, int pending);
  int exit(int part, Exit exit);
  void expand(int node);
  void add_edge(int node, std::uint8_t symbol_class, std::vector<std::uint8_t> bytes, int joint, const layout::Entry& entry);
  void connect(int caller, int edge, int exit);
  void find_limits(const std::vector<std::uint16_t>& starts);

  const Table& table_;
  bool registers_;
  std::vector<Node> nodes_;
  std::vector<Part> parts_;
  std::vector<int> bottoms_, work_;
  std::map<std::tuple<std::uint16_t, bool, bool>, int> part_of_;
  std::map<std::tuple<int, std::uint16_t, std::uint16_t, std::int32_t, int>, int> node_of_;
  std::map<std::tuple<std::uint16_t, bool, bool>, std::uint32_t> limit_;  // of r, by part
  std::vector<std::vector<std::uint8_t>> joints_;  // bytes that both maps hold for one
  std::vector<int> joint_of_;
};

}  // namespace sluice::verify
