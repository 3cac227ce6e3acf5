// SPDX-License-Identifier: Apache-2.0
// What a rule would be worth: the room of a policy before and after a field gets more rules. It changes no file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "load/diagnostic.hpp"
#include "room/room.hpp"

namespace sluice::coverage {

struct WhatIf {
  room::Room before, after;
};

/// `field` is a full name, "example.library.v1.Book.title"; `rules` are of buf.validate.FieldRules in Protobuf's text form,
/// "string {max_len: 20}", and are merged into the field's own. Errors of the policy go to `diagnostics`; then there is no result. Throws
/// std::runtime_error: an unknown field, rules that are none or do not compile, a table that the count does not cover.
std::optional<WhatIf> what_if(const std::filesystem::path& policy, const std::string& field, const std::string& rules, const room::RoomOptions& options,
                              load::Diagnostics& diagnostics);

}  // namespace sluice::coverage
