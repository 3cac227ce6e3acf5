// SPDX-License-Identifier: Apache-2.0
// One pipeline's words as the image has them. No step, no verdict: see machine.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::verify {

inline constexpr int kEnd = 256;  // the symbol END, behind the byte values

struct Table {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::array<layout::ClassMap, 256> maps;
  std::vector<layout::Entry> entries;
  std::vector<layout::Action> actions;
  std::uint32_t slots = 0;  // of the geometry, a power of two
  std::uint16_t ratio = 0;  // worst steps per byte that the header claims, in 1/256

  bool request() const { return pipeline == layout::Pipeline::REQUEST; }
  std::uint16_t base(std::uint32_t value) const { return static_cast<std::uint16_t>(value & (slots - 1)); }
  // Design section 4: both maps are looked up, bit 0 of the base selects one.
  std::uint8_t class_of(std::uint16_t at, int symbol) const {
    if (symbol == kEnd) return layout::CLASS_END;
    const layout::ClassMap& map = maps[static_cast<std::size_t>(symbol)];
    return (at & 1) != 0 ? map.map1 : map.map0;
  }
  // The entry that answers to a class; null: NO_TRANSITION.
  const layout::Entry* entry(std::uint16_t at, std::uint8_t symbol_class) const {
    const std::size_t slot = base(std::uint32_t{at} ^ symbol_class);
    if (slot >= entries.size()) return nullptr;
    const layout::Entry& found = entries[slot];
    return found.label == symbol_class && found.control != layout::Control::RESERVED ? &found : nullptr;
  }
};

}  // namespace sluice::verify
