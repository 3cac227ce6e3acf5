// SPDX-License-Identifier: Apache-2.0
// Counts what a machine accepts, by length. For every way to start a frame (state, frames left,
// accumulator) it keeps how many byte strings of each length end the frame, and how: a power series
// per outcome. The machine is deterministic, so paths are records and no record counts twice.
//
// A frame is a graph of nodes (state, r, accumulator, tag, letters that were looked at but not
// consumed). Bytes are steps of length 1; a call is a step of length 1 + k for every k, weighted with
// the callee's series. Every step has a length of at least 1, so one sweep over the lengths solves
// the graph, loops included; frames left shrink with every call, so recursion ends by itself and the
// depth limit is kept exactly.
//
// Maps: their keys ascend, so a record with m keys is a set of m different ones. In JSON a key is a step
// without length in the frame of the map, which counts its keys; at the end each way with m keys is
// multiplied with the number of sets of m keys, by their bytes together. In a Protobuf body the length
// before a pair speaks of key and value together, so whole pairs are counted: pairs.cpp.
//
// content-length: the accumulator is a distribution over values (each length of digits is one), and
// CHECK_END leaves a tail that must have exactly such a length.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "room/analysis.hpp"
#include "room/machine.hpp"

namespace sluice::room {

/// What of a frame is looked at. The other two are for pairs of maps in Protobuf bodies: from the start to the
/// call of a pair or of its key, and from behind a key to the end.
enum class Part { whole, up_to_call, behind_key };

/// How a frame starts.
struct FrameKey {
  int entry = 0;
  std::uint32_t r = 0;
  std::uint32_t frames_left = 0;  ///< frames that may be pushed above
  int accumulator = -1;           ///< number of a distribution; -1: it does not matter
  bool bottom = false;
  Part part = Part::whole;
  auto operator<=>(const FrameKey&) const = default;
};

/// A place within a frame.
struct Node {
  int state = 0;
  std::uint32_t r = 0;
  int accumulator = -1;
  std::uint16_t tag = 0;  ///< set in this frame; 0: none
  int look = -1;          ///< number of a set of letters: the next one, already seen; -1: none
  int tail = -1;          ///< number of a distribution: bytes left in the record; -1: any
  std::uint32_t keys = 0; ///< of a map, so far in this frame
  bool operator==(const Node&) const = default;
};

/// How a frame ends: popped behind a consumed byte (look -1), or in front of one of these letters.
struct Outcome {
  int look = -1;
  int accumulator = -1;
  std::uint16_t tag = 0;
  int tail = -1;
  bool key = false;         ///< the frame was a key of a map, and its last byte stands behind the key
  std::uint32_t keys = 0;   ///< only within the counter: the frame was a map with so many keys
  auto operator<=>(const Outcome&) const = default;
};

template <class Number>
using Series = std::vector<Number>;

/// Counts by length, and where in the caller it goes on.
template <class Number>
struct FrameCount {
  std::vector<Outcome> outcomes{};
  std::vector<Series<Number>> series{};                   // by outcome
  std::map<std::uint16_t, Series<Number>> accepted{};     // bottom frames, by tag
};

/// A frame's nodes and steps.
template <class Number>
struct Graph {
  struct Step {  // one byte
    int from, to;
    Number ways;
  };
  struct Jump {  // a call: k bytes in series[k] ways
    int from, to;
    Series<Number> series;
    const Edge* edge;  // the call (of several with one result, the first)
  };
  struct End {  // leads to outcome `outcome` behind `bytes` (0 or 1) more bytes
    int from, outcome, bytes;
    Number ways;
  };
  struct Accept {
    int from;
    std::uint16_t tag;
    Number ways;
  };
  struct Tail {  // the rest of the record: k bytes in series[k] ways
    int from;
    std::uint16_t tag;
    Series<Number> series;
  };
  struct Call {  // Part::up_to_call: where the part ends, in front of the byte that calls
    int from;
    const Edge* edge;
    std::uint32_t r;  // behind the call
    int accumulator;  // behind its byte
    Number ways;
  };
  std::vector<Node> nodes{};
  std::vector<Step> steps{};
  std::vector<Jump> jumps{};
  std::vector<End> ends{};
  std::vector<Accept> accepts{};
  std::vector<Tail> tails{};
  std::vector<Call> calls{};
  std::vector<Outcome> outcomes{};
  std::optional<FrameKey> key{};  // the frame of a map: what reads its keys
};

/// Says what is being done, about once a second.
using Progress = std::function<void(const std::string&)>;

template <class Number>
class Counter {
 public:
  /// `limit`: longest record that counts, bytes. `machine` must outlive the counter.
  Counter(const Machine& machine, std::uint32_t limit, Progress progress = {});
  ~Counter();

  /// Accepted records by length and tag (response pipeline: tag 0) from this start. Throws
  /// Unsupported.
  const std::map<std::uint16_t, Series<Number>>& records(int start);

  [[nodiscard]] FrameKey key_of_start(int start);
  /// The key of a call from a frame with `frames_left` to a callee that has no use for the
  /// accumulator.
  [[nodiscard]] FrameKey key_of_call(int callee, std::uint32_t frames_left) const;
  const FrameCount<Number>& count(const FrameKey& key);
  Graph<Number> graph(const FrameKey& key);
  /// The sweep over the lengths, from node 0.
  FrameCount<Number> solve(const Graph<Number>& graph);

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] const Analysis& analysis() const { return analysis_; }
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  /// The letters and, for each, the state that reads it (-1: the one behind the call) of a look.
  [[nodiscard]] const std::vector<std::pair<int, int>>& look(int number) const {
    return looks_[static_cast<std::size_t>(number)];
  }
  /// Ways to have `value` in a distribution.
  [[nodiscard]] Number ways(int distribution, std::uint32_t value) const;
  /// A bound on the relative error of every count; 0 for exact numbers.
  [[nodiscard]] double relative_error() const;

 private:
  class Builder;
  struct Distribution {
    std::vector<std::pair<std::uint32_t, Number>> values;  // ascending, up to the limit
    Number above;                                          // greater ones: they fail every use
    bool operator==(const Distribution&) const = default;
  };

  // The pairs of a map in a Protobuf body.
  struct PairWays {
    const Edge* edge = nullptr;              // the call of a pair
    std::vector<Series<Number>> by_r{};      // from the start of the list to behind its last pair
  };
  class Pairs;

  int distribution(Distribution made);
  int look_number(std::vector<std::pair<int, int>> look);
  Number mass(int distribution) const;
  void spell_keys(const FrameKey& key, FrameCount<Number>& count);

  const Machine& machine_;
  std::uint32_t limit_;
  Analysis analysis_;
  Progress progress_;
  std::vector<Distribution> distributions_;
  std::vector<std::vector<std::pair<int, int>>> looks_;
  std::map<std::vector<std::pair<int, int>>, int> look_numbers_;
  std::map<FrameKey, FrameCount<Number>> counts_;
  std::uint64_t most_additions_ = 1;  // into one coefficient
};

}  // namespace sluice::room
