// SPDX-License-Identifier: Apache-2.0
// Counts the pairs of a map in a Protobuf body; private to the counter, behind graph.hpp. A pair is a length and a frame: tag, key, tag,
// value. Two pairs have different keys, and what else they are depends on nothing but the key's length, so m pairs are a set of m keys,
// each with any value: pair_sets.hpp counts these sets. It knows only the shape that grammar_protobuf_map.cpp makes; anything else is Unsupported.
#pragma once

#include <set>

#include "room/graph.hpp"
#include "room/pair_sets.hpp"

namespace sluice::room {

constexpr double kPairWork = 2e10;  // products of one map, some minutes

template <class Number>
class Counter<Number>::Pairs {
 public:
  Pairs(Counter& counter, const FrameKey& list, std::vector<FrameKey>& missing)
      : counter_(counter), machine_(counter.machine_), list_(list), missing_(missing), size_(std::size_t{counter.limit_} + 1) {}

  /// Nothing while frames are missing, or when no pair fits the depth limit.
  PairWays count() {
    if (list_.frames_left == 0) return {};
    const Graph<Number> front = part(list_);
    if (front.calls.empty()) return {};
    read_list(front);
    const FrameKey pair = counter_.key_of_call(call_->next, list_.frames_left);
    if (!counter_.analysis_.reads_keys(pair.entry) || pair.frames_left == 0) return {};
    if (!read_pair(pair)) return {};
    return {call_, by_count()};
  }

 private:
  Graph<Number> part(FrameKey key) {
    key.part = Part::up_to_call;
    Graph<Number> graph;
    Builder(counter_, key, graph, missing_).run();
    return graph;
  }

  // Bytes up to and with each call's, in how many ways.
  std::vector<Series<Number>> bytes_before(Graph<Number> graph) {
    for (std::size_t i = 0; i < graph.calls.size(); ++i) {
      graph.outcomes.push_back({static_cast<int>(i), -1, 0, -1, false, 0});
      graph.ends.push_back({graph.calls[i].from, static_cast<int>(i), 1, graph.calls[i].ways});
    }
    return counter_.solve(graph).series;
  }
  // The only length that a series has, in one way.
  std::size_t only(const Series<Number>& series) const {
    std::size_t found = 0;
    for (std::size_t n = 0; n < series.size(); ++n) {
      if (series[n].zero()) continue;
      if (found != 0 || !(series[n] == Number(1))) unsupported();
      found = n;
    }
    return found;  // 0: beyond the limit
  }
  // The lengths that a CALL_LEN can have, each spelled in one way.
  std::vector<std::uint32_t> lengths(const typename Graph<Number>::Call& call) const {
    std::vector<std::uint32_t> out;
    for (const auto& [length, ways] : counter_.distributions_[static_cast<std::size_t>(call.accumulator)].values) {
      if (!(ways == Number(1))) unsupported();
      out.push_back(length);
    }
    return out;
  }

  // The calls of a pair: how many bytes the spelling of each length has, and how pairs are counted.
  void read_list(const Graph<Number>& front) {
    const auto before = bytes_before(front);
    spelling_.assign(size_, 0);
    call_ = front.calls.front().edge;
    for (std::size_t i = 0; i < front.calls.size(); ++i) {
      const auto& call = front.calls[i];
      const Edge& edge = *call.edge;
      const bool same = edge.next == call_->next && edge.back == call_->back && edge.register_op == call_->register_op &&
                        edge.register_arg == call_->register_arg;
      const bool counts = edge.register_op == layout::RegisterOp::INC || edge.register_op == layout::RegisterOp::NONE;
      if (!same || !counts || edge.control != layout::Control::CALL_LEN || edge.key_op != layout::KeyOp::NONE || call.accumulator < 0) unsupported();
      const auto all = lengths(call);
      if (all.empty()) continue;  // longer than any record
      const std::size_t bytes = only(before[i]);
      for (const std::uint32_t length : all) {
        if (spelling_[length] != 0) unsupported();
        spelling_[length] = bytes;
      }
    }
    again_ = way_back();
  }

  // Bytes of the tag that leads from behind a pair to the next; 0: there is none.
  std::size_t way_back() const {
    std::size_t found = 0;
    std::vector<std::pair<int, std::size_t>> work{{call_->back, 0}};
    for (std::size_t i = 0; i < work.size(); ++i) {
      const auto [state, bytes] = work[i];
      if (state == list_.entry) {
        if (found != 0) unsupported();
        found = bytes;
        continue;
      }
      if (bytes > 5) unsupported();  // no tag is longer
      for (const Edge& edge : machine_.states[static_cast<std::size_t>(state)].edges) {
        if (edge.pops()) continue;
        const bool plain = edge.control == layout::Control::NEXT && edge.bytes == 1 && edge.register_op == layout::RegisterOp::NONE &&
                           edge.accumulator_op == layout::AccumulatorOp::NONE && edge.key_op == layout::KeyOp::NONE && edge.tag == 0;
        if (!plain) unsupported();
        work.emplace_back(edge.next, bytes + 1);
      }
    }
    return found;
  }

  const FrameCount<Number>* known(const FrameKey& key) {
    const auto it = counter_.counts_.find(key);
    if (it != counter_.counts_.end()) return &it->second;
    if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) missing_.push_back(key);
    return nullptr;
  }
  // The texts that end on END (or, `byte`, with their last byte), by length.
  Series<Number> texts(const FrameCount<Number>& count, bool byte) const {
    Series<Number> out(size_);
    for (std::size_t o = 0; o < count.outcomes.size(); ++o) {
      const Outcome& outcome = count.outcomes[o];
      bool ends = byte && outcome.look < 0;
      if (outcome.look >= 0) {
        for (const auto& [letter, where] : counter_.look(outcome.look)) {
          if (!byte && letter == machine_.end && where < 0) ends = true;
          else if (byte || letter == machine_.end) unsupported();
        }
      }
      if (!ends) continue;
      if (outcome.accumulator >= 0 || outcome.tag != 0 || outcome.tail >= 0 || outcome.key) unsupported();
      for (std::size_t n = 0; n < size_; ++n) out[n].add(count.series[o][n]);
    }
    return out;
  }

  // False while frames are missing.
  bool read_pair(const FrameKey& pair) {
    const Graph<Number> front = part(pair);
    const auto before = bytes_before(front);
    std::map<std::size_t, Number> keys;  // by the bytes of tag, length and key
    std::set<std::size_t> spelled;
    std::optional<FrameKey> key, value;
    for (std::size_t i = 0; i < front.calls.size(); ++i) {
      const auto& call = front.calls[i];
      if (call.edge->key_op != layout::KeyOp::BEGIN || counter_.analysis_.reads_keys(call.edge->next)) unsupported();
      const bool by_length = call.edge->control == layout::Control::CALL_LEN;
      const FrameKey of_key = counter_.key_of_call(call.edge->next, pair.frames_left);
      FrameKey of_value{call.edge->back, call.r, pair.frames_left, -1, false, Part::behind_key};
      if ((key && *key != of_key) || (value && *value != of_value)) unsupported();
      if (by_length ? call.accumulator < 0 : call.accumulator >= 0) unsupported();
      if (counter_.analysis_.accumulator_lives(of_key.entry) || counter_.analysis_.accumulator_lives(of_value.entry)) unsupported();
      key = of_key;
      value = of_value;
      const FrameCount<Number>* count = known(of_key);
      if (count == nullptr) continue;
      const Series<Number> all = texts(*count, !by_length);
      if (by_length && lengths(call).empty()) continue;  // longer than any record
      const std::size_t bytes = only(before[i]);
      if (bytes == 0) continue;
      const auto add = [&](std::size_t length) {
        if (length >= size_ || all[length].zero()) return;
        if (!spelled.insert(length).second) unsupported();
        keys[bytes + length].add(all[length]);
      };
      if (!by_length) {
        for (std::size_t n = 0; n < size_; ++n) add(n);
      } else {
        for (const std::uint32_t length : lengths(call)) add(length);
      }
    }
    const FrameCount<Number>* rest = value ? known(*value) : nullptr;
    if (!missing_.empty() || rest == nullptr) return false;
    const Series<Number> behind = texts(*rest, false);
    for (auto& [bytes, number] : keys) {
      PairKind<Number> kind{number, {}};  // with the tag that leads to it
      for (std::size_t n = 0; bytes + n < size_; ++n) {
        if (behind[n].zero() || spelling_[bytes + n] == 0) continue;
        kind.spellings.emplace_back(bytes + n + spelling_[bytes + n] + again_, behind[n]);
      }
      if (!kind.spellings.empty()) kinds_.push_back(std::move(kind));
    }
    return true;
  }

  // Sets of pairs by their number - as far as the list's register tells numbers apart - and their bytes.
  std::vector<Series<Number>> by_count() {
    const bool counted = call_->register_op == layout::RegisterOp::INC;
    const std::size_t size = size_ + again_;
    // Above `most` no pair is allowed, or r does not tell.
    std::size_t most = counted ? std::max<std::size_t>(counter_.analysis_.clamp(list_.entry), 1) : 1;
    bool ends = false;
    if (again_ == 0) ends = true, most = 1;
    if (counted && call_->register_arg != layout::INC_UNBOUNDED && call_->register_arg <= most) ends = true, most = call_->register_arg;
    double work = 0;
    for (const auto& kind : kinds_) work += work_of(kind, most, ends, size);
    if (work > kPairWork) {
      throw Unsupported("a map in a Protobuf body has keys and values of too many lengths to count its pairs in records of " +
                        std::to_string(counter_.limit_) + " bytes; count shorter records (--max-bytes), or give its keys or values a max_len");
    }
    PairSets<Number> sets(most + 1, Series<Number>(size));
    sets[0][0] = Number(1);
    std::uint64_t additions = 0;
    for (std::size_t k = kinds_.size(); k-- > 0;) {  // long keys first: few of them fit
      if (!ends && most == 1 && kinds_[k].keys.log2() >= kManyKeys) {
        add_by_power(kinds_[k], sets);
        ++additions;
      } else {
        additions += add_by_choice(kinds_[k], sets, ends);
      }
    }
    // Each kind adds to every coefficient once for each number of its pairs, and each pair's product is a sum of its own.
    counter_.most_additions_ = std::max(counter_.most_additions_, additions + 4 * std::uint64_t{size});
    std::vector<Series<Number>> out(counted ? most + 1 : 1, Series<Number>(size_));
    for (std::size_t m = 1; m <= most; ++m) {
      Series<Number>& to = out[counted ? m : 0];
      for (std::size_t n = 0; n < size_; ++n) to[n].add(sets[m][n + again_]);
    }
    return out;
  }

  [[noreturn]] void unsupported() const { throw Unsupported("a map's pairs are read as no compiled schema reads them, which the count does not cover"); }

  Counter& counter_;
  const Machine& machine_;
  const FrameKey& list_;
  std::vector<FrameKey>& missing_;
  const std::size_t size_;
  const Edge* call_ = nullptr;
  std::vector<std::size_t> spelling_;  // bytes of each length; 0: it may not be
  std::size_t again_ = 0;
  std::vector<PairKind<Number>> kinds_;
};

}  // namespace sluice::room
