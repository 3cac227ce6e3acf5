// SPDX-License-Identifier: Apache-2.0
// libprotobuf's JSON reader, with a look at nesting and UTF-8 before it.
#include "judge/message_reader.hpp"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>

#include "judge/text.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;

constexpr char kTypePrefix[] = "type.googleapis.com";

// Objects within objects that libprotobuf's readers bear. The device's own limit counts frames and
// is not modelled here: a record between the two is for the caller to tell apart by the rule
// "judge.depth".
constexpr int kMaxDepth = 100;

int depth_of(std::string_view json) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_string) {
      if (json[i] == '\\') {
        ++i;  // whatever is escaped
      } else if (json[i] == '"') {
        in_string = false;
      }
    } else if (json[i] == '"') {
      in_string = true;
    } else if (json[i] == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (json[i] == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

MessageReader::MessageReader(const google::protobuf::DescriptorPool* pool,
                             const std::set<const Descriptor*>& messages)
    : factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(pool)),
      resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(kTypePrefix, pool)) {
  for (const Descriptor* message : messages) factory_->GetPrototype(message);
}

std::unique_ptr<Message> MessageReader::make(const Descriptor* type) const {
  return std::unique_ptr<Message>(factory_->GetPrototype(type)->New());
}

MaybeRejection MessageReader::read(std::string_view json, Message& message) const {
  if (!is_valid_utf8(json)) {
    return Rejection{"", "json.utf8", "the body is not valid UTF-8"};
  }
  if (depth_of(json) > kMaxDepth) {
    return Rejection{"", "judge.depth",
                     "more than " + std::to_string(kMaxDepth) + " objects within each other"};
  }
  std::string binary;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonToBinaryString(
      resolver_.get(), std::string(kTypePrefix) + "/" + message.GetDescriptor()->full_name(),
      std::string(json), &binary, options);
  if (!status.ok()) {
    return Rejection{"", "json.parse", std::string(status.message()).substr(0, 200)};
  }
  if (!message.ParseFromString(binary)) {
    return Rejection{"", "json.parse", "libprotobuf cannot read back what it wrote"};
  }
  return std::nullopt;
}

}  // namespace sluice::judge
