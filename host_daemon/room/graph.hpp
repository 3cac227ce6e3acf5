// SPDX-License-Identifier: Apache-2.0
// Builds the graph of one frame for the counter; private to it. Every node's edges are looked at
// once, in the order of docs/fabric.md "Engine": register, accumulator, control.
#pragma once

#include <algorithm>
#include <optional>

#include "room/counter.hpp"

namespace sluice::room {

constexpr std::size_t kNodeBudget = 4'000'000;      // nodes of one frame
constexpr std::uint32_t kKeyBudget = 2'048;         // pairs of one map
constexpr std::size_t kDistributionBudget = 128;  // accumulator distributions of one pipeline

template <class Number>
class Counter<Number>::Builder {
 public:
  Builder(Counter& counter, const FrameKey& key, Graph<Number>& graph, std::vector<FrameKey>& missing)
      : counter_(counter), machine_(counter.machine_), key_(key), graph_(graph), missing_(missing),
        clamp_(counter.analysis_.clamp(key.entry)), all_pairs_(key.part == Part::whole && counter.analysis_.lists_pairs(key.entry)) {}

  void run() {
    node({key_.entry, key_.r, key_.accumulator, 0, -1, -1, 0});
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes.size() > kNodeBudget) {
        throw Unsupported("a frame has more than " + std::to_string(kNodeBudget) +
                          " places; a lower limit (--max-bytes) makes fewer");
      }
      expand(static_cast<int>(i), graph_.nodes[i]);
    }
    const auto again = [](const auto& arc) { return arc.to == 0; };
    if (key_.part == Part::behind_key && (std::any_of(graph_.steps.begin(), graph_.steps.end(), again) ||
                                          std::any_of(graph_.jumps.begin(), graph_.jumps.end(), again))) {
      unsupported("a key that ends twice");
    }
  }

 private:
  struct Hash {
    std::size_t operator()(const Node& n) const {
      std::uint64_t h = static_cast<std::uint32_t>(n.state);
      for (std::uint64_t part : {std::uint64_t{n.r}, static_cast<std::uint64_t>(n.accumulator + 1),
                                 std::uint64_t{n.tag}, static_cast<std::uint64_t>(n.look + 1),
                                 static_cast<std::uint64_t>(n.tail + 1), std::uint64_t{n.keys}}) {
        h = (h ^ part) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 29;
      }
      return static_cast<std::size_t>(h);
    }
  };

  int node(Node n) {
    n.r = std::min(n.r, clamp_);
    const auto [it, fresh] = numbers_.try_emplace(n, static_cast<int>(graph_.nodes.size()));
    if (fresh) graph_.nodes.push_back(n);
    return it->second;
  }

  // Drops an accumulator that nothing will read; its ways become ways of the step.
  void settle(Node& n, Number& ways) {
    if (n.accumulator < 0 || counter_.analysis_.accumulator_lives(n.state)) return;
    ways = ways.times(counter_.mass(n.accumulator));
    n.accumulator = -1;
  }

  int outcome(const Outcome& o) {
    const auto [it, fresh] = outcome_numbers_.try_emplace(o, static_cast<int>(graph_.outcomes.size()));
    if (fresh) graph_.outcomes.push_back(o);
    return it->second;
  }

  // Pops in front of letters, gathered over a node's edges.
  using Pops = std::map<std::tuple<int, std::uint16_t>, std::vector<std::pair<int, int>>>;

  void expand(int from, const Node n) {
    if (n.tail >= 0) return expand_tail(from, n);
    if (all_pairs_ && n.state == key_.entry) return pairs();
    Pops pops;
    for (const Edge& edge : machine_.states[static_cast<std::size_t>(n.state)].edges) {
      std::vector<int> letters = edge.letters;
      if (n.look >= 0) {
        const auto& look = counter_.look(n.look);
        std::erase_if(letters, [&](int letter) {
          return std::none_of(look.begin(), look.end(), [&](auto& l) { return l.first == letter; });
        });
      }
      if (letters.empty()) continue;
      check_key_op(from, edge);
      if (edge.bytes == 0) {
        on_end(from, n, edge, pops);
      } else {
        on_bytes(from, n, edge, letters, pops);
      }
    }
    for (auto& [what, look] : pops) {
      std::sort(look.begin(), look.end());
      const auto& [accumulator, tag] = what;
      const int number = counter_.look_number(std::move(look));
      graph_.ends.push_back({from, outcome({number, accumulator, tag, -1, false, n.keys}), 0, Number(1)});
    }
  }

  // The key unit's operations as compiled maps use them.
  void check_key_op(int from, const Edge& edge) const {
    using layout::Control;
    using layout::KeyOp;
    if (key_.part == Part::behind_key && from == 0) {
      // The byte behind a key.
      const bool map = edge.calls() && counter_.analysis_.reads_keys(edge.next);
      if (edge.key_op != KeyOp::END_KEY || edge.bytes == 0 || map) unsupported("a key that does not end behind its call");
      return;
    }
    if (key_.part == Part::up_to_call) {
      if (edge.key_op != KeyOp::NONE && (edge.key_op != KeyOp::BEGIN || !edge.calls())) unsupported("a key that is not one call");
      return;
    }
    const bool fits = edge.key_op == KeyOp::NONE || (edge.key_op == KeyOp::END_KEY && edge.control == Control::RET && edge.bytes != 0) ||
                      ((edge.key_op == KeyOp::BEGIN || edge.key_op == KeyOp::NEW_MAP) && edge.control == Control::CALL);
    if (!fits) unsupported("a key that is not one call");
    if (edge.key_op == KeyOp::BEGIN && key_.bottom) unsupported("a map in the bottom frame");
    if (edge.calls() && edge.key_op != KeyOp::NEW_MAP && counter_.analysis_.reads_keys(edge.next)) unsupported("a map that shares its keys");
  }

  std::optional<std::uint32_t> register_after(const Edge& edge, std::uint32_t r) const {
    using layout::RegisterOp;
    switch (edge.register_op) {
      case RegisterOp::NONE:
        return r;
      case RegisterOp::SET:
      case RegisterOp::SET_AGAIN: {
        const std::uint32_t k = edge.register_arg;
        if (r > k || (r == k && edge.register_op == RegisterOp::SET)) return std::nullopt;
        if (r < edge.register_min) return std::nullopt;
        return k;
      }
      case RegisterOp::INC:
        if (edge.register_arg != layout::INC_UNBOUNDED && r >= edge.register_arg)
          return std::nullopt;
        return r + 1;
    }
    return r;
  }

  struct AfterBytes {
    int accumulator;
    Number ways;
  };

  // The accumulator behind one of these letters, and in how many ways.
  AfterBytes accumulator_after(const Edge& edge, int accumulator, const std::vector<int>& letters) {
    using layout::AccumulatorOp;
    std::uint64_t count = 0;
    for (int letter : letters) count += machine_.letters[static_cast<std::size_t>(letter)].size();
    const AccumulatorOp op = edge.accumulator_op;
    if (op == AccumulatorOp::NONE || op == AccumulatorOp::CHECK_END) {
      return {accumulator, Number(count)};
    }
    const bool first = op == AccumulatorOp::DIGIT_FIRST || (op == AccumulatorOp::GROUP && edge.group == 0);
    Distribution before;
    if (first) {
      before.values.emplace_back(0, Number(1));
    } else if (accumulator < 0) {
      unsupported("an accumulator that is used before it is set");
    } else {
      before = counter_.distributions_[static_cast<std::size_t>(accumulator)];
    }
    std::map<std::uint32_t, Number> values;
    Distribution after;
    for (int letter : letters) {
      for (std::uint8_t byte : machine_.letters[static_cast<std::size_t>(letter)]) {
        for (const auto& [value, ways] : before.values) {
          const std::uint64_t made =
              op == AccumulatorOp::GROUP
                  ? (first ? 0 : value) + ((std::uint64_t{byte} & 0x7F) << (7U * edge.group))
                  : (first ? 0 : std::uint64_t{value} * 10) + (byte & 0x0FU);
          if (made > counter_.limit_) {
            after.above.add(ways);
          } else {
            values[static_cast<std::uint32_t>(made)].add(ways);
          }
        }
        after.above.add(before.above);
      }
    }
    after.values.assign(values.begin(), values.end());
    Number ways(1);
    if (after.values.empty()) {
      ways = after.above;
      after.above = Number(1);
    }
    if (first && accumulator >= 0) ways = ways.times(counter_.mass(accumulator));
    return {counter_.distribution(std::move(after)), ways};
  }

  void on_end(int from, const Node& n, const Edge& edge, Pops& pops) {
    const auto r = register_after(edge, n.r);
    if (!r || *r < edge.min) return;
    const std::uint16_t tag = edge.tag != 0 ? edge.tag : n.tag;
    const bool checks = edge.accumulator_op == layout::AccumulatorOp::CHECK_END;
    if (edge.control == layout::Control::ACCEPT) {
      if (!key_.bottom) return;
      Number ways(1);
      if (checks) {
        if (n.accumulator < 0) unsupported("an accumulator that is used before it is set");
        ways = counter_.ways(n.accumulator, 0);
      } else if (n.accumulator >= 0) {
        ways = counter_.mass(n.accumulator);
      }
      if (!ways.zero()) graph_.accepts.push_back({from, tag, ways});
      return;
    }
    if (key_.bottom) return;
    if (key_.part == Part::up_to_call) unsupported("a pair of a map without a key");
    if (checks) unsupported("CHECK_END on END of a pushed frame");
    const int where = edge.control == layout::Control::REDO_TO ? edge.next : -1;
    pops[{n.accumulator, tag}].emplace_back(machine_.end, where);
  }

  void on_bytes(int from, const Node& n, const Edge& edge, const std::vector<int>& letters, Pops& pops) {
    using layout::AccumulatorOp;
    using layout::Control;
    if (edge.pops() && key_.bottom) return;
    if (edge.pops() && key_.part == Part::up_to_call) unsupported("a pair of a map without a key");
    const auto r = register_after(edge, n.r);
    if (!r || (edge.pops() && *r < edge.min)) return;
    const std::uint16_t tag = edge.tag != 0 ? edge.tag : n.tag;
    const bool checks = edge.accumulator_op == AccumulatorOp::CHECK_END;
    if (checks && n.accumulator < 0) unsupported("an accumulator that is used before it is set");
    if (edge.control == Control::REDO || edge.control == Control::REDO_TO) {
      if (edge.accumulator_op != AccumulatorOp::NONE) unsupported("an accumulator operation on REDO");
      const int where = edge.control == Control::REDO_TO ? edge.next : -1;
      for (int letter : letters) pops[{n.accumulator, tag}].emplace_back(letter, where);
      return;
    }
    AfterBytes after = accumulator_after(edge, n.accumulator, letters);
    switch (edge.control) {
      case Control::NEXT: {
        if (all_pairs_ && edge.next == key_.entry) return;  // to the next pair, which is counted with the first
        Node to{edge.next, *r, after.accumulator, tag, -1, -1, n.keys};
        if (checks) {
          if (!key_.bottom) unsupported("CHECK_END within a pushed frame");
          to = checked(to, after.accumulator);
        } else {
          settle(to, after.ways);
        }
        graph_.steps.push_back({from, node(to), after.ways});
        return;
      }
      case Control::CALL:
      case Control::CALL_LEN:
        if (checks) unsupported("CHECK_END on a call");
        if (key_.part == Part::up_to_call) {
          if (tag != 0) unsupported("a tag within a map");
          graph_.calls.push_back({from, &edge, *r, after.accumulator, after.ways});
          return;
        }
        call(from, n, edge, *r, tag, after);
        return;
      default:  // RET
        graph_.ends.push_back({from,
                               checks ? outcome({-1, -1, tag, after.accumulator, false, n.keys})
                                      : outcome({-1, after.accumulator, tag, -1, edge.key_op == layout::KeyOp::END_KEY, n.keys}),
                               1, after.ways});
        return;
    }
  }

  // A node of the bottom frame whose record has exactly so many bytes left.
  Node checked(Node n, int distribution) {
    if (counter_.analysis_.accumulator_lives(n.state)) {
      unsupported("an accumulator that is read again behind CHECK_END");
    }
    n.accumulator = -1;
    n.tail = distribution;
    return n;
  }

  void call(int from, const Node& n, const Edge& edge, std::uint32_t r, std::uint16_t tag, const AfterBytes& after) {
    if (key_.frames_left == 0) return;  // DEPTH
    const bool by_length = edge.control == layout::Control::CALL_LEN;
    Number ways = after.ways;
    FrameKey key = counter_.key_of_call(edge.next, key_.frames_left);
    if (by_length && after.accumulator < 0) unsupported("an accumulator that is used before it is set");
    if (counter_.analysis_.accumulator_lives(edge.next)) {
      if (by_length) unsupported("an accumulator that is read again behind CALL_LEN");
      key.accumulator = after.accumulator;
    } else if (!by_length && after.accumulator >= 0) {
      ways = ways.times(counter_.mass(after.accumulator));
    }
    const auto known = counter_.counts_.find(key);
    if (known == counter_.counts_.end()) {
      if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) missing_.push_back(key);
      return;
    }
    for (std::size_t o = 0; o < known->second.outcomes.size(); ++o) {
      const Outcome& out = known->second.outcomes[o];
      const Series<Number>& series = known->second.series[o];
      if (out.key || edge.key_op == layout::KeyOp::BEGIN) {
        take_key(from, n, edge, r, key, known->second, ways);
        return;
      }
      const std::uint16_t new_tag = out.tag != 0 ? out.tag : tag;
      if (by_length) {
        land_by_length(from, n, edge, r, new_tag, out, series, ways, after.accumulator);
      } else if (out.look < 0) {
        Node to{edge.back, r, out.accumulator, new_tag, -1, -1, n.keys};
        Number factor = ways;
        if (out.tail >= 0) {
          if (!key_.bottom) unsupported("CHECK_END more than one frame above the bottom");
          to = checked(to, out.tail);
        } else {
          settle(to, factor);
        }
        jump(from, node(to), edge, series, factor);
      } else {
        // One node for each state that reads the letters.
        std::map<int, std::vector<std::pair<int, int>>> by_state;
        for (const auto& [letter, where] : counter_.look(out.look)) {
          by_state[where < 0 ? edge.back : where].emplace_back(letter, -1);
        }
        for (auto& [state, look] : by_state) {
          std::erase_if(look, [&](const auto& l) {
            return machine_.states[static_cast<std::size_t>(state)].edge_of[static_cast<std::size_t>(l.first)] < 0;
          });
          if (look.empty()) continue;
          Node to{state, r, out.accumulator, new_tag, counter_.look_number(look), -1, n.keys};
          Number factor = ways;
          settle(to, factor);
          jump(from, node(to), edge, series, factor);
        }
      }
    }
  }

  // All pairs of a list, at once.
  void pairs() {
    PairWays ways = Pairs(counter_, key_, missing_).count();
    for (std::size_t r = 0; r < ways.by_r.size(); ++r) {
      Series<Number>& series = ways.by_r[r];
      if (std::all_of(series.begin(), series.end(), [](const Number& n) { return n.zero(); })) continue;
      series.erase(series.begin());  // jump() adds the byte again
      jump(0, node({ways.edge->back, static_cast<std::uint32_t>(r), -1, 0, -1, -1, 0}), *ways.edge, series, Number(1));
    }
  }

  // A key: of its call only the first byte and the one behind the key have a length here.
  void take_key(int from, const Node& n, const Edge& edge, std::uint32_t r, const FrameKey& key, const FrameCount<Number>& count,
                const Number& ways) {
    const bool one_way = count.outcomes.size() == 1 && count.outcomes[0] == Outcome{-1, -1, 0, -1, true, 0};
    if (!one_way || edge.key_op != layout::KeyOp::BEGIN || n.tag != 0 || edge.tag != 0) unsupported("a key that is not one call");
    if (graph_.key && *graph_.key != key) unsupported("a map with two kinds of keys");
    graph_.key = key;
    if (n.keys + 1 > counter_.limit_ / 2) return;
    if (n.keys >= kKeyBudget) {
      throw Unsupported("a map may have more than " + std::to_string(kKeyBudget) +
                        " pairs in a record; count shorter records (--max-bytes), or give it max_pairs");
    }
    jump(from, node({edge.back, r, -1, 0, -1, -1, n.keys + 1}), edge, {Number(), Number(1)}, ways);
  }

  // A frame with a length is left on END only, and the symbol behind it is computed afresh.
  void land_by_length(int from, const Node& n, const Edge& edge, std::uint32_t r, std::uint16_t tag, const Outcome& out,
                      const Series<Number>& series, const Number& ways, int lengths) {
    if (out.look < 0) return;
    if (out.tail >= 0) unsupported("CHECK_END within a frame with a length");
    for (const auto& [letter, where] : counter_.look(out.look)) {
      if (letter != machine_.end) continue;
      Node to{where < 0 ? edge.back : where, r, out.accumulator, tag, -1, -1, n.keys};
      Number factor = ways;
      settle(to, factor);
      Series<Number> right(series.size());
      for (const auto& [length, count] : counter_.distributions_[static_cast<std::size_t>(lengths)].values) {
        if (length < series.size()) right[length].add_product(series[length], count);
      }
      jump(from, node(to), edge, right, factor);
    }
  }

  // Adds `ways` times the series, one byte later, to the jump between two nodes.
  void jump(int from, int to, const Edge& edge, const Series<Number>& series, const Number& ways) {
    auto [it, fresh] = jump_numbers_.try_emplace({from, to}, graph_.jumps.size());
    if (fresh) graph_.jumps.push_back({from, to, {}, &edge});
    Series<Number>& sum = graph_.jumps[it->second].series;
    const std::size_t size = std::min<std::size_t>(series.size(), counter_.limit_);
    if (sum.size() < size + 1) sum.resize(size + 1);
    for (std::size_t k = 0; k < size; ++k) {
      if (!series[k].zero()) sum[k + 1].add_product(series[k], ways);
    }
  }

  void expand_tail(int from, const Node& n) {
    const FrameKey key{n.state, n.r, key_.frames_left, -1, true};
    const auto known = counter_.counts_.find(key);
    if (known == counter_.counts_.end()) {
      if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) missing_.push_back(key);
      return;
    }
    for (const auto& [tag, series] : known->second.accepted) {
      Series<Number> right(series.size());
      for (const auto& [length, count] : counter_.distributions_[static_cast<std::size_t>(n.tail)].values) {
        if (length < series.size()) right[length].add_product(series[length], count);
      }
      graph_.tails.push_back({from, tag != 0 ? tag : n.tag, std::move(right)});
    }
  }

  [[noreturn]] void unsupported(const std::string& what) const {
    throw Unsupported("the " + std::string(machine_.pipeline == layout::Pipeline::REQUEST ? "request" : "response") +
                      " table has " + what + ", which the count does not cover");
  }

  Counter& counter_;
  const Machine& machine_;
  const FrameKey& key_;
  Graph<Number>& graph_;
  std::vector<FrameKey>& missing_;
  std::uint32_t clamp_;
  bool all_pairs_;  // a list of pairs: from the start of the first one the way is behind the last, whichever that is
  std::unordered_map<Node, int, Hash> numbers_;
  std::map<Outcome, int> outcome_numbers_;
  std::map<std::pair<int, int>, std::size_t> jump_numbers_;
};

}  // namespace sluice::room

#include "room/pairs.hpp"
