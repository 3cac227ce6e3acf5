// SPDX-License-Identifier: Apache-2.0
// Which transitions of a table accepted records have used. A transition here is a state and what it
// does on some bytes; bytes with the same effect share one. It judges nothing: it follows records that
// the engine has accepted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/symbols.hpp"
#include "room/machine.hpp"

namespace sluice::coverage {

class Usage {
 public:
  /// `machine` must outlive it.
  explicit Usage(const room::Machine& machine);

  /// Follows an accepted record from this start. Throws std::logic_error if the table has no way on:
  /// then it was not accepted.
  void follow(int start, std::span<const std::uint8_t> record);

  struct Row {
    std::string name;  ///< "object example.library.v1.Book"
    std::size_t used = 0, all = 0;
    std::vector<std::string> unused{};  ///< names of what no record was about: fields, parameters, headers
  };
  /// By routine, in the order of the symbol map; the last row is the sum.
  [[nodiscard]] std::vector<Row> rows(const compiler::SymbolMap& symbols) const;

 private:
  const room::Machine& machine_;
  std::vector<std::uint16_t> letter_of_;        // by byte
  std::vector<std::vector<std::uint64_t>> used_;  // by state and edge: how often
};

}  // namespace sluice::coverage
