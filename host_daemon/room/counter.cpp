// SPDX-License-Identifier: Apache-2.0
// The sweep over lengths, and the order in which frames are counted: callees first, with a list
// instead of recursion.
#include "room/counter.hpp"

#include <chrono>

#include "room/graph.hpp"
#include "room/number.hpp"

namespace sluice::room {

template <class Number>
Counter<Number>::Counter(const Machine& machine, std::uint32_t limit, Progress progress)
    : machine_(machine), limit_(limit), analysis_(machine, limit), progress_(std::move(progress)) {}

template <class Number>
Counter<Number>::~Counter() = default;

template <class Number>
int Counter<Number>::distribution(Distribution made) {
  for (std::size_t i = 0; i < distributions_.size(); ++i) {
    if (distributions_[i] == made) return static_cast<int>(i);
  }
  if (distributions_.size() >= kDistributionBudget) {
    throw Unsupported("the table builds more than " + std::to_string(kDistributionBudget) +
                      " different distributions of the accumulator, which the count does not cover");
  }
  distributions_.push_back(std::move(made));
  return static_cast<int>(distributions_.size()) - 1;
}

template <class Number>
int Counter<Number>::look_number(std::vector<std::pair<int, int>> look) {
  const auto [it, fresh] = look_numbers_.try_emplace(look, static_cast<int>(looks_.size()));
  if (fresh) looks_.push_back(std::move(look));
  return it->second;
}

template <class Number>
Number Counter<Number>::mass(int distribution) const {
  const Distribution& d = distributions_[static_cast<std::size_t>(distribution)];
  Number sum = d.above;
  for (const auto& [value, ways] : d.values) sum.add(ways);
  return sum;
}

template <class Number>
Number Counter<Number>::ways(int distribution, std::uint32_t value) const {
  for (const auto& [known, ways] : distributions_[static_cast<std::size_t>(distribution)].values) {
    if (known == value) return ways;
  }
  return Number();
}

template <class Number>
FrameKey Counter<Number>::key_of_start(int start) {
  FrameKey key{start, 0, machine_.max_depth - 1, -1, true};
  if (analysis_.accumulator_lives(start)) key.accumulator = distribution({{{0, Number(1)}}, Number()});
  return key;
}

template <class Number>
FrameKey Counter<Number>::key_of_call(int callee, std::uint32_t frames_left) const {
  return {callee, 0, std::min(frames_left - 1, analysis_.height(callee)), -1, false};
}

template <class Number>
Graph<Number> Counter<Number>::graph(const FrameKey& key) {
  count(key);
  Graph<Number> graph;
  std::vector<FrameKey> missing;
  Builder(*this, key, graph, missing).run();
  return graph;
}

template <class Number>
const FrameCount<Number>& Counter<Number>::count(const FrameKey& wanted) {
  std::vector<FrameKey> work{wanted};
  auto told = std::chrono::steady_clock::now();
  while (!work.empty()) {
    const FrameKey key = work.back();
    if (counts_.count(key) != 0) {
      work.pop_back();
      continue;
    }
    Graph<Number> graph;
    std::vector<FrameKey> missing;
    Builder(*this, key, graph, missing).run();
    if (!missing.empty()) {
      for (const FrameKey& callee : missing) {
        // Calls leave fewer frames, so only a tail can need itself.
        if (callee.bottom && std::find(work.begin(), work.end(), callee) != work.end()) {
          throw Unsupported("the table has CHECK_END in a loop, which the count does not cover");
        }
        work.push_back(callee);
      }
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    if (progress_ && now - told > std::chrono::seconds(1)) {
      told = now;
      progress_(std::to_string(counts_.size()) + " frames counted, " + std::to_string(work.size()) +
                " wait");
    }
    FrameCount<Number> solved = solve(graph);
    if (graph.key) spell_keys(*graph.key, solved);
    counts_.emplace(key, std::move(solved));
    work.pop_back();
  }
  return counts_.at(wanted);
}

template <class Number>
FrameCount<Number> Counter<Number>::solve(const Graph<Number>& graph) {
  const std::size_t nodes = graph.nodes.size();
  const std::size_t size = std::size_t{limit_} + 1;
  // Steps by their node.
  struct Place {
    std::vector<const typename Graph<Number>::Step*> steps;
    std::vector<const typename Graph<Number>::Jump*> jumps;
    std::vector<const typename Graph<Number>::End*> ends;
    std::vector<const typename Graph<Number>::Accept*> accepts;
    std::vector<const typename Graph<Number>::Tail*> tails;
    std::uint64_t steps_in = 0, jumps_in = 0;
  };
  std::vector<Place> at(nodes);
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  std::vector<Series<Number>> later(nodes);  // what calls bring, by length
  std::vector<std::size_t> landings;
  for (const auto& s : graph.steps) {
    at[index(s.from)].steps.push_back(&s);
    ++at[index(s.to)].steps_in;
  }
  for (const auto& j : graph.jumps) {
    at[index(j.from)].jumps.push_back(&j);
    ++at[index(j.to)].jumps_in;
    if (later[index(j.to)].empty()) {
      later[index(j.to)].resize(size);
      landings.push_back(index(j.to));
    }
  }
  FrameCount<Number> out;
  out.outcomes = graph.outcomes;
  out.series.resize(graph.outcomes.size());
  for (auto& series : out.series) series.resize(size);
  std::uint64_t sinks = 0;
  for (const auto& e : graph.ends) at[index(e.from)].ends.push_back(&e), ++sinks;
  for (const auto& a : graph.accepts) at[index(a.from)].accepts.push_back(&a), ++sinks;
  for (const auto& t : graph.tails) at[index(t.from)].tails.push_back(&t), sinks += size;
  const auto accepted = [&](std::uint16_t tag) -> Series<Number>& {
    Series<Number>& series = out.accepted[tag];
    if (series.empty()) series.resize(size);
    return series;
  };
  for (const Place& n : at) {
    most_additions_ = std::max(most_additions_, n.steps_in + n.jumps_in * size);
  }
  most_additions_ = std::max(most_additions_, sinks);

  std::vector<Number> now(nodes), next(nodes);
  std::vector<char> queued(nodes, 0);
  std::vector<std::size_t> active{0}, coming;
  now[0] = Number(1);
  for (std::size_t n = 0; n < size; ++n) {
    for (std::size_t i : landings) {
      if (later[i][n].zero()) continue;
      if (now[i].zero()) active.push_back(i);
      now[i].add(later[i][n]);
    }
    for (std::size_t i : active) {
      const Number value = now[i];
      now[i] = Number();
      if (value.zero()) continue;
      const Place& node = at[i];
      for (const auto* e : node.ends) {
        const std::size_t length = n + index(e->bytes);
        if (length < size) out.series[index(e->outcome)][length].add_product(value, e->ways);
      }
      for (const auto* a : node.accepts) accepted(a->tag)[n].add_product(value, a->ways);
      for (const auto* t : node.tails) {
        Series<Number>& sum = accepted(t->tag);
        const std::size_t most = std::min(t->series.size(), size - n);
        for (std::size_t k = 0; k < most; ++k) {
          if (!t->series[k].zero()) sum[n + k].add_product(value, t->series[k]);
        }
      }
      if (n + 1 == size) continue;
      for (const auto* s : node.steps) {
        const std::size_t to = index(s->to);
        if (queued[to] == 0) {
          queued[to] = 1;
          coming.push_back(to);
        }
        next[to].add_product(value, s->ways);
      }
      for (const auto* j : node.jumps) {
        Number* const sum = later[index(j->to)].data() + n;
        const Number* const ways = j->series.data();
        const std::size_t most = std::min(j->series.size(), size - n);
        for (std::size_t k = 1; k < most; ++k) {
          if (!ways[k].zero()) sum[k].add_product(value, ways[k]);
        }
      }
    }
    for (std::size_t i : coming) queued[i] = 0;
    active.swap(coming);
    coming.clear();
    now.swap(next);
  }
  return out;
}

// Multiplies each way with m keys with the sets of m different keys. sets[m][n], the number of sets of m
// keys with n bytes together, grows by one length of key at a time: j of the a keys with l bytes can be
// chosen in a over j ways.
template <class Number>
void Counter<Number>::spell_keys(const FrameKey& key, FrameCount<Number>& count) {
  const Series<Number>& spelled = counts_.at(key).series.at(0);  // with the byte behind the key
  std::vector<std::size_t> room;  // bytes that m keys may have
  for (std::size_t o = 0; o < count.outcomes.size(); ++o) {
    const std::size_t m = count.outcomes[o].keys;
    for (std::size_t n = 0; n <= limit_; ++n) {
      if (count.series[o][n].zero()) continue;
      if (room.size() <= m) room.resize(m + 1, 0);
      room[m] = std::max(room[m], limit_ - n + 1);
      break;
    }
  }
  for (std::size_t m = room.size(); m-- > 1;) room[m - 1] = std::max(room[m - 1], room[m]);
  std::vector<Series<Number>> sets(room.size());
  for (std::size_t m = 0; m < room.size(); ++m) sets[m].resize(room[m]);
  if (!sets.empty() && !sets[0].empty()) sets[0][0] = Number(1);
  for (std::size_t length = 0; length + 1 < spelled.size(); ++length) {
    const Number& keys = spelled[length + 1];
    if (keys.zero()) continue;
    std::vector<Number> choices{Number(1)};
    while (choices.size() < sets.size() && (choices.size() + 1) * length <= limit_ + length) {
      const Number next = choices.back().next_choice(keys, choices.size() - 1);
      if (next.zero()) break;
      choices.push_back(next);
    }
    for (std::size_t m = sets.size(); m-- > 1;) {
      for (std::size_t j = 1; j <= m && j < choices.size(); ++j) {
        const Series<Number>& fewer = sets[m - j];
        for (std::size_t n = 0; n < fewer.size() && n + j * length < sets[m].size(); ++n) {
          if (!fewer[n].zero()) sets[m][n + j * length].add_product(fewer[n], choices[j]);
        }
      }
    }
  }
  FrameCount<Number> out;
  for (std::size_t o = 0; o < count.outcomes.size(); ++o) {
    Outcome what = count.outcomes[o];
    const std::size_t m = what.keys;
    if (m >= sets.size()) continue;
    what.keys = 0;
    auto it = std::find(out.outcomes.begin(), out.outcomes.end(), what);
    if (it == out.outcomes.end()) {
      out.outcomes.push_back(what);
      out.series.emplace_back(limit_ + 1);
      it = std::prev(out.outcomes.end());
    }
    Series<Number>& sum = out.series[static_cast<std::size_t>(it - out.outcomes.begin())];
    for (std::size_t n = 0; n <= limit_; ++n) {
      if (count.series[o][n].zero()) continue;
      for (std::size_t k = 0; k < sets[m].size() && n + k <= limit_; ++k) {
        if (!sets[m][k].zero()) sum[n + k].add_product(count.series[o][n], sets[m][k]);
      }
    }
  }
  most_additions_ = std::max(most_additions_, std::uint64_t{limit_} * sets.size());
  count = std::move(out);
}

template <class Number>
const std::map<std::uint16_t, Series<Number>>& Counter<Number>::records(int start) {
  return count(key_of_start(start)).accepted;
}

// A coefficient is a sum of at most `most_additions_` products; each passes on the errors of its two
// factors. Along a record of n bytes at most n coefficients follow upon each other (every step has a
// byte), in and across frames, plus two for each frame's outcome and jump (again at most n).
template <>
double Counter<Exact>::relative_error() const {
  return 0;
}
template <>
double Counter<Scaled>::relative_error() const {
  const double roundings = 3.0 * (limit_ + 1.0) * (static_cast<double>(most_additions_) + 2);
  return roundings * std::numeric_limits<long double>::epsilon();
}

template class Counter<Exact>;
template class Counter<Scaled>;

}  // namespace sluice::room
