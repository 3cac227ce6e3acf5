// SPDX-License-Identifier: Apache-2.0
// A reason that only some operation gives is out of reach when no entry has that operation. DEPTH
// is when calls cannot nest deep enough: the longest chain of calls is found over the packed table,
// from the start bases on.
#include "levels/unreachable_reasons.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace sluice::test {

namespace {

using compiler::PackedTable;
using layout::Control;
using layout::Reason;
using layout::RegisterOp;

struct Call {
  std::uint16_t callee, back;
};

// The calls that a frame which starts at `first` can make.
std::vector<Call> calls_of(const PackedTable& table, std::uint16_t first) {
  std::vector<Call> out;
  std::set<std::uint16_t> seen{first};
  std::vector<std::uint16_t> work{first};
  const auto reach = [&](std::uint16_t base) {
    if (seen.insert(base).second) work.push_back(base);
  };
  while (!work.empty()) {
    const std::uint16_t base = work.back();
    work.pop_back();
    for (std::size_t label = 0; label <= layout::CLASS_END; ++label) {
      const std::size_t slot = base ^ label;
      if (slot >= table.entries.size()) continue;
      const layout::Entry& entry = table.entries[slot];
      if (entry.label != label) continue;
      if (entry.control == Control::NEXT || entry.control == Control::REDO_TO) reach(entry.next);
      if (entry.control == Control::CALL || entry.control == Control::CALL_LEN) {
        const std::uint16_t back = table.actions[entry.action].operand;
        out.push_back({entry.next, back});
        reach(back);
      }
    }
  }
  return out;
}

// Frames of the deepest stack, at most `limit`. After n rounds every first base of a frame that can
// stand n deep was seen.
std::uint32_t deepest(const PackedTable& table, std::uint32_t limit) {
  std::map<std::uint16_t, std::set<std::uint16_t>> callees;
  std::set<std::uint16_t> now(table.starts.begin(), table.starts.end());
  for (std::uint32_t depth = 1; depth < limit; ++depth) {
    std::set<std::uint16_t> next;
    for (std::uint16_t first : now) {
      const auto [it, fresh] = callees.try_emplace(first);
      if (fresh) {
        for (const Call& call : calls_of(table, first)) it->second.insert(call.callee);
      }
      next.insert(it->second.begin(), it->second.end());
    }
    if (next.empty()) return depth;
    now = std::move(next);
  }
  return limit;
}

}  // namespace

std::map<Reason, std::string> unreachable_reasons(const PackedTable& table,
                                                  std::uint32_t max_depth) {
  bool order = false, few = false, many = false, length = false, key = false, parity = false;
  for (std::size_t slot = 0; slot < table.entries.size(); ++slot) {
    const layout::Entry& entry = table.entries[slot];
    parity = parity || !layout::Entry::parity_ok(entry.pack(), static_cast<std::uint32_t>(slot));
    if (entry.control == Control::RESERVED) continue;
    const layout::Action& action = table.actions[entry.action];
    const bool sets =
        action.register_op == RegisterOp::SET || action.register_op == RegisterOp::SET_AGAIN;
    const bool takes_min = entry.control == Control::RET || entry.control == Control::REDO ||
                           entry.control == Control::REDO_TO || entry.control == Control::ACCEPT;
    order = order || sets;
    few = few || (sets && action.register_min > 0) || (takes_min && action.operand > 0);
    many = many ||
           (action.register_op == RegisterOp::INC && action.register_arg != layout::INC_UNBOUNDED);
    length = length || action.accumulator_op == layout::AccumulatorOp::CHECK_END ||
             entry.control == Control::CALL_LEN;
    key = key || action.key_op != layout::KeyOp::NONE;
  }
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    parity = parity ||
             !layout::Action::parity_ok(table.actions[i].pack(), static_cast<std::uint32_t>(i));
  }
  std::map<Reason, std::string> out;
  if (!order) out[Reason::ORDER] = "no entry has SET";
  if (!few) out[Reason::TOO_FEW] = "no entry asks for a minimum";
  if (!many) out[Reason::TOO_MANY] = "no entry has INC with a bound";
  if (!length) out[Reason::LENGTH] = "no entry has CHECK_END or CALL_LEN";
  if (!key) out[Reason::KEY_ORDER] = "no entry has a key operation";
  if (!parity) out[Reason::TABLE_PARITY] = "every word has right parity";
  const std::uint32_t frames = deepest(table, max_depth + 1);
  if (frames <= max_depth)
    out[Reason::DEPTH] = "calls nest " + std::to_string(frames) +
                         " frames deep at most, and the limit is " + std::to_string(max_depth);
  return out;
}

}  // namespace sluice::test
