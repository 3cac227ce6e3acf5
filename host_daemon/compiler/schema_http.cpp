// SPDX-License-Identifier: Apache-2.0
// HTTP bindings: which field of the request travels where (path, query, body), and what each status
// answers with. Every field travels in exactly one place; a binding that leaves a rule unenforced
// anywhere is refused. Whether two bindings can be told apart is the grammar stage's question.
#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "compiler/path_template.hpp"
#include "compiler/schema_internal.hpp"
#include "load/http_status.hpp"
#include "load/nearest.hpp"

namespace sluice::compiler {
namespace {

using google::api::HttpRule;

bool is_singular_message(const Field& field) {
  return !field.repeated && field.value.kind == ValueKind::message;
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

// Characters of an HTTP method (RFC 9110 section 5.6.2, token), without lower case: methods are
// case-sensitive and a lower-case one is a slip.
bool is_method(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Why no table can check a method's messages (RFC 9110 section 9.3); empty for all others.
std::string why_no_table(const std::string& method) {
  if (method == "HEAD") {
    return "its answer has no body, and its content-length is that of an answer which nobody sees";
  }
  if (method == "CONNECT") return "it asks for a tunnel, and no table reads what goes through one";
  if (method == "TRACE") return "its answer repeats the request as it came, headers and all";
  return "";
}

class BindingResolver {
 public:
  BindingResolver(Resolution& resolution, const load::Endpoint& binding, Endpoint& endpoint)
      : resolution_(resolution), rule_(binding.rule), endpoint_(endpoint) {}

  void run() {
    method_and_template();
    bind_variables();
    body();
    if (endpoint_.body.kind != Body::Kind::message) {
      const FieldDescriptor* field = nullptr;
      if (endpoint_.body.kind == Body::Kind::field) {
        field = request().fields[static_cast<std::size_t>(endpoint_.body.field)].descriptor;
      }
      if (body_known_) {
        resolve_query(resolution_, endpoint_, excluded_, reached_paths(), field);
      }
    }
    responses();
  }

 private:
  const Message& request() const { return resolution_.schema.message(endpoint_.request); }

  load::Diagnostic& error(Code code, const std::string& text) {
    return resolution_.diagnostics.error(code, endpoint_.span, endpoint_.name + ": " + text);
  }

  void method_and_template() {
    std::string path;
    switch (rule_.pattern_case()) {
      case HttpRule::kGet:
        endpoint_.http_method = "GET";
        path = rule_.get();
        break;
      case HttpRule::kPut:
        endpoint_.http_method = "PUT";
        path = rule_.put();
        break;
      case HttpRule::kPost:
        endpoint_.http_method = "POST";
        path = rule_.post();
        break;
      case HttpRule::kDelete:
        endpoint_.http_method = "DELETE";
        path = rule_.delete_();
        break;
      case HttpRule::kPatch:
        endpoint_.http_method = "PATCH";
        path = rule_.patch();
        break;
      case HttpRule::kCustom:
        endpoint_.http_method = rule_.custom().kind();
        path = rule_.custom().path();
        if (!is_method(endpoint_.http_method)) {
          error(Code::kBadBinding, "\"" + endpoint_.http_method + "\" is no HTTP method")
              .mend("name one method in upper case");
        } else if (const std::string why = why_no_table(endpoint_.http_method); !why.empty()) {
          error(Code::kBadBinding, "method " + endpoint_.http_method + " cannot cross: " + why)
              .mend(endpoint_.http_method == "HEAD"
                        ? "leave the binding out, and let clients use GET"
                        : "leave the binding out");
        }
        break;
      case HttpRule::PATTERN_NOT_SET:
        error(Code::kBadBinding, "the binding has no method and path")
            .mend("set one of get, put, post, delete, patch, custom");
        return;
    }
    constexpr std::size_t kMaxTemplate = 2048;  // bytes
    if (path.size() > kMaxTemplate) {
      error(Code::kBadTemplate, "a path template has at most " + std::to_string(kMaxTemplate) + " bytes; this one has " + std::to_string(path.size()))
          .mend("shorten the path");
      return;
    }
    TemplateError problem;
    template_ = parse_path_template(path, problem);
    if (!template_) {
      error(Code::kBadTemplate, "path template \"" + path + "\", character " +
                                    std::to_string(problem.offset + 1) + ": " + problem.message);
      return;
    }
    endpoint_.verb = template_->verb;
  }

  void bind_variables() {
    if (!template_) return;
    for (TemplatePart& part : template_->parts) {
      PathPart result;
      result.segments = std::move(part.segments);
      if (part.variable) {
        auto path = variable(*part.variable);
        if (!path) continue;
        result.variable = std::move(path);
      }
      endpoint_.path.push_back(std::move(result));
    }
    for (const std::string& sibling : siblings_) {
      for (const std::string& bound : bound_) {
        if (bound == sibling || bound.starts_with(sibling + ".")) {
          error(Code::kBadVariable,
                "path variables set two members of one oneof, " + sibling + " among them");
        }
      }
      excluded_.insert(sibling);
    }
    excluded_.insert(bound_.begin(), bound_.end());
    // Inner ones first: a longer path sorts behind its beginning.
    for (auto one = reached_.rbegin(); one != reached_.rend(); ++one) {
      if (needs_member(one->first, resolution_.schema.message(one->second))) {
        needed_.insert(one->first);
      }
    }
  }

  // True if a message that the path reaches into is invalid without further members.
  bool needs_member(const std::string& path, const Message& message) const {
    std::set<int> set_oneofs;
    bool needs = false;
    for (const Field& field : message.fields) {
      const std::string below = join(path, field.name);
      const bool by_path = excluded_.contains(below) || reached_.contains(below);
      if (by_path) set_oneofs.insert(field.oneof);
      needs = needs || (by_path ? needed_.contains(below) : field.required);
    }
    for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
      needs = needs || (message.oneofs[i].required && !set_oneofs.contains(static_cast<int>(i)));
    }
    return needs;
  }

  std::set<std::string> reached_paths() const {
    std::set<std::string> paths;
    for (const auto& [path, message] : reached_) paths.insert(path);
    return paths;
  }

  // Follows a variable's field path. Nothing after an error.
  std::optional<FieldPath> variable(const TemplateVariable& variable) {
    const std::string name = "path variable {" + variable.path + "}";
    FieldPath path;
    int message = endpoint_.request;
    std::string_view rest = variable.path;
    while (true) {
      const std::size_t dot = rest.find('.');
      const std::string part(rest.substr(0, dot));
      const Descriptor* descriptor = resolution_.schema.message(message).descriptor;
      const FieldDescriptor* found = descriptor->FindFieldByName(part);
      if (found == nullptr) {
        std::vector<std::string> names;
        for (int i = 0; i < descriptor->field_count(); ++i)
          names.push_back(descriptor->field(i)->name());
        error(Code::kBadVariable, name + ": " + descriptor->full_name() + " has no field " + part +
                                      load::did_you_mean(part, names));
        return std::nullopt;
      }
      const int index = resolution_.field_index(message, found);
      if (index < 0) {
        if (!resolution_.refused.contains(found)) {
          error(Code::kBadVariable,
                name + ": field " + found->full_name() + " must always be absent");
        }
        return std::nullopt;
      }
      const Field& field =
          resolution_.schema.message(message).fields[static_cast<std::size_t>(index)];
      note_siblings(message, field, path.proto_path);
      path.indexes.push_back(index);
      path.proto_path = join(path.proto_path, field.name);
      path.json_path = join(path.json_path, field.json_name);
      if (dot == std::string_view::npos) {
        return leaf(name, field, std::move(path), variable);
      }
      if (!is_singular_message(field)) {
        error(Code::kBadVariable,
              name + ": field " + found->full_name() + " is not a singular message");
        return std::nullopt;
      }
      message = field.value.message;
      reached_.emplace(path.proto_path, message);
      rest.remove_prefix(dot + 1);
    }
  }

  std::optional<FieldPath> leaf(const std::string& name, const Field& field, FieldPath path,
                                const TemplateVariable& variable) {
    const auto refuse = [&](const std::string& why,
                            const std::string& help = "a path takes single strings, bytes, numbers, bools and enums; other fields travel in the query or the body") {
      error(Code::kBadVariable, name + ": field " + field.descriptor->full_name() + " " + why)
          .note("the field: " + load::to_string(field.span))
          .mend(help);
      return std::nullopt;
    };
    if (field.repeated) return refuse("is repeated and cannot stand in a path");
    if (field.value.wrapped) return refuse("is a wrapper, a message, and cannot stand in a path");
    switch (field.value.kind) {
      case ValueKind::string:
        break;
      case ValueKind::integer:
      case ValueKind::boolean:
      case ValueKind::enumeration:
      case ValueKind::floating:
      case ValueKind::bytes:
        if (!variable.any_segment) {
          return refuse("is not a string; its template can only be a single `*`", "leave the template out: {" + path.proto_path + "}");
        }
        break;
      case ValueKind::message:
      case ValueKind::timestamp:
      case ValueKind::duration:
      case ValueKind::field_mask:
      case ValueKind::any:
      case ValueKind::null:
      case ValueKind::dynamic:
      case ValueKind::structure:
      case ValueKind::list_value:
        return refuse("has type " + std::string(field.descriptor->type_name()) +
                      ", which cannot stand in a path");
    }
    if (!bound_.insert(path.proto_path).second) {
      error(Code::kBadVariable, name + " stands twice in the template");
      return std::nullopt;
    }
    return path;
  }

  // A field that the path sets keeps the other members of its oneof unset.
  void note_siblings(int message, const Field& field, const std::string& prefix) {
    if (field.oneof < 0) return;
    for (const Field& other : resolution_.schema.message(message).fields) {
      if (other.oneof == field.oneof && other.number != field.number) {
        siblings_.insert(join(prefix, other.name));
      }
    }
  }

  void body() {
    const std::string& name = rule_.body();
    if (name.empty()) return;
    if (endpoint_.http_method == "GET" || endpoint_.http_method == "DELETE") {
      error(Code::kBadBody, "a " + endpoint_.http_method + " request cannot have a body")
          .mend("leave `body` out; the fields travel in the query then");
      body_known_ = false;
      return;
    }
    Body& body = endpoint_.body;
    if (name == "*") {
      body.kind = Body::Kind::message;
      body.message = endpoint_.request;
      body.excluded = excluded_;
      body.reached = reached_paths();
      body.needed = needed_;
      return;
    }
    body_known_ = false;
    const auto index = top_level_field("body", name, request());
    if (!index) return;
    const Field& field = request().fields[static_cast<std::size_t>(*index)];
    if (excluded_.contains(name)) {
      error(Code::kBadBody, "body \"" + name +
                                "\": the field, or another member of its oneof, "
                                "travels in the path");
      return;
    }
    if (field.oneof >= 0) {
      const auto& fields = request().fields;
      if (std::count_if(fields.begin(), fields.end(),
                        [&](const Field& f) { return f.oneof == field.oneof; }) > 1) {
        error(Code::kBadBody, "body \"" + name + "\": field " + field.descriptor->full_name() +
                                  " is in a oneof, whose other members would travel in the query");
        return;
      }
    }
    body_known_ = true;
    body.kind = Body::Kind::field;
    body.message = endpoint_.request;
    body.field = *index;
    body.optional =
        reached_.contains(name) ? !needed_.contains(name) : !required_alone(request(), field);
    body.excluded = below(excluded_, name);
    body.reached = below(reached_paths(), name);
    body.needed = below(needed_, name);
    never_empty("body", body);
  }

  // A message whose members all travel elsewhere, or that has none, cannot be a field's body: it
  // would be `{}`.
  void never_empty(const std::string& option, Body& body) {
    const Field& field =
        resolution_.schema.message(body.message).fields[static_cast<std::size_t>(body.field)];
    if (!is_singular_message(field)) return;
    const auto& members = resolution_.schema.message(field.value.message).fields;
    if (std::any_of(members.begin(), members.end(),
                    [&](const Field& member) { return !body.excluded.contains(member.name); })) {
      return;
    }
    if (!body.optional) {
      error(Code::kBadBody,
            option + " \"" + field.name + "\": field " + field.descriptor->full_name() +
                " is required, but its message has no member that a body could show");
    }
    body = Body{};
  }

  // Also counts a required oneof whose only member the field is.
  static bool required_alone(const Message& message, const Field& field) {
    return field.required ||
           (field.oneof >= 0 && message.oneofs[static_cast<std::size_t>(field.oneof)].required);
  }

  static std::set<std::string> below(const std::set<std::string>& paths, const std::string& name) {
    std::set<std::string> result;
    for (const std::string& path : paths) {
      if (path.starts_with(name + ".")) result.insert(path.substr(name.size() + 1));
    }
    return result;
  }

  // The index of a field that `body` or `response_body` names. Nothing after an error.
  std::optional<int> top_level_field(const std::string& option, const std::string& name,
                                     const Message& message) {
    const FieldDescriptor* found = message.descriptor->FindFieldByName(name);
    if (found == nullptr) {
      std::vector<std::string> names;
      for (int i = 0; i < message.descriptor->field_count(); ++i) {
        names.push_back(message.descriptor->field(i)->name());
      }
      error(Code::kBadBody, option + " \"" + name + "\": " + message.name + " has no such field" +
                                load::did_you_mean(name, names));
      return std::nullopt;
    }
    for (std::size_t i = 0; i < message.fields.size(); ++i) {
      if (message.fields[i].descriptor == found) return static_cast<int>(i);
    }
    if (!resolution_.refused.contains(found)) {
      error(Code::kBadBody,
            option + " \"" + name + "\": field " + found->full_name() + " must always be absent");
    }
    return std::nullopt;
  }

  void responses() {
    std::optional<Body> own;
    if (resolution_.own_responses) own = own_response();
    for (const load::SelectedStatus& status : resolution_.loaded.statuses) {
      StatusResponse response;
      response.code = static_cast<int>(status.code);
      response.reason = std::string(load::reason_phrase(status.code));
      response.span = status.policy_span;
      if (status.code < 200 || status.code == 204 || status.code == 205 || status.code == 304) {
        // No body is allowed: RFC 9110 sections 15.3.5, 15.3.6, 15.4.5.
      } else if (status.message != nullptr) {
        response.body.kind = Body::Kind::message;
        response.body.message = resolution_.message_index(status.message, true);
      } else if (own) {
        response.body = *own;
      }
      endpoint_.responses.push_back(std::move(response));
    }
  }

  // The body of the method's own response. Nothing after an error.
  std::optional<Body> own_response() {
    Body body;
    const int index = resolution_.message_index(endpoint_.method->output_type(), true);
    body.message = index;
    const std::string& name = rule_.response_body();
    if (name.empty()) {
      body.kind = Body::Kind::message;
      return body;
    }
    const Message& message = resolution_.schema.message(index);
    const auto field_index = top_level_field("response_body", name, message);
    if (!field_index) return std::nullopt;
    const Field& field = message.fields[static_cast<std::size_t>(*field_index)];
    body.kind = Body::Kind::field;
    body.field = *field_index;
    body.optional = !required_alone(message, field);
    never_empty("response_body", body);
    // What does not travel is absent at the receiver: a rule that wants it there could never hold.
    for (const Field& other : message.fields) {
      if (other.number == field.number || !requires_presence(other)) continue;
      error(Code::kBadBody, "response_body \"" + name + "\": field " +
                                other.descriptor->full_name() + " is required, but does not travel")
          .note("the field: " + load::to_string(other.span))
          .mend("take the rule away, or leave response_body out");
    }
    for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
      if (message.oneofs[i].required && field.oneof != static_cast<int>(i)) {
        error(Code::kBadBody, "response_body \"" + name + "\": oneof " + message.oneofs[i].name +
                                  " is required, but does not travel")
            .mend("take the rule away, or leave response_body out");
      }
    }
    return body;
  }

  // By rule, not by `defaults: PRINT`.
  static bool requires_presence(const Field& field) {
    return required_by_rules(field);
  }

  Resolution& resolution_;
  const HttpRule& rule_;
  Endpoint& endpoint_;
  std::optional<PathTemplate> template_;
  std::set<std::string> bound_;         // variables
  std::set<std::string> siblings_;      // other members of oneofs that the path sets
  std::map<std::string, int> reached_;  // messages on the way to variables
  std::set<std::string> needed_;        // of them, those that something required is left in
  std::set<std::string> excluded_;      // bound_ and siblings_
  bool body_known_ = true;
};

// Bodies are in Protobuf's encoding: only a message has bytes of its own there.
void use_protobuf(Resolution& resolution, Endpoint& endpoint) {
  const auto use = [&](Body& body, const std::string& option) {
    body.protobuf = true;
    if (body.kind != Body::Kind::field) return;
    const Field& field = resolution.schema.message(body.message).fields[static_cast<std::size_t>(body.field)];
    if (!field.repeated && field.descriptor->message_type() != nullptr) return;
    resolution.diagnostics
        .error(Code::kBadBody, endpoint.span,
               option + " \"" + field.name + "\": field " + field.descriptor->full_name() +
                   " is no message, so it has no Protobuf encoding of its own")
        .mend("name a field that is a message, or leave it to `body: \"*\"`");
  };
  use(endpoint.body, "body");
  for (std::size_t i = 0; i < endpoint.responses.size(); ++i) use(endpoint.responses[i].body, "response_body");
}

}  // namespace

void resolve_endpoints(Resolution& resolution) {
  const Loaded& loaded = resolution.loaded;
  resolution.schema.endpoints.reserve(loaded.endpoints.size());
  for (const load::Endpoint& binding : loaded.endpoints) {
    Endpoint endpoint{};
    endpoint.name = binding.name;
    endpoint.tag = static_cast<int>(resolution.schema.endpoints.size()) + 1;
    const load::SelectedMethod& selected = loaded.methods[binding.method];
    endpoint.method = selected.method;
    endpoint.outstanding_cap = selected.max_outstanding;
    endpoint.span = binding.span;
    endpoint.request = resolution.message_index(selected.method->input_type(), true);
    BindingResolver(resolution, binding, endpoint).run();
    if (selected.body == sluice::v1::Policy::PROTOBUF) use_protobuf(resolution, endpoint);
    resolution.schema.endpoints.push_back(std::move(endpoint));
  }
}

}  // namespace sluice::compiler
