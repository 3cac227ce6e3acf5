// SPDX-License-Identifier: Apache-2.0
// A JSON body into its canonical form (design section 5): members in rank order under their
// json_name, defaults by the policy, scalars in their one spelling, every rule checked. It recurses
// over messages, but only as deep as the JSON text nests, which the reader bounds by the policy's
// depth limit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "canonical/scalar.hpp"
#include "canonical/tables.hpp"

namespace sluice::canonical {

/// Values that travel in the path: proto path from the request message, and the value found
/// there. A body may repeat such a value; it is left out of the record.
using PathFields = std::map<std::string, Scalar>;

/// The canonical text of `json` as the body that `body` describes; nothing when the body is a field
/// that is unset or empty, which then has none. `body.kind` is not none. Throws Refused.
std::optional<std::string> canonical_body(const Tables& tables, const compiler::Body& body,
                                          std::string_view json, const PathFields& path_fields);

}  // namespace sluice::canonical
