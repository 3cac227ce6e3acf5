// SPDX-License-Identifier: Apache-2.0
// Breadth first over pairs; each knows the pair that it came from, so that a way can be told.
#include "levels/product.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace sluice::test {

using Kind = Step::Kind;
using layout::AccumulatorOp;

namespace {
constexpr std::size_t kMostPairs = 200'000;

bool same_entry(const TableView& a, const TableView& b, std::uint16_t base, int symbol) {
  const layout::Entry* x = a.find(base, symbol);
  const layout::Entry* y = b.find(base, symbol);
  if (x == nullptr || y == nullptr) return x == y;
  auto p = a.actions[x->action], q = b.actions[y->action];
  p.parity = q.parity = 0;
  if (x->control != y->control || p != q) return false;
  const bool pops = x->control == layout::Control::RET || x->control == layout::Control::REDO;
  return pops || x->control == layout::Control::ACCEPT ||
         x->next == y->next;  // the others do not look at it
}

bool sets(const Step& s) {
  return s.accumulator == AccumulatorOp::DIGIT_FIRST ||
         (s.accumulator == AccumulatorOp::GROUP && s.group == 0);
}

}  // namespace

std::vector<int> readings(const TableView& original, const TableView& changed, std::uint16_t base) {
  std::vector<int> out;
  std::set<std::pair<int, int>> seen;
  for (int symbol = 0; symbol <= kEndSymbol; ++symbol) {
    if (same_entry(original, changed, base, symbol)) continue;
    if (seen.emplace(original.class_of(base, symbol), changed.class_of(base, symbol)).second)
      out.push_back(symbol);
  }
  return out;
}

class Product::Search {
 public:
  Search(const Product& product, const TableView& changed, std::size_t most)
      : reach_(product.reach_), tables_{&product.original_, &changed}, most_(most) {}

  Result run() {
    Result out;
    bool read = false;
    std::set<std::uint16_t> bases;
    for (const auto& routine : reach_.routines()) {
      for (const auto& node : routine.nodes) bases.insert(node.base);
    }
    std::map<std::uint16_t, std::vector<int>> roots;
    for (std::uint16_t base : bases) {
      auto symbols = readings(*tables_[0], *tables_[1], base);
      if (!symbols.empty()) roots.emplace(base, std::move(symbols));
    }
    // Runs that parted and are alike again may come to roots that lie behind changed words only:
    // the search starts anew with these.
    std::size_t first_steps = 0;
    for (std::size_t merged = ~std::size_t{0}; merged != merged_.size();) {
      merged = merged_.size();
      pairs_.clear();
      seen_.clear();
      partings_.clear();
      at_ = 0;
      returned_ = covered_ = false;
      read = push_roots(roots) || read;
      first_steps = pairs_.size();
      while (at_ < pairs_.size() && partings_.size() < most_) {
        expand();
        ++at_;
      }
    }
    // Returning to a caller takes the frames below for equal; a pair that lies under a call they
    // may not be. Both in one search prove nothing.
    if (partings_.empty() && returned_ && covered_) part(-1);
    if (partings_.empty() && at_ == pairs_.size()) {
      out.proof = !read && roots.empty()         ? Proof::unread
                  : first_steps == 0             ? Proof::too_far
                  : pairs_.size() == first_steps ? Proof::alike
                                                 : Proof::equivalent;
      return out;
    }
    for (const auto& [pair, symbol] : partings_) {
      if (symbol < 0 || pair >= pairs_.size())
        continue;  // a limit of this search, no place in a record
      if (auto told = tell(pair, symbol)) out.partings.push_back(std::move(*told));
    }
    return out;
  }

 private:
  using Key =
      std::tuple<int, std::uint32_t, std::uint32_t, bool, int, int, int, int, int, std::int64_t>;

  // Changed readings at every configuration that is come to without one.
  bool push_roots(const std::map<std::uint16_t, std::vector<int>>& roots) {
    bool read = false;
    std::vector<std::vector<char>> alike(reach_.routines().size());
    for (std::size_t f = 0; f < reach_.frames().size(); ++f) {
      const auto index = static_cast<std::size_t>(reach_.frames()[f].routine);
      const auto& routine = reach_.routines()[index];
      if (alike[index].empty()) alike[index] = alike_nodes(static_cast<int>(index), roots);
      for (std::size_t n = 0; n < routine.nodes.size(); ++n) {
        const auto found = roots.find(routine.nodes[n].base);
        if (found == roots.end()) continue;
        read = true;
        if (!alike[index][n]) continue;
        const std::uint16_t base = routine.nodes[n].base, r = routine.nodes[n].r;
        for (int symbol : found->second) {
          push({static_cast<int>(f),
                {base, base},
                {r, r},
                false,
                symbol,
                -1,
                {},
                -1,
                reach_.bytes(static_cast<int>(f), static_cast<int>(n)),
                -1,
                0,
                Move::over,
                {}});
        }
      }
    }
    std::stable_sort(pairs_.begin(), pairs_.end(),
                     [](const Pair& a, const Pair& b) { return a.bytes < b.bytes; });
    return read;
  }

  // Nodes of a routine that its first base, or one where the runs were alike again, leads to
  // without a changed reading. Calls may always return.
  std::vector<char> alike_nodes(int index,
                                const std::map<std::uint16_t, std::vector<int>>& roots) const {
    const auto& routine = reach_.routines()[static_cast<std::size_t>(index)];
    std::vector<char> out(routine.nodes.size(), 0);
    std::vector<int> work;
    const auto reach = [&](std::uint16_t base, std::uint16_t r) {
      const auto it = routine.index.find(Reach::key(base, r));
      if (it == routine.index.end() || out[static_cast<std::size_t>(it->second)]) return;
      out[static_cast<std::size_t>(it->second)] = 1;
      work.push_back(it->second);
    };
    reach(routine.first, 0);
    for (const auto& [where, key] : merged_) {
      if (where == index)
        reach(static_cast<std::uint16_t>(key >> 16), static_cast<std::uint16_t>(key));
    }
    while (!work.empty()) {
      const auto node = routine.nodes[static_cast<std::size_t>(work.back())];
      work.pop_back();
      // Symbols of one class on both sides step alike: the changed ones stand for their classes, as
      // do the others.
      const auto changed = roots.find(node.base);
      std::set<std::pair<int, int>> skip;
      if (changed != roots.end()) {
        for (int s : changed->second)
          skip.emplace(tables_[0]->class_of(node.base, s), tables_[1]->class_of(node.base, s));
      }
      std::set<std::pair<int, int>> seen;
      for (int symbol = 0; symbol <= kEndSymbol; ++symbol) {
        const std::pair<int, int> classes{tables_[0]->class_of(node.base, symbol),
                                          tables_[1]->class_of(node.base, symbol)};
        if (skip.count(classes) != 0 || !seen.insert(classes).second) continue;
        const Step s = step(*tables_[0], node.base, node.r, symbol, {false, true});
        if (s.kind == Kind::next) reach(s.base, s.r);
        if (s.kind == Kind::call) reach(s.back, s.r);
      }
    }
    return out;
  }

  void push(Pair pair) {
    if (pairs_.size() >= kMostPairs) return part(pair.symbol);
    // The original's side must be reachable itself; that gives a better bound, too.
    if (pair.dead != 0) {
      const int frame = pair.deep == 1 ? pair.caller.frame : pair.frame;
      const int node = reach_.node(frame, pair.base[0], pair.r[0]);
      if (node < 0) return;
      pair.bytes = std::max(pair.bytes, reach_.bytes(frame, node));
    }
    if (pair.bytes + (pair.symbol >= 0 && pair.symbol < kEndSymbol ? 1 : 0) > reach_.max_bytes())
      return;
    const bool alike = pair.base[0] == pair.base[1] && pair.r[0] == pair.r[1] && !pair.unequal &&
                       pair.dead < 0 && pair.deep < 0 && pair.below < 0;
    if (alike && pair.from >= 0) {
      note_alike(pair.frame, pair.base[0], pair.r[0]);
      return;
    }
    const Key key{pair.frame,
                  Reach::key(pair.base[0], pair.r[0]),
                  Reach::key(pair.base[1], pair.r[1]),
                  pair.unequal,
                  pair.symbol,
                  pair.dead,
                  static_cast<int>(pair.reason),
                  pair.deep,
                  pair.deep < 0 ? -1 : pair.caller.frame,
                  pair.below};
    if (seen_.insert(key).second) pairs_.push_back(pair);
  }

  void note_alike(int frame, std::uint16_t base, std::uint16_t r) {
    merged_.emplace(reach_.frames()[static_cast<std::size_t>(frame)].routine, Reach::key(base, r));
  }

  void part(int symbol) {
    if (partings_.empty() || partings_.back() != std::pair{at_, symbol})
      partings_.emplace_back(at_, symbol);
  }

  void expand() {
    const Pair pair = pairs_[at_];
    if (pair.symbol >= 0) return read(pair, pair.symbol);
    std::set<std::pair<int, int>> seen;
    for (int symbol = 0; symbol <= kEndSymbol; ++symbol) {
      if (symbol < kEndSymbol && pair.bytes + 1 > reach_.max_bytes()) continue;
      if (seen.emplace(tables_[0]->class_of(pair.base[0], symbol),
                       tables_[1]->class_of(pair.base[1], symbol))
              .second)
        read(pair, symbol);
    }
  }

  // Every caller of the pair's frame: its frame and r.
  template <typename Do>
  void each_caller(const Pair& pair, Do&& apply) {
    returned_ = true;
    for (const Reach::Caller& caller :
         reach_.frames()[static_cast<std::size_t>(pair.frame)].callers) {
      const auto& frame = reach_.frames()[static_cast<std::size_t>(caller.frame)];
      apply(caller, reach_.routines()[static_cast<std::size_t>(frame.routine)]
                        .calls[static_cast<std::size_t>(caller.call)]
                        .r);
    }
  }

  Place place(const Pair& pair, int side) const {
    const auto& frame = reach_.frames()[static_cast<std::size_t>(pair.frame)];
    // Facts are the original's; the tags of both sides are equal in every pair, and the original's
    // base stands for both.
    return {frame.back == kNoReturn && (side == 0 || pair.below < 0), facts(pair, side) != 1};
  }
  // Which tags the original can have here; 0 when unknown.
  std::uint64_t facts(const Pair& pair, int) const {
    if (pair.dead == 0 || pair.deep >= 0) return 0;
    const auto& facts = reach_.frames()[static_cast<std::size_t>(pair.frame)].facts;
    const auto found = facts.find(pair.base[0]);
    return found == facts.end() ? 0 : found->second;
  }

  // Whether both steps leave one value in accumulators that are 0, for every byte of the classes
  // that `symbol` stands for.
  bool same_from_zero(const Pair& pair, int symbol, const Step& a, const Step& b) const {
    const auto value = [](const Step& s, std::uint32_t byte) -> std::uint32_t {
      switch (s.accumulator) {
        case AccumulatorOp::DIGIT_FIRST:
        case AccumulatorOp::DIGIT:
          return byte & 0x0F;
        case AccumulatorOp::GROUP:
          return std::min<std::uint32_t>((byte & 0x7F) << (7 * s.group), 0xFFFF);
        default:
          return 0;
      }
    };
    const auto classes = [&](int s) {
      return std::pair{tables_[0]->class_of(pair.base[0], s),
                       tables_[1]->class_of(pair.base[1], s)};
    };
    for (int s = 0; s < kEndSymbol; ++s) {
      if (classes(s) == classes(symbol) &&
          value(a, static_cast<std::uint32_t>(s)) != value(b, static_cast<std::uint32_t>(s)))
        return false;
    }
    return true;
  }

  void read(const Pair& pair, int symbol) {
    const std::uint16_t back = reach_.frames()[static_cast<std::size_t>(pair.frame)].back;
    const bool end = symbol == kEndSymbol;
    const auto next = [&](int frame, std::uint16_t base0, std::uint16_t r0, std::uint16_t base1,
                          std::uint16_t r1, bool unequal, std::uint32_t more, Move move,
                          int pending = -1, int dead = -1, layout::Reason reason = {},
                          Reach::Caller caller = {}, int deep = -1, std::int64_t below = -1) {
      push({frame,
            {base0, base1},
            {r0, r1},
            unequal,
            pending,
            dead,
            reason,
            deep,
            pair.bytes + more,
            static_cast<int>(at_),
            symbol,
            move,
            caller,
            below});
    };
    if (pair.dead >= 0) {
      // One has rejected this symbol; the other must do so, too, after any pops.
      const auto side = static_cast<std::size_t>(1 - pair.dead);
      const Step s = step(*tables_[side], pair.base[side], pair.r[side], symbol,
                          place(pair, static_cast<int>(side)));
      if (s.kind == Kind::reject && (s.early || s.accumulator != AccumulatorOp::CHECK_END)) {
        if (s.reason != pair.reason) part(symbol);
        return;
      }
      const bool goes_on = s.kind == Kind::redo || s.kind == Kind::redo_to;
      if (!goes_on || s.accumulator == AccumulatorOp::CHECK_END || s.tag != 0) return part(symbol);
      each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
        const std::uint16_t base = s.kind == Kind::redo ? back : s.base;
        next(caller.frame, base, r, base, r, pair.unequal, 0, Move::leave, symbol, pair.dead,
             pair.reason, caller);
      });
      return;
    }
    if (pair.deep >= 0) {
      // The deeper side must leave its frame without taking the symbol, or reject it as the other
      // does.
      const int side = pair.deep;
      const Step s = step(*tables_[side], pair.base[side], pair.r[side], symbol, {false, true});
      const auto& caller_frame = reach_.frames()[static_cast<std::size_t>(pair.caller.frame)];
      const std::uint16_t r_below =
          reach_.routines()[static_cast<std::size_t>(caller_frame.routine)]
              .calls[static_cast<std::size_t>(pair.caller.call)]
              .r;
      if (s.accumulator == AccumulatorOp::CHECK_END || s.tag != 0) return part(symbol);
      std::uint16_t base[2] = {pair.base[0], pair.base[1]}, r[2] = {pair.r[0], pair.r[1]};
      if (s.kind == Kind::reject) {
        return next(pair.caller.frame, base[0], r[0], base[1], r[1], pair.unequal, 0, Move::stay,
                    symbol, side, s.reason, pair.caller);
      }
      if ((s.kind != Kind::redo && s.kind != Kind::redo_to) || s.accumulator != AccumulatorOp::NONE)
        return part(symbol);
      base[side] = s.kind == Kind::redo ? back : s.base;
      r[side] = r_below;
      return next(pair.caller.frame, base[0], r[0], base[1], r[1], pair.unequal, 0,
                  side == 0 ? Move::leave : Move::stay, symbol, -1, {}, pair.caller);
    }
    const std::uint64_t known = facts(pair, 0);
    Step a = step(*tables_[0], pair.base[0], pair.r[0], symbol, place(pair, 0));
    Step b = step(*tables_[1], pair.base[1], pair.r[1], symbol, place(pair, 1));
    const auto below_base = static_cast<std::uint16_t>(pair.below >> 16),
               below_r = static_cast<std::uint16_t>(pair.below);
    if (pair.below >= 0 && (b.kind == Kind::redo || b.kind == Kind::redo_to)) {
      // The frame too many is gone, and nothing else has happened: both read the symbol.
      if (b.accumulator != AccumulatorOp::NONE || b.tag != 0) return part(symbol);
      return next(pair.frame, pair.base[0], pair.r[0], b.kind == Kind::redo ? below_base : b.base,
                  below_r, pair.unequal, 0, Move::stay, symbol);
    }
    if (a.kind == Kind::reject && b.kind == Kind::reject && a.early && b.early) {
      if (a.reason != b.reason) part(symbol);
      return;
    }
    // CHECK_END: against an accumulator that nothing has set it passes on END. Both that check an
    // equal one pass or fail together, except that one of them rejected before or rejects after it
    // for another reason.
    const bool zero = known != 0 && (known & Reach::kAccumulated) == 0 && !pair.unequal;
    for (Step* s : {&a, &b}) {
      if (s->accumulator == AccumulatorOp::CHECK_END && end && zero)
        s->accumulator = AccumulatorOp::NONE;
    }
    const bool check_a = a.accumulator == AccumulatorOp::CHECK_END,
               check_b = b.accumulator == AccumulatorOp::CHECK_END;
    if ((check_a || check_b) && (pair.unequal || !check_a || !check_b)) return part(symbol);
    if (a.kind == Kind::reject || b.kind == Kind::reject) {
      if (a.kind == b.kind) {
        if (a.reason != b.reason) part(symbol);
        return;
      }
      const int dead = a.kind == Kind::reject ? 0 : 1;
      const Step& alive = dead == 0 ? b : a;
      const Step& gone = dead == 0 ? a : b;
      if ((alive.kind != Kind::redo && alive.kind != Kind::redo_to) || check_a || alive.tag != 0)
        return part(symbol);
      each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
        const std::uint16_t base = alive.kind == Kind::redo ? back : alive.base;
        next(caller.frame, base, r, base, r, pair.unequal, 0, Move::leave, symbol, dead,
             gone.reason, caller);
      });
      return;
    }
    // Tags: equal before; equal after if both set the same, or one sets what is there already.
    if (a.tag != b.tag) {
      const std::uint64_t tags = known & ~Reach::kAccumulated;
      const auto sure = [&](std::uint16_t tag) {
        return tag < 62 && tags == std::uint64_t{1} << tag;
      };
      if (!(a.tag == 0 && sure(b.tag)) && !(b.tag == 0 && sure(a.tag))) return part(symbol);
    }
    bool unequal = pair.unequal;
    if (a.accumulator == b.accumulator && a.group == b.group) {
      if (sets(a)) unequal = false;
    } else if (!zero || !same_from_zero(pair, symbol, a, b)) {
      unequal = true;
    }
    const bool redo_a = a.kind == Kind::redo || a.kind == Kind::redo_to,
               redo_b = b.kind == Kind::redo || b.kind == Kind::redo_to;
    if (redo_a && redo_b) {
      if (a.kind == Kind::redo && b.kind == Kind::redo && !unequal)
        return;  // the frames below are equal, or a pair
      each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
        next(caller.frame, a.kind == Kind::redo ? back : a.base, r,
             b.kind == Kind::redo ? back : b.base, r, unequal, 0, Move::leave, symbol, -1, {},
             caller);
      });
      return;
    }
    if (pair.below >= 0 && b.kind == Kind::ret) {
      if (a.kind == Kind::next)
        return next(pair.frame, a.base, a.r, below_base, below_r, unequal, 1, Move::over);
      if (a.kind != Kind::ret) return part(symbol);
      each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
        next(pair.frame, back, r, below_base, below_r, unequal, 1, Move::leave, -1, -1, {}, caller,
             1);
      });
      return;
    }
    if (pair.below >= 0 && a.kind != Kind::next) return part(symbol);
    const bool a_left = a.kind == Kind::ret && b.kind == Kind::next,
               b_left = b.kind == Kind::ret && a.kind == Kind::next;
    if (a_left || b_left) {
      each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
        if (a_left) {
          next(pair.frame, back, r, b.base, b.r, unequal, 1, Move::leave, -1, -1, {}, caller, 1);
        } else {
          next(pair.frame, a.base, a.r, back, r, unequal, 1, Move::over, -1, -1, {}, caller, 0);
        }
      });
      return;
    }
    if (pair.below < 0 && a.kind == Kind::next && b.kind == Kind::call) {
      if (reach_.frames()[static_cast<std::size_t>(pair.frame)].depth >= reach_.max_depth())
        return part(symbol);
      return next(pair.frame, a.base, a.r, b.base, 0, unequal, 1, Move::over, -1, -1, {}, {}, -1,
                  Reach::key(b.back, b.r));
    }
    if (a.kind != b.kind) return part(symbol);
    switch (a.kind) {
      case Kind::next:
        return next(pair.frame, a.base, a.r, b.base, b.r, unequal, 1, Move::over, -1, -1, {}, {},
                    -1, pair.below);
      case Kind::ret:
        if (!unequal) return;
        each_caller(pair, [&](const Reach::Caller& caller, std::uint16_t r) {
          next(caller.frame, back, r, back, r, true, 1, Move::leave, -1, -1, {}, caller);
        });
        return;
      case Kind::call: {
        const bool below_alike = a.back == b.back && a.r == b.r;
        if (below_alike) note_alike(pair.frame, a.back, a.r);  // behind the call
        const bool inside_alike = a.base == b.base && !unequal;
        // A pair inside over a pair below: pops that read their symbol again would meet both at
        // once. Not covered.
        if (!below_alike && !inside_alike) return part(symbol);
        const int callee = reach_.frame(a.base, a.back);
        if (!inside_alike && callee >= 0)
          next(callee, a.base, 0, b.base, 0, unequal, 1, Move::enter);
        const std::uint32_t cost = reach_.cost(a.base);
        covered_ = covered_ || !below_alike;
        if (!below_alike && cost < Reach::kNever)
          next(pair.frame, a.back, a.r, b.back, b.r, false, 1 + cost, Move::over);
        return;
      }
      case Kind::accept:
        return;
      default:
        return part(symbol);
    }
  }

  // The way to a pair, in the original's steps, from a start base on. None when its calls and
  // returns do not fit each other.
  std::optional<Parting> tell(std::size_t pair, int symbol) const {
    Parting out{0, {}, symbol};
    std::vector<const Pair*> chain{&pairs_[pair]};
    while (chain.back()->from >= 0)
      chain.push_back(&pairs_[static_cast<std::size_t>(chain.back()->from)]);
    std::reverse(chain.begin(), chain.end());
    std::vector<Reach::Caller> outer;  // callers of the root's frame, innermost first
    int entered = 0;
    std::vector<Turn> behind;
    for (std::size_t i = 1; i < chain.size(); ++i) {
      // A rejected original takes no step any more.
      if (chain[i]->dead == 0) break;
      if (chain[i]->move == Move::enter) ++entered;
      if (chain[i]->move == Move::leave) {
        if (entered > 0) return std::nullopt;  // its caller is one of several: told by another way
        outer.push_back(chain[i]->caller);
      }
      if (chain[i]->move == Move::stay) continue;
      behind.push_back({chain[i - 1]->base[0], chain[i]->read, chain[i]->move});
    }
    // The frames from the bottom to the root's, and in each the node that calls on, or the root
    // itself.
    const int root_node =
        reach_.node(chain.front()->frame, chain.front()->base[0], chain.front()->r[0]);
    int frame = outer.empty() ? chain.front()->frame : outer.back().frame;
    std::vector<Reach::Caller> above;  // bottom last
    while (reach_.frames()[static_cast<std::size_t>(frame)].best >= 0 &&
           reach_.frames()[static_cast<std::size_t>(frame)].back != kNoReturn) {
      const auto& f = reach_.frames()[static_cast<std::size_t>(frame)];
      above.push_back(f.callers[static_cast<std::size_t>(f.best)]);
      frame = above.back().frame;
      if (above.size() > 300) return std::nullopt;
    }
    out.start = reach_
                    .routines()[static_cast<std::size_t>(
                        reach_.frames()[static_cast<std::size_t>(frame)].routine)]
                    .first;
    std::reverse(above.begin(), above.end());
    std::reverse(outer.begin(), outer.end());
    above.insert(above.end(), outer.begin(), outer.end());
    for (const Reach::Caller& caller : above) {
      const auto& routine = routine_of(caller.frame);
      const auto& call = routine.calls[static_cast<std::size_t>(caller.call)];
      inside(routine, call.node, out.way);
      out.way.push_back(
          {routine.nodes[static_cast<std::size_t>(call.node)].base, call.symbol, Move::enter});
    }
    inside(routine_of(chain.front()->frame), root_node, out.way);
    out.way.insert(out.way.end(), behind.begin(), behind.end());
    return out;
  }

  const Reach::Routine& routine_of(int frame) const {
    return reach_.routines()[static_cast<std::size_t>(
        reach_.frames()[static_cast<std::size_t>(frame)].routine)];
  }
  // From a routine's first base to a node.
  static void inside(const Reach::Routine& routine, int node, std::vector<Turn>& way) {
    std::vector<Turn> back;
    for (int n = node; routine.nodes[static_cast<std::size_t>(n)].from >= 0;
         n = routine.nodes[static_cast<std::size_t>(n)].from) {
      const auto& here = routine.nodes[static_cast<std::size_t>(n)];
      back.push_back(
          {routine.nodes[static_cast<std::size_t>(here.from)].base, here.symbol, Move::over});
    }
    way.insert(way.end(), back.rbegin(), back.rend());
  }

  const Reach& reach_;
  const TableView* tables_[2];
  std::size_t most_;
  std::vector<Pair> pairs_;
  std::size_t at_ = 0;
  bool returned_ = false, covered_ = false;
  std::set<std::pair<int, std::uint32_t>>
      merged_;  // routine and node where the runs were alike again
  std::set<Key> seen_;
  std::vector<std::pair<std::size_t, int>> partings_;
};

Product::Result Product::explore(const TableView& changed, std::size_t most) const {
  return Search(*this, changed, most).run();
}

}  // namespace sluice::test
