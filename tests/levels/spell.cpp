// SPDX-License-Identifier: Apache-2.0
#include "levels/spell.hpp"

#include <algorithm>

namespace sluice::test {

namespace {

using Turn = Product::Turn;
using Move = Product::Move;
using layout::Control;

class Speller {
 public:
  Speller(const Reach& reach, const TableView& table) : reach_(reach), table_(table) {}

  // `after`: the symbol that is read behind the way.
  bool way(const std::vector<Turn>& turns, int after, std::string& out, int nested) const {
    if (nested > 64) return false;  // the shortest way through a routine does not hold itself
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const Turn& turn = turns[i];
      const layout::Entry* entry = table_.find(turn.base, turn.symbol);
      if (entry == nullptr) return false;
      if (entry->control == Control::REDO || turn.symbol == kEndSymbol) continue;
      out.push_back(static_cast<char>(turn.symbol));
      if (entry->control != Control::CALL || turn.move == Move::enter) continue;
      const int next = i + 1 < turns.size() ? turns[i + 1].symbol : after;
      if (!routine(entry->next, next, out, nested + 1)) return false;
    }
    return true;
  }

 private:
  // The shortest text of a routine that ends by itself or stops before `after`.
  bool routine(std::uint16_t first, int after, std::string& out, int nested) const {
    const Reach::Routine* found = nullptr;
    for (const auto& r : reach_.routines()) {
      if (r.first == first) found = &r;
    }
    if (found == nullptr) return false;
    int best = -1, symbol = -1;
    std::uint32_t bytes = Reach::kNever;
    const auto consider = [&](std::size_t n, int s, std::uint32_t more) {
      if (found->nodes[n].bytes + more >= bytes) return;
      best = static_cast<int>(n);
      symbol = s;
      bytes = found->nodes[n].bytes + more;
    };
    for (std::size_t n = 0; n < found->nodes.size(); ++n) {
      const auto& node = found->nodes[n];
      if (after >= 0 && step(table_, node.base, node.r, after, {}).kind == Step::Kind::redo)
        consider(n, after, 0);
      for (int s : reach_.symbols(node.base)) {
        if (step(table_, node.base, node.r, s, {}).kind == Step::Kind::ret) consider(n, s, 1);
      }
    }
    if (best < 0) return false;
    std::vector<Turn> turns{
        {found->nodes[static_cast<std::size_t>(best)].base, symbol, Move::leave}};
    for (int n = best; found->nodes[static_cast<std::size_t>(n)].from >= 0;
         n = found->nodes[static_cast<std::size_t>(n)].from) {
      const auto& here = found->nodes[static_cast<std::size_t>(n)];
      turns.push_back(
          {found->nodes[static_cast<std::size_t>(here.from)].base, here.symbol, Move::over});
    }
    std::reverse(turns.begin(), turns.end());
    return way(turns, after, out, nested);
  }

  const Reach& reach_;
  const TableView& table_;
};

}  // namespace

std::optional<std::string> spell(const Reach& reach, const TableView& table,
                                 const Product::Parting& parting) {
  std::string out;
  if (!Speller(reach, table).way(parting.way, parting.symbol, out, 0)) return std::nullopt;
  return out;
}

}  // namespace sluice::test
