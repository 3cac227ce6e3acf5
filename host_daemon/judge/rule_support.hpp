// SPDX-License-Identifier: Apache-2.0
// Which rules and types the judge can judge. Everything else is refused by name when a judge is
// made, so that nothing is passed over in silence.
#pragma once

#include <google/protobuf/descriptor.h>

#include <set>
#include <string>
#include <utility>

#include "load/load.hpp"

namespace sluice::judge {

// Reports every rule on `message`, its fields and oneofs that the evaluator does not know. For
// rules in `software_only` (element, rule) that is a warning.
void refuse_unsupported_rules(const load::Loaded& loaded,
                              const google::protobuf::Descriptor* message,
                              const std::set<std::pair<std::string, std::string>>& software_only,
                              load::Diagnostics& diagnostics);

// Reports fields whose type has no JSON spelling here: groups, and the well-known types other
// than Timestamp, Empty and Any.
void refuse_unsupported_types(const load::Loaded& loaded,
                              const google::protobuf::Descriptor* message,
                              load::Diagnostics& diagnostics);

// True for messages that JSON writes as an object of their fields (also Empty, which has none).
bool is_plain_message(const google::protobuf::Descriptor* message);

}  // namespace sluice::judge
