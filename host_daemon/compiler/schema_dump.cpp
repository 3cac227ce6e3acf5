// SPDX-License-Identifier: Apache-2.0
// The schema IR as text: one line a field, parameter and response. Stable: tests and people compare
// it.
#include <charconv>
#include <sstream>

#include "compiler/civil_time.hpp"
#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

std::string integers(const IntegerSet& set) {
  std::string text;
  for (const auto& [low, high] : set.intervals) {
    if (!text.empty()) text += ",";
    text += decimal(low);
    if (high != low) text += ".." + decimal(high);
  }
  return "{" + text + "}";
}

std::string floats(const FloatSet& set, FloatWidth width) {
  if (set == FloatSet::everything()) return {};
  if (set == FloatSet::everything().minus({0}, width)) return " not_zero";
  const auto number = [](double value) {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
  };
  std::string text;
  for (const auto& [low, high] : set.intervals) {
    if (!text.empty()) text += ",";
    text += number(low);
    if (high != low) text += ".." + number(high);
  }
  if (set.nan) text += text.empty() ? "NaN" : ",NaN";
  return "{" + text + "}";
}

std::string string_rules(const StringRules& rules) {
  std::string text;
  if (rules.in) {
    text += " in=[";
    for (std::size_t i = 0; i < rules.in->size(); ++i)
      text += (i ? "," : "") + quote_text((*rules.in)[i]);
    text += "]";
  }
  if (rules.min_len != 0) text += " min_len=" + std::to_string(rules.min_len);
  if (rules.max_len) text += " max_len=" + std::to_string(*rules.max_len);
  if (rules.min_bytes != 0) text += " min_bytes=" + std::to_string(rules.min_bytes);
  if (rules.max_bytes) text += " max_bytes=" + std::to_string(*rules.max_bytes);
  for (const TextCondition& condition : rules.conditions) {
    text += " " + condition.rule + "=";
    if (condition.kind == TextCondition::Kind::listed) text += "[";
    for (std::size_t i = 0; i < condition.texts.size(); ++i)
      text += (i ? "," : "") + quote_text(condition.texts[i]);
    if (condition.kind == TextCondition::Kind::listed) text += "]";
  }
  if (rules.or_empty) text += " or_empty";
  return text;
}

std::string scalar_name(const Value& value) {
  return FieldDescriptor::TypeName(value.type) + std::string(value.wrapped ? " wrapper" : "");
}

std::string value_text(const Schema& schema, const Value& value, const FieldDescriptor* field) {
  switch (value.kind) {
    case ValueKind::boolean: {
      std::string text = scalar_name(value) + "{";
      for (std::size_t i = 0; i < value.booleans.size(); ++i) {
        text += std::string(i ? "," : "") + (value.booleans[i] ? "true" : "false");
      }
      return text + "}";
    }
    case ValueKind::integer:
      return scalar_name(value) + integers(value.integers) +
             (value.quoted ? " quoted" : "");
    case ValueKind::floating:
      return scalar_name(value) +
             floats(value.floats, value.type == FieldDescriptor::TYPE_FLOAT ? FloatWidth::binary32 : FloatWidth::binary64);
    case ValueKind::bytes:
    case ValueKind::string:
      return scalar_name(value) + string_rules(value.string);
    case ValueKind::enumeration: {
      std::string text = field->enum_type()->full_name() + "{";
      for (std::size_t i = 0; i < value.enumeration.size(); ++i) {
        text += (i ? "," : "") + value.enumeration[i].name + "=" +
                std::to_string(value.enumeration[i].number);
      }
      return text + "}";
    }
    case ValueKind::message:
      return "message " + schema.message(value.message).name + " #" + std::to_string(value.message);
    case ValueKind::timestamp:
      return "timestamp" + (value.integers == timestamp_range() ? "" : integers(value.integers));
    case ValueKind::duration:
      return "duration" + (value.integers == duration_range() ? "" : integers(value.integers));
    case ValueKind::null:
      return "null";
    case ValueKind::dynamic:
      return "value";
    case ValueKind::structure:
      return "struct";
    case ValueKind::list_value:
      return "list_value";
    case ValueKind::any: {
      std::string text = "any{";
      for (std::size_t i = 0; i < value.any.size(); ++i) text += (i ? "," : "") + schema.any_types[static_cast<std::size_t>(value.any[i])].url;
      return text + "}";
    }
    case ValueKind::field_mask:
      return "field_mask" + string_rules(value.string);
  }
  return {};
}

std::string rules_text(const std::vector<RuleUse>& first, const std::vector<RuleUse>& second) {
  std::string text;
  for (const auto* list : {&first, &second}) {
    for (const RuleUse& rule : *list) text += (text.empty() ? "" : "; ") + rule.text;
  }
  return text.empty() ? "" : "  # " + text;
}

std::string field_line(const Schema& schema, const Field& field) {
  std::string text =
      std::to_string(field.rank) + ": " + field.name + " = " + std::to_string(field.number);
  if (field.json_name != field.name) text += " json=" + quote_text(field.json_name);
  text += " ";
  if (field.repeated) {
    text += std::string(field.map ? "map(" : "repeated(") + std::to_string(field.min_items) + ".." +
            (field.max_items ? std::to_string(*field.max_items) : "") + (field.unique ? ") unique " : ") ");
  }
  if (field.map) {
    text += value_text(schema, field.map->key.value, field.map->key.descriptor) +
            rules_text(field.map->key.value.rules, {}) + " -> ";
  }
  text += value_text(schema, field.value, field.map ? field.map->value.descriptor : field.descriptor);
  if (field.oneof >= 0) text += " oneof=" + std::to_string(field.oneof);
  if (field.implicit) text += " implicit";
  if (field.omit_default) text += " omit_default";
  if (field.default_allowed) text += " default_allowed";
  if (field.required) text += " required";
  return text + rules_text(field.rules, field.value.rules);
}

std::string segments_text(const std::vector<Segment>& segments) {
  std::string text;
  for (const Segment& segment : segments) {
    if (!text.empty()) text += "/";
    switch (segment.kind) {
      case Segment::Kind::literal:
        text += segment.text;
        break;
      case Segment::Kind::any:
        text += "*";
        break;
      case Segment::Kind::rest:
        text += "**";
        break;
    }
  }
  return text;
}

std::string body_text(const Schema& schema, const Body& body) {
  std::string text;
  switch (body.kind) {
    case Body::Kind::none:
      return "none";
    case Body::Kind::message:
      text = "message " + schema.message(body.message).name + " #" + std::to_string(body.message);
      break;
    case Body::Kind::field:
      text = "field " + schema.message(body.message).name + "." +
             schema.message(body.message).fields[static_cast<std::size_t>(body.field)].name;
      break;
  }
  if (body.protobuf) text += " protobuf";
  if (body.optional) text += " optional";
  const auto list = [&](const char* name, const std::set<std::string>& paths) {
    if (paths.empty()) return;
    text += std::string(" ") + name + "=[";
    for (const std::string& path : paths) text += (text.back() == '[' ? "" : ",") + path;
    text += "]";
  };
  list("excluded", body.excluded);
  list("reached", body.reached);
  list("needed", body.needed);
  return text;
}

void dump_endpoint(const Schema& schema, const Endpoint& endpoint, std::ostream& out) {
  out << "endpoint " << endpoint.tag << " " << endpoint.name << "\n  " << endpoint.http_method
      << " ";
  for (const PathPart& part : endpoint.path) {
    out << "/";
    if (part.variable) {
      out << "{" << part.variable->proto_path << "=" << segments_text(part.segments) << "}";
    } else {
      out << segments_text(part.segments);
    }
  }
  if (!endpoint.verb.empty()) out << ":" << endpoint.verb;
  out << "\n  request #" << endpoint.request << " outstanding " << endpoint.outstanding_cap << "\n";
  for (const QueryParameter& parameter : endpoint.query) {
    out << "  query " << parameter.rank << ": " << quote_text(parameter.name) << " = "
        << parameter.path.proto_path << (parameter.repeated ? " repeated" : "")
        << (parameter.required ? " required" : "") << "\n";
  }
  out << "  body " << body_text(schema, endpoint.body) << "\n";
  for (const StatusResponse& response : endpoint.responses) {
    out << "  response " << response.code << " " << quote_text(response.reason) << " "
        << body_text(schema, response.body) << "\n";
  }
}

void dump_headers(const char* name, const std::vector<HeaderRule>& headers, std::ostream& out) {
  for (const HeaderRule& header : headers) {
    out << name << " " << header.name;
    if (header.constant) out << " constant=" << quote_text(*header.constant);
    if (header.pattern) out << " pattern=" << quote_text(*header.pattern);
    out << (header.required ? " required" : "") << "\n";
  }
}

}  // namespace

std::string dump(const Schema& schema) {
  std::ostringstream out;
  for (std::size_t i = 0; i < schema.messages.size(); ++i) {
    const Message& message = schema.messages[i];
    out << "message #" << i << " " << message.name << " ranks=" << message.ranks << "\n";
    for (const Field& field : message.fields) out << "  " << field_line(schema, field) << "\n";
    for (const Oneof& oneof : message.oneofs) {
      out << "  oneof " << oneof.name << " rank=" << oneof.rank
          << (oneof.required ? " required" : "") << "\n";
    }
    for (const ExclusiveGroup& group : message.groups) {
      if (group.bit >= 0) out << "  group " << group.rule.text << "\n";
    }
  }
  for (const Endpoint& endpoint : schema.endpoints) dump_endpoint(schema, endpoint, out);
  for (const SoftwareRule& rule : schema.software_only) out << "software only " << rule.element << " " << rule.rule << "\n";
  dump_headers("request header", schema.request_headers, out);
  dump_headers("response header", schema.response_headers, out);
  return out.str();
}

}  // namespace sluice::compiler
