// SPDX-License-Identifier: Apache-2.0
// The machine of design section 4, a third time: a plain interpreter of one table, written from the text, for the checker alone.
// It is not built for speed, and checks no parity (the reader has).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "verify/table.hpp"

namespace sluice::verify {

struct Verdict {
  layout::Reason reason = layout::Reason::ACCEPTED;
  std::uint32_t offset = 0;
  std::uint16_t tag = 0;     // request: the endpoint
  std::uint64_t steps = 0;   // symbols judged, the last one included
  std::size_t deepest = 0;   // frames
  bool accepted() const { return reason == layout::Reason::ACCEPTED; }
};

// What a run did, for those who want to know which words it used.
struct Trace {
  struct Use {
    std::uint16_t base, r;  // before the symbol
    int symbol;
    std::uint32_t offset;
  };
  struct Number {  // decimal digits that a CHECK_END was about
    std::uint32_t first, last;  // offsets of the digits; last < first: there were none
    std::uint32_t left;         // bytes left after the symbol with CHECK_END
  };
  std::vector<Use> uses;
  std::vector<Number> numbers;
};

struct RunOptions {
  std::uint32_t max_depth = 64;  // frames, the bottom one included
  bool ignore_check_end = false;  // CHECK_END passes whatever it finds: to find out which number it wants
  Trace* trace = nullptr;
};

// Judges one record from a first base.
Verdict run(const Table& table, std::uint16_t start, std::string_view record, const RunOptions& options);

}  // namespace sluice::verify
