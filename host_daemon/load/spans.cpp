// SPDX-License-Identifier: Apache-2.0
// Paths into SourceCodeInfo (descriptor.proto, message SourceCodeInfo.Location) for elements and
// their options.
#include "load/spans.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <vector>

#include "buf/validate/validate.pb.h"
#include "google/api/annotations.pb.h"

namespace sluice::load {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodDescriptorProto;
using google::protobuf::OneofDescriptor;
using google::protobuf::OneofDescriptorProto;
using google::protobuf::ServiceDescriptor;
using google::protobuf::ServiceDescriptorProto;
using google::protobuf::SourceLocation;

using Path = std::vector<int>;

Path path_of(const Descriptor* message) {
  // Outermost first.
  std::vector<const Descriptor*> chain;
  for (const Descriptor* at = message; at != nullptr; at = at->containing_type()) {
    chain.push_back(at);
  }
  Path path{FileDescriptorProto::kMessageTypeFieldNumber, chain.back()->index()};
  for (auto at = chain.rbegin() + 1; at != chain.rend(); ++at) {
    path.insert(path.end(), {DescriptorProto::kNestedTypeFieldNumber, (*at)->index()});
  }
  return path;
}

Path path_of(const FieldDescriptor* field) {
  if (!field->is_extension()) {
    Path path = path_of(field->containing_type());
    path.insert(path.end(), {DescriptorProto::kFieldFieldNumber, field->index()});
    return path;
  }
  if (field->extension_scope() == nullptr) {
    return {FileDescriptorProto::kExtensionFieldNumber, field->index()};
  }
  Path path = path_of(field->extension_scope());
  path.insert(path.end(), {DescriptorProto::kExtensionFieldNumber, field->index()});
  return path;
}

Path path_of(const OneofDescriptor* oneof) {
  Path path = path_of(oneof->containing_type());
  path.insert(path.end(), {DescriptorProto::kOneofDeclFieldNumber, oneof->index()});
  return path;
}

Path path_of(const EnumDescriptor* type) {
  if (type->containing_type() == nullptr) {
    return {FileDescriptorProto::kEnumTypeFieldNumber, type->index()};
  }
  Path path = path_of(type->containing_type());
  path.insert(path.end(), {DescriptorProto::kEnumTypeFieldNumber, type->index()});
  return path;
}

Path path_of(const EnumValueDescriptor* value) {
  Path path = path_of(value->type());
  path.insert(path.end(), {EnumDescriptorProto::kValueFieldNumber, value->index()});
  return path;
}

Path path_of(const ServiceDescriptor* service) {
  return {FileDescriptorProto::kServiceFieldNumber, service->index()};
}

Path path_of(const MethodDescriptor* method) {
  Path path = path_of(method->service());
  path.insert(path.end(), {ServiceDescriptorProto::kMethodFieldNumber, method->index()});
  return path;
}

// The location with exactly this path.
bool location(const FileDescriptor* file, const Path& path, SourceLocation* result) {
  return file->GetSourceLocation(path, result);
}

Span span_at(const Loaded& loaded, const FileDescriptor* file, const Path& path) {
  SourceLocation found;
  if (!location(file, path, &found)) return {loaded.schemas->shown_name(file->name()), 0, 0};
  return loaded.schemas->span_in(file->name(), found.start_line, found.start_column);
}

// Numbers of a dotted path of field names below `type`; stops where a name is not known (an
// extension).
Path numbers_of(std::string_view names, const Descriptor* type) {
  Path path;
  while (!names.empty() && type != nullptr) {
    std::string_view name = names.substr(0, names.find('.'));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const FieldDescriptor* field = type->FindFieldByName(std::string(name));
    if (field == nullptr) break;
    path.push_back(field->number());
    type = field->message_type();
  }
  return path;
}

// The innermost known location on the way from `element` down `inner`. A repeated option's location
// carries an index behind its number; the first one stands for the rule.
Span innermost(const Loaded& loaded, const FileDescriptor* file, const Path& element,
               int options_number, int extension, const Path& inner) {
  Path path = element;
  path.insert(path.end(), {options_number, extension});
  path.insert(path.end(), inner.begin(), inner.end());
  while (path.size() > element.size()) {
    Path indexed = path;
    indexed.push_back(0);
    SourceLocation found;
    if (location(file, path, &found) || location(file, indexed, &found)) {
      return loaded.schemas->span_in(file->name(), found.start_line, found.start_column);
    }
    path.pop_back();
  }
  return span_at(loaded, file, element);
}

}  // namespace

Span span_of(const Loaded& loaded, const FileDescriptor* file) {
  return span_at(loaded, file, {FileDescriptorProto::kSyntaxFieldNumber});
}
Span span_of(const Loaded& loaded, const Descriptor* message) {
  return span_at(loaded, message->file(), path_of(message));
}
Span span_of(const Loaded& loaded, const FieldDescriptor* field) {
  return span_at(loaded, field->file(), path_of(field));
}
Span span_of(const Loaded& loaded, const OneofDescriptor* oneof) {
  return span_at(loaded, oneof->file(), path_of(oneof));
}
Span span_of(const Loaded& loaded, const EnumDescriptor* type) {
  return span_at(loaded, type->file(), path_of(type));
}
Span span_of(const Loaded& loaded, const EnumValueDescriptor* value) {
  return span_at(loaded, value->file(), path_of(value));
}
Span span_of(const Loaded& loaded, const ServiceDescriptor* service) {
  return span_at(loaded, service->file(), path_of(service));
}
Span span_of(const Loaded& loaded, const MethodDescriptor* method) {
  return span_at(loaded, method->file(), path_of(method));
}

Span span_of_rule(const Loaded& loaded, const FieldDescriptor* field, const Path& rule) {
  return innermost(loaded, field->file(), path_of(field), FieldDescriptorProto::kOptionsFieldNumber,
                   buf::validate::field.number(), rule);
}

Span span_of_rule(const Loaded& loaded, const Descriptor* message, const Path& rule) {
  return innermost(loaded, message->file(), path_of(message), DescriptorProto::kOptionsFieldNumber,
                   buf::validate::message.number(), rule);
}

Span span_of_rule(const Loaded& loaded, const OneofDescriptor* oneof, const Path& rule) {
  return innermost(loaded, oneof->file(), path_of(oneof), OneofDescriptorProto::kOptionsFieldNumber,
                   buf::validate::oneof.number(), rule);
}

Span span_of_rule(const Loaded& loaded, const FieldDescriptor* field, std::string_view rule) {
  return span_of_rule(loaded, field, numbers_of(rule, buf::validate::FieldRules::descriptor()));
}

Span span_of_rule(const Loaded& loaded, const Descriptor* message, std::string_view rule) {
  return span_of_rule(loaded, message, numbers_of(rule, buf::validate::MessageRules::descriptor()));
}

Span span_of_rule(const Loaded& loaded, const OneofDescriptor* oneof, std::string_view rule) {
  return span_of_rule(loaded, oneof, numbers_of(rule, buf::validate::OneofRules::descriptor()));
}

Span span_of_http(const Loaded& loaded, const MethodDescriptor* method, std::string_view part) {
  return innermost(loaded, method->file(), path_of(method),
                   MethodDescriptorProto::kOptionsFieldNumber, google::api::http.number(),
                   numbers_of(part, google::api::HttpRule::descriptor()));
}

}  // namespace sluice::load
