// SPDX-License-Identifier: Apache-2.0
// What the policy's `json` chooses where the mapping leaves a choice.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

#include "sluice/v1/policy.pb.h"

namespace sluice::judge {

struct JsonSpelling {
  JsonSpelling() = default;
  explicit JsonSpelling(const sluice::v1::Policy::Json& json)
      : print_defaults(json.defaults() == sluice::v1::Policy::Json::PRINT),
        bare_wide(json.int64() == sluice::v1::Policy::Json::BARE),
        enum_numbers(json.enums() == sluice::v1::Policy::Json::NUMBERS),
        original_names(json.names() == sluice::v1::Policy::Json::ORIGINAL) {}

  bool print_defaults = false;  // members without presence always stand
  bool bare_wide = false;       // 64-bit integers without quotes
  bool enum_numbers = false;    // enums by number, also in path and query
  bool original_names = false;  // members by the schema's names, also in a query

  const std::string& name(const google::protobuf::FieldDescriptor* field) const {
    return original_names ? field->name() : field->json_name();
  }
};

}  // namespace sluice::judge
