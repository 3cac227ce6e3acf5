// SPDX-License-Identifier: Apache-2.0
// Rules on google.protobuf.FieldMask as conditions on its JSON spelling: paths in lowerCamelCase, joined by commas.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::compiler {

// The rules const, in and not_in of protovalidate's field_mask; empty for other names. `paths` are in snake_case, as rules have them. A path
// that the mapping cannot spell is in no mask.
std::optional<TextCondition> mask_condition(std::string_view rule, const std::vector<std::string>& paths);

// The same rules on the paths themselves, as a Protobuf body has them. A list stands for its paths and all below them.
struct MaskRules {
  std::optional<std::vector<std::string>> constant, in;
  std::vector<std::string> not_in;
};
MaskRules mask_rules(const std::vector<RuleUse>& rules);
bool covers(const std::vector<std::string>& listed, std::string_view path);

}  // namespace sluice::compiler
