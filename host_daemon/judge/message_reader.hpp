// SPDX-License-Identifier: Apache-2.0
// JSON text to a dynamic message, by libprotobuf. Its reader is lenient in many ways; whatever it
// lets through is found when the message is written again and compared.
#pragma once

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/type_resolver.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "judge/rejection.hpp"

namespace sluice::judge {

class MessageReader {
 public:
  // Ready for `messages` of `pool`; others are refused.
  MessageReader(const google::protobuf::DescriptorPool* pool,
                const std::set<const google::protobuf::Descriptor*>& messages);

  // An empty message of the type.
  std::unique_ptr<google::protobuf::Message> make(const google::protobuf::Descriptor* type) const;

  // Replaces `message` by what the JSON object says. Thread-safe. Rules: "judge.depth",
  // "json.utf8", "json.parse".
  MaybeRejection read(std::string_view json, google::protobuf::Message& message) const;

 private:
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
};

}  // namespace sluice::judge
