// SPDX-License-Identifier: Apache-2.0
// Arrays in the order of the members; reading checks every kind and every index.
#include "compiler/record_facts_json.hpp"

#include <stdexcept>

namespace sluice::compiler {

namespace {

using Json = nlohmann::ordered_json;
using Read = nlohmann::ordered_json;

Json body_json(const Body& body) {
  return {static_cast<int>(body.kind), body.message, body.field, body.optional, body.excluded, body.reached, body.needed, body.protobuf};
}

Body body_from(const Read& json) {
  Body out;
  const int kind = json.at(0).get<int>();
  if (kind < 0 || kind > static_cast<int>(Body::Kind::field)) throw std::runtime_error("an unknown kind of body");
  out.kind = static_cast<Body::Kind>(kind);
  out.message = json.at(1).get<int>();
  out.field = json.at(2).get<int>();
  out.optional = json.at(3).get<bool>();
  out.excluded = json.at(4).get<std::set<std::string>>();
  out.reached = json.at(5).get<std::set<std::string>>();
  out.needed = json.at(6).get<std::set<std::string>>();
  out.protobuf = json.at(7).get<bool>();
  return out;
}

Json headers_json(const std::vector<HeaderFacts>& headers) {
  Json out = Json::array();
  for (const HeaderFacts& h : headers) out.push_back({h.name, h.constant, h.pattern, h.required});
  return out;
}

std::vector<HeaderFacts> headers_from(const Read& json) {
  std::vector<HeaderFacts> out;
  for (const auto& h : json) out.push_back({h.at(0).get<std::string>(), h.at(1).get<bool>(), h.at(2).get<bool>(), h.at(3).get<bool>()});
  return out;
}

Json field_json(const FieldFacts& f) {
  Json values = Json::array();
  for (const EnumValue& value : f.enumeration) values.push_back({value.name, value.number});
  Json entry = Json::array();
  for (const FieldFacts& part : f.entry) entry.push_back(field_json(part));
  const int flags = (f.quoted ? 1 : 0) | (f.repeated ? 2 : 0) | (f.required ? 4 : 0) | (f.implicit ? 8 : 0) | (f.default_allowed ? 16 : 0) |
                    (f.wrapped ? 32 : 0);
  Json counts = Json::array({f.min_items});
  if (f.max_items) counts.push_back(*f.max_items);
  return {f.name,    f.json_name, f.type, static_cast<int>(f.kind), flags, f.rank, f.oneof, f.message, values, rules_json(f.rules),
          rules_json(f.value_rules), entry, f.number, counts};
}

// `part`: a map's key or value, which is no map itself, so this recurs once.
FieldFacts field_from(const Read& json, bool part = false) {
  FieldFacts out;
  out.name = json.at(0).get<std::string>();
  out.json_name = json.at(1).get<std::string>();
  out.type = json.at(2).get<std::string>();
  const int kind = json.at(3).get<int>();
  if (kind < 0 || kind > static_cast<int>(kLastValueKind)) throw std::runtime_error("an unknown kind of value");
  out.kind = static_cast<ValueKind>(kind);
  const int flags = json.at(4).get<int>();
  out.quoted = (flags & 1) != 0;
  out.repeated = (flags & 2) != 0;
  out.required = (flags & 4) != 0;
  out.implicit = (flags & 8) != 0;
  out.default_allowed = (flags & 16) != 0;
  out.wrapped = (flags & 32) != 0;
  out.rank = json.at(5).get<int>();
  out.oneof = json.at(6).get<int>();
  out.message = json.at(7).get<int>();
  for (const auto& value : json.at(8)) out.enumeration.push_back({value.at(0).get<std::string>(), value.at(1).get<std::int32_t>()});
  out.rules = rules_from(json.at(9));
  out.value_rules = rules_from(json.at(10));
  out.number = json.at(12).get<int>();
  out.min_items = json.at(13).at(0).get<std::uint64_t>();
  if (json.at(13).size() > 1) out.max_items = json.at(13).at(1).get<std::uint64_t>();
  const std::size_t parts = json.at(11).size();
  if (parts != 0 && (part || parts != 2)) throw std::runtime_error("a map without a key and a value");
  for (const auto& one : json.at(11)) out.entry.push_back(field_from(one, true));
  return out;
}

Json endpoint_json(const EndpointFacts& e) {
  Json path = Json::array(), query = Json::array(), responses = Json::array();
  for (const PartFacts& part : e.path) {
    Json segments = Json::array();
    for (const Segment& s : part.segments) segments.push_back({static_cast<int>(s.kind), s.text});
    path.push_back({segments, part.variable ? Json{part.variable->message, part.variable->field} : Json(nullptr), part.name});
  }
  for (const ParameterFacts& p : e.query) query.push_back({p.name, p.field.message, p.field.field, p.rank, p.repeated, p.required});
  for (const auto& [code, body] : e.responses) responses.push_back({code, body_json(body)});
  return {e.http_method, e.verb, path, query, body_json(e.body), responses};
}

EndpointFacts endpoint_from(const Read& json) {
  EndpointFacts out;
  out.http_method = json.at(0).get<std::string>();
  out.verb = json.at(1).get<std::string>();
  for (const auto& p : json.at(2)) {
    PartFacts part;
    for (const auto& s : p.at(0)) {
      const int kind = s.at(0).get<int>();
      if (kind < 0 || kind > static_cast<int>(Segment::Kind::rest)) throw std::runtime_error("an unknown kind of path segment");
      part.segments.push_back({static_cast<Segment::Kind>(kind), s.at(1).get<std::string>()});
    }
    if (!p.at(1).is_null()) part.variable = FieldReference{p.at(1).at(0).get<int>(), p.at(1).at(1).get<int>()};
    part.name = p.at(2).get<std::string>();
    out.path.push_back(std::move(part));
  }
  for (const auto& p : json.at(3)) {
    out.query.push_back({p.at(0).get<std::string>(), {p.at(1).get<int>(), p.at(2).get<int>()}, p.at(3).get<int>(), p.at(4).get<bool>(),
                         p.at(5).get<bool>()});
  }
  out.body = body_from(json.at(4));
  for (const auto& r : json.at(5)) out.responses.emplace_back(r.at(0).get<int>(), body_from(r.at(1)));
  return out;
}

// Every index points into the lists.
void check(const RecordFacts& facts) {
  const auto inside = [](int index, std::size_t size) { return index >= 0 && static_cast<std::size_t>(index) < size; };
  const auto check_field = [&](const FieldReference& at) {
    if (!inside(at.message, facts.messages.size()) ||
        !inside(at.field, facts.messages[static_cast<std::size_t>(at.message)].fields.size())) {
      throw std::runtime_error("a field index is out of range");
    }
  };
  const auto check_body = [&](const Body& body) {
    if (body.kind == Body::Kind::none) return;
    if (!inside(body.message, facts.messages.size())) throw std::runtime_error("a message index is out of range");
    if (body.kind == Body::Kind::field) check_field({body.message, body.field});
  };
  for (const MessageFacts& message : facts.messages) {
    for (const FieldFacts& field : message.fields) {
      for (const FieldFacts& part : field.entry) {
        if ((part.kind == ValueKind::message || part.message >= 0) && !inside(part.message, facts.messages.size())) throw std::runtime_error("a message index is out of range");
      }
      const bool needs_message = field.kind == ValueKind::message || field.message >= 0;
      if (needs_message && !inside(field.message, facts.messages.size())) throw std::runtime_error("a message index is out of range");
      if (field.oneof >= 0 && !inside(field.oneof, message.oneofs.size())) throw std::runtime_error("a oneof index is out of range");
    }
  }
  for (const EndpointFacts& endpoint : facts.endpoints) {
    for (const PartFacts& part : endpoint.path) {
      if (part.segments.empty()) throw std::runtime_error("a part of a path has no segments");
      if (part.variable) check_field(*part.variable);
    }
    for (const ParameterFacts& parameter : endpoint.query) check_field(parameter.field);
    check_body(endpoint.body);
    for (const auto& response : endpoint.responses) check_body(response.second);
  }
}

}  // namespace

Json rules_json(const std::vector<RuleUse>& rules) {
  Json out = Json::array();
  for (const RuleUse& rule : rules) out.push_back({rule.name, rule.text, load::to_string(rule.span), rule.arguments});
  return out;
}

std::vector<RuleUse> rules_from(const Read& json) {
  std::vector<RuleUse> out;
  for (const auto& rule : json) {
    RuleUse& one = out.emplace_back();
    one.name = rule.at(0).get<std::string>();
    one.text = rule.at(1).get<std::string>();
    one.arguments = rule.at(3).get<std::vector<std::string>>();
  }
  return out;
}

Json to_json(const RecordFacts& facts) {
  Json out;
  out["print_defaults"] = facts.print_defaults;
  out["messages"] = Json::array();
  for (const MessageFacts& message : facts.messages) {
    Json fields = Json::array(), oneofs = Json::array();
    for (const FieldFacts& field : message.fields) fields.push_back(field_json(field));
    for (const OneofFacts& oneof : message.oneofs) oneofs.push_back({oneof.name, oneof.rank, oneof.required, rules_json(oneof.rules)});
    out["messages"].push_back({message.name, fields, oneofs});
  }
  out["endpoints"] = Json::array();
  for (const EndpointFacts& endpoint : facts.endpoints) out["endpoints"].push_back(endpoint_json(endpoint));
  out["request_headers"] = headers_json(facts.request_headers);
  out["response_headers"] = headers_json(facts.response_headers);
  return out;
}

RecordFacts record_facts_from(const Read& json) {
  RecordFacts out;
  out.print_defaults = json.at("print_defaults").get<bool>();
  for (const auto& m : json.at("messages")) {
    MessageFacts message;
    message.name = m.at(0).get<std::string>();
    for (const auto& field : m.at(1)) message.fields.push_back(field_from(field));
    for (const auto& o : m.at(2)) {
      message.oneofs.push_back({o.at(0).get<std::string>(), o.at(1).get<int>(), o.at(2).get<bool>(), rules_from(o.at(3))});
    }
    out.messages.push_back(std::move(message));
  }
  for (const auto& endpoint : json.at("endpoints")) out.endpoints.push_back(endpoint_from(endpoint));
  out.request_headers = headers_from(json.at("request_headers"));
  out.response_headers = headers_from(json.at("response_headers"));
  check(out);
  return out;
}

}  // namespace sluice::compiler
