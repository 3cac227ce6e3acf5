// SPDX-License-Identifier: Apache-2.0
// One pipeline's table, decoded for the step loop: what a step needs almost always is one 32-bit
// word per slot, the rest stands aside. Words with wrong parity are kept as such, so that a step
// that reads one fails with TABLE_PARITY. It does not check an image: see image_reader.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::engine {

class Table {
 public:
  /// `entries`: the geometry's number of slots, a power of two of at least 512. All slots and
  /// actions start empty.
  Table(std::uint32_t entries, std::uint32_t actions);

  void set_class_map(std::uint8_t byte, std::uint64_t word);
  void set_entry(std::uint32_t slot, std::uint64_t word);
  void set_action(std::uint32_t index, const layout::Action::Storage& words);

  [[nodiscard]] std::uint32_t entries() const { return static_cast<std::uint32_t>(hot_.size()); }
  [[nodiscard]] std::uint32_t actions() const {
    return static_cast<std::uint32_t>(actions_.size());
  }

 private:
  friend class Context;

  // Bits 15..0 of a hot word: label and kind; a byte class with kind PLAIN equals it. Bits 31..16:
  // next base. kind: PLAIN (NEXT and the empty action), COUNT (NEXT and nothing but INC), or
  // CONTROL + Control, or BROKEN (wrong parity). CLASS_BROKEN in a class is no kind's bit pattern.
  static constexpr std::uint32_t PLAIN = 0;
  static constexpr std::uint32_t COUNT = 0x02;
  static constexpr std::uint32_t CONTROL = 0x10;
  static constexpr std::uint32_t BROKEN = 0x20;
  static constexpr std::uint32_t CLASS_BROKEN = 0x100;

  struct DecodedAction {
    layout::RegisterOp register_op = layout::RegisterOp::NONE;
    layout::AccumulatorOp accumulator_op = layout::AccumulatorOp::NONE;
    layout::KeyOp key_op = layout::KeyOp::NONE;
    std::uint8_t shift = 0;   // of GROUP: 7 i
    bool broken = false;      // wrong parity
    bool impossible = false;  // an operation that this engine does not have
    bool empty = false;       // does nothing (not yet known for an action that was never set)
    bool counts = false;      // does nothing but INC
    std::uint16_t tag = 0;
    std::uint16_t operand = 0;
    std::uint16_t register_arg = 0;
    std::uint16_t register_min = 0;
  };

  void refresh_kind(std::uint32_t slot);

  std::array<std::uint32_t, 256>
      maps_{};  // class under map 0 in bits 15..0, under map 1 in bits 31..16
  std::vector<std::uint32_t> hot_;
  std::vector<std::uint16_t> action_of_;  // action index of each slot
  std::vector<DecodedAction> actions_;
};

}  // namespace sluice::engine
