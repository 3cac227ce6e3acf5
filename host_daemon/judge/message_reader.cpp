// SPDX-License-Identifier: Apache-2.0
// libprotobuf's JSON reader, with a look at nesting and UTF-8 before it.
#include "judge/message_reader.hpp"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <unordered_map>

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

std::string url_of(const std::string& full_name) {
  return std::string(kTypePrefix) + "/" + full_name;
}

// libprotobuf's resolver converts a descriptor, with all the options of its fields, whenever it is
// asked, and the JSON reader asks anew for every text. The types of the policy are converted once
// here, without the options, which say nothing to that reader.
class PreparedTypes : public google::protobuf::util::TypeResolver {
 public:
  PreparedTypes(const google::protobuf::DescriptorPool* pool,
                const std::set<const Descriptor*>& messages)
      : others_(google::protobuf::util::NewTypeResolverForDescriptorPool(kTypePrefix, pool)) {
    for (const Descriptor* message : messages) {
      prepare(message);
      for (int i = 0; i < message->field_count(); ++i) {
        const auto* field = message->field(i);
        if (field->message_type() != nullptr) prepare(field->message_type());
        if (field->enum_type() != nullptr) prepare(field->enum_type());
      }
    }
  }

  google::protobuf::util::Status ResolveMessageType(const std::string& url,
                                                    google::protobuf::Type* type) override {
    const auto found = types_.find(url);
    if (found == types_.end()) return others_->ResolveMessageType(url, type);
    *type = found->second;
    return {};
  }
  google::protobuf::util::Status ResolveEnumType(const std::string& url,
                                                 google::protobuf::Enum* type) override {
    const auto found = enums_.find(url);
    if (found == enums_.end()) return others_->ResolveEnumType(url, type);
    *type = found->second;
    return {};
  }

 private:
  void prepare(const Descriptor* message) {
    google::protobuf::Type type;
    const std::string url = url_of(message->full_name());
    if (types_.contains(url) || !others_->ResolveMessageType(url, &type).ok()) return;
    for (auto& field : *type.mutable_fields()) field.clear_options();
    types_.emplace(url, std::move(type));
  }
  void prepare(const google::protobuf::EnumDescriptor* descriptor) {
    google::protobuf::Enum type;
    const std::string url = url_of(descriptor->full_name());
    if (enums_.contains(url) || !others_->ResolveEnumType(url, &type).ok()) return;
    for (auto& value : *type.mutable_enumvalue()) value.clear_options();
    enums_.emplace(url, std::move(type));
  }

  std::unique_ptr<TypeResolver> others_;
  std::unordered_map<std::string, google::protobuf::Type> types_;
  std::unordered_map<std::string, google::protobuf::Enum> enums_;
};

}  // namespace

MessageReader::MessageReader(const google::protobuf::DescriptorPool* pool,
                             const std::set<const Descriptor*>& messages)
    : factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(pool)),
      resolver_(std::make_unique<PreparedTypes>(pool, messages)) {
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
      resolver_.get(), url_of(message.GetDescriptor()->full_name()), std::string(json), &binary,
      options);
  if (!status.ok()) {
    return Rejection{"", "json.parse", std::string(status.message()).substr(0, 200)};
  }
  if (!message.ParseFromString(binary)) {
    return Rejection{"", "json.parse", "libprotobuf cannot read back what it wrote"};
  }
  return std::nullopt;
}

}  // namespace sluice::judge
