// SPDX-License-Identifier: Apache-2.0
#include "verify/speller.hpp"

#include <algorithm>
#include <queue>
#include <set>

namespace sluice::verify {

namespace {

template <typename Item>
using Cheapest = std::priority_queue<std::pair<std::uint32_t, Item>, std::vector<std::pair<std::uint32_t, Item>>,
                                     std::greater<std::pair<std::uint32_t, Item>>>;

}  // namespace

Speller::Speller(const Graph& graph, std::uint32_t bound, std::uint64_t seed) : graph_(graph), lengths_(graph, bound), rng_(seed) {
  find_inside();
  find_contexts();
}

std::uint32_t Speller::callee_least(const Edge& edge, int exit) const {
  const int entry = graph_.parts()[at(edge.part)].entry;
  if (edge.length < 0) return lengths_.least(entry, exit);
  const auto length = static_cast<std::uint32_t>(edge.length);
  return lengths_.can(entry, exit, length) ? length : kNever;
}

void Speller::find_inside() {
  inside_.assign(graph_.nodes().size(), {});
  for (const Part& part : graph_.parts()) {
    Cheapest<int> queue;
    inside_[at(part.entry)].cost = 0;
    queue.emplace(0, part.entry);
    while (!queue.empty()) {
      const auto [cost, number] = queue.top();
      queue.pop();
      if (cost != inside_[at(number)].cost) continue;
      const auto reach = [&](int to, std::uint32_t more, From from) {
        if (more >= kNever || cost + more >= inside_[at(to)].cost) return;
        from.cost = cost + more;
        inside_[at(to)] = from;
        queue.emplace(from.cost, to);
      };
      const auto& edges = graph_.nodes()[at(number)].edges;
      for (std::size_t e = 0; e < edges.size(); ++e) {
        if (edges[e].kind == Edge::Kind::next) reach(edges[e].to, 1, {0, number, static_cast<int>(e), -1, -1});
        for (auto [exit, back] : edges[e].returns) {
          const std::uint32_t least = callee_least(edges[e], exit);
          if (least < kNever) reach(back, least + 1, {0, number, static_cast<int>(e), exit, back});
        }
      }
    }
  }
}

void Speller::find_contexts() {
  const auto& parts = graph_.parts();
  Cheapest<std::pair<int, int>> queue;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    contexts_.emplace_back(parts[p].exits.size());
    outside_.emplace_back(parts[p].exits.size(), kNever);
    if (!parts[p].bottom) continue;
    for (std::size_t x = 0; x < parts[p].exits.size(); ++x) {
      outside_[p][x] = 0;
      queue.emplace(0, std::pair{static_cast<int>(p), static_cast<int>(x)});
    }
  }
  while (!queue.empty()) {
    const auto [cost, place] = queue.top();
    queue.pop();
    const auto [part, exit] = place;
    if (cost != outside_[at(part)][at(exit)]) continue;
    for (int n : parts[at(part)].nodes) {
      if (inside_[at(n)].cost >= kNever) continue;
      const auto& edges = graph_.nodes()[at(n)].edges;
      for (std::size_t e = 0; e < edges.size(); ++e) {
        for (auto [out, back] : edges[e].returns) {
          const std::uint32_t behind = lengths_.least(back, exit);
          if (behind >= kNever) continue;
          const std::uint32_t total = cost + inside_[at(n)].cost + 1 + behind;
          Context& best = contexts_[at(edges[e].part)][at(out)][edges[e].length];
          if (total < best.cost) best = {total, n, static_cast<int>(e), back, exit};
          std::uint32_t& least = outside_[at(edges[e].part)][at(out)];
          if (total < least) {
            least = total;
            queue.emplace(total, std::pair{edges[e].part, out});
          }
        }
      }
    }
  }
}

std::uint32_t Speller::cost(int node, int edge) const {
  const Edge& e = edge_of(node, edge);
  const int part = graph_.nodes()[at(node)].part;
  const std::uint32_t before = inside_[at(node)].cost;
  std::uint32_t best = kNever;
  for (std::size_t x = 0; x < graph_.parts()[at(part)].exits.size(); ++x) {
    const std::uint32_t outside = outside_[at(part)][x];
    if (outside >= kNever || before >= kNever) continue;
    const int exit = static_cast<int>(x);
    if (e.kind == Edge::Kind::leave && e.exit == exit) best = std::min(best, before + outside + (e.consumes ? 1 : 0));
    if (e.kind == Edge::Kind::next && lengths_.least(e.to, exit) < kNever) best = std::min(best, before + outside + 1 + lengths_.least(e.to, exit));
    for (auto [out, back] : e.returns) {
      const std::uint32_t callee = callee_least(e, out), behind = lengths_.least(back, exit);
      if (callee < kNever && behind < kNever) best = std::min(best, before + outside + 1 + callee + behind);
    }
  }
  return best <= lengths_.bound() ? best : kNever;
}

std::uint32_t Speller::pick(int node, int exit, std::size_t attempt) const {
  std::uint32_t length = lengths_.least(node, exit);
  if (attempt == 0 || length >= kNever) return length;
  for (std::size_t more = below(1 + std::min<std::size_t>(attempt, 12)); more > 0; --more) {
    const std::uint32_t next = lengths_.next(node, exit, length + 1);
    if (next >= kNever) break;
    length = next;
  }
  return length;
}

// Bytes from `node` to `exit`, so that a part called by CALL_LEN gets a length that a caller has.
std::optional<std::uint32_t> Speller::pick_behind(int part, int node, int exit, std::uint32_t before, std::size_t attempt) const {
  if (!graph_.parts()[at(part)].by_length) {
    const std::uint32_t length = pick(node, exit, attempt);
    return length < kNever ? std::optional(length) : std::nullopt;
  }
  std::size_t skip = attempt == 0 ? 0 : below(1 + std::min<std::size_t>(attempt, 12));
  std::optional<std::uint32_t> last;
  for (std::uint32_t length = lengths_.next(node, exit, 0); length < kNever; length = lengths_.next(node, exit, length + 1)) {
    if (!contexts_[at(part)][at(exit)].contains(static_cast<std::int32_t>(before + length))) continue;
    last = length;
    if (skip-- == 0) break;
  }
  return last;
}

void Speller::inside(int node, std::size_t attempt, std::string& out) const {
  std::vector<const From*> way;
  for (int n = node; inside_[at(n)].node >= 0; n = inside_[at(n)].node) way.push_back(&inside_[at(n)]);
  for (auto it = way.rbegin(); it != way.rend(); ++it) {
    const Edge& e = edge_of((*it)->node, (*it)->edge);
    out += byte_of(e);
    if (e.kind == Edge::Kind::call) callee(e, (*it)->exit, attempt, out);
  }
}

void Speller::callee(const Edge& edge, int exit, std::size_t attempt, std::string& out) const {
  const int entry = graph_.parts()[at(edge.part)].entry;
  exactly(entry, exit, edge.length >= 0 ? static_cast<std::uint32_t>(edge.length) : pick(entry, exit, attempt), out);
}

// Calls nest as deep as the length allows, which the bound does.
void Speller::exactly(int node, int exit, std::uint32_t length, std::string& out) const {
  struct Choice {
    const Edge* edge;
    int exit, back;
    std::uint32_t callee;
  };
  std::vector<Choice> choices;
  for (;;) {
    choices.clear();
    for (const Edge& e : graph_.nodes()[at(node)].edges) {
      if (e.kind == Edge::Kind::leave) {
        if (e.exit == exit && length == (e.consumes ? 1U : 0U)) choices.push_back({&e, -1, -1, 0});
      } else if (length == 0) {
        continue;
      } else if (e.kind == Edge::Kind::next) {
        if (lengths_.can(e.to, exit, length - 1)) choices.push_back({&e, -1, e.to, 0});
      } else {
        const int entry = graph_.parts()[at(e.part)].entry;
        for (auto [x, back] : e.returns) {
          std::uint32_t first = e.length >= 0 ? static_cast<std::uint32_t>(e.length) : 0;
          std::size_t found = 0;
          Choice choice{&e, x, back, 0};
          for (std::uint32_t l = lengths_.next(entry, x, first); l < length && found < 16; l = lengths_.next(entry, x, l + 1)) {
            if (e.length >= 0 && l != first) break;
            if (!lengths_.can(back, exit, length - 1 - l)) continue;
            if (below(++found) == 0) choice.callee = l;
          }
          if (found > 0) choices.push_back(choice);
        }
      }
    }
    if (choices.empty()) return;  // not asked for what cannot be
    const Choice choice = choices[below(choices.size())];
    if (choice.edge->consumes) out += byte_of(*choice.edge);
    if (choice.edge->kind == Edge::Kind::leave) return;
    if (choice.edge->kind == Edge::Kind::call) exactly(graph_.parts()[at(choice.edge->part)].entry, choice.exit, choice.callee, out);
    length -= 1 + choice.callee;
    node = choice.back;
  }
}

// Puts callers around what a part spells, until a bottom frame stands.
std::optional<Spelled> Speller::around(int part, int exit, std::string text, std::size_t attempt) const {
  while (!graph_.parts()[at(part)].bottom) {
    const Contexts& contexts = contexts_[at(part)][at(exit)];
    const auto found = contexts.find(graph_.parts()[at(part)].by_length ? static_cast<std::int32_t>(text.size()) : -1);
    const auto any = found != contexts.end() ? found : contexts.find(-1);
    if (any == contexts.end() || text.size() > lengths_.bound()) return std::nullopt;
    const Context& context = any->second;
    const int caller = graph_.nodes()[at(context.node)].part;
    std::string whole;
    inside(context.node, attempt, whole);
    whole += byte_of(edge_of(context.node, context.edge));
    whole += text;
    const auto behind = pick_behind(caller, context.back, context.exit, static_cast<std::uint32_t>(whole.size()), attempt);
    if (!behind) return std::nullopt;
    exactly(context.back, context.exit, *behind, whole);
    text = std::move(whole);
    part = caller;
    exit = context.exit;
  }
  return Spelled{graph_.parts()[at(part)].first, std::move(text)};
}

std::optional<Spelled> Speller::through(int node, int edge, int byte, std::size_t attempt) const {
  const Edge& e = edge_of(node, edge);
  const int part = graph_.nodes()[at(node)].part;
  if (inside_[at(node)].cost >= kNever) return std::nullopt;
  struct Way {
    std::uint32_t cost;
    int out, back, exit;
  };
  std::vector<Way> ways;
  for (std::size_t x = 0; x < graph_.parts()[at(part)].exits.size(); ++x) {
    const int exit = static_cast<int>(x);
    const std::uint32_t outside = outside_[at(part)][x];
    if (outside >= kNever) continue;
    if (e.kind == Edge::Kind::leave && e.exit == exit) ways.push_back({outside, -1, -1, exit});
    if (e.kind == Edge::Kind::next && lengths_.least(e.to, exit) < kNever) ways.push_back({outside + lengths_.least(e.to, exit), -1, e.to, exit});
    for (auto [out, back] : e.returns) {
      const std::uint32_t callee_bytes = callee_least(e, out), behind = lengths_.least(back, exit);
      if (callee_bytes < kNever && behind < kNever) ways.push_back({outside + callee_bytes + behind, out, back, exit});
    }
  }
  if (ways.empty()) return std::nullopt;
  std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) { return a.cost < b.cost; });
  const Way& way = attempt == 0 ? ways[0] : ways[below(std::min<std::size_t>(ways.size(), 1 + attempt))];
  std::string text;
  inside(node, attempt, text);
  if (e.consumes) text += byte >= 0 ? static_cast<char>(byte) : byte_of(e);
  // A pending symbol that this edge leaves unread is the byte asked for, where the next one reads it: `around` takes any of its kind.
  if (e.kind == Edge::Kind::call) callee(e, way.out, attempt, text);
  if (way.back >= 0) {
    const auto behind = pick_behind(part, way.back, way.exit, static_cast<std::uint32_t>(text.size()), attempt);
    if (!behind) return std::nullopt;
    exactly(way.back, way.exit, *behind, text);
  }
  return around(part, way.exit, std::move(text), attempt);
}

std::optional<Spelled> Speller::with_left(int node, int edge, std::uint32_t left) const {
  const Edge& e = edge_of(node, edge);
  const int part_number = graph_.nodes()[at(node)].part;
  const Part& part = graph_.parts()[at(part_number)];
  if (inside_[at(node)].cost >= kNever || e.kind == Edge::Kind::call) return std::nullopt;
  if (part.bottom) {
    if (e.kind != Edge::Kind::next || !lengths_.can(e.to, 0, left)) return std::nullopt;
    std::string text;
    inside(node, 1, text);
    text += byte_of(e);
    exactly(e.to, 0, left, text);
    return Spelled{part.first, text};
  }
  for (std::size_t x = 0; x < part.exits.size(); ++x) {
    const int exit = static_cast<int>(x);
    std::uint32_t own = 0;
    if (e.kind == Edge::Kind::leave ? e.exit != exit : (own = lengths_.least(e.to, exit)) >= kNever) continue;
    for (auto [caller, number] : part.callers) {
      const int outer = graph_.nodes()[at(caller)].part;
      if (!graph_.parts()[at(outer)].bottom || inside_[at(caller)].cost >= kNever || own > left) continue;
      for (auto [out, back] : edge_of(caller, number).returns) {
        if (out != exit || !lengths_.can(back, 0, left - own)) continue;
        std::string text;
        inside(caller, 1, text);
        text += byte_of(edge_of(caller, number));
        inside(node, 0, text);
        if (e.consumes) text += byte_of(e);
        if (e.kind == Edge::Kind::next) exactly(e.to, exit, own, text);
        exactly(back, 0, left - own, text);
        return Spelled{graph_.parts()[at(outer)].first, text};
      }
    }
  }
  return std::nullopt;
}

bool Speller::length_fits(int node, int edge) const {
  const int number = graph_.nodes()[at(node)].part;
  const Part& part = graph_.parts()[at(number)];
  std::set<std::pair<int, std::uint32_t>> wanted;  // exit, length
  for (std::size_t x = 0; x < part.exits.size(); ++x) {
    for (const auto& [length, context] : contexts_[at(number)][x]) {
      if (length >= 0 && static_cast<std::uint32_t>(length) <= bound()) wanted.emplace(static_cast<int>(x), static_cast<std::uint32_t>(length));
    }
  }
  if (!part.by_length || wanted.empty()) return true;
  std::uint32_t longest = 0;
  for (const auto& [exit, length] : wanted) longest = std::max(longest, length);
  // By bytes from the part's entry: the nodes that are reached. What passes the edge must end at a wanted length.
  std::vector<std::set<int>> reached(longest + 1);
  reached[0].insert(part.entry);
  const auto ends = [&](int from, std::uint32_t length) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) { return w.second >= length && lengths_.can(from, w.first, w.second - length); });
  };
  for (std::uint32_t length = 0; length <= longest; ++length) {
    for (int n : reached[length]) {
      const auto& edges = graph_.nodes()[at(n)].edges;
      for (std::size_t i = 0; i < edges.size(); ++i) {
        const Edge& e = edges[i];
        const bool asked = n == node && static_cast<int>(i) == edge;
        if (e.kind == Edge::Kind::leave) {
          if (asked && wanted.contains({e.exit, length + (e.consumes ? 1 : 0)})) return true;
        } else if (e.kind == Edge::Kind::next) {
          if (asked && ends(e.to, length + 1)) return true;
          if (length < longest) reached[length + 1].insert(e.to);
        } else {
          const int entry = graph_.parts()[at(e.part)].entry;
          for (auto [x, back] : e.returns) {
            const bool by_length = e.length >= 0;
            for (std::uint32_t l = lengths_.next(entry, x, by_length ? static_cast<std::uint32_t>(e.length) : 0); l < kNever && length + 1 + l <= longest;
                 l = lengths_.next(entry, x, l + 1)) {
              if (by_length && l != static_cast<std::uint32_t>(e.length)) break;
              if (asked && ends(back, length + 1 + l)) return true;
              reached[length + 1 + l].insert(back);
            }
          }
        }
      }
    }
  }
  return false;
}

std::optional<Spelled> Speller::random(std::uint16_t start, std::uint32_t length) const {
  for (int bottom : graph_.bottoms()) {
    const Part& part = graph_.parts()[at(bottom)];
    if (part.first != start || part.exits.empty()) continue;
    std::uint32_t exact = lengths_.next(part.entry, 0, length);
    if (exact >= kNever) exact = lengths_.least(part.entry, 0);
    if (exact >= kNever) return std::nullopt;
    std::string text;
    exactly(part.entry, 0, exact, text);
    return Spelled{start, text};
  }
  return std::nullopt;
}

}  // namespace sluice::verify
