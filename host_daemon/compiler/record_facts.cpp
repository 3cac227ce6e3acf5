// SPDX-License-Identifier: Apache-2.0
// Copying the facts out of the schema IR.
#include "compiler/record_facts.hpp"

#include <algorithm>

namespace sluice::compiler {

namespace {

std::vector<HeaderFacts> headers_of(const std::vector<HeaderRule>& rules, bool host) {
  std::vector<HeaderFacts> out;
  for (const HeaderRule& rule : rules) out.push_back({rule.name, rule.constant.has_value(), rule.pattern.has_value(), rule.required});
  if (host) out.push_back({"host", true, false, true});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace

FieldFacts field_facts(const Field& field) {
  FieldFacts out;
  out.name = field.name;
  out.json_name = field.json_name;
  const auto* descriptor = field.map ? field.map->value.descriptor : field.descriptor;
  out.type = descriptor->type_name();
  if (descriptor->message_type()) out.type = descriptor->message_type()->full_name();
  if (field.value.wrapped) out.type = google::protobuf::FieldDescriptor::TypeName(field.value.type);
  out.kind = field.value.kind;
  out.quoted = field.value.quoted;
  out.repeated = field.repeated;
  out.required = field.required;
  out.implicit = field.implicit;
  out.default_allowed = field.default_allowed;
  out.wrapped = field.value.wrapped;
  out.number = field.number;
  out.min_items = field.min_items;
  out.max_items = field.max_items;
  out.rank = field.rank;
  out.oneof = field.oneof;
  out.message = field.value.message;
  if (const auto* type = descriptor->enum_type()) {
    out.type = type->full_name();
    for (int i = 0; i < type->value_count(); ++i) {
      const auto* value = type->value(i);
      out.enumeration.push_back({out.quoted ? value->name() : std::to_string(value->number()), value->number()});
    }
  }
  out.rules = field.rules;
  out.value_rules = field.value.rules;
  if (field.map) out.entry = {field_facts(field.map->key), field_facts(field.map->value)};
  return out;
}

std::string FieldFacts::declared() const {
  if (is_map()) return "map<" + entry[0].type + ", " + entry[1].type + ">";
  return (repeated ? "repeated " : "") + type;
}

// Where a path of fields ends.
FieldReference reference(const Schema& schema, int root, const FieldPath& path) {
  FieldReference at{root, -1};
  for (std::size_t i = 0; i < path.indexes.size(); ++i) {
    if (i > 0) at.message = schema.message(at.message).fields[static_cast<std::size_t>(at.field)].value.message;
    at.field = path.indexes[i];
  }
  return at;
}

RecordFacts record_facts(const Schema& schema) {
  RecordFacts out;
  out.print_defaults = schema.loaded->policy.json().defaults() == sluice::v1::Policy::Json::PRINT;
  for (const Message& message : schema.messages) {
    MessageFacts facts;
    facts.name = message.name;
    for (const Field& field : message.fields) facts.fields.push_back(field_facts(field));
    for (const Oneof& oneof : message.oneofs) facts.oneofs.push_back({oneof.name, oneof.rank, oneof.required, oneof.rules});
    out.messages.push_back(std::move(facts));
  }
  for (const Endpoint& endpoint : schema.endpoints) {
    EndpointFacts facts;
    facts.http_method = endpoint.http_method;
    facts.verb = endpoint.verb;
    for (const PathPart& part : endpoint.path) {
      PartFacts copy{part.segments, std::nullopt, ""};
      if (part.variable) {
        copy.variable = reference(schema, endpoint.request, *part.variable);
        copy.name = part.variable->json_path;
      }
      facts.path.push_back(std::move(copy));
    }
    for (const QueryParameter& p : endpoint.query) {
      facts.query.push_back({p.name, reference(schema, endpoint.request, p.path), p.rank, p.repeated, p.required});
    }
    facts.body = endpoint.body;
    for (const StatusResponse& response : endpoint.responses) facts.responses.emplace_back(response.code, response.body);
    out.endpoints.push_back(std::move(facts));
  }
  out.request_headers = headers_of(schema.request_headers, true);
  out.response_headers = headers_of(schema.response_headers, false);
  return out;
}

}  // namespace sluice::compiler
