// SPDX-License-Identifier: Apache-2.0
// The distance to the end of its routine is known for every (state, r) pair; a walk may always fall back on the shortest way out.
// content-length is written last: the walk spells any digits, and the true length replaces them.
#include "compiler/sampler.hpp"

#include <algorithm>
#include <deque>
#include <numeric>
#include <set>

namespace sluice::compiler {

using layout::Control;
using layout::RegisterOp;

namespace {

bool sets(const Effect& effect) { return effect.register_op == RegisterOp::SET || effect.register_op == RegisterOp::SET_AGAIN; }

// Replaces the digits of content-length by the true body length. False when the record has a body and no such header.
bool mend_content_length(std::string& record) {
  const std::size_t end = record.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::size_t body = record.size() - end - 4;
  const std::string name = "\r\ncontent-length: ";
  const std::size_t at = record.find(name);
  if (at == std::string::npos || at > end) return body == 0;
  const std::size_t first = at + name.size();
  const std::size_t last = record.find('\r', first);
  // Only an empty Protobuf message has a length of 0, and its grammar has this digit.
  if (body == 0) return record.compare(first, last - first, "0") == 0;
  record.replace(first, last - first, std::to_string(body));
  return true;
}

// The pairs of a map that is being spelled.
struct Pair {
  std::size_t begin, key, key_end;
  std::size_t end = 0;  // of one in a frame of its length; else its separator or the map's end tells
};
struct OpenMap {
  std::size_t frame;  // size of the stack inside it
  std::vector<Pair> pairs;
};

// Puts the pairs, which have one text between each two of them, into the order of their keys. Of equal keys one stays: the pair around
// `kept`, or the first. False when fewer than `min` are left.
bool sort_pairs(std::string& out, const std::vector<Pair>& pairs, std::size_t kept, std::size_t min) {
  std::map<std::string, std::string> sorted;
  const auto end_of = [&](std::size_t i) {
    if (pairs[i].end != 0) return pairs[i].end;
    return i + 1 < pairs.size() ? pairs[i + 1].begin - 1 : out.size();
  };
  const std::string separator = pairs.size() > 1 ? out.substr(end_of(0), pairs[1].begin - end_of(0)) : "";
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::size_t end = end_of(i);
    const std::string text = out.substr(pairs[i].begin, end - pairs[i].begin);
    const auto [place, fresh] = sorted.try_emplace(out.substr(pairs[i].key, pairs[i].key_end - pairs[i].key), text);
    if (!fresh && pairs[i].begin <= kept && kept <= end) place->second = text;
  }
  if (sorted.size() < std::max<std::size_t>(min, 1)) return pairs.empty();
  const std::string behind = out.substr(end_of(pairs.size() - 1));  // the beginning of a tag that ended the list
  out.resize(pairs.front().begin);
  for (const auto& [key, text] : sorted) {
    if (out.size() > pairs.front().begin) out += separator;
    out += text;
  }
  out += behind;
  return true;
}

}  // namespace

Sampler::Sampler(const Automaton& automaton) : automaton_(automaton), needed_(automaton.states.size(), 0) {
  std::vector<std::vector<int>> before(automaton.states.size());
  for (std::size_t s = 0; s < automaton.states.size(); ++s) {
    const State& state = automaton.states[s];
    visits_.emplace_back(state.transitions.size(), 0);
    for (const Transition& t : state.transitions) {
      int& needed = needed_[s];
      needed = std::max<int>({needed, t.min, t.effect.register_min});
      if (sets(t.effect)) needed = std::max<int>(needed, t.effect.register_arg);
      if (t.target >= 0 && !sets(t.effect)) before[static_cast<std::size_t>(t.target)].push_back(static_cast<int>(s));
    }
  }
  // What a state needs, all need from which r comes there unset.
  std::vector<int> work(needed_.size());
  std::iota(work.begin(), work.end(), 0);
  while (!work.empty()) {
    const auto s = static_cast<std::size_t>(work.back());
    work.pop_back();
    for (const int p : before[s]) {
      if (needed_[static_cast<std::size_t>(p)] >= needed_[s]) continue;
      needed_[static_cast<std::size_t>(p)] = needed_[s];
      work.push_back(p);
    }
  }
  // Low values are always told apart: random walks then see a maximum ahead.
  constexpr int kLow = 256;
  const int low = needed_.empty() ? 0 : std::min(*std::max_element(needed_.begin(), needed_.end()), kLow);
  for (int& needed : needed_) needed = std::max(needed, low);
  for (int start : automaton.starts) solve(start);
}

int Sampler::cut(int state, int r) const { return std::min(r, needed_[static_cast<std::size_t>(state)]); }

std::optional<int> Sampler::apply(const Effect& e, int r) const {
  switch (e.register_op) {
    case RegisterOp::NONE:
      return r;
    case RegisterOp::SET:
      if (r < e.register_min || r >= e.register_arg) return std::nullopt;
      return e.register_arg;
    case RegisterOp::SET_AGAIN:
      if (r < e.register_min || r > e.register_arg) return std::nullopt;
      return e.register_arg;
    case RegisterOp::INC:
      if (e.register_arg != layout::INC_UNBOUNDED && r >= e.register_arg) return std::nullopt;
      return std::min<int>(r + 1, layout::INC_UNBOUNDED);
  }
  return r;
}

std::uint64_t Sampler::cost(int state, int r) const {
  const auto it = numbers_.find(key({state, cut(state, r)}));
  return it == numbers_.end() ? kNever : costs_[it->second];
}

std::uint64_t Sampler::cost_of(const Transition& t, int r) const {
  const auto after = apply(t.effect, r);
  if (!after) return kNever;
  if (ends_routine(t.control)) return *after < t.min ? kNever : (t.control == Control::RET && t.low != kEnd ? 1 : 0);
  std::uint64_t sum = 1 + cost(t.target, *after);
  if (t.callee >= 0) sum += cost(t.callee, 0);
  return std::min(sum, kNever);
}

void Sampler::solve(int start) {
  // All pairs that can occur, then relaxation along the dependents until nothing shortens. Pairs of earlier starts are settled.
  const std::size_t first = costs_.size();
  std::vector<Node> nodes;                    // by number, less `first`
  std::vector<std::vector<int>> dependents;  // likewise
  const auto discover = [&](const Node& node, int dependent) {
    if (costs_.size() >= kMaxNodes) return;
    const auto [place, fresh] = numbers_.try_emplace(key(node), costs_.size());
    if (fresh) {
      costs_.push_back(kNever);
      nodes.push_back(node);
      dependents.emplace_back();
    }
    if (dependent >= 0 && place->second >= first) dependents[place->second - first].push_back(dependent);
  };
  discover({start, 0}, -1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node node = nodes[i];
    for (const Transition& t : automaton_.states[static_cast<std::size_t>(node.first)].transitions) {
      const auto after = apply(t.effect, node.second);
      if (!after || ends_routine(t.control)) continue;
      discover({t.target, cut(t.target, *after)}, static_cast<int>(i));
      if (t.callee >= 0) discover({t.callee, 0}, static_cast<int>(i));
    }
  }
  if (costs_.size() >= kMaxNodes) {
    std::fill(costs_.begin(), costs_.end(), kNever);
    return;
  }
  std::deque<std::size_t> work;
  for (std::size_t i = nodes.size(); i-- > 0;) work.push_back(i);
  std::vector<char> waiting(nodes.size(), 1);
  while (!work.empty()) {
    const std::size_t i = work.front();
    work.pop_front();
    waiting[i] = 0;
    std::uint64_t best = costs_[first + i];
    for (const Transition& t : automaton_.states[static_cast<std::size_t>(nodes[i].first)].transitions) {
      best = std::min(best, cost_of(t, nodes[i].second));
    }
    if (best >= costs_[first + i]) continue;
    costs_[first + i] = best;
    for (const int other : dependents[i]) {
      char& waits = waiting[static_cast<std::size_t>(other)];
      if (waits == 0) work.push_back(static_cast<std::size_t>(other));
      waits = 1;
    }
  }
}

void Sampler::explore() {
  if (!start_of_.empty()) return;
  std::deque<Node> work;
  for (int start : automaton_.starts) {
    if (start_of_.try_emplace({start, 0}, start).second) work.push_back({start, 0});
  }
  while (!work.empty()) {
    const Node node = work.front();
    work.pop_front();
    const auto& transitions = automaton_.states[static_cast<std::size_t>(node.first)].transitions;
    for (std::size_t i = 0; i < transitions.size(); ++i) {
      const Transition& t = transitions[i];
      if (cost_of(t, node.second) >= kNever || ends_routine(t.control)) continue;
      const Node behind{t.target, cut(t.target, *apply(t.effect, node.second))};
      auto reach = [&](const Node& to, bool enter) {
        if (!start_of_.try_emplace(to, start_of_.at(node)).second) return;
        came_by_.emplace(to, Step{node, i, enter});
        work.push_back(to);
      };
      if (t.callee >= 0) reach({t.callee, 0}, true);
      reach(behind, false);
    }
  }
}

std::optional<Sampler::Through> Sampler::through(int state, std::size_t index, std::optional<int> symbol) {
  explore();
  const Transition& wanted = automaton_.states[static_cast<std::size_t>(state)].transitions[index];
  for (auto it = start_of_.lower_bound({state, 0}); it != start_of_.end() && it->first.first == state; ++it) {
    if (cost_of(wanted, it->first.second) >= kNever) continue;
    Plan plan;
    plan.symbol = symbol;
    plan.steps.push_back({it->first, index, wanted.callee >= 0});
    for (auto step = came_by_.find(it->first); step != came_by_.end(); step = came_by_.find(step->second.from)) {
      plan.steps.insert(plan.steps.begin(), step->second);
    }
    const auto record = walk(it->second, 0, nullptr, {}, &plan);
    if (!record) continue;
    int tag = 0;
    if (automaton_.pipeline == layout::Pipeline::RESPONSE) {
      tag = static_cast<int>(std::find(automaton_.starts.begin(), automaton_.starts.end(), it->second) - automaton_.starts.begin()) + 1;
    }
    return Through{tag, *record};
  }
  return std::nullopt;
}

std::uint64_t Sampler::step_to(int tag, const Distances& known, const Transition& t, int r) const {
  const auto after = apply(t.effect, r);
  if (!after || ends_routine(t.control) || cost_of(t, r) >= kNever) return kNever;
  const std::uint64_t here = 1 + (t.callee >= 0 ? cost(t.callee, 0) : 0);
  if (t.effect.tag) return t.effect.tag == tag ? here : kNever;
  const auto next = known.find({t.target, cut(t.target, *after)});
  return next == known.end() ? kNever : std::min(here + next->second, kNever);
}

// How far it is, in the bottom routine, to a transition with this tag. Breadth first to find what can be met, then relaxation.
const Sampler::Distances& Sampler::way_to(int tag) {
  const auto [place, fresh] = ways_.try_emplace(tag);
  Distances& out = place->second;
  if (!fresh) return out;
  std::vector<Node> met{{automaton_.starts[0], 0}};
  out.emplace(met[0], kNever);
  for (std::size_t i = 0; i < met.size(); ++i) {
    const Node node = met[i];
    for (const Transition& t : automaton_.states[static_cast<std::size_t>(node.first)].transitions) {
      const auto after = apply(t.effect, node.second);
      if (!after || ends_routine(t.control) || t.effect.tag) continue;
      const Node next{t.target, cut(t.target, *after)};
      if (out.emplace(next, kNever).second) met.push_back(next);
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (auto node = met.rbegin(); node != met.rend(); ++node) {
      std::uint64_t& best = out.at(*node);
      for (const Transition& t : automaton_.states[static_cast<std::size_t>(node->first)].transitions) {
        const std::uint64_t way = step_to(tag, out, t, node->second);
        if (way >= best) continue;
        best = way;
        changed = true;
      }
    }
  }
  return out;
}

std::optional<std::string> Sampler::walk(int start, int tag, std::mt19937_64* rng, RandomLimits limits, const Plan* plan) {
  std::size_t planned = 0;     // steps of the plan that are done
  std::size_t plan_depth = 1;  // stack size at which the next one is taken
  const Distances* leads = tag > 0 && automaton_.pipeline == layout::Pipeline::REQUEST ? &way_to(tag) : nullptr;
  struct Frame {
    int ret, r;
    bool delimited = false;  // by the length that stands in [length_at, first)
    std::size_t length_at = 0, first = 0;
    bool may_be_empty = true;
  };
  std::size_t length_at = 0;
  std::vector<Frame> stack{{-1, 0}};
  std::vector<OpenMap> maps;
  std::size_t kept = 0;  // where the plan ended
  std::string out;
  int state = start;
  bool tagged = leads == nullptr;
  std::bitset<257> allowed;
  allowed.set();
  for (std::size_t steps = 0; steps < 400'000; ++steps) {
    const auto s = static_cast<std::size_t>(state);
    const auto& transitions = automaton_.states[s].transitions;
    const int r = stack.back().r;
    // Candidates that the register, the pending symbols and the wanted tag permit, and that can finish.
    struct Candidate {
      std::size_t index;
      std::uint64_t cost;
    };
    std::vector<Candidate> candidates;
    const bool must_go_on = stack.back().delimited && !stack.back().may_be_empty && out.size() == stack.back().first;
    for (std::size_t i = 0; i < transitions.size(); ++i) {
      const Transition& t = transitions[i];
      const std::uint64_t c = cost_of(t, r);
      if (c >= kNever || (must_go_on && t.low == kEnd)) continue;
      bool symbol = false;
      for (int b = t.low; b <= t.high && !symbol; ++b) symbol = allowed[static_cast<std::size_t>(b)];
      if (!symbol) continue;
      const bool leading = !tagged && stack.size() == 1;
      const std::uint64_t way = leading ? step_to(tag, *leads, t, r) : c;
      if (way < kNever) candidates.push_back({i, way});
    }
    if (candidates.empty()) return std::nullopt;
    std::size_t chosen = 0;
    const bool on_plan = plan && planned < plan->steps.size() && stack.size() == plan_depth;
    if (on_plan) {
      const Step& step = plan->steps[planned];
      if (step.from.first != state) return std::nullopt;
      while (chosen < candidates.size() && candidates[chosen].index != step.index) ++chosen;
      if (chosen == candidates.size()) return std::nullopt;
      ++planned;
      kept = out.size();
      if (step.enter) ++plan_depth;
    }
    const bool hurry = rng == nullptr || out.size() >= limits.bytes;
    if (on_plan) {
      // chosen above
    } else if (hurry || stack.size() >= limits.depth) {
      for (std::size_t i = 1; i < candidates.size(); ++i) {
        if (candidates[i].cost < candidates[chosen].cost) chosen = i;
      }
    } else {
      // Prefer what was visited least; sometimes any.
      std::vector<std::size_t> pool;
      std::uint32_t least = ~0u;
      const bool any = (*rng)() % 4 == 0;
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::uint32_t seen = any ? 0 : visits_[s][candidates[i].index];
        if (seen < least) {
          least = seen;
          pool.clear();
        }
        if (seen == least) pool.push_back(i);
      }
      chosen = pool[(*rng)() % pool.size()];
    }
    const std::size_t index = candidates[chosen].index;
    const Transition& t = transitions[index];
    if (plan == nullptr) ++visits_[s][index];  // ways that were asked for would starve the random ones
    stack.back().r = *apply(t.effect, r);
    if (t.effect.tag == tag) tagged = true;
    if (t.control == Control::ACCEPT) {
      if (!mend_content_length(out)) return std::nullopt;
      return out;
    }
    // A symbol of the range that is still allowed; ends of the range are tried often.
    auto pick = [&] {
      std::vector<int> symbols;
      for (int b = t.low; b <= t.high; ++b) {
        if (allowed[static_cast<std::size_t>(b)]) symbols.push_back(b);
      }
      const bool last = on_plan && planned == plan->steps.size();
      if (last && plan->symbol && std::find(symbols.begin(), symbols.end(), *plan->symbol) != symbols.end()) return *plan->symbol;
      if (rng == nullptr) return symbols.front();
      const auto choice = (*rng)() % 4;
      if (choice == 0) return symbols.front();
      if (choice == 1) return symbols.back();
      return symbols[(*rng)() % symbols.size()];
    };
    if (stack.back().delimited && t.low == kEnd) {
      // The frame's true length replaces the one that was spelled to enter it.
      const Frame frame = stack.back();
      std::string length;
      for (std::size_t left = out.size() - frame.first;; left >>= 7) {
        length += static_cast<char>(left > 0x7F ? 0x80 | (left & 0x7F) : left);
        if (left <= 0x7F) break;
      }
      out.replace(frame.length_at, frame.first - frame.length_at, length);
      // What stands behind the length moves with it.
      const std::size_t longer = length.size() - (frame.first - frame.length_at);
      for (OpenMap& map : maps) {
        for (Pair& pair : map.pairs) {
          for (std::size_t* place : {&pair.begin, &pair.key, &pair.key_end, &pair.end}) {
            if (*place >= frame.first) *place += longer;
          }
        }
      }
      if (kept >= frame.first) kept += longer;
      if (!maps.empty() && maps.back().frame + 1 == stack.size() && !maps.back().pairs.empty()) maps.back().pairs.back().end = out.size();
      state = frame.ret;
      stack.pop_back();
      allowed.set();
      continue;
    }
    if (reads_again(t.control) || t.low == kEnd) {
      // Nothing is consumed: what may come is what some REDO of this state stands on.
      std::bitset<257> redo;
      for (const Transition& other : transitions) {
        if (other.control != t.control || other.target != t.target || other.min > stack.back().r) continue;
        for (int b = other.low; b <= other.high; ++b) redo.set(static_cast<std::size_t>(b));
      }
      allowed &= redo;
      if (!maps.empty() && maps.back().frame == stack.size()) {
        if (!sort_pairs(out, maps.back().pairs, kept, t.min)) return std::nullopt;
        maps.pop_back();
      }
      state = t.control == Control::REDO_TO ? t.target : stack.back().ret;
      stack.pop_back();
      if (stack.empty()) return std::nullopt;
      continue;
    }
    if (t.effect.key_op == layout::KeyOp::NEW_MAP) maps.push_back({stack.size() + 1, {}});
    if (!maps.empty() && t.effect.key_op == layout::KeyOp::BEGIN) {
      // A pair begins with its key, or with the length of the frame that it stands in.
      const bool framed = stack.size() > maps.back().frame;
      maps.back().pairs.push_back({framed ? stack.back().length_at : out.size(), out.size() + 1, 0});
    }
    if (!maps.empty() && t.effect.key_op == layout::KeyOp::END_KEY) maps.back().pairs.back().key_end = out.size();
    if (t.control == Control::RET && !maps.empty() && maps.back().frame == stack.size()) {
      if (!sort_pairs(out, maps.back().pairs, kept, t.min)) return std::nullopt;
      maps.pop_back();
    }
    if (t.effect.accumulator_op == layout::AccumulatorOp::GROUP && t.effect.accumulator_group == 0) length_at = out.size();
    out.push_back(static_cast<char>(pick()));
    allowed.set();
    if (t.control == Control::RET) {
      state = stack.back().ret;
      stack.pop_back();
      if (stack.empty()) return std::nullopt;
    } else if (t.callee >= 0) {
      stack.push_back({t.target, 0, t.control == Control::CALL_LEN, length_at, out.size(), t.low == 0});
      state = t.callee;
    } else {
      state = t.target;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Sampler::shortest(int tag) {
  const bool request = automaton_.pipeline == layout::Pipeline::REQUEST;
  const int start = request ? automaton_.starts[0] : automaton_.starts[static_cast<std::size_t>(tag - 1)];
  auto found = walk(start, tag, nullptr, {});
  // A map that needs several pairs needs different keys, and the shortest way spells the same one again and again.
  std::mt19937_64 rng(static_cast<std::uint64_t>(tag));
  for (int i = 0; i < 200 && !found; ++i) found = walk(start, tag, &rng, {400, 40});
  return found;
}

std::optional<std::string> Sampler::random(int tag, std::mt19937_64& rng, RandomLimits limits) {
  const bool request = automaton_.pipeline == layout::Pipeline::REQUEST;
  return walk(request ? automaton_.starts[0] : automaton_.starts[static_cast<std::size_t>(tag - 1)], tag, &rng, limits);
}

}  // namespace sluice::compiler
