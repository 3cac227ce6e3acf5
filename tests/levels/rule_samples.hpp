// SPDX-License-Identifier: Apache-2.0
// Every standard rule of buf.validate on every type it is for, by reflection over validate.proto, each as a message that it
// shapes and as one that breaks it. A rule that a later validate.proto brings, and that nothing here knows, is an error.
#pragma once

#include <string>
#include <vector>

namespace sluice::test {

struct RuleSample {
  std::string name;      // "int32.gte", "required"
  std::string type;      // "int32", "repeated Kind"
  std::string body;      // of a message whose field `value` the rule shapes
  std::string opposite;  // of one with the same fields, most of whose messages break the rule
};

// By validate.proto's own order, then what is no rule of one type. Types t.Listed, t.Kind and t.Wide are the caller's (kSampleTypes).
std::vector<RuleSample> rule_samples();

extern const char* const kSampleTypes;

}  // namespace sluice::test
