// SPDX-License-Identifier: Apache-2.0
// A Protobuf body into its canonical form (design section 5): any order, long varints, lists packed
// or not, fields that come again (the last one counts, messages merge), into ascending fields with
// one spelling each, every rule checked. It recurses over messages, at most as deep as the policy's
// depth limit and kMaxBinaryDepth (binary_tree.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "canonical/json_body.hpp"
#include "canonical/tables.hpp"

namespace sluice::canonical {

/// The canonical bytes of `sent` as the body that `body` describes; nothing when the body is a
/// field that is unset or empty, which then has none. `body.kind` is not none. Throws Refused with
/// the byte offset; the place of what is missing is that of the message that misses it.
std::optional<std::string> canonical_binary_body(const Tables& tables, const compiler::Body& body,
                                                 std::string_view sent,
                                                 const PathFields& path_fields);

}  // namespace sluice::canonical
