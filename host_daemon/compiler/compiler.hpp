// SPDX-License-Identifier: Apache-2.0
// The whole compiler: load -> schema -> grammar -> automaton -> pack -> image, symbols, report. One call, no state, no file is written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/automaton.hpp"
#include "compiler/grammar.hpp"
#include "compiler/pack.hpp"
#include "compiler/schema.hpp"

namespace sluice::compiler {

struct CompileResult {
  Schema schema;
  Grammars grammars;
  Automaton request, response;
  PackedTable request_table, response_table;
  std::vector<std::uint8_t> image;  // policy.img
  std::string digest;               // of the image, lower-case hex
  std::string symbols;              // policy.sym, JSON
  std::string report;               // report.json
};

// The same input gives the same bytes. Errors are in `diagnostics`; then there is no result.
std::optional<CompileResult> compile(std::shared_ptr<const Loaded> loaded, Diagnostics& diagnostics);

}  // namespace sluice::compiler
