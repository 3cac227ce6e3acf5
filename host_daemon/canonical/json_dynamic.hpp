// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Value, Struct and ListValue as canonical JSON: keys in the order of their spelling's bytes, numbers as doubles.
#pragma once

#include <string>

#include "canonical/json_reader.hpp"

namespace sluice::canonical {

/// Appends any JSON value. `path`, of the field, stands in refusals: a key that stands twice (duplicate_key), a number that no double holds
/// (out_of_range). Recurses as deep as the document, which its reader has bounded.
void append_dynamic(std::string& out, const JsonDocument& document, const JsonNode& node, const std::string& path);

}  // namespace sluice::canonical
