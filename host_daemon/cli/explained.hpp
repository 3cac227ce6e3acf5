// SPDX-License-Identifier: Apache-2.0
// A verdict with its words, and its two spellings: the JSON line of `sluice check` and a page for people.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "compiler/symbols.hpp"
#include "engine/verdict.hpp"
#include "sluice/layout.hpp"

namespace sluice::cli {

struct Explained {
  engine::Verdict verdict;
  std::string endpoint;  // empty: unknown
  std::string path, rule, text;
};

Explained explain(const compiler::SymbolMap& symbols, layout::Pipeline pipeline, std::span<const std::uint8_t> record,
                  const engine::Verdict& verdict);

// {"id","verdict","reason","offset","path","rule","endpoint"}, in this order; what is unknown is null.
nlohmann::ordered_json to_json(const nlohmann::ordered_json& id, const Explained& explained);

// Verdict, place and rule, and the line of the record with the offending byte under a caret.
std::string to_text(std::span<const std::uint8_t> record, const Explained& explained);

}  // namespace sluice::cli
