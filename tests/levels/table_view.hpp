// SPDX-License-Identifier: Apache-2.0
// One pipeline's words of an image, unpacked, and one step on them without a stack: what
// docs/fabric.md "Engine" says about one symbol, up to the point where the frames below matter. It
// is not the engine: it judges no record.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::test {

inline constexpr int kEndSymbol = 256;              // behind the byte values
inline constexpr std::uint16_t kNoReturn = 0xFFFF;  // of the bottom frame

struct TableView {
  std::array<layout::ClassMap, 256> maps;
  std::vector<layout::Entry> entries;
  std::vector<layout::Action> actions;
  std::uint32_t mask = 0;  // the geometry's number of slots, less one
  bool request = true;

  std::uint8_t class_of(std::uint16_t base, int symbol) const {
    if (symbol == kEndSymbol) return layout::CLASS_END;
    const auto& map = maps[static_cast<std::size_t>(symbol)];
    return (base & 1) != 0 ? map.map1 : map.map0;
  }
  // The entry that answers, or null: NO_TRANSITION.
  const layout::Entry* find(std::uint16_t base, int symbol) const {
    const std::uint8_t symbol_class = class_of(base, symbol);
    const std::size_t slot = (base ^ symbol_class) & mask;
    if (slot >= entries.size()) return nullptr;
    const auto& entry = entries[slot];
    return entry.label == symbol_class && entry.control != layout::Control::RESERVED ? &entry
                                                                                     : nullptr;
  }
};

// What is known about the place of a step.
struct Place {
  bool bottom = false;  // the frame is the bottom one
  bool tagged = true;   // request: whether the record can have a tag here
};

struct Step {
  enum class Kind { reject, next, call, call_len, ret, redo, redo_to, accept };
  Kind kind = Kind::reject;
  layout::Reason reason = layout::Reason::NO_TRANSITION;  // of a rejection
  bool early = false;      // rejected before the accumulator was looked at
  std::uint16_t base = 0;  // next base, or the callee's
  std::uint16_t back = 0;  // return base of a call
  std::uint16_t r = 0;     // of the frame, afterwards
  layout::AccumulatorOp accumulator = layout::AccumulatorOp::NONE;
  std::uint8_t group = 0;
  std::uint16_t tag = 0;
};

// One step at `base` with `r`. RET on END is a redo: nothing is consumed. DEPTH, LENGTH and
// CHECK_END are the caller's.
inline Step step(const TableView& table, std::uint16_t base, std::uint16_t r, int symbol,
                 const Place& place) {
  using layout::Control;
  using layout::Reason;
  using layout::RegisterOp;
  Step out;
  out.early = true;
  const layout::Entry* entry = table.find(base, symbol);
  if (entry == nullptr) return out;
  const layout::Action& action = table.actions[entry->action];
  const Control control = entry->control;
  const bool end = symbol == kEndSymbol;
  const bool pops =
      control == Control::RET || control == Control::REDO || control == Control::REDO_TO;
  if (pops && place.bottom) return out;
  if (control == Control::ACCEPT &&
      (!end || !place.bottom || (table.request && action.tag == 0 && !place.tagged)))
    return out;
  if (end && !pops && control != Control::ACCEPT) return out;
  out.r = r;
  if (action.register_op == RegisterOp::SET || action.register_op == RegisterOp::SET_AGAIN) {
    out.reason = Reason::ORDER;
    if (action.register_op == RegisterOp::SET ? r >= action.register_arg : r > action.register_arg)
      return out;
    out.reason = Reason::TOO_FEW;
    if (r < action.register_min) return out;
    out.r = action.register_arg;
  } else if (action.register_op == RegisterOp::INC) {
    out.reason = Reason::TOO_MANY;
    const bool bounded = action.register_arg != layout::INC_UNBOUNDED;
    if (bounded && r >= action.register_arg) return out;
    if (r < 0xFFFF) ++out.r;
  }
  out.early = false;
  out.accumulator = action.accumulator_op;
  if (end && out.accumulator != layout::AccumulatorOp::CHECK_END)
    out.accumulator = layout::AccumulatorOp::NONE;
  out.group =
      out.accumulator == layout::AccumulatorOp::GROUP ? action.accumulator_group : std::uint8_t{0};
  out.tag = table.request ? action.tag : std::uint16_t{0};
  if ((pops || control == Control::ACCEPT) && out.r < action.operand) {
    out.reason = Reason::TOO_FEW;
    return out;
  }
  out.base = static_cast<std::uint16_t>(entry->next & table.mask);
  switch (control) {
    case Control::CALL:
    case Control::CALL_LEN:
      out.kind = control == Control::CALL ? Step::Kind::call : Step::Kind::call_len;
      out.back = static_cast<std::uint16_t>(action.operand & table.mask);
      break;
    case Control::RET:
      out.kind = end ? Step::Kind::redo : Step::Kind::ret;
      break;
    case Control::REDO:
      out.kind = Step::Kind::redo;
      break;
    case Control::REDO_TO:
      out.kind = Step::Kind::redo_to;
      break;
    case Control::ACCEPT:
      out.kind = Step::Kind::accept;
      break;
    default:
      out.kind = Step::Kind::next;
      break;
  }
  return out;
}

}  // namespace sluice::test
