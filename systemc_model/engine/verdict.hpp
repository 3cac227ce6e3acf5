// SPDX-License-Identifier: Apache-2.0
// What the engine says about one record, and the report that explains a rejection.
// No behaviour.
#pragma once

#include <array>
#include <cstdint>

#include "sluice/layout.hpp"

namespace sluice::engine {

struct Verdict {
  layout::Reason reason = layout::Reason::NO_TRANSITION;
  std::uint32_t offset = 0;    ///< of the rejected symbol, bytes; the record's length when accepted
  std::uint16_t endpoint = 0;  ///< tag, 0 = unknown
  std::uint16_t base = 0;      ///< state before the rejected symbol; 0 when accepted
  std::uint8_t symbol_class = 0;  ///< class of the rejected symbol; 0 when accepted
  std::uint8_t frames =
      0;  ///< how many of the frames below are valid: min(depth, 8); 0 when accepted
  std::uint16_t depth = 0;  ///< stack frames, bottom included; 1 when accepted
  std::uint32_t steps = 0;  ///< symbols looked at, the rejected one included
  std::array<std::uint16_t, layout::EVENT_FRAMES>
      return_bases{};  ///< innermost frame first; bottom: 0
  std::array<std::uint16_t, layout::EVENT_FRAMES> registers{};  ///< r of these frames

  [[nodiscard]] bool accepted() const { return reason == layout::Reason::ACCEPTED; }
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// True when the engine itself found this (ACCEPTED included): such a verdict carries a depth and,
/// rejected, a report.
constexpr bool is_engine_reason(layout::Reason reason) { return reason <= layout::Reason::DEPTH; }

}  // namespace sluice::engine
