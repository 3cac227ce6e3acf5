// SPDX-License-Identifier: Apache-2.0
// Typed access to the extension options of descriptors from a policy's own pool. Those descriptors
// know the extensions only by number, so the options are serialized and parsed again with the
// classes generated from the declarations we ship. What these classes do not know is listed, never
// dropped silently.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "buf/validate/validate.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/http.pb.h"

namespace sluice::load {

// (google.api.http) of a method, additional bindings inside; an empty rule if there is none.
google::api::HttpRule http_rule(const google::protobuf::MethodDescriptor* method);
bool has_http_rule(const google::protobuf::MethodDescriptor* method);

// (buf.validate.field) | .message | .oneof; an empty message if there is none.
buf::validate::FieldRules field_rules(const google::protobuf::FieldDescriptor* field);
buf::validate::MessageRules message_rules(const google::protobuf::Descriptor* message);
buf::validate::OneofRules oneof_rules(const google::protobuf::OneofDescriptor* oneof);

// (google.api.field_behavior); numbers that the declaration lacks are kept.
std::vector<google::api::FieldBehavior> field_behavior(
    const google::protobuf::FieldDescriptor* field);

// A rule that our declarations do not have: a newer standard rule, a withdrawn one, or one that the
// schema's author defined as an extension.
struct UnknownRule {
  std::string path;          // "string.(acme.rules.is_ticket)", "string.#99", "ignore=2"
  std::vector<int> numbers;  // field numbers of the path, below the buf.validate option
};

// Everything below (buf.validate.*) of the element that our classes do not know, in the order of
// the wire. A caller that enforces rules must refuse an element for which this is not empty.
std::vector<UnknownRule> unknown_rules(const google::protobuf::FieldDescriptor* field);
std::vector<UnknownRule> unknown_rules(const google::protobuf::Descriptor* message);
std::vector<UnknownRule> unknown_rules(const google::protobuf::OneofDescriptor* oneof);

// Names of options on the element that carry rules of another vocabulary, "validate.rules" for
// example.
std::vector<std::string> foreign_rules(const google::protobuf::FieldDescriptor* field);
std::vector<std::string> foreign_rules(const google::protobuf::Descriptor* message);
std::vector<std::string> foreign_rules(const google::protobuf::OneofDescriptor* oneof);

}  // namespace sluice::load
