// SPDX-License-Identifier: Apache-2.0
#include "verify/key_order.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace sluice::verify {

using layout::Control;
using layout::KeyOp;

namespace {

struct Edit {
  std::uint32_t first, end;  // bytes of the record that `text` replaces
  std::string text;
};

std::string varint(std::uint32_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}

// The record with the edits, and with the lengths of the frames around them, the inner ones first.
std::string edited(const std::string& record, const std::vector<Trace::Length>& lengths,
                   std::vector<Edit> edits) {
  std::vector<Trace::Length> inner_first = lengths;
  std::sort(inner_first.begin(), inner_first.end(),
            [](const auto& a, const auto& b) { return a.start > b.start; });
  for (const Trace::Length& length : inner_first) {
    if (length.last < length.first || length.last >= length.start) continue;
    std::int64_t more = 0;
    for (const Edit& e : edits) {
      if (e.first >= length.start && e.end <= length.end)
        more += static_cast<std::int64_t>(e.text.size()) - (e.end - e.first);
    }
    if (more != 0)
      edits.push_back({length.first, length.last + 1,
                       varint(static_cast<std::uint32_t>(length.end - length.start + more))});
  }
  std::sort(edits.begin(), edits.end(),
            [](const Edit& a, const Edit& b) { return a.first < b.first; });
  std::string out;
  std::uint32_t from = 0;
  for (const Edit& e : edits) {
    out.append(record, from, e.first - from);
    out += e.text;
    from = e.end;
  }
  return out.append(record, from, std::string::npos);
}

// Looks for the least key above another one that leads from a key's BEGIN to its END_KEY, with the
// same frames behind it.
class KeySearch {
 public:
  KeySearch(const Table& table, const std::string& record, const Trace::Key& key,
            const std::optional<Wanted>& through)
      : table_(table), key_(key), through_(through) {
    start_ = {key.base, false, {{0, key.r, false}}};
    possible_ = !key.after.empty() && key.first > 0;
    bool ended = false;
    possible_ = possible_ && step(start_, static_cast<std::uint8_t>(record[key.first - 1]), true,
                                  ended) == Step::consumed;
  }

  // At least `least` and at most `most` bytes.
  std::optional<std::string> above(const std::optional<std::string>& low, std::uint32_t least,
                                   std::uint32_t most) {
    if (!possible_ || most > kLongest) return std::nullopt;
    low_ = low;
    least_ = least;
    most_ = most;
    steps_ = 0;
    dead_.clear();
    text_.clear();
    return search(start_, low.has_value()) ? std::optional(text_) : std::nullopt;
  }

 private:
  struct Level {
    std::uint16_t back;
    std::uint32_t r;
    bool own_end;  // pushed by CALL_LEN within the key: its end may be anywhere
    auto operator<=>(const Level&) const = default;
  };
  struct State {
    std::uint16_t base = 0;
    bool passed = false;  // the wanted transition
    std::vector<Level> levels{};
    auto operator<=>(const State&) const = default;
  };
  enum class Step : std::uint8_t { fails, consumed, again };
  static constexpr std::size_t kSteps = 30'000;

  // One step; `ended`: it had END_KEY.
  Step step(State& s, int symbol, bool begins, bool& ended) const {
    const std::uint8_t symbol_class = table_.class_of(s.base, symbol);
    const layout::Entry* entry = table_.entry(s.base, symbol_class);
    if (entry == nullptr) return Step::fails;
    const layout::Action& action = table_.actions[entry->action];
    if (through_ && s.base == through_->base && symbol_class == through_->symbol_class &&
        (through_->byte < 0 || symbol == through_->byte))
      s.passed = true;
    ended = action.key_op == KeyOp::END_KEY;
    if (action.key_op == KeyOp::NEW_MAP || (action.key_op == KeyOp::BEGIN) != begins)
      return Step::fails;
    Level& top = s.levels.back();
    if (on_register(top.r, action) != layout::Reason::ACCEPTED) return Step::fails;
    switch (entry->control) {
      case Control::NEXT:
        s.base = table_.base(entry->next);
        return symbol == kEnd ? Step::fails : Step::consumed;
      case Control::CALL:
      case Control::CALL_LEN:
        if (symbol == kEnd || s.levels.size() > kDeepest) return Step::fails;
        s.levels.push_back({table_.base(action.operand), 0, entry->control == Control::CALL_LEN});
        s.base = table_.base(entry->next);
        return Step::consumed;
      case Control::RET:
      case Control::REDO:
      case Control::REDO_TO:
        if (s.levels.size() == 1 || top.r < action.operand || (top.own_end && symbol != kEnd))
          return Step::fails;
        s.base = entry->control == Control::REDO_TO ? table_.base(entry->next) : top.back;
        s.levels.pop_back();
        return entry->control == Control::RET && symbol != kEnd ? Step::consumed : Step::again;
      default:
        return Step::fails;
    }
  }

  // A whole symbol within the key: nothing of the key unit may happen on it.
  bool read(State& s, int symbol) const {
    for (;;) {
      bool ended = false;
      const Step result = step(s, symbol, false, ended);
      if (result == Step::fails || ended) return false;
      if (result == Step::consumed) return true;
    }
  }

  // The innermost frame with an end of its own ends here; false: there is none, or it cannot be
  // left.
  bool end_frame(State& s) const {
    const auto own = std::find_if(s.levels.rbegin(), s.levels.rend(),
                                  [](const Level& level) { return level.own_end; });
    if (own == s.levels.rend()) return false;
    const auto stays = static_cast<std::size_t>(s.levels.rend() - own) - 1;
    while (s.levels.size() > stays) {
      bool ended = false;
      if (step(s, kEnd, false, ended) == Step::fails || ended) return false;
    }
    return true;
  }

  bool finishes(State s) const {
    for (;;) {
      bool ended = false;
      const Step result = step(s, key_.end_symbol, false, ended);
      if (result == Step::fails) return false;
      if (ended) break;
      if (result == Step::consumed) return false;
    }
    if (s.base != key_.after_base || s.levels.size() != key_.after.size() ||
        (through_ && !s.passed))
      return false;
    for (std::size_t i = 0; i < s.levels.size(); ++i) {
      if (s.levels[i].r != key_.after[i].r || s.levels[i].back != key_.after[i].back) return false;
    }
    return true;
  }

  // Spells on from `s`, in ascending order. `tied`: what stands so far is a prefix of the lower
  // bound. As deep as the key is long, which `most_` limits.
  bool search(const State& s, bool tied) {
    if (++steps_ > kSteps) return false;
    const auto length = static_cast<std::uint32_t>(text_.size());
    const auto memo = std::pair(length, s);
    if (!tied && dead_.contains(memo)) return false;
    std::vector<State> here{s};
    for (State more = s; here.size() < 4 && end_frame(more);) here.push_back(more);
    if (!tied && length >= least_ &&
        std::any_of(here.begin(), here.end(), [&](const State& at) { return finishes(at); }))
      return true;
    if (length < most_) {
      const bool matched = tied && length == low_->size();
      const int from = tied && !matched ? static_cast<std::uint8_t>((*low_)[length]) : 0;
      for (int byte = from; byte < 256; ++byte) {
        for (State next : here) {
          if (!read(next, byte)) continue;
          text_ += static_cast<char>(byte);
          if (search(next, tied && !matched && byte == from)) return true;
          text_.pop_back();
        }
      }
    }
    if (!tied) dead_.insert(memo);
    return false;
  }

  static constexpr std::size_t kDeepest = 8;      // frames within a key
  static constexpr std::uint32_t kLongest = 512;  // key, bytes

  const Table& table_;
  const Trace::Key& key_;
  std::optional<Wanted> through_;
  State start_;
  bool possible_ = false;
  std::optional<std::string> low_;
  std::uint32_t least_ = 0, most_ = 0;
  std::size_t steps_ = 0;
  std::set<std::pair<std::uint32_t, State>> dead_;
  std::string text_;
};

using Chain = std::vector<const Trace::Key*>;  // the keys of one map

bool uses(const Table& table, const Trace& trace, std::size_t from, std::size_t end,
          const Wanted& wanted) {
  return std::any_of(trace.uses.begin() + static_cast<std::ptrdiff_t>(from),
                     trace.uses.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](const Trace::Use& use) {
                       return use.base == wanted.base &&
                              table.class_of(use.base, use.symbol) == wanted.symbol_class &&
                              (wanted.byte < 0 || use.symbol == wanted.byte);
                     });
}

class Orderer {
 public:
  Orderer(const Table& table, const std::string& record, const Trace& trace,
          const std::optional<Wanted>& wanted)
      : table_(table), record_(record), trace_(trace), wanted_(wanted) {}

  std::optional<std::string> order() const {
    std::map<std::uint32_t, Chain> maps;
    for (const Trace::Key& key : trace_.keys) maps[key.map].push_back(&key);
    std::vector<Edit> edits;
    for (const auto& [number, chain] : maps) {
      const auto down = [&](const Trace::Key* a, const Trace::Key* b) {
        return !key_less(text(*a), text(*b));
      };
      if (std::adjacent_find(chain.begin(), chain.end(), down) == chain.end()) continue;
      const auto ordered = find(chain);
      if (!ordered) return std::nullopt;
      for (std::size_t i = 0; i < chain.size(); ++i) {
        if (text(*chain[i]) != (*ordered)[i])
          edits.push_back({chain[i]->first, chain[i]->end, (*ordered)[i]});
      }
    }
    return edited(record_, trace_.lengths, std::move(edits));
  }

 private:
  std::string text(const Trace::Key& key) const {
    return record_.substr(key.first, key.end - key.first);
  }

  std::optional<std::vector<std::string>> find(const Chain& chain) const {
    // The entries that may carry what is wanted: those that do come first.
    std::vector<std::size_t> carriers;
    if (wanted_) {
      for (std::size_t i = 0; i < chain.size(); ++i) {
        if (uses(table_, trace_, chain[i]->from_use, chain[i]->last_use + 1, *wanted_))
          carriers.push_back(i);
      }
      for (std::size_t i = chain.size(); !carriers.empty() && i-- > 0;) {
        if (std::find(carriers.begin(), carriers.end(), i) == carriers.end()) carriers.push_back(i);
      }
    }
    if (carriers.empty()) carriers.push_back(chain.size());  // none
    std::uint32_t longest = 0;
    for (const Trace::Key* key : chain) longest = std::max(longest, key->end - key->first);
    // Of the lengths that stand there first, so that nothing else need be changed.
    for (const std::uint32_t more : {0U, 1U, 2U, 4U, 9U, kLongerKeys + 1}) {
      for (std::size_t carrier : carriers) {
        for (const bool keep : {true, false}) {
          if (auto found = ascending(chain, carrier, keep,
                                     more == 0 ? std::nullopt : std::optional(longest + more - 1)))
            return found;
        }
      }
    }
    return std::nullopt;
  }

  // `keep`: keys that already ascend stay. `most`: longest key; nothing: each as long as it is.
  std::optional<std::vector<std::string>> ascending(const Chain& chain, std::size_t carrier,
                                                    bool keep,
                                                    std::optional<std::uint32_t> most) const {
    std::vector<std::string> out;
    std::optional<std::string> low;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const std::string own = text(*chain[i]);
      const bool carries = carrier != i || uses(table_, trace_, chain[i]->from_use,
                                                chain[i]->last_use + 1, *wanted_);
      if (!keep || !carries || (low && !key_less(*low, own))) {
        const auto length = static_cast<std::uint32_t>(own.size());
        auto found = KeySearch(table_, record_, *chain[i], carrier == i ? wanted_ : std::nullopt)
                         .above(low, most ? 0 : length, most ? *most : length);
        if (!found) return std::nullopt;
        low = std::move(found);
      } else {
        low = own;
      }
      out.push_back(*low);
    }
    return out;
  }

  const Table& table_;
  const std::string& record_;
  const Trace& trace_;
  const std::optional<Wanted>& wanted_;
};

}  // namespace

std::optional<std::string> order_keys(const Table& table, const std::string& record,
                                      const Trace& trace, const std::optional<Wanted>& wanted) {
  return Orderer(table, record, trace, wanted).order();
}

std::vector<std::string> disorder_keys(const std::string& record, const Trace& trace,
                                       std::size_t most) {
  std::map<std::uint32_t, Chain> maps;
  for (const Trace::Key& key : trace.keys) maps[key.map].push_back(&key);
  std::vector<std::string> out;
  for (const auto& [number, chain] : maps) {
    for (std::size_t i = 0; i + 1 < chain.size() && out.size() + 2 <= most; ++i) {
      const Trace::Key &a = *chain[i], &b = *chain[i + 1];
      const std::string first = record.substr(a.first, a.end - a.first),
                        second = record.substr(b.first, b.end - b.first);
      out.push_back(edited(record, trace.lengths, {{b.first, b.end, first}}));
      out.push_back(
          edited(record, trace.lengths, {{a.first, a.end, second}, {b.first, b.end, first}}));
    }
  }
  return out;
}

}  // namespace sluice::verify
