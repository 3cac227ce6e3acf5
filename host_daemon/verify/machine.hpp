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
  struct Length {  // of a frame that CALL_LEN pushed
    std::uint32_t first, last;  // offsets of the groups that it was built from; last < first: there were none
    std::uint32_t start, end;   // of the frame
  };
  struct Level {
    std::uint16_t back;
    std::uint32_t r;
    auto operator<=>(const Level&) const = default;
  };
  struct Key {
    std::uint32_t first, end;        // its bytes
    std::uint32_t map;               // of which frame pushed with NEW_MAP, numbered as they come; 0: of the record
    std::uint16_t base;              // before BEGIN's symbol
    std::uint32_t r;                 // likewise
    std::size_t from_use, last_use;  // into `uses`: BEGIN and END_KEY
    std::uint16_t after_base = 0;    // after END_KEY's step
    std::vector<Level> after;        // likewise: the frames from the one that BEGIN was in; empty: END_KEY popped it
    int end_symbol = 0;              // END_KEY's
  };
  std::vector<Use> uses;
  std::vector<Number> numbers;
  std::vector<Length> lengths;
  std::vector<Key> keys;  // in the order of their ends
};

struct RunOptions {
  std::uint32_t max_depth = 64;  // frames, the bottom one included
  bool ignore_check_end = false;  // CHECK_END passes whatever it finds: to find out which number it wants
  bool ignore_key_order = false;  // END_KEY passes whatever the previous key is
  Trace* trace = nullptr;
};

// Step 1 of an action on a frame's register.
layout::Reason on_register(std::uint32_t& r, const layout::Action& action);
// Bytewise as unsigned numbers; a proper prefix is less.
bool key_less(std::string_view a, std::string_view b);

// Judges one record from a first base.
Verdict run(const Table& table, std::uint16_t start, std::string_view record, const RunOptions& options);

}  // namespace sluice::verify
