// SPDX-License-Identifier: Apache-2.0
// One pipeline of an image as a graph: states, and what each does on which letters (bytes that no
// state tells apart). It is read from the image's words, so what is counted is what a device loads.
// It judges no record and knows no names.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::room {

/// A table that the count does not cover; the text says which construct, where.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What one state does on some letters: all of a table entry and its action (docs/fabric.md
/// "Engine").
struct Edge {
  layout::Control control = layout::Control::NEXT;
  layout::RegisterOp register_op = layout::RegisterOp::NONE;
  std::uint16_t register_arg = 0;
  std::uint16_t register_min = 0;
  layout::AccumulatorOp accumulator_op = layout::AccumulatorOp::NONE;
  std::uint8_t group = 0;
  layout::KeyOp key_op = layout::KeyOp::NONE;
  std::uint16_t tag = 0;   ///< request pipeline only
  int next = -1;           ///< NEXT, CALL, CALL_LEN (the callee), REDO_TO
  int back = -1;           ///< CALL, CALL_LEN: state behind the call
  std::uint16_t min = 0;   ///< RET, REDO, REDO_TO, ACCEPT: least r
  std::uint32_t bytes = 0;    ///< how many byte values; 0 on END
  std::vector<int> letters{}; ///< ascending; `Machine::end` stands alone

  [[nodiscard]] bool calls() const {
    return control == layout::Control::CALL || control == layout::Control::CALL_LEN;
  }
  [[nodiscard]] bool pops() const {
    return control == layout::Control::RET || control == layout::Control::REDO ||
           control == layout::Control::REDO_TO;
  }
};

struct State {
  std::uint16_t base = 0;
  std::vector<Edge> edges{};   ///< disjoint letters; only what docs/fabric.md step 3 permits
  std::vector<int> edge_of{};  ///< by letter, END last; -1: no transition
};

struct Machine {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::vector<std::vector<std::uint8_t>> letters{};  ///< byte values of each letter
  int end = 0;                                       ///< the letter END
  std::vector<State> states{};                       ///< all that the starts reach
  std::vector<int> starts{};  ///< request: one; response: by tag - 1
  std::uint32_t max_depth = 1;
  std::uint32_t max_record_bytes = 0;
};

/// Reads one pipeline. `image` must have passed engine::Image::load. Throws Unsupported on words
/// that no count is defined for.
Machine read_machine(std::span<const std::uint8_t> image, layout::Pipeline pipeline);

}  // namespace sluice::room
