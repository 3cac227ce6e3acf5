// SPDX-License-Identifier: Apache-2.0
// The target of a request: values from path and query into a message, and the target written again
// from it.
#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "judge/canonical_text.hpp"
#include "judge/plan.hpp"
#include "judge/rejection.hpp"

namespace sluice::judge {

// Sets the fields that the text behind the '?' names. Rule: "http.query".
MaybeRejection read_query(const EndpointPlan& plan, std::string_view query,
                          google::protobuf::Message& message);

// Sets the fields of the path's variables. Rule: "http.path".
MaybeRejection read_path(const EndpointPlan& plan, const PathTemplate::Match& match,
                         google::protobuf::Message& message);

// Path and query of the canonical record of `message`. Rule: "canonical", for a value without a
// spelling.
MaybeRejection write_target(const EndpointPlan& plan, const google::protobuf::Message& message,
                            CanonicalText& out);

}  // namespace sluice::judge
