// SPDX-License-Identifier: Apache-2.0
// Decoding of table words.
#include "engine/table.hpp"

#include <stdexcept>

namespace sluice::engine {

using layout::AccumulatorOp;
using layout::Control;
using layout::KeyOp;

Table::Table(std::uint32_t entries, std::uint32_t actions)
    : hot_(entries, CONTROL << 8), action_of_(entries, 0), actions_(actions) {
  if (entries < 512 || entries > 32768 || (entries & (entries - 1)) != 0 || actions == 0 ||
      actions > 2048) {
    throw std::invalid_argument(
        "a table has 512 to 32768 slots, a power of two, and 1 to 2048 actions");
  }
}

void Table::set_class_map(std::uint8_t byte, std::uint64_t word) {
  const auto map = layout::ClassMap::unpack(word);
  const std::uint32_t broken = layout::ClassMap::parity_ok(word, byte) ? 0 : CLASS_BROKEN;
  maps_[byte] = (map.map0 | broken) | (map.map1 | broken) << 16;
}

// The control stays what it is; only the two short cuts depend on the action.
void Table::refresh_kind(std::uint32_t slot) {
  std::uint32_t kind = hot_[slot] >> 8 & 0xFF;
  constexpr std::uint32_t next = CONTROL + static_cast<std::uint32_t>(Control::NEXT);
  if (kind != PLAIN && kind != COUNT && kind != next) return;
  const DecodedAction& action = actions_[action_of_[slot]];
  kind = action.empty ? PLAIN : action.counts ? COUNT : next;
  hot_[slot] = (hot_[slot] & 0xFFFF00FF) | kind << 8;
}

void Table::set_entry(std::uint32_t slot, std::uint64_t word) {
  const auto entry = layout::Entry::unpack(word);
  const std::uint32_t kind = layout::Entry::parity_ok(word, slot)
                                 ? CONTROL + static_cast<std::uint32_t>(entry.control)
                                 : BROKEN;
  hot_.at(slot) =
      entry.label | kind << 8 | static_cast<std::uint32_t>(entry.next & (entries() - 1)) << 16;
  action_of_.at(slot) = static_cast<std::uint16_t>(entry.action % actions());
  refresh_kind(slot);
}

void Table::set_action(std::uint32_t index, const layout::Action::Storage& words) {
  const auto action = layout::Action::unpack(words);
  DecodedAction& decoded = actions_.at(index);
  const bool was_short = decoded.empty || decoded.counts;
  decoded = {.register_op = action.register_op,
             .accumulator_op = action.accumulator_op,
             .key_op = action.key_op,
             .shift = static_cast<std::uint8_t>(7 * action.accumulator_group),
             .broken = !layout::Action::parity_ok(words, index),
             .impossible = !is_defined(action.accumulator_op),
             .tag = action.tag,
             .operand = action.operand,
             .register_arg = action.register_arg,
             .register_min = action.register_min};
  const bool only_register = !decoded.broken && !decoded.impossible && decoded.tag == 0 &&
                             decoded.accumulator_op == AccumulatorOp::NONE &&
                             decoded.key_op == KeyOp::NONE;
  decoded.empty = only_register && decoded.register_op == layout::RegisterOp::NONE;
  decoded.counts = only_register && decoded.register_op == layout::RegisterOp::INC;
  if (!was_short && !decoded.empty && !decoded.counts) return;
  for (std::uint32_t slot = 0; slot < entries(); ++slot) {
    if (action_of_[slot] == index) refresh_kind(slot);
  }
}

}  // namespace sluice::engine
