// SPDX-License-Identifier: Apache-2.0
// What google.api.http says about each endpoint, resolved against descriptors: which field travels
// where. Nothing here looks at a record.
#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "judge/json_spelling.hpp"
#include "judge/path_template.hpp"
#include "load/load.hpp"

namespace sluice::judge {

// From the request message down, one field a level.
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

struct QueryParameter {
  std::string name;  // as it stands in a target: json names, percent-encoded, with dots between
  FieldPath path;
};

struct BodyPlan {
  enum class Kind { kNone, kMessage, kField };
  Kind kind = Kind::kNone;
  const google::protobuf::Descriptor* message = nullptr;     // the request or response
  const google::protobuf::FieldDescriptor* field = nullptr;  // kField: the one that is the body
  bool binary = false;                                       // application/protobuf
};

struct EndpointPlan {
  std::string name;
  std::string http_method;
  std::optional<PathTemplate> path;
  std::vector<FieldPath> variables;   // as those of `path`
  std::set<std::string> in_path;      // the same as proto paths, "book.name"
  std::vector<QueryParameter> query;  // in canonical order
  BodyPlan request;
  BodyPlan response;
  JsonSpelling spelling;  // of enums and names in the target
};

// One plan for each endpoint of the policy, in its order. Incomplete after an error.
std::vector<EndpointPlan> plan_endpoints(const load::Loaded& loaded,
                                         load::Diagnostics& diagnostics);

// All messages that can be reached from `roots`, without those that JSON writes in a way of their
// own (Any, Timestamp, Struct), and what is inside them.
std::set<const google::protobuf::Descriptor*> reachable_messages(
    const std::vector<const google::protobuf::Descriptor*>& roots);

}  // namespace sluice::judge
