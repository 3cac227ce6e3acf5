// SPDX-License-Identifier: Apache-2.0
// The facts' JSON form inside the symbol map: arrays in the order of the members.
#pragma once

#include <nlohmann/json.hpp>

#include "compiler/record_facts.hpp"

namespace sluice::compiler {

nlohmann::ordered_json to_json(const RecordFacts& facts);
// Throws std::runtime_error or nlohmann::json::exception on anything that to_json does not write; every index is checked.
RecordFacts record_facts_from(const nlohmann::ordered_json& json);

// Name, text, place in the schema, arguments. Also for the map's own lists of rules.
nlohmann::ordered_json rules_json(const std::vector<RuleUse>& rules);
std::vector<RuleUse> rules_from(const nlohmann::ordered_json& json);

}  // namespace sluice::compiler
