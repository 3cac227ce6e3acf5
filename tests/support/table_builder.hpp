// SPDX-License-Identifier: Apache-2.0
// A hand assembler for small tables and images: states and transitions by number, slots found by
// itself. It does not check what it is told: tests build broken tables with it too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::support {

/// One action, without its operand's meaning: `operand` is the min of RET, REDO, REDO_TO, ACCEPT.
struct Do {
  layout::RegisterOp register_op = layout::RegisterOp::NONE;
  std::uint16_t k = 0;    ///< SET: k, INC: max
  std::uint16_t min = 0;  ///< SET: min
  layout::AccumulatorOp accumulator_op = layout::AccumulatorOp::NONE;
  std::uint8_t group = 0;
  layout::KeyOp key_op = layout::KeyOp::NONE;
  std::uint16_t tag = 0;
  std::uint16_t operand = 0;
};

using State = std::uint32_t;

/// The table of one pipeline.
class TableBuilder {
 public:
  TableBuilder();

  /// A new state under class map 0 or 1.
  State state(unsigned map = 0);
  /// Both maps start as the identity, except byte 255, which shares class 254.
  void set_class(unsigned map, std::uint8_t byte, std::uint8_t symbol_class);

  /// From `from` on `symbol_class`: NEXT, REDO_TO go to `to`; CALL, CALL_LEN go to `to` and return
  /// to `back`.
  void on(State from, std::uint8_t symbol_class, layout::Control control, State to,
          const Do& what = {}, std::optional<State> back = std::nullopt);
  void next(State from, std::uint8_t symbol_class, State to, const Do& what = {}) {
    on(from, symbol_class, layout::Control::NEXT, to, what);
  }
  void accept(State from, const Do& what = {}) {
    on(from, layout::CLASS_END, layout::Control::ACCEPT, 0, what);
  }
  /// NEXT on every byte from `first` to `last`, both included.
  void next_range(State from, std::uint8_t first, std::uint8_t last, State to, const Do& what = {});

  /// A chain of NEXT along `text`, creating states; returns the last one.
  State chain(State from, const std::string& text);

  struct Packed {
    std::vector<std::uint64_t> class_map;
    std::vector<std::uint64_t> entries;
    std::vector<layout::Action::Storage> actions;
    std::vector<std::uint16_t> bases;  ///< by State
  };
  /// Right parity everywhere. Throws std::length_error when the states do not fit `slots`.
  [[nodiscard]] Packed pack(std::uint32_t slots) const;

 private:
  struct Edge {
    layout::Control control;
    State to;
    Do what;
    std::optional<State> back;
  };
  struct Node {
    unsigned map;
    std::map<std::uint8_t, Edge> edges;
  };
  std::vector<Node> nodes_;
  std::vector<layout::ClassMap> class_map_;
};

/// A whole image. Everything but the tables has a default that loads.
struct ImageBuilder {
  layout::Geometry geometry = layout::Geometry::SMALL;
  layout::Mode mode = layout::Mode::TWO_WAY;
  std::uint64_t serial = 1;
  std::uint32_t max_record_bytes = 512;
  std::uint16_t max_depth = 32;
  std::uint16_t max_outstanding = 8;
  std::uint32_t response_timeout_ticks = 100;
  std::string name = "test";
  TableBuilder request;
  State request_start = 0;
  TableBuilder response;
  struct Endpoint {
    State response_start = 0;
    std::uint16_t outstanding_cap = 8;
  };
  std::vector<Endpoint> endpoints;  ///< the first has tag 1

  /// The words with right parity and digest.
  [[nodiscard]] std::vector<std::uint64_t> words() const;
  [[nodiscard]] std::vector<std::uint8_t> bytes() const { return to_bytes(words()); }

  static std::vector<std::uint8_t> to_bytes(const std::vector<std::uint64_t>& words);
  /// Makes the digest right again after words were changed.
  static void seal(std::vector<std::uint64_t>& words);
};

/// The policy of most fabric tests. Requests: 'P' (endpoint 1) or 'Q' (endpoint 2) and then any
/// number of a..z; a request of endpoint 1 may end in '!'. Responses: 'p' for endpoint 1, 'q' for
/// endpoint 2, then any number of a..z.
ImageBuilder letters_image();

std::vector<std::uint8_t> bytes_of(const std::string& text);

}  // namespace sluice::support
