// SPDX-License-Identifier: Apache-2.0
// From the outside in: path, query, headers, body. Nesting is bounded by the image's depth limit, and
// the number of rows by a budget: beyond it a message has one row of its own.
#include "room/fields.hpp"

#include <set>

#include "room/number.hpp"

namespace sluice::room {

using compiler::Place;
using layout::Control;
using layout::RegisterOp;

namespace {

constexpr std::size_t kRowBudget = 10'000;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

// The part of a graph that `start` reaches without the steps and jumps that `ends` names; a node that has
// one of them accepts, with its number as the tag. `order`: the nodes of the graph, by number less 1.
template <class Number>
Graph<Number> until(const Graph<Number>& graph, int start, const std::function<bool(const Node&, const Node&, const Edge*)>& ends,
                    std::vector<int>& order) {
  std::vector<std::vector<const typename Graph<Number>::Step*>> steps(graph.nodes.size());
  std::vector<std::vector<const typename Graph<Number>::Jump*>> jumps(graph.nodes.size());
  for (const auto& step : graph.steps) steps[at(step.from)].push_back(&step);
  for (const auto& jump : graph.jumps) jumps[at(jump.from)].push_back(&jump);
  Graph<Number> out;
  order = {start};
  std::map<int, int> numbers{{start, 0}};
  const auto number = [&](int node) {
    const auto [it, fresh] = numbers.try_emplace(node, static_cast<int>(order.size()));
    if (fresh) order.push_back(node);
    return it->second;
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const int node = order[i], here = static_cast<int>(i);
    const Node& from = graph.nodes[at(node)];
    out.nodes.push_back(from);
    bool accepts = false;
    for (const auto* step : steps[at(node)]) {
      const bool end = ends(from, graph.nodes[at(step->to)], nullptr);
      accepts = accepts || end;
      if (!end) out.steps.push_back({here, number(step->to), step->ways});
    }
    for (const auto* jump : jumps[at(node)]) {
      const bool end = ends(from, graph.nodes[at(jump->to)], jump->edge);
      accepts = accepts || end;
      if (!end) out.jumps.push_back({here, number(jump->to), jump->series, jump->edge});
    }
    if (accepts && i < 0xFFFF) out.accepts.push_back({here, static_cast<std::uint16_t>(i + 1), Number(1)});
  }
  return out;
}

// Names in the query are percent-encoded.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

template <class Number>
Place FieldWalk<Number>::place(int number) const {
  const auto known = symbols_.place(counter_.machine().pipeline, state(number).base);
  if (!known) throw std::runtime_error("the symbol map does not know a state of the image; are they of one compilation?");
  return *known;
}

template <class Number>
const typename FieldWalk<Number>::Frame& FieldWalk<Number>::frame(const FrameKey& key) {
  const auto [it, fresh] = frames_.try_emplace(key);
  Frame& frame = it->second;
  if (!fresh) return frame;
  frame.graph = counter_.graph(key);
  frame.from_start = distances(frame.graph, {{0, 0}}, true);
  std::vector<std::pair<int, std::uint32_t>> ends;
  for (const auto& end : frame.graph.ends) ends.emplace_back(end.from, static_cast<std::uint32_t>(end.bytes));
  frame.to_end = distances(frame.graph, ends, false);
  return frame;
}

template <class Number>
std::vector<std::uint32_t> FieldWalk<Number>::to_tag(const Graph<Number>& bottom, std::uint16_t tag) const {
  std::vector<std::pair<int, std::uint32_t>> ends;
  for (const auto& accept : bottom.accepts) {
    if (accept.tag == tag) ends.emplace_back(accept.from, 0);
  }
  for (const auto& tail : bottom.tails) {
    if (tail.tag == tag) ends.emplace_back(tail.from, shortest(tail.series));
  }
  return distances(bottom, ends, false);
}

// Names that are spelled byte by byte from `root`, as far as the states stand in `places`. A name ends
// with the symbol that sets the rank.
template <class Number>
std::vector<typename FieldWalk<Number>::Name> FieldWalk<Number>::names(int root, const std::vector<Place>& places) const {
  std::vector<Name> out;
  std::vector<std::pair<int, std::string>> work{{root, ""}};
  std::set<int> seen{root};
  for (std::size_t i = 0; i < work.size(); ++i) {
    const auto [here, text] = work[i];
    for (const Edge& edge : state(here).edges) {
      if (edge.register_op == RegisterOp::SET || edge.register_op == RegisterOp::SET_AGAIN) {
        out.push_back({text, here, &edge});
      } else if (edge.control == Control::NEXT && edge.bytes == 1) {
        const Place next = place(edge.next);
        if (std::find(places.begin(), places.end(), next) == places.end() || !seen.insert(edge.next).second) continue;
        const auto byte = counter_.machine().letters[at(edge.letters.front())].front();
        work.emplace_back(edge.next, text + static_cast<char>(byte));
      }
    }
  }
  return out;
}

// One path twice - two statuses with one message - has the wider of its rows.
template <class Number>
void FieldWalk<Number>::put(const std::string& path, const Number& spellings) {
  const auto [it, fresh] = found_.try_emplace(path, spellings);
  if (!fresh && spellings.log2() > it->second.log2()) it->second = spellings;
}

template <class Number>
Number FieldWalk<Number>::sum(const Series<Number>& series, std::uint32_t most) const {
  Number out;
  for (std::size_t k = 0; k < series.size() && k <= most; ++k) out.add(series[k]);
  return out;
}

// All texts of a call, its own byte included, by length. A text that ends in front of a letter counts
// once, however many letters may follow.
template <class Number>
Series<Number> FieldWalk<Number>::values(const Edge& edge, const FrameKey& caller) {
  Series<Number> out(limit() + 1);
  if (caller.frames_left == 0) return out;
  const FrameCount<Number>& count = counter_.count(counter_.key_of_call(edge.next, caller.frames_left));
  for (std::size_t o = 0; o < count.outcomes.size(); ++o) {
    bool read = count.outcomes[o].look < 0;
    if (!read) {
      for (const auto& [letter, where] : counter_.look(count.outcomes[o].look)) {
        read = read || state(where < 0 ? edge.back : where).edge_of[at(letter)] >= 0;
      }
    }
    if (!read) continue;
    for (std::size_t k = 0; k < limit(); ++k) out[k + 1].add_product(count.series[o][k], Number(edge.bytes));
  }
  return out;
}

template <class Number>
std::map<std::string, Number> FieldWalk<Number>::fields(int start, std::uint16_t tag, bool protobuf) {
  found_.clear();
  open_.clear();
  const FrameKey key = counter_.key_of_start(start);
  const Frame& bottom = frame(key);
  const Graph<Number>& graph = bottom.graph;
  const std::vector<std::uint32_t> rest = to_tag(graph, tag);
  path(graph, rest, tag);

  // Query and headers are called from here; each callee once, from where it leaves most room.
  struct Call {
    const Edge* edge;
    std::uint32_t before = kNoWay, least = kNoWay;
    std::map<int, std::uint32_t> behind;  // by the tail that the callee leaves
  };
  std::map<std::pair<int, int>, Call> calls;
  for (const auto& jump : graph.jumps) {
    const std::uint32_t before = bottom.from_start[at(jump.from)] + 1, behind = rest[at(jump.to)];
    if (before >= kNoWay || behind >= kNoWay) continue;
    const Place callee = place(jump.edge->next);
    if (callee != Place::query_name && callee != Place::header_name) continue;
    Call& call = calls.try_emplace({jump.edge->next, jump.edge->back}, Call{jump.edge, kNoWay, kNoWay, {}}).first->second;
    call.before = std::min(call.before, before);
    call.least = std::min(call.least, before + behind);
    auto& tail = call.behind.try_emplace(graph.nodes[at(jump.to)].tail, kNoWay).first->second;
    tail = std::min(tail, behind);
  }
  for (const auto& [where, call] : calls) {
    if (place(call.edge->next) == Place::query_name) {
      if (call.least <= limit()) query(*call.edge, key, limit() - call.least);
    } else {
      header(*call.edge, key, call.before, call.behind);
    }
  }
  if (counter_.machine().pipeline == layout::Pipeline::RESPONSE) {
    std::vector<int> order;
    const auto count = counter_.solve(until<Number>(
        graph, 0, [&](const Node&, const Node&, const Edge* call) { return call != nullptr && place(call->next) == Place::header_name; }, order));
    Number lines;
    for (const auto& [number, series] : count.accepted) lines.add(sum(series, limit()));
    put(":status", lines);
  }
  // Bodies, by the state that they start in: the longest that some head allows.
  std::map<int, std::uint32_t> bodies;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::uint32_t before = bottom.from_start[i];
    if (graph.nodes[i].tail < 0 || rest[i] >= kNoWay || before > limit()) continue;
    std::uint32_t most = limit() - before;
    while (most > 0 && counter_.ways(graph.nodes[i].tail, most).zero()) --most;
    auto& known = bodies[graph.nodes[i].state];
    known = std::max(known, most);
  }
  for (const auto& [body_start, most] : bodies) {
    if (protobuf) {
      binary_body(body_start, key, most);
    } else {
      body(body_start, key, most);
    }
  }
  return std::move(found_);
}

// The path's spellings: all ways to where the query or the version begins.
template <class Number>
void FieldWalk<Number>::path(const Graph<Number>& bottom, const std::vector<std::uint32_t>& rest, std::uint16_t tag) {
  if (counter_.machine().pipeline != layout::Pipeline::REQUEST) return;
  // The least bytes behind each end of a path.
  std::vector<std::uint32_t> behind(bottom.nodes.size(), kNoWay);
  const auto ends = [&](const Node& from, const Node& to, const Edge* call) {
    if (call != nullptr) return place(call->next) == Place::query_name;
    return from.tag == 0 && to.tag != 0;
  };
  const auto note = [&](int from, int to, std::uint32_t bytes, const Edge* call) {
    if (rest[at(to)] >= kNoWay || !ends(bottom.nodes[at(from)], bottom.nodes[at(to)], call)) return;
    behind[at(from)] = std::min(behind[at(from)], bytes + rest[at(to)]);
  };
  for (const auto& step : bottom.steps) note(step.from, step.to, 1, nullptr);
  for (const auto& jump : bottom.jumps) note(jump.from, jump.to, shortest(jump.series), jump.edge);
  std::vector<int> order;
  const auto count = counter_.solve(until<Number>(bottom, 0, ends, order));
  Number paths;
  for (const auto& [number, series] : count.accepted) {
    const std::uint32_t least = behind[at(order[number - 1U])];
    if (least <= limit()) paths.add(sum(series, limit() - least));
  }
  const auto& parts = symbols_.facts().endpoints.at(tag - 1U).path;
  std::string name = ":path";
  const auto variable = [](const auto& part) { return part.variable.has_value(); };
  if (std::count_if(parts.begin(), parts.end(), variable) == 1) {
    name = std::find_if(parts.begin(), parts.end(), variable)->name;
  }
  put(name, paths);
}

template <class Number>
void FieldWalk<Number>::query(const Edge& call, const FrameKey& caller, std::uint32_t most) {
  const Frame& q = frame(counter_.key_of_call(call.next, caller.frames_left));
  const FrameKey key = counter_.key_of_call(call.next, caller.frames_left);
  for (const Name& name : names(call.next, {Place::query_name, Place::query_value})) {
    if (!name.edge->calls()) continue;
    std::uint32_t least = kNoWay;  // bytes of the query besides the value
    for (const auto& jump : q.graph.jumps) {
      if (jump.edge != name.edge) continue;
      least = std::min(least, q.from_start[at(jump.from)] + 1 + q.to_end[at(jump.to)]);
    }
    if (least > most) continue;
    Series<Number> texts = values(*name.edge, key);
    texts.erase(texts.begin());  // "="
    if (name.edge->register_op == RegisterOp::SET_AGAIN) {
      // A list: each further text costs '&', the name and '=' too.
      const std::size_t more = name.text.size() + 2;
      const Series<Number> single = texts;
      for (std::size_t n = 0; n < texts.size(); ++n) {
        if (texts[n].zero()) continue;
        for (std::size_t k = 0; n + more + k < texts.size(); ++k) {
          texts[n + more + k].add_product(texts[n], single[k]);
        }
      }
    }
    Number spellings = sum(texts, most - least);
    spellings.add(Number(1));  // a default is absent
    put(decoded(name.text), spellings);
  }
}

template <class Number>
void FieldWalk<Number>::header(const Edge& call, const FrameKey& caller, std::uint32_t before,
                               const std::map<int, std::uint32_t>& behind) {
  FrameKey key = counter_.key_of_call(call.next, caller.frames_left);
  if (counter_.analysis().accumulator_lives(call.next)) {
    key.accumulator = counter_.key_of_start(counter_.machine().starts.front()).accumulator;
  }
  const Frame& h = frame(key);
  std::vector<std::pair<int, std::uint32_t>> ends;
  for (const auto& end : h.graph.ends) {
    const auto it = behind.find(h.graph.outcomes[at(end.outcome)].tail);
    if (it != behind.end()) ends.emplace_back(end.from, static_cast<std::uint32_t>(end.bytes) + it->second);
  }
  const auto rest = distances(h.graph, ends, false);
  for (const Name& name : names(call.next, {Place::header_name})) {
    if (name.text == "content-length") continue;  // the body's length says it
    // From the value's first node to the nodes that stand before its line end.
    int first = -1;
    std::vector<std::uint32_t> after(h.graph.nodes.size(), kNoWay);
    for (const auto& step : h.graph.steps) {
      const Node& to = h.graph.nodes[at(step.to)];
      const Node& from = h.graph.nodes[at(step.from)];
      if (from.state == name.edge->next && from.r == name.edge->register_arg && rest[at(step.to)] < kNoWay) {
        first = first < 0 || h.from_start[at(step.to)] < h.from_start[at(first)] ? step.to : first;
      }
      if (place(to.state) == Place::line_end) after[at(step.from)] = std::min(after[at(step.from)], 1 + rest[at(step.to)]);
    }
    if (first < 0) continue;
    std::vector<int> order;
    const auto count = counter_.solve(until<Number>(
        h.graph, first, [&](const Node&, const Node& to, const Edge*) { return place(to.state) == Place::line_end; }, order));
    Number spellings;
    for (const auto& [number, series] : count.accepted) {
      const std::uint32_t least = before + h.from_start[at(first)] + after[at(order[number - 1U])];
      if (least <= limit()) spellings.add(sum(series, limit() - least));
    }
    const auto without = distances<Number>(h.graph, {{0, before}}, true, [&](const auto& step) {
      return h.graph.nodes[at(step.from)].state == name.state && h.graph.nodes[at(step.to)].state == name.edge->next;
    });
    const bool absent = std::any_of(ends.begin(), ends.end(), [&](const auto& end) {
      return without[at(end.first)] + end.second <= limit();
    });
    if (absent) spellings.add(Number(1));
    put("header." + name.text, spellings);
  }
}

template <class Number>
void FieldWalk<Number>::body(int start, const FrameKey& caller, std::uint32_t most) {
  bool empty = false, calls = false;
  for (const Edge& edge : state(start).edges) {
    empty = empty || edge.control == Control::ACCEPT;
    calls = calls || edge.calls();
  }
  // A body that is one field has its name.
  const auto subjects = symbols_.subjects(counter_.machine().pipeline, state(start).base);
  if (calls) value(subjects.size() == 1 ? subjects[0] : "", start, caller, {most, empty});
}

// A whole body is one row: its fields' lengths stand in front of them, and around them, so they are not apart.
template <class Number>
void FieldWalk<Number>::binary_body(int start, const FrameKey& caller, std::uint32_t most) {
  Number spellings;
  for (const auto& [tag, series] : counter_.count({start, 0, caller.frames_left, -1, true}).accepted) spellings.add(sum(series, most));
  put(":body", spellings);
}

template <class Number>
void FieldWalk<Number>::value(const std::string& path, int where, const FrameKey& caller, Space space) {
  if (caller.frames_left == 0) return;
  const Edge* message = nullptr;
  const Edge* list = nullptr;
  std::size_t calls = 0;
  Series<Number> texts(limit() + 1);
  for (const Edge& edge : state(where).edges) {
    if (!edge.calls()) continue;
    ++calls;
    if (place(edge.next) == Place::object_open) message = &edge;
    if (place(edge.next) == Place::array_open) list = &edge;
    const Series<Number> more = values(edge, caller);
    for (std::size_t k = 0; k < more.size(); ++k) texts[k].add(more[k]);
  }
  const bool again = message != nullptr && std::find(open_.begin(), open_.end(), message->next) != open_.end();
  if (calls == 1 && message != nullptr && !again && found_.size() < kRowBudget) return object(path, *message, caller, space);
  Number spellings = sum(texts, space.most);
  if (space.absent) spellings.add(Number(1));
  put(path.empty() ? ":body" : path, spellings);
  if (calls == 1 && list != nullptr) array(path.empty() ? ":body" : path, *list, caller, space);
}

template <class Number>
void FieldWalk<Number>::object(const std::string& path, const Edge& call, const FrameKey& caller, Space space) {
  const FrameKey key = counter_.key_of_call(call.next, caller.frames_left);
  const Frame& f = frame(key);
  open_.push_back(call.next);
  for (const Name& name : names(call.next, {Place::member_name})) {
    // The first byte is the opening quote. Behind the closing one stand ':' and the value.
    const State& colon = state(name.edge->next);
    if (name.text.empty() || colon.edges.size() != 1 || colon.edges[0].control != Control::NEXT) continue;
    const int where = colon.edges[0].next;
    std::uint32_t before = kNoWay, behind = kNoWay;
    for (const auto& step : f.graph.steps) {
      if (f.graph.nodes[at(step.from)].state == name.state && f.graph.nodes[at(step.to)].state == name.edge->next &&
          f.graph.nodes[at(step.to)].r == name.edge->register_arg) {
        before = std::min(before, f.from_start[at(step.from)] + 2);
      }
    }
    for (const auto& jump : f.graph.jumps) {
      const Node& from = f.graph.nodes[at(jump.from)];
      if (from.state == where && from.r == name.edge->register_arg) behind = std::min(behind, f.to_end[at(jump.to)]);
    }
    const std::uint32_t used = before + behind + 1;  // the opening brace
    if (used > space.most) continue;
    const auto without = distances<Number>(f.graph, {{0, 1}}, true, [&](const auto& step) {
      return f.graph.nodes[at(step.from)].state == name.state && f.graph.nodes[at(step.to)].state == name.edge->next;
    });
    const bool absent = space.absent || std::any_of(f.graph.ends.begin(), f.graph.ends.end(), [&](const auto& end) {
      return without[at(end.from)] + static_cast<std::uint32_t>(end.bytes) <= space.most;
    });
    const std::string text = name.text.substr(1);
    value(path.empty() ? text : path + "." + text, where, key, {space.most - used, absent});
  }
  open_.pop_back();
}

template <class Number>
void FieldWalk<Number>::array(const std::string& path, const Edge& call, const FrameKey& caller, Space space) {
  const FrameKey key = counter_.key_of_call(call.next, caller.frames_left);
  const Frame& f = frame(key);
  std::uint32_t least = kNoWay;
  for (const auto& jump : f.graph.jumps) {
    least = std::min(least, f.from_start[at(jump.from)] + f.to_end[at(jump.to)]);
  }
  const Edge* item = nullptr;
  std::size_t calls = 0;
  for (const Edge& edge : state(call.next).edges) {
    if (!edge.calls()) continue;
    ++calls;
    item = &edge;
  }
  const std::uint32_t used = least + 1;
  if (calls != 1 || place(item->next) != Place::object_open || used > space.most || key.frames_left == 0) return;
  if (std::find(open_.begin(), open_.end(), item->next) != open_.end()) return;
  object(path + "[]", *item, key, {space.most - used, false});
}

template class FieldWalk<Exact>;
template class FieldWalk<Scaled>;

}  // namespace sluice::room
