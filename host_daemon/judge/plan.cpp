// SPDX-License-Identifier: Apache-2.0
// Bindings, resolved naively.
#include "judge/plan.hpp"

#include <algorithm>

#include "judge/json_writer.hpp"
#include "judge/scalar.hpp"
#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Fields looked at for one query: messages may share messages, so that their number can explode.
constexpr int kMaxQueryFields = 20000;

class Planner {
 public:
  Planner(const load::Loaded& loaded, const load::Endpoint& endpoint,
          load::Diagnostics& diagnostics)
      : endpoint_(endpoint),
        method_(loaded.methods[endpoint.method].method),
        any_types_(!loaded.any_types.empty()),
        diagnostics_(diagnostics) {
    plan_.spelling = JsonSpelling(loaded.policy.json());
    const bool binary = loaded.methods[endpoint.method].body == sluice::v1::Policy::PROTOBUF;
    plan_.request.binary = plan_.response.binary = binary;
  }

  EndpointPlan plan() {
    plan_.name = endpoint_.name;
    plan_.request.message = method_->input_type();
    plan_.response.message = method_->output_type();
    path(verb());
    bodies();
    if (plan_.request.kind != BodyPlan::Kind::kMessage) {
      FieldPath at;
      query(method_->input_type(), "", at);
    }
    return std::move(plan_);
  }

 private:
  void error(load::Code code, const std::string& message) {
    diagnostics_.error(code, endpoint_.span, endpoint_.name + ": " + message);
  }

  // Sets the HTTP method and returns the text of the template.
  std::string verb() {
    const HttpRule& rule = endpoint_.rule;
    switch (rule.pattern_case()) {
      case HttpRule::kGet:
        plan_.http_method = "GET";
        return rule.get();
      case HttpRule::kPut:
        plan_.http_method = "PUT";
        return rule.put();
      case HttpRule::kPost:
        plan_.http_method = "POST";
        return rule.post();
      case HttpRule::kDelete:
        plan_.http_method = "DELETE";
        return rule.delete_();
      case HttpRule::kPatch:
        plan_.http_method = "PATCH";
        return rule.patch();
      case HttpRule::kCustom:
        plan_.http_method = rule.custom().kind();
        if (plan_.http_method.empty() || plan_.http_method == "*") {
          error(load::Code::kBadBinding, "a custom binding names one HTTP method");
        }
        return rule.custom().path();
      case HttpRule::PATTERN_NOT_SET:
        break;
    }
    return "";
  }

  void path(const std::string& text) {
    std::string problem;
    plan_.path = PathTemplate::parse(text, problem);
    if (!plan_.path) {
      error(load::Code::kBadTemplate, "'" + text + "': " + problem);
      return;
    }
    for (const auto& variable : plan_.path->variables()) {
      FieldPath fields;
      const Descriptor* message = method_->input_type();
      for (std::string_view name : split(variable.field, '.')) {
        const FieldDescriptor* field =
            message == nullptr ? nullptr : message->FindFieldByName(std::string(name));
        if (field == nullptr || field->is_repeated()) {
          error(load::Code::kBadVariable,
                "path variable '" + variable.field + "' names no singular field");
          return;
        }
        fields.push_back(field);
        message = field->message_type();
        if (message != nullptr && well_known(message) != WellKnown::kNone) message = nullptr;
      }
      if (fields.back()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        error(load::Code::kBadVariable, "path variable '" + variable.field + "' is a message");
        return;
      }
      if (!plan_.in_path.insert(variable.field).second) {
        error(load::Code::kBadVariable, "path variable '" + variable.field + "' stands twice");
      }
      plan_.variables.push_back(std::move(fields));
    }
  }

  void bodies() {
    plan_.response.kind = BodyPlan::Kind::kMessage;
    if (const std::string& name = endpoint_.rule.body(); name == "*") {
      plan_.request.kind = BodyPlan::Kind::kMessage;
    } else if (!name.empty()) {
      field_body(plan_.request, name);
      if (plan_.in_path.contains(name)) {
        error(load::Code::kBadBody, "field '" + name + "' is both in the path and the body");
      }
    }
    if (const std::string& name = endpoint_.rule.response_body(); !name.empty()) {
      field_body(plan_.response, name);
    }
  }

  void field_body(BodyPlan& body, const std::string& name) {
    body.kind = BodyPlan::Kind::kField;
    body.field = body.message->FindFieldByName(name);
    if (body.field == nullptr) {
      body.kind = BodyPlan::Kind::kNone;
      error(load::Code::kBadBody, body.message->full_name() + " has no field '" + name + "'");
    } else if (body.binary &&
               (body.field->is_repeated() || body.field->message_type() == nullptr)) {
      body.kind = BodyPlan::Kind::kNone;
      error(load::Code::kBadBody, "field '" + name + "' is no message, and so no Protobuf body");
    }
  }

  // Lists every scalar below `message` that neither the path nor the body has. `at` is the way to
  // it.
  void query(const Descriptor* message, const std::string& proto_path, FieldPath& at) {
    for (const FieldDescriptor* field : canonical_order(message)) {
      const std::string path =
          proto_path.empty() ? field->name() : proto_path + "." + field->name();
      if (plan_.in_path.contains(path) || (at.empty() && field == plan_.request.field)) continue;
      if (++query_fields_ > kMaxQueryFields) {
        if (query_fields_ == kMaxQueryFields + 1) {
          error(load::Code::kBadQuery, "more fields below the request than a query can have");
        }
        return;
      }
      if (is_scalar(field)) {
        at.push_back(field);
        std::string name;
        for (const FieldDescriptor* part : at) {
          if (!name.empty()) name += ".";
          name += percent_encode(plan_.spelling.name(part));
        }
        plan_.query.push_back({name, at});
        at.pop_back();
        continue;
      }
      if (is_any(field->message_type()) && !any_types_) continue;  // must be absent
      if (well_known(field->message_type()) != WellKnown::kNone) {
        error(load::Code::kBadQuery, "'" + path + "' of type " +
                                         field->message_type()->full_name() +
                                         " cannot travel in a query");
        continue;
      }
      if (field->is_repeated()) {
        error(load::Code::kBadQuery,
              "the list of messages '" + path + "' cannot travel in a query");
        continue;
      }
      const bool recursive = message == field->message_type() ||
                             field->message_type() == method_->input_type() ||
                             std::any_of(at.begin(), at.end(), [&](const FieldDescriptor* above) {
                               return above->message_type() == field->message_type();
                             });
      if (recursive) {
        error(load::Code::kBadQuery, "the recursive message '" + path + "' stands in a query");
        continue;
      }
      at.push_back(field);
      query(field->message_type(), path, at);
      at.pop_back();
    }
  }

  const load::Endpoint& endpoint_;
  const google::protobuf::MethodDescriptor* method_;
  bool any_types_;
  load::Diagnostics& diagnostics_;
  EndpointPlan plan_;
  int query_fields_ = 0;
};

}  // namespace

std::vector<EndpointPlan> plan_endpoints(const load::Loaded& loaded,
                                         load::Diagnostics& diagnostics) {
  std::vector<EndpointPlan> plans;
  for (const load::Endpoint& endpoint : loaded.endpoints) {
    plans.push_back(Planner(loaded, endpoint, diagnostics).plan());
  }
  return plans;
}

std::set<const Descriptor*> reachable_messages(const std::vector<const Descriptor*>& roots) {
  std::set<const Descriptor*> found;
  std::vector<const Descriptor*> work = roots;
  while (!work.empty()) {
    const Descriptor* message = work.back();
    work.pop_back();
    if (well_known(message) != WellKnown::kNone || !found.insert(message).second) continue;
    for (int i = 0; i < message->field_count(); ++i) {
      if (message->field(i)->message_type() != nullptr) {
        work.push_back(message->field(i)->message_type());
      }
    }
  }
  return found;
}

}  // namespace sluice::judge
