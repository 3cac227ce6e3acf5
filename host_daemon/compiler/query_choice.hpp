// SPDX-License-Identifier: Apache-2.0
// Oneofs with messages among their members, in a query: a member is then several parameters or none, so that one rank for all of
// them cannot say that they exclude each other. Here is which parameter chooses what.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::compiler {

// True if members of the oneof have no rank in common: one of several is a message.
bool has_message_choice(const Message& message, int oneof);

// What a parameter chooses: (path of the oneof, index of the member's field), outermost first. Empty for most.
using QueryChoice = std::vector<std::pair<std::string, int>>;
QueryChoice query_choice(const Schema& schema, int request, const FieldPath& path);

// Whether both cannot be set: they choose two members of one oneof.
bool exclude_each_other(const QueryChoice& a, const QueryChoice& b);

}  // namespace sluice::compiler
