// SPDX-License-Identifier: Apache-2.0
// What the files of the schema stage share: the state of one resolution and the functions between
// them. Nobody else includes it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buf/validate/validate.pb.h"
#include "compiler/schema.hpp"
#include "load/options.hpp"
#include "load/spans.hpp"

namespace sluice::compiler {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;
using load::Code;

// State of one run of resolve_schema.
struct Resolution {
  const Loaded& loaded;
  Diagnostics& diagnostics;
  Schema& schema;

  // Messages by descriptor, and whether their rules hold (not below a field with `ignore:
  // IGNORE_ALWAYS`).
  std::map<std::pair<const Descriptor*, bool>, int> indexes;
  std::vector<bool> rules_hold;  // by index
  // Fields that got an error: nothing further is said about them.
  std::set<const FieldDescriptor*> refused;

  // Some status has no message of its own: it answers with the method's response.
  bool own_responses = false;
  // Some bodies are in Protobuf's encoding, where Struct, Value and ListValue are messages like any other.
  bool protobuf_bodies = false;

  // Whether the policy leaves this rule of a field, oneof or message to software; notes that it stands there.
  bool left_to_software(const std::string& element, const std::string& rule, const Span& span);
  std::map<std::pair<std::string, std::string>, Span> software_rules;  // those that were met, and where

  // Index of the message in Schema::messages; a new one is appended and resolved later.
  int message_index(const Descriptor* message, bool with_rules);
  // Index into Message::fields, or -1: refused, or left out because it must be absent.
  int field_index(int message, const FieldDescriptor* field) const;
};

// schema_message.cpp
// Messages whose JSON form is not that of an ordinary message, and that this compiler does not know
// yet.
bool special_message(const Descriptor* message);
// Enters the message that a value holds into the list; `type` may be null when it holds none.
void refer_message(Resolution& resolution, Value& value, const Descriptor* type, bool with_rules);
// Fills Schema::messages[index]: fields, oneofs, ranks. Appends the messages that it needs.
void resolve_message(Resolution& resolution, int index);

// schema_rules.cpp: everything that the type allows, a wrapper's included.
Value free_value_of(const Resolution& resolution, const Descriptor* message);
// The values that the rules allow for a singular field or an item. `rules` may be
// null. `path` stands before the rules' names: "", "repeated.items.", "map.keys.". Errors mark as refused and
// name `owner`, the map whose key or value `field` is; null: `field` itself.
Value resolve_value(Resolution& resolution, const FieldDescriptor* field,
                    const buf::validate::FieldRules* rules, const std::string& path,
                    const FieldDescriptor* owner = nullptr);
// schema_message.cpp
// Refuses a field or a part of it whose rules leave no value; `why` is appended.
void check_not_empty(Resolution& resolution, const Field& field, const FieldDescriptor* owner,
                     const std::string& why);
// schema_repeated.cpp
// The number of items or pairs of a present list or map: `least` and `most` are min_items and max_items, or min_pairs and
// max_pairs, of `group`.
void resolve_count(Resolution& resolution, Field& field, const buf::validate::FieldRules& rules,
                   const google::protobuf::Message& group, const std::string& least,
                   const std::string& most);
// Rules under `ignore: IGNORE_IF_ZERO_VALUE` on items, keys and values: the zero value is allowed besides.
void allow_zero_item(Resolution& resolution, Value& value, const FieldDescriptor* field,
                     const FieldDescriptor* owner, const std::string& path);

// Where the type of a field's values stands: a map's value field, or the field itself.
const FieldDescriptor* value_descriptor(const FieldDescriptor* field);
// Fills `field`, a map, from its rules; `with_rules`: they hold. Messages of values are entered into the list.
void resolve_map(Resolution& resolution, Field& field, const buf::validate::FieldRules& rules,
                 bool with_rules);

// schema_well_known.cpp
// The one field of a wrapper message; null for other messages.
const FieldDescriptor* wrapped_field(const Descriptor* message);
// Everything that a message type other than a wrapper allows; `message` and `any` are the caller's to fill in.
Value free_message_value(const Descriptor* message);
// Schema::any_types.
void resolve_any_types(Resolution& resolution);
// Of a Timestamp or Duration.
Int nanoseconds_of(const google::protobuf::Message& time);
std::vector<std::string> mask_paths(const google::protobuf::Message& mask);

// schema_rules.cpp
// Reports one rule of a field as not enforceable, at its own place.
void refuse_rule(Resolution& resolution, const FieldDescriptor* field, const std::string& rule,
                 const std::string& why = {});
// "required", "string.max_len = 64": a set member of a rules message as text.
std::string rule_text(const std::string& rule, const google::protobuf::Message& rules,
                      const FieldDescriptor* member);

// schema_value.cpp
bool allows_zero(const Value& value);
bool allows_nothing(const Value& value);
void remove_zero(Value& value);
void add_zero(Value& value, const FieldDescriptor* field);
// A text in double quotes, with what is not printable ASCII escaped.
std::string quote_text(std::string_view text);

// schema_http.cpp: Schema::endpoints. Every message must be resolved.
void resolve_endpoints(Resolution& resolution);

// schema_query.cpp: the endpoint's query parameters: all fields of its request that neither
// `excluded` nor `body_field` (null: none) name.
void resolve_query(Resolution& resolution, Endpoint& endpoint, const std::set<std::string>& excluded,
                   const std::set<std::string>& reached, const FieldDescriptor* body_field);

}  // namespace sluice::compiler
