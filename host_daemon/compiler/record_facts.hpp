// SPDX-License-Identifier: Apache-2.0
// What the symbol map says about the schema: enough to find the field that a byte of a record belongs to, and the rules that its value
// breaks. A plain copy of the schema IR without descriptors; it decides nothing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::compiler {

struct FieldFacts {
  std::string name, json_name;
  std::string type;  // the declared type, "int32" or a full name
  ValueKind kind = ValueKind::message;
  bool quoted = false;  // integer: written as a JSON string
  bool repeated = false;
  bool required = false;         // see Field
  bool implicit = false;
  bool default_allowed = false;
  bool wrapped = false;          // stands in a wrapper message
  int number = 0;
  std::uint64_t min_items = 0;  // repeated, see Field
  std::optional<std::uint64_t> max_items;
  int rank = 0;
  int oneof = -1;
  int message = -1;
  std::vector<EnumValue> enumeration;  // all declared values
  std::vector<RuleUse> rules, value_rules;
  std::vector<FieldFacts> entry{};  // a map: its key and its value

  bool is_map() const { return !entry.empty(); }
  // In a Protobuf body, where defaults are never written.
  bool required_by_rules() const { return implicit ? !default_allowed : required; }
  std::string declared() const;  // "repeated int32", "map<string, t.M>"
};

struct OneofFacts {
  std::string name;
  int rank = 0;
  bool required = false;
  std::vector<RuleUse> rules;
};

struct MessageFacts {
  std::string name;
  std::vector<FieldFacts> fields;
  std::vector<OneofFacts> oneofs;
};

struct FieldReference {
  int message = -1, field = -1;
};

struct PartFacts {  // of a path template; a variable without a field stands for segments that bind nothing
  std::vector<Segment> segments;
  std::optional<FieldReference> variable;
  std::string name;  // json path of the variable
};

struct ParameterFacts {
  std::string name;
  FieldReference field;
  int rank = 0;
  bool repeated = false, required = false;
};

struct EndpointFacts {
  std::string http_method, verb;
  std::vector<PartFacts> path;
  std::vector<ParameterFacts> query;
  Body body;
  std::vector<std::pair<int, Body>> responses;  // by status code
};

struct HeaderFacts {
  std::string name;
  bool constant = false, pattern = false, required = false;
};

struct RecordFacts {
  bool print_defaults = false;
  std::vector<MessageFacts> messages;
  std::vector<EndpointFacts> endpoints;  // by tag - 1
  std::vector<HeaderFacts> request_headers, response_headers;  // listed ones and host, ascending by name

  const FieldFacts& field(const FieldReference& at) const {
    return messages[static_cast<std::size_t>(at.message)].fields[static_cast<std::size_t>(at.field)];
  }
};

RecordFacts record_facts(const Schema& schema);
FieldFacts field_facts(const Field& field);

}  // namespace sluice::compiler
