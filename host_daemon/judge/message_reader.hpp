// SPDX-License-Identifier: Apache-2.0
// JSON text to a dynamic message, by libprotobuf. Its reader is lenient in many ways; whatever it
// lets through is found when the message is written again and compared.
#pragma once

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/type_resolver.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "judge/rejection.hpp"

namespace sluice::judge {

class MessageReader {
 public:
  // Ready for `messages` of `pool`; an Any may hold `any_types`.
  MessageReader(const google::protobuf::DescriptorPool* pool,
                const std::set<const google::protobuf::Descriptor*>& messages,
                const std::vector<const google::protobuf::Descriptor*>& any_types);

  // An empty message of the type.
  std::unique_ptr<google::protobuf::Message> make(const google::protobuf::Descriptor* type) const;

  // Replaces `message` by what the JSON object says. Thread-safe. Rules: "judge.depth",
  // "json.utf8", "json.parse".
  MaybeRejection read(std::string_view json, google::protobuf::Message& message) const;

  // The message in a google.protobuf.Any; null if its type is not permitted or its bytes cannot be
  // read.
  std::unique_ptr<google::protobuf::Message> open(const google::protobuf::Message& any) const;

 private:
  // Replaces the one path of each FieldMask in `message`, the text of JSON, by the paths it means.
  void split_masks(google::protobuf::Message& message) const;
  void split_mask(google::protobuf::Message& message) const;

  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
  bool has_masks_ = false;
  std::map<std::string, const google::protobuf::Descriptor*> any_types_;  // by URL
};

}  // namespace sluice::judge
