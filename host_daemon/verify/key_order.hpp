// SPDX-License-Identifier: Apache-2.0
// Map keys of a record put into the order that the key unit wants: other keys are spelled in the
// place of those that do not ascend, by ways of the table that leave the machine where it was; what
// counts bytes is written anew. Knows no type and no encoding, and does not judge what it makes:
// run() does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verify/machine.hpp"

namespace sluice::verify {

// A transition that a record must pass; `byte` -1: on any symbol of the class.
struct Wanted {
  std::uint16_t base;
  std::uint8_t symbol_class;
  int byte;
};

// Longest key that is looked for beyond those that a record has, bytes.
inline constexpr std::uint32_t kLongerKeys = 16;

// `trace`: of a run over `record` with ignore_key_order, up to its end or to where it failed. A key
// that passes `wanted` goes on doing so, or another of its map does. Nothing when some map has no
// such keys within the lengths tried.
std::optional<std::string> order_keys(const Table& table, const std::string& record,
                                      const Trace& trace, const std::optional<Wanted>& wanted);

// Records that should be rejected because of the order: in a map of `record`, a key again, or two
// exchanged. `trace`: of the run that accepted it.
std::vector<std::string> disorder_keys(const std::string& record, const Trace& trace,
                                       std::size_t most);

}  // namespace sluice::verify
