// SPDX-License-Identifier: Apache-2.0
// Places of schema elements and of single rules in their options, as precisely as SourceCodeInfo
// knows them. Without source info (some descriptor sets) a span has the file alone.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>
#include <vector>

#include "load/diagnostic.hpp"
#include "load/load.hpp"

namespace sluice::load {

Span span_of(const Loaded& loaded, const google::protobuf::FileDescriptor* file);
Span span_of(const Loaded& loaded, const google::protobuf::Descriptor* message);
Span span_of(const Loaded& loaded, const google::protobuf::FieldDescriptor* field);
Span span_of(const Loaded& loaded, const google::protobuf::OneofDescriptor* oneof);
Span span_of(const Loaded& loaded, const google::protobuf::EnumDescriptor* type);
Span span_of(const Loaded& loaded, const google::protobuf::EnumValueDescriptor* value);
Span span_of(const Loaded& loaded, const google::protobuf::ServiceDescriptor* service);
Span span_of(const Loaded& loaded, const google::protobuf::MethodDescriptor* method);

// Place of a rule below (buf.validate.field), .message or .oneof, by its path: "string.min_len",
// "repeated.items.string.pattern". Where only an outer part is known (rules written as one { }
// block), that part's place; else the element's.
Span span_of_rule(const Loaded& loaded, const google::protobuf::FieldDescriptor* field,
                  std::string_view rule);
Span span_of_rule(const Loaded& loaded, const google::protobuf::Descriptor* message,
                  std::string_view rule);
Span span_of_rule(const Loaded& loaded, const google::protobuf::OneofDescriptor* oneof,
                  std::string_view rule);

// The same by field numbers, for rules that have no name (options.hpp, UnknownRule).
Span span_of_rule(const Loaded& loaded, const google::protobuf::FieldDescriptor* field,
                  const std::vector<int>& rule);
Span span_of_rule(const Loaded& loaded, const google::protobuf::Descriptor* message,
                  const std::vector<int>& rule);
Span span_of_rule(const Loaded& loaded, const google::protobuf::OneofDescriptor* oneof,
                  const std::vector<int>& rule);

// Place of a part of (google.api.http), by its path: "get", "body"; "" is the option as a whole.
Span span_of_http(const Loaded& loaded, const google::protobuf::MethodDescriptor* method,
                  std::string_view part = {});

}  // namespace sluice::load
