// SPDX-License-Identifier: Apache-2.0
// Options by serializing and parsing again; see the header.
#include "load/options.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "google/api/annotations.pb.h"

namespace sluice::load {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::UnknownField;

// The same options, with the extensions that our generated classes know. Partial: options may have
// uninterpreted parts that lack required members; they never reach this point.
template <typename Options>
Options parsed(const Options& options) {
  Options result;
  result.ParsePartialFromString(options.SerializePartialAsString());
  return result;
}

// "string.#99", or with the extension's name if the schema declares it.
std::string unknown_name(const DescriptorPool& pool, const Message& holder, int number) {
  const Descriptor* type = pool.FindMessageTypeByName(holder.GetDescriptor()->full_name());
  if (type != nullptr) {
    if (const FieldDescriptor* field = type->FindFieldByNumber(number)) return field->name();
    if (const FieldDescriptor* extension = pool.FindExtensionByNumber(type, number)) {
      return "(" + extension->full_name() + ")";
    }
  }
  return fmt::format("#{}", number);
}

// The path one step further down.
UnknownRule below(const UnknownRule& above, const std::string& name, int number) {
  UnknownRule result = above;
  result.path += (above.path.empty() ? "" : ".") + name;
  result.numbers.push_back(number);
  return result;
}

// Lists what a rule message and those inside it do not know. The nesting is bounded by the wire
// parser (100).
void collect(const DescriptorPool& pool, const Message& rules, const UnknownRule& above,
             std::vector<UnknownRule>& result) {
  const auto* reflection = rules.GetReflection();
  const auto& unknown = reflection->GetUnknownFields(rules);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const UnknownField& field = unknown.field(i);
    const FieldDescriptor* known = rules.GetDescriptor()->FindFieldByNumber(field.number());
    std::string name = known != nullptr ? known->name() : unknown_name(pool, rules, field.number());
    // A known number here holds an enum value that the enum lacks, or has another wire type.
    if (known != nullptr && field.type() == UnknownField::TYPE_VARINT) {
      name += fmt::format("={}", field.varint());
    }
    result.push_back(below(above, name, field.number()));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(rules, &fields);
  for (const FieldDescriptor* field : fields) {
    // Values of well-known types (bounds of timestamps) are no rules.
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
        !field->message_type()->full_name().starts_with("buf.validate.")) {
      continue;
    }
    UnknownRule inner = below(above, field->name(), field->number());
    if (!field->is_repeated()) {
      collect(pool, reflection->GetMessage(rules, field), inner, result);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(rules, field); ++i) {
      collect(pool, reflection->GetRepeatedMessage(rules, field, i), inner, result);
    }
  }
}

template <typename Element>
const DescriptorPool& pool_of(const Element* element) {
  if constexpr (requires { element->file(); }) {
    return *element->file()->pool();
  } else {
    return *element->containing_type()->file()->pool();
  }
}

template <typename Element, typename Rules>
std::vector<UnknownRule> unknown_in(const Element* element, const Rules& rules) {
  std::vector<UnknownRule> result;
  collect(pool_of(element), rules, {}, result);
  return result;
}

// The extension number and package of protoc-gen-validate, the vocabulary before buf.validate.
constexpr int kOldValidateExtension = 1071;

template <typename Element>
std::vector<std::string> foreign_in(const Element* element) {
  std::vector<std::string> result;
  auto options = parsed(element->options());
  const auto& unknown = options.GetReflection()->GetUnknownFields(options);
  for (int i = 0; i < unknown.field_count(); ++i) {
    int number = unknown.field(i).number();
    const DescriptorPool& pool = pool_of(element);
    const Descriptor* type = pool.FindMessageTypeByName(options.GetDescriptor()->full_name());
    const FieldDescriptor* extension =
        type == nullptr ? nullptr : pool.FindExtensionByNumber(type, number);
    if (extension != nullptr && extension->file()->package() == "validate") {
      result.push_back(extension->full_name());
    } else if (extension == nullptr && number == kOldValidateExtension) {
      result.push_back("validate.rules");
    }
  }
  return result;
}

}  // namespace

bool has_http_rule(const MethodDescriptor* method) {
  return parsed(method->options()).HasExtension(google::api::http);
}

google::api::HttpRule http_rule(const MethodDescriptor* method) {
  return parsed(method->options()).GetExtension(google::api::http);
}

buf::validate::FieldRules field_rules(const FieldDescriptor* field) {
  return parsed(field->options()).GetExtension(buf::validate::field);
}

buf::validate::MessageRules message_rules(const Descriptor* message) {
  return parsed(message->options()).GetExtension(buf::validate::message);
}

buf::validate::OneofRules oneof_rules(const OneofDescriptor* oneof) {
  return parsed(oneof->options()).GetExtension(buf::validate::oneof);
}

std::vector<google::api::FieldBehavior> field_behavior(const FieldDescriptor* field) {
  auto options = parsed(field->options());
  std::vector<google::api::FieldBehavior> result;
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    result.push_back(options.GetExtension(google::api::field_behavior, i));
  }
  return result;
}

std::vector<UnknownRule> unknown_rules(const FieldDescriptor* field) {
  return unknown_in(field, field_rules(field));
}

std::vector<UnknownRule> unknown_rules(const Descriptor* message) {
  return unknown_in(message, message_rules(message));
}

std::vector<UnknownRule> unknown_rules(const OneofDescriptor* oneof) {
  return unknown_in(oneof, oneof_rules(oneof));
}

std::vector<std::string> foreign_rules(const FieldDescriptor* field) { return foreign_in(field); }
std::vector<std::string> foreign_rules(const Descriptor* message) { return foreign_in(message); }
std::vector<std::string> foreign_rules(const OneofDescriptor* oneof) { return foreign_in(oneof); }

}  // namespace sluice::load
