// SPDX-License-Identifier: Apache-2.0
// libprotobuf's JSON reader, with a look at nesting and UTF-8 before it.
#include "judge/message_reader.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Objects within objects that libprotobuf's readers bear. The device's own limit counts frames and
// is not modelled here: a record between the two is for the caller to tell apart by the rule
// "judge.depth".
constexpr int kMaxDepth = 100;
// Arrays in arrays, as a ListValue has them, and objects together.
constexpr int kMaxNesting = 300;
// An object of a Struct is three messages within each other, an array of a ListValue two.
constexpr int kMaxMessages = 3 * kMaxNesting;

struct Depth {
  int objects = 0;
  int all = 0;
};

Depth depth_of(std::string_view json) {
  Depth depth;
  Depth deepest;
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
    } else if (json[i] == '{' || json[i] == '[') {
      if (json[i] == '{') deepest.objects = std::max(deepest.objects, ++depth.objects);
      deepest.all = std::max(deepest.all, ++depth.all);
    } else if (json[i] == '}' || json[i] == ']') {
      if (json[i] == '}') --depth.objects;
      --depth.all;
    }
  }
  return deepest;
}

bool parse(const std::string& bytes, Message& message) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream input(&stream);
  input.SetRecursionLimit(kMaxMessages);
  return message.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

std::string url_of(const std::string& full_name) { return kTypePrefix + full_name; }

// libprotobuf's resolver converts a descriptor, with all the options of its fields, whenever it is
// asked, and the JSON reader asks anew for every text. The types of the policy are converted once
// here, without the options, which say nothing to that reader. That reader also takes paths of a
// FieldMask for the same that are not (fooBAR, Foo). So it is told that such a field is a
// StringValue, whose binary form is that of a FieldMask with one path: the whole text.
class PreparedTypes : public google::protobuf::util::TypeResolver {
 public:
  PreparedTypes(const google::protobuf::DescriptorPool* pool,
                const std::set<const Descriptor*>& messages)
      : others_(
            google::protobuf::util::NewTypeResolverForDescriptorPool("type.googleapis.com", pool)) {
    std::vector<const Descriptor*> work(messages.begin(), messages.end());
    while (!work.empty()) {
      const Descriptor* message = work.back();
      work.pop_back();
      if (!prepare(message)) continue;
      for (int i = 0; i < message->field_count(); ++i) {
        const auto* field = message->field(i);
        if (field->message_type() != nullptr) work.push_back(field->message_type());
        if (field->enum_type() != nullptr) prepare(field->enum_type());
      }
    }
    if (has_masks_) prepare_string_value();
  }

  // True if some field is a google.protobuf.FieldMask.
  bool has_masks() const { return has_masks_; }

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
  // False if it is known already.
  bool prepare(const Descriptor* message) {
    google::protobuf::Type type;
    const std::string url = url_of(message->full_name());
    if (types_.contains(url) || !others_->ResolveMessageType(url, &type).ok()) return false;
    for (auto& field : *type.mutable_fields()) {
      field.clear_options();
      if (field.type_url() != url_of("google.protobuf.FieldMask")) continue;
      has_masks_ = true;
      field.set_type_url(url_of("google.protobuf.StringValue"));
    }
    types_.emplace(url, std::move(type));
    return true;
  }
  // From the program's own pool: the policy's schemas need not import wrappers.proto.
  void prepare_string_value() {
    const Descriptor* type = google::protobuf::StringValue::descriptor();
    const std::unique_ptr<TypeResolver> own(
        google::protobuf::util::NewTypeResolverForDescriptorPool("type.googleapis.com", type->file()->pool()));
    const std::string url = url_of(type->full_name());
    google::protobuf::Type converted;
    if (!own->ResolveMessageType(url, &converted).ok()) throw std::logic_error("no type " + url);
    types_.emplace(url, std::move(converted));
  }
  void prepare(const google::protobuf::EnumDescriptor* descriptor) {
    google::protobuf::Enum type;
    const std::string url = url_of(descriptor->full_name());
    if (enums_.contains(url) || !others_->ResolveEnumType(url, &type).ok()) return;
    for (auto& value : *type.mutable_enumvalue()) value.clear_options();
    enums_.emplace(url, std::move(type));
  }

  std::unique_ptr<TypeResolver> others_;
  bool has_masks_ = false;
  std::unordered_map<std::string, google::protobuf::Type> types_;
  std::unordered_map<std::string, google::protobuf::Enum> enums_;
};

}  // namespace

MessageReader::MessageReader(const google::protobuf::DescriptorPool* pool,
                             const std::set<const Descriptor*>& messages,
                             const std::vector<const Descriptor*>& any_types)
    : factory_(std::make_unique<google::protobuf::DynamicMessageFactory>(pool)) {
  auto types = std::make_unique<PreparedTypes>(pool, messages);
  has_masks_ = types->has_masks();
  resolver_ = std::move(types);
  for (const Descriptor* type : any_types) any_types_.emplace(url_of(type->full_name()), type);
  for (const Descriptor* message : messages) factory_->GetPrototype(message);
}

std::unique_ptr<Message> MessageReader::make(const Descriptor* type) const {
  return std::unique_ptr<Message>(factory_->GetPrototype(type)->New());
}

MaybeRejection MessageReader::read(std::string_view json, Message& message) const {
  if (!is_valid_utf8(json)) {
    return Rejection{"", "json.utf8", "the body is not valid UTF-8"};
  }
  if (const Depth depth = depth_of(json); depth.objects > kMaxDepth || depth.all > kMaxNesting) {
    return Rejection{"", "judge.depth",
                     "more than " + std::to_string(kMaxDepth) + " objects, or " +
                         std::to_string(kMaxNesting) + " objects and arrays, within each other"};
  }
  std::string binary;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  try {
    const auto status = google::protobuf::util::JsonToBinaryString(
        resolver_.get(), url_of(message.GetDescriptor()->full_name()), std::string(json), &binary,
        options);
    if (!status.ok()) {
      return Rejection{"", "json.parse", std::string(status.message()).substr(0, 200)};
    }
  } catch (const google::protobuf::FatalException& e) {
    // Some broken texts with an Any in them break the reader's own assumptions (3.21: `!done_`).
    return Rejection{"", "json.parse", "libprotobuf gives up on the text: " + std::string(e.message())};
  }
  if (!parse(binary, message)) {
    return Rejection{"", "json.parse", "libprotobuf cannot read back what it wrote"};
  }
  if (has_masks_) split_masks(message);
  return std::nullopt;
}

std::unique_ptr<Message> MessageReader::open(const Message& any) const {
  const auto* reflection = any.GetReflection();
  const auto found =
      any_types_.find(reflection->GetString(any, any.GetDescriptor()->FindFieldByName("type_url")));
  if (found == any_types_.end()) return nullptr;
  auto inner = make(found->second);
  const std::string bytes =
      reflection->GetString(any, any.GetDescriptor()->FindFieldByName("value"));
  return parse(bytes, *inner) ? std::move(inner) : nullptr;
}

void MessageReader::split_masks(Message& message) const {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      Message& inner = field->is_repeated()
                           ? *reflection->MutableRepeatedMessage(&message, field, i)
                           : *reflection->MutableMessage(&message, field);
      split_mask(inner);
    }
  }
}

void MessageReader::split_mask(Message& message) const {
  const auto* type = message.GetDescriptor();
  if (well_known(type) == WellKnown::kFieldMask) {
    const auto* paths = type->FindFieldByName("paths");
    if (message.GetReflection()->FieldSize(message, paths) == 0) return;
    set_field_mask(message,
                   std::string(message.GetReflection()->GetRepeatedString(message, paths, 0)));
  } else if (well_known(type) == WellKnown::kAny) {
    const auto inner = open(message);
    // A FieldMask that is not a field, but the Any's own message, has been read as such.
    if (inner == nullptr || well_known(inner->GetDescriptor()) == WellKnown::kFieldMask) return;
    split_mask(*inner);
    message.GetReflection()->SetString(&message, type->FindFieldByName("value"),
                                       inner->SerializeAsString());
  } else {
    split_masks(message);
  }
}

}  // namespace sluice::judge
