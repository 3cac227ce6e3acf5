// SPDX-License-Identifier: Apache-2.0
// Subset construction over sorted byte ranges, Moore minimization with hashing, and products. Sizes here are at most some
// ten thousand states, so the simple algorithms serve.
#include "compiler/language.hpp"

#include "compiler/partition.hpp"
#include "compiler/work_budget.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace sluice::compiler {

namespace {

// Joins adjacent edges to the same state; wants the edges sorted by low.
void join_edges(std::vector<Edge>& edges) {
  std::vector<Edge> joined;
  for (const Edge& edge : edges) {
    if (!joined.empty() && joined.back().to == edge.to && joined.back().high + 1 == edge.low) {
      joined.back().high = edge.high;
    } else {
      joined.push_back(edge);
    }
  }
  edges = std::move(joined);
}

// Keeps states that are reachable and can accept, renumbered breadth first.
Dfa trim(const Dfa& dfa) {
  const std::size_t n = dfa.states.size();
  std::vector<std::vector<int>> back(n);
  for (std::size_t s = 0; s < n; ++s) {
    for (const Edge& e : dfa.states[s].edges) back[static_cast<std::size_t>(e.to)].push_back(static_cast<int>(s));
  }
  std::vector<char> live(n, 0);
  std::deque<int> work;
  for (std::size_t s = 0; s < n; ++s) {
    if (dfa.states[s].accept) {
      live[s] = 1;
      work.push_back(static_cast<int>(s));
    }
  }
  while (!work.empty()) {
    const int s = work.front();
    work.pop_front();
    for (int p : back[static_cast<std::size_t>(s)]) {
      if (!live[static_cast<std::size_t>(p)]) {
        live[static_cast<std::size_t>(p)] = 1;
        work.push_back(p);
      }
    }
  }
  Dfa out;
  if (n == 0 || !live[0]) return out;
  std::vector<int> number(n, -1);
  std::vector<int> order{0};
  number[0] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const Edge& e : dfa.states[static_cast<std::size_t>(order[i])].edges) {
      const auto to = static_cast<std::size_t>(e.to);
      if (live[to] && number[to] < 0) {
        number[to] = static_cast<int>(order.size());
        order.push_back(e.to);
      }
    }
  }
  for (int old : order) {
    const auto& from = dfa.states[static_cast<std::size_t>(old)];
    Dfa::State state;
    state.accept = from.accept;
    for (const Edge& e : from.edges) {
      if (live[static_cast<std::size_t>(e.to)]) {
        state.edges.push_back({e.low, e.high, number[static_cast<std::size_t>(e.to)]});
      }
    }
    join_edges(state.edges);
    out.states.push_back(std::move(state));
  }
  return out;
}

// Product of two automata; a missing successor is -1. `keep(accept_a, accept_b)` decides acceptance.
Dfa product(const Dfa& a, const Dfa& b, const std::function<bool(bool, bool)>& keep, bool need_a, bool need_b,
            std::size_t budget) {
  Dfa out;
  std::map<std::pair<int, int>, int> numbers;
  std::vector<std::pair<int, int>> order;
  auto number_of = [&](int x, int y) {
    auto [it, fresh] = numbers.try_emplace({x, y}, static_cast<int>(order.size()));
    if (fresh) {
      if (order.size() >= budget) throw BudgetExceeded(budget);
      order.emplace_back(x, y);
    }
    return it->second;
  };
  number_of(a.empty() ? -1 : 0, b.empty() ? -1 : 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto [x, y] = order[i];
    static const std::vector<Edge> none;
    const auto& ea = x < 0 ? none : a.states[static_cast<std::size_t>(x)].edges;
    const auto& eb = y < 0 ? none : b.states[static_cast<std::size_t>(y)].edges;
    spend_work(4 * (ea.size() + eb.size()) + 8);
    Dfa::State state;
    state.accept = keep(x >= 0 && a.states[static_cast<std::size_t>(x)].accept,
                        y >= 0 && b.states[static_cast<std::size_t>(y)].accept);
    std::size_t ia = 0, ib = 0;
    for (int at = 0; at < 256;) {
      while (ia < ea.size() && ea[ia].high < at) ++ia;
      while (ib < eb.size() && eb[ib].high < at) ++ib;
      int end = 255;
      int tx = -1, ty = -1;
      if (ia < ea.size()) {
        if (ea[ia].low <= at) {
          tx = ea[ia].to;
          end = std::min<int>(end, ea[ia].high);
        } else {
          end = std::min<int>(end, ea[ia].low - 1);
        }
      }
      if (ib < eb.size()) {
        if (eb[ib].low <= at) {
          ty = eb[ib].to;
          end = std::min<int>(end, eb[ib].high);
        } else {
          end = std::min<int>(end, eb[ib].low - 1);
        }
      }
      const bool useful = (tx >= 0 || ty >= 0) && (!need_a || tx >= 0) && (!need_b || ty >= 0);
      if (useful) {
        state.edges.push_back({static_cast<std::uint8_t>(at), static_cast<std::uint8_t>(end), number_of(tx, ty)});
      }
      at = end + 1;
    }
    out.states.push_back(std::move(state));
  }
  return minimize(out);
}

}  // namespace

int Dfa::next(int state, std::uint8_t byte) const {
  for (const Edge& e : states[static_cast<std::size_t>(state)].edges) {
    if (byte < e.low) return -1;
    if (byte <= e.high) return e.to;
  }
  return -1;
}

bool Dfa::matches(std::string_view text) const {
  if (empty()) return false;
  int state = 0;
  for (char c : text) {
    state = next(state, static_cast<std::uint8_t>(c));
    if (state < 0) return false;
  }
  return states[static_cast<std::size_t>(state)].accept;
}

bool operator==(const Dfa& a, const Dfa& b) {
  if (a.states.size() != b.states.size()) return false;
  for (std::size_t i = 0; i < a.states.size(); ++i) {
    if (a.states[i].accept != b.states[i].accept || a.states[i].edges != b.states[i].edges) return false;
  }
  return true;
}

int Nfa::add_state() {
  states_.emplace_back();
  return static_cast<int>(states_.size()) - 1;
}

void Nfa::add_edge(int from, int low, int high, int to) {
  states_[static_cast<std::size_t>(from)].edges.push_back(
      {static_cast<std::uint8_t>(low), static_cast<std::uint8_t>(high), to});
}

void Nfa::add_epsilon(int from, int to, Anchor anchor) {
  states_[static_cast<std::size_t>(from)].epsilons.push_back({to, anchor});
}

int Nfa::add_text(int from, std::string_view text) {
  for (char c : text) {
    const int to = add_state();
    const auto byte = static_cast<std::uint8_t>(c);
    add_edge(from, byte, byte, to);
    from = to;
  }
  return from;
}

void Nfa::add_language(int from, const Dfa& language, int to) {
  if (language.empty()) return;
  const int base = static_cast<int>(states_.size());
  for (std::size_t i = 0; i < language.states.size(); ++i) add_state();
  for (std::size_t i = 0; i < language.states.size(); ++i) {
    const auto& state = language.states[i];
    for (const Edge& e : state.edges) add_edge(base + static_cast<int>(i), e.low, e.high, base + e.to);
    if (state.accept) add_epsilon(base + static_cast<int>(i), to);
  }
  add_epsilon(from, base);
}

void Nfa::close(std::vector<int>& set, bool at_begin, bool at_end) const {
  std::vector<char> seen(states_.size(), 0);
  for (int s : set) seen[static_cast<std::size_t>(s)] = 1;
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (const Epsilon& e : states_[static_cast<std::size_t>(set[i])].epsilons) {
      if (e.anchor == Anchor::begin && !at_begin) continue;
      if (e.anchor == Anchor::end && !at_end) continue;
      if (!seen[static_cast<std::size_t>(e.to)]) {
        seen[static_cast<std::size_t>(e.to)] = 1;
        set.push_back(e.to);
      }
    }
  }
  std::sort(set.begin(), set.end());
}

Dfa Nfa::determinize(int start, int accept, std::size_t budget) const {
  Dfa out;
  std::map<std::vector<int>, int> numbers;
  std::vector<const std::vector<int>*> order;
  auto number_of = [&](std::vector<int> set) {
    auto [it, fresh] = numbers.try_emplace(std::move(set), static_cast<int>(order.size()));
    if (fresh) {
      if (order.size() >= budget) throw BudgetExceeded(budget);
      order.push_back(&it->first);
    }
    return it->second;
  };
  constexpr std::size_t kMaxElements = 20'000'000;  // of all subsets together: memory
  std::size_t elements = 0;
  auto accepts = [&](std::vector<int> set, bool at_begin) {
    close(set, at_begin, true);
    return std::binary_search(set.begin(), set.end(), accept);
  };
  // The start set is keyed apart (-1 in front), since begin anchors hold only there.
  std::vector<int> first{start};
  close(first, true, false);
  std::vector<int> keyed{-1};
  keyed.insert(keyed.end(), first.begin(), first.end());
  number_of(keyed);
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::vector<int> set = *order[i];
    const bool at_begin = !set.empty() && set.front() == -1;
    if (at_begin) set.erase(set.begin());
    Dfa::State state;
    state.accept = accepts(set, at_begin);
    std::array<bool, 257> cut{};
    std::size_t edges = 0, cuts = 1;
    for (int s : set) edges += states_[static_cast<std::size_t>(s)].edges.size();
    for (int s : set) {
      for (const Edge& e : states_[static_cast<std::size_t>(s)].edges) {
        cut[e.low] = true;
        cut[static_cast<std::size_t>(e.high) + 1] = true;
      }
    }
    cuts += static_cast<std::size_t>(std::count(cut.begin(), cut.end(), true));
    elements += set.size();
    if (elements > kMaxElements) throw WorkExceeded();
    // A set is made and looked up for each cut; small ones cost their allocations.
    spend_work(500 + (cuts + 1) * (150 + states_.size() / 16 + 2 * (set.size() + edges)));
    for (int low = 0; low < 256;) {
      int high = low;
      while (high < 255 && !cut[static_cast<std::size_t>(high) + 1]) ++high;
      std::vector<int> to;
      for (int s : set) {
        for (const Edge& e : states_[static_cast<std::size_t>(s)].edges) {
          if (e.low <= low && low <= e.high) to.push_back(e.to);
        }
      }
      if (!to.empty()) {
        std::sort(to.begin(), to.end());
        to.erase(std::unique(to.begin(), to.end()), to.end());
        close(to, false, false);
        state.edges.push_back(
            {static_cast<std::uint8_t>(low), static_cast<std::uint8_t>(high), number_of(std::move(to))});
      }
      low = high + 1;
    }
    out.states.push_back(std::move(state));
  }
  return minimize(out);
}

Dfa minimize(const Dfa& input) {
  const Dfa dfa = trim(input);
  const std::size_t n = dfa.states.size();
  if (n == 0) return dfa;
  std::vector<int> group(n);
  for (std::size_t s = 0; s < n; ++s) group[s] = dfa.states[s].accept ? 1 : 0;
  std::vector<std::vector<int>> before(n);
  for (std::size_t s = 0; s < n; ++s) {
    for (const Edge& e : dfa.states[s].edges) before[static_cast<std::size_t>(e.to)].push_back(static_cast<int>(s));
  }
  group = refine(std::move(group), before, [&](std::size_t s, const std::vector<int>& groups) {
    std::vector<Edge> edges = dfa.states[s].edges;
    for (Edge& e : edges) e.to = groups[static_cast<std::size_t>(e.to)];
    join_edges(edges);
    return edges;
  });
  const int groups = *std::max_element(group.begin(), group.end()) + 1;
  Dfa merged;
  merged.states.resize(static_cast<std::size_t>(groups));
  std::vector<char> done(static_cast<std::size_t>(groups), 0);
  // trim() numbers breadth first from state 0, so put the start's group first.
  std::vector<int> rename(static_cast<std::size_t>(groups), -1);
  int used = 0;
  for (std::size_t s = 0; s < n; ++s) {
    int& name = rename[static_cast<std::size_t>(group[s])];
    if (name < 0) name = used++;
  }
  for (std::size_t s = 0; s < n; ++s) {
    const auto g = static_cast<std::size_t>(rename[static_cast<std::size_t>(group[s])]);
    if (done[g]) continue;
    done[g] = 1;
    merged.states[g].accept = dfa.states[s].accept;
    for (Edge e : dfa.states[s].edges) {
      e.to = rename[static_cast<std::size_t>(group[static_cast<std::size_t>(e.to)])];
      merged.states[g].edges.push_back(e);
    }
    join_edges(merged.states[g].edges);
  }
  return trim(merged);
}

Dfa text_language(std::string_view text) {
  Dfa out;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    Dfa::State state;
    if (i < text.size()) {
      const auto byte = static_cast<std::uint8_t>(text[i]);
      state.edges.push_back({byte, byte, static_cast<int>(i) + 1});
    } else {
      state.accept = true;
    }
    out.states.push_back(std::move(state));
  }
  return out;
}

Dfa any_of(const std::vector<std::string>& texts) {
  Nfa nfa;
  const int start = nfa.add_state();
  const int accept = nfa.add_state();
  for (const auto& text : texts) nfa.add_epsilon(nfa.add_text(start, text), accept);
  return nfa.determinize(start, accept);
}

Dfa unite(const Dfa& a, const Dfa& b) {
  return product(a, b, [](bool x, bool y) { return x || y; }, false, false, 200'000);
}

Dfa intersect(const Dfa& a, const Dfa& b, std::size_t budget) {
  return product(a, b, [](bool x, bool y) { return x && y; }, true, true, budget);
}

Dfa subtract(const Dfa& a, const Dfa& b, std::size_t budget) {
  return product(a, b, [](bool x, bool y) { return x && !y; }, true, false, budget);
}

Dfa concat(const Dfa& a, const Dfa& b) {
  Nfa nfa;
  const int start = nfa.add_state();
  const int middle = nfa.add_state();
  const int accept = nfa.add_state();
  nfa.add_language(start, a, middle);
  nfa.add_language(middle, b, accept);
  return nfa.determinize(start, accept);
}

Dfa plus(const Dfa& a) {
  Nfa nfa;
  const int start = nfa.add_state();
  const int accept = nfa.add_state();
  nfa.add_language(start, a, accept);
  nfa.add_epsilon(accept, start);
  return nfa.determinize(start, accept);
}

const Dfa& utf8_text() {
  static const Dfa language = [] {
    Nfa nfa;
    const int start = nfa.add_state();
    auto chain = [&](std::initializer_list<std::pair<int, int>> ranges) {
      int at = start;
      std::size_t i = 0;
      for (auto [low, high] : ranges) {
        const int to = ++i == ranges.size() ? start : nfa.add_state();
        nfa.add_edge(at, low, high, to);
        at = to;
      }
    };
    // RFC 3629 section 4.
    chain({{0x00, 0x7F}});
    chain({{0xC2, 0xDF}, {0x80, 0xBF}});
    chain({{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}});
    chain({{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}});
    chain({{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}});
    chain({{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}});
    chain({{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}});
    chain({{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}});
    chain({{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}});
    return nfa.determinize(start, start);
  }();
  return language;
}

Counter::Counter(Counted what, const Dfa& language) : what_(what), silent_(language.states.size(), false) {
  if (what != Counted::base64_bytes && what != Counted::host_characters) return;
  // Walks states with what decides: the place within a group of four characters, or whether the host is over.
  constexpr int kUnknown = -1;
  std::vector<int> phase(language.states.size(), kUnknown);
  std::vector<int> work;
  const auto reach = [&](int state, int value) {
    int& known = phase[static_cast<std::size_t>(state)];
    if (known == kUnknown) {
      known = value;
      work.push_back(state);
    } else if (known != value) {
      throw std::logic_error("a state is reached with different counts");
    }
  };
  if (!language.empty()) reach(0, 0);
  while (!work.empty()) {
    const int s = work.back();
    work.pop_back();
    const int here = phase[static_cast<std::size_t>(s)];
    for (const Edge& e : language.states[static_cast<std::size_t>(s)].edges) {
      if (what == Counted::base64_bytes) {
        reach(e.to, (here + 1) % 4);
      } else {
        const int stops = (e.low <= '%' && '%' <= e.high ? 1 : 0) + (e.low <= ':' && ':' <= e.high ? 1 : 0);
        if (stops > 0 || here == 1) reach(e.to, 1);
        if (here == 0 && e.high - e.low + 1 > stops) reach(e.to, 0);
      }
    }
  }
  for (std::size_t s = 0; s < phase.size(); ++s) {
    silent_[s] = what == Counted::base64_bytes ? phase[s] == 0 : phase[s] == 1;
  }
}

bool Counter::counts(int state, std::uint8_t byte) const {
  switch (what_) {
    case Counted::code_points: return starts_code_point(byte);
    case Counted::bytes: return true;
    // The second, third and fourth character of a group complete a byte each.
    case Counted::base64_bytes: return !silent_[static_cast<std::size_t>(state)] && byte != '=';
    case Counted::host_characters: return !silent_[static_cast<std::size_t>(state)] && byte != ':' && byte != '%';
  }
  return false;
}

LengthBounds length_bounds(const Dfa& language, Counted what) {
  LengthBounds bounds{0, 0};
  const std::size_t n = language.states.size();
  if (n == 0) return bounds;
  const Counter counter(what, language);
  // Shortest: 0-1 breadth first search. Longest: longest path when there is no cycle.
  constexpr std::uint64_t kFar = ~std::uint64_t{0};
  std::vector<std::uint64_t> near(n, kFar);
  std::deque<int> work{0};
  near[0] = 0;
  while (!work.empty()) {
    const auto s = static_cast<std::size_t>(work.front());
    work.pop_front();
    for (const Edge& e : language.states[s].edges) {
      const std::uint64_t cost = counter.counts(static_cast<int>(s), e.low) ? 1 : 0;
      auto& d = near[static_cast<std::size_t>(e.to)];
      if (near[s] + cost < d) {
        d = near[s] + cost;
        if (cost) {
          work.push_back(e.to);
        } else {
          work.push_front(e.to);
        }
      }
    }
  }
  bounds.shortest = kFar;
  for (std::size_t s = 0; s < n; ++s) {
    if (language.states[s].accept) bounds.shortest = std::min(bounds.shortest, near[s]);
  }
  // Kahn's order finds a cycle. One that counts nothing (behind a host) passes for one that does: the bound is then not used.
  std::vector<int> indegree(n, 0);
  for (const auto& state : language.states) {
    for (const Edge& e : state.edges) ++indegree[static_cast<std::size_t>(e.to)];
  }
  std::vector<std::uint64_t> longest(n, 0);
  std::vector<int> order;
  if (indegree[0] == 0) order.push_back(0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto s = static_cast<std::size_t>(order[i]);
    for (const Edge& e : language.states[s].edges) {
      const auto to = static_cast<std::size_t>(e.to);
      longest[to] = std::max(longest[to], longest[s] + (counter.counts(static_cast<int>(s), e.low) ? 1 : 0));
      if (--indegree[to] == 0) order.push_back(e.to);
    }
  }
  if (order.size() != n) {
    bounds.longest.reset();
  } else {
    bounds.longest = *std::max_element(longest.begin(), longest.end());
  }
  return bounds;
}

Dfa restrict_length(const Dfa& language, Counted what, std::uint64_t min, std::optional<std::uint64_t> max, std::size_t budget) {
  const std::uint64_t top = max ? *max : min;
  if (top > budget) throw BudgetExceeded(budget);
  if (language.empty()) return language;
  const Counter counter(what, language);
  Dfa out;
  std::map<std::pair<int, std::uint64_t>, int> known;
  std::vector<std::pair<int, std::uint64_t>> states;
  const auto number = [&](int state, std::uint64_t count) {
    const auto [place, fresh] = known.emplace(std::pair(state, count), static_cast<int>(states.size()));
    if (fresh) {
      if (states.size() >= budget) throw BudgetExceeded(budget);
      states.emplace_back(state, count);
    }
    return place->second;
  };
  number(0, 0);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto [s, count] = states[i];
    const Dfa::State& from = language.states[static_cast<std::size_t>(s)];
    spend_work(4 * from.edges.size() + 8);
    out.states.emplace_back();
    out.states.back().accept = from.accept && count >= min;
    for (const Edge& e : from.edges) {
      std::uint64_t next = count + (counter.counts(s, e.low) ? 1 : 0);
      if (next > top) {
        if (max) continue;
        next = top;
      }
      out.states.back().edges.push_back({e.low, e.high, number(e.to, next)});
    }
  }
  return minimize(out);
}

bool has_length(const Dfa& language, Counted what, std::uint64_t min, std::optional<std::uint64_t> max) {
  if (language.empty() || (max && *max < min)) return false;
  const Counter counter(what, language);
  // The states after texts of exactly `count`, for one count after the other; behind a minimum without maximum counts no longer matter.
  std::vector<char> here(language.states.size(), 0), later(language.states.size(), 0);
  std::vector<int> work{0}, next;
  here[0] = 1;
  for (std::uint64_t count = 0; !work.empty(); ++count) {
    if (max && count > *max) return false;
    next.clear();
    for (std::size_t i = 0; i < work.size(); ++i) {
      const auto s = static_cast<std::size_t>(work[i]);
      if (count >= min && language.states[s].accept) return true;
      spend_work(2 * language.states[s].edges.size() + 2);
      for (const Edge& e : language.states[s].edges) {
        const bool more = counter.counts(work[i], e.low) && (count < min || max);
        auto& seen = (more ? later : here)[static_cast<std::size_t>(e.to)];
        if (seen) continue;
        seen = 1;
        (more ? next : work).push_back(e.to);
      }
    }
    for (const int s : work) here[static_cast<std::size_t>(s)] = 0;
    std::swap(here, later);
    std::swap(work, next);
  }
  return false;
}

std::string dump(const Dfa& dfa) {
  std::string out;
  auto byte = [](std::uint8_t b) {
    static const char* hex = "0123456789ABCDEF";
    if (b > 0x20 && b < 0x7F && b != '-' && b != '\\') return std::string(1, static_cast<char>(b));
    return std::string("\\x") + hex[b >> 4] + hex[b & 15];
  };
  for (std::size_t i = 0; i < dfa.states.size(); ++i) {
    out += std::to_string(i) + (dfa.states[i].accept ? "*" : "") + ":";
    for (const Edge& e : dfa.states[i].edges) {
      out += " " + byte(e.low) + (e.high != e.low ? "-" + byte(e.high) : "") + ">" + std::to_string(e.to);
    }
    out += "\n";
  }
  return out;
}

}  // namespace sluice::compiler
