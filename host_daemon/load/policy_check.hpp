// SPDX-License-Identifier: Apache-2.0
// What a policy says by itself, without schemas: required parts, names, headers, statuses, limits.
// Fills in defaults.
#pragma once

#include "load/diagnostic.hpp"
#include "load/policy_reader.hpp"

namespace sluice::load {

// Where the schemas of a policy come from.
enum class SchemaSource {
  kPolicy,  // protoFiles or descriptorSet, as the policy says
  kMemory,  // a descriptor set that is given beside the policy
};

// Checks `text.policy` and fills in every absent default. False after an error.
bool check_policy(PolicyText& text, SchemaSource source, Diagnostics& diagnostics);

}  // namespace sluice::load
