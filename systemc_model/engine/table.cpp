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
  if (entries < 512 || entries > 32768 || (entries & (entries - 1)) != 0 || actions == 0 || actions > 2048) {
    throw std::invalid_argument("a table has 512 to 32768 slots, a power of two, and 1 to 2048 actions");
  }
}

void Table::set_class_map(std::uint8_t byte, std::uint64_t word) {
  const auto map = layout::ClassMap::unpack(word);
  const std::uint32_t broken = layout::ClassMap::parity_ok(word, byte) ? 0 : CLASS_BROKEN;
  maps_[byte] = (map.map0 | broken) | (map.map1 | broken) << 16;
}

std::uint32_t Table::hot_word(const layout::Entry& entry, bool broken) const {
  std::uint32_t kind = CONTROL + static_cast<std::uint32_t>(entry.control);
  if (entry.control == Control::NEXT && entry.action == 0 && !actions_[0].broken) kind = PLAIN;
  if (broken) kind = BROKEN;
  return entry.label | kind << 8 | static_cast<std::uint32_t>(entry.next & (entries() - 1)) << 16;
}

void Table::set_entry(std::uint32_t slot, std::uint64_t word) {
  const auto entry = layout::Entry::unpack(word);
  hot_.at(slot) = hot_word(entry, !layout::Entry::parity_ok(word, slot));
  action_of_.at(slot) = static_cast<std::uint16_t>(entry.action % actions());
}

void Table::set_action(std::uint32_t index, const layout::Action::Storage& words) {
  const auto action = layout::Action::unpack(words);
  DecodedAction& decoded = actions_.at(index);
  decoded = {.register_op = action.register_op,
             .accumulator_op = action.accumulator_op,
             .shift = static_cast<std::uint8_t>(7 * action.accumulator_group),
             .broken = !layout::Action::parity_ok(words, index),
             .impossible = !is_defined(action.accumulator_op) || action.key_op != KeyOp::NONE,
             .tag = action.tag,
             .operand = action.operand,
             .register_arg = action.register_arg,
             .register_min = action.register_min};
  // Every step reads its action; a broken empty action must be seen by the steps that would not look at it.
  if (index == 0 && decoded.broken) {
    for (std::uint32_t& word : hot_) {
      if ((word >> 8 & 0xFF) == PLAIN) word |= (CONTROL + static_cast<std::uint32_t>(Control::NEXT)) << 8;
    }
  }
}

}  // namespace sluice::engine
