// SPDX-License-Identifier: Apache-2.0
// Resolution of names, then one walk over all reachable messages; a work list, because schemas are
// recursive.
#include "load/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "load/nearest.hpp"
#include "load/options.hpp"
#include "load/spans.hpp"

namespace sluice::load {
namespace {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::ServiceDescriptor;
using sluice::v1::Policy;

class Selector {
 public:
  Selector(Loaded& loaded, Diagnostics& diagnostics) : loaded_(loaded), diagnostics_(diagnostics) {}

  bool run() {
    std::size_t before = diagnostics_.error_count();
    roots_are_proto3();
    for (int i = 0; i < loaded_.policy.services_size(); ++i) service(i);
    share_outstanding();
    statuses();
    any_types();
    software_only();
    for (const SelectedMethod& one : loaded_.methods) {
      reach(one.method->input_type(), span_of(loaded_, one.method));
      reach(one.method->output_type(), span_of(loaded_, one.method));
    }
    for (const SelectedStatus& one : loaded_.statuses) {
      if (one.message != nullptr) reach(one.message, one.policy_span);
    }
    for (std::size_t i = 0; i < loaded_.any_types.size(); ++i) {
      reach(loaded_.any_types[i], loaded_.policy_spans.at(fmt::format("anyTypes[{}]", i)));
    }
    walk();
    return diagnostics_.error_count() == before;
  }

 private:
  Diagnostic& error(Code code, std::string_view policy_path, std::string message) {
    return diagnostics_.error(code, loaded_.policy_spans.at(policy_path), std::move(message));
  }

  void roots_are_proto3() {
    // A descriptor set without a list of roots makes all its files roots; there only what is used
    // must be proto3.
    if (loaded_.policy.proto_files_size() == 0) return;
    for (const FileDescriptor* file : loaded_.schemas->roots()) must_be_proto3(file, {});
  }

  void must_be_proto3(const FileDescriptor* file, const Span& used_at) {
    if (file->syntax() == FileDescriptor::SYNTAX_PROTO3) return;
    if (!not_proto3_.insert(file).second) return;
    Diagnostic& made =
        diagnostics_.error(Code::kNotProto3, span_of(loaded_, file),
                           fmt::format("the schema file `{}` is not proto3", file->name()));
    made.mend("write the schema in proto3: syntax = \"proto3\";");
    if (!used_at.file.empty()) made.note(fmt::format("used at {}", to_string(used_at)));
  }

  void service(int index) {
    const Policy::ServiceSelection& entry = loaded_.policy.services(index);
    std::string path = fmt::format("services[{}]", index);
    const ServiceDescriptor* found = loaded_.pool->FindServiceByName(entry.service());
    if (found == nullptr) {
      std::vector<std::string> known = services_of_roots();
      error(Code::kUnknownService, path + ".service",
            fmt::format("the schemas have no service `{}`{}", entry.service(),
                        did_you_mean(entry.service(), known)))
          .note(known.empty() ? "they have no service at all"
                              : fmt::format("they have {}", fmt::join(known, ", ")));
      return;
    }
    bool all = entry.methods_size() == 1 && entry.methods(0) == "*";
    std::set<std::string> wanted;
    std::vector<std::string> known;
    for (int i = 0; i < found->method_count(); ++i) known.push_back(found->method(i)->name());
    for (int i = 0; !all && i < entry.methods_size(); ++i) {
      const std::string& name = entry.methods(i);
      if (found->FindMethodByName(name) == nullptr) {
        error(Code::kUnknownMethod, fmt::format("{}.methods[{}]", path, i),
              fmt::format("the service `{}` has no method `{}`{}", found->full_name(), name,
                          did_you_mean(name, known)));
      }
      wanted.insert(name);
    }
    if (all && found->method_count() == 0) {
      error(Code::kUnknownMethod, path + ".methods",
            fmt::format("the service `{}` has no methods", found->full_name()));
    }
    for (int i = 0; i < found->method_count(); ++i) {
      const MethodDescriptor* one = found->method(i);
      if (all || wanted.contains(one->name())) method(one, entry, path);
    }
  }

  std::vector<std::string> services_of_roots() const {
    std::vector<std::string> names;
    for (const FileDescriptor* file : loaded_.schemas->roots()) {
      for (int i = 0; i < file->service_count(); ++i) {
        names.push_back(file->service(i)->full_name());
      }
    }
    return names;
  }

  void method(const MethodDescriptor* method, const Policy::ServiceSelection& entry,
              const std::string& path) {
    SelectedMethod made{method, entry.body(), entry.max_outstanding(),
                        loaded_.policy_spans.at(path)};
    if (!selected_.insert(method).second) {
      error(Code::kDuplicateEntry, path,
            fmt::format("the method `{}` is selected twice", method->full_name()));
      return;
    }
    if (method->client_streaming() || method->server_streaming()) {
      diagnostics_
          .error(Code::kStreaming, span_of(loaded_, method),
                 fmt::format("the method `{}` is streaming; only single requests and responses "
                             "cross",
                             method->full_name()))
          .note(fmt::format("selected at {}", to_string(made.policy_span)))
          .mend("name the other methods in the policy instead of \"*\"");
      return;
    }
    if (!has_http_rule(method)) {
      diagnostics_
          .error(
              Code::kNoHttpBinding, span_of(loaded_, method),
              fmt::format("the method `{}` has no (google.api.http) option", method->full_name()))
          .note(fmt::format("selected at {}", to_string(made.policy_span)))
          .mend("give it a binding, or do not select it");
      return;
    }
    loaded_.methods.push_back(made);
    endpoints(method);
  }

  // Where the policy says nothing, no endpoint may take more than half, so that none starves the
  // others.
  void share_outstanding() {
    const std::uint32_t all = loaded_.policy.limits().max_outstanding();
    const std::uint32_t share = loaded_.endpoints.size() == 1 ? all : std::max(1u, all / 2);
    for (SelectedMethod& one : loaded_.methods) {
      if (one.max_outstanding == 0) one.max_outstanding = share;
    }
  }

  void endpoints(const MethodDescriptor* method) {
    HttpRule own = http_rule(method);
    Span span = span_of_http(loaded_, method);
    auto additional = own.additional_bindings();
    own.clear_additional_bindings();
    endpoint(method, 0, std::move(own), span);
    for (int i = 0; i < additional.size(); ++i) {
      if (additional[i].additional_bindings_size() != 0) {
        diagnostics_.error(Code::kProtoInvalid, span,
                           fmt::format("`{}`: additional bindings have no further ones inside",
                                       method->full_name()));
        return;
      }
      endpoint(method, i + 1, additional[i], span);
    }
  }

  void endpoint(const MethodDescriptor* method, int binding, HttpRule rule, const Span& span) {
    std::string name = method->full_name();
    if (binding != 0) name += fmt::format("#{}", binding);
    if (rule.pattern_case() == HttpRule::PATTERN_NOT_SET) {
      diagnostics_.error(Code::kNoHttpBinding, span,
                         fmt::format("the binding `{}` has no verb and path", name));
      return;
    }
    // Options are not part of the element's validity: a field of HttpRule that we do not know could
    // mean anything.
    if (rule.GetReflection()->GetUnknownFields(rule).field_count() != 0) {
      diagnostics_.error(Code::kUnknownRule, span,
                         fmt::format("the binding `{}` has parts that are not known", name));
      return;
    }
    loaded_.endpoints.push_back(
        Endpoint{loaded_.methods.size() - 1, binding, std::move(name), std::move(rule), span});
  }

  // A message of the pool; google.rpc.Status needs no import in the user's schemas.
  const Descriptor* message(const std::string& name, const std::string& path) {
    if (name == "google.rpc.Status" && loaded_.pool->FindMessageTypeByName(name) == nullptr) {
      loaded_.schemas->add_shipped("google/rpc/status.proto");
    }
    const Descriptor* found = loaded_.pool->FindMessageTypeByName(name);
    if (found == nullptr) {
      std::vector<std::string> known{"google.rpc.Status"};
      for (const FileDescriptor* file : loaded_.schemas->roots()) {
        for (int i = 0; i < file->message_type_count(); ++i) {
          known.push_back(file->message_type(i)->full_name());
        }
      }
      error(Code::kUnknownMessage, path,
            fmt::format("the schemas have no message `{}`{}", name, did_you_mean(name, known)));
    }
    return found;
  }

  void statuses() {
    for (int i = 0; i < loaded_.policy.statuses_size(); ++i) {
      const Policy::Status& status = loaded_.policy.statuses(i);
      std::string path = fmt::format("statuses[{}]", i);
      SelectedStatus made{status.code(), nullptr, loaded_.policy_spans.at(path)};
      if (!status.message().empty()) {
        made.message = message(status.message(), path + ".message");
        if (made.message == nullptr) continue;
      }
      loaded_.statuses.push_back(made);
    }
  }

  void any_types() {
    for (int i = 0; i < loaded_.policy.any_types_size(); ++i) {
      const Descriptor* found =
          message(loaded_.policy.any_types(i), fmt::format("anyTypes[{}]", i));
      if (found != nullptr) loaded_.any_types.push_back(found);
    }
  }

  void software_only() {
    for (int i = 0; i < loaded_.policy.software_only_size(); ++i) {
      const std::string& element = loaded_.policy.software_only(i).element();
      if (loaded_.pool->FindFieldByName(element) == nullptr &&
          loaded_.pool->FindMessageTypeByName(element) == nullptr &&
          loaded_.pool->FindOneofByName(element) == nullptr) {
        error(Code::kUnknownMessage, fmt::format("softwareOnly[{}].element", i),
              fmt::format("the schemas have no field, oneof or message `{}`", element));
      }
    }
  }

  void reach(const Descriptor* message, const Span& used_at) {
    if (reached_.insert(message).second) waiting_.emplace_back(message, used_at);
  }

  void walk() {
    while (!waiting_.empty()) {
      auto [message, used_at] = waiting_.back();
      waiting_.pop_back();
      must_be_proto3(message->file(), used_at);
      rules_are_known(message);
      for (int i = 0; i < message->oneof_decl_count(); ++i) {
        rules_are_known(message->oneof_decl(i));
      }
      for (int i = 0; i < message->field_count(); ++i) {
        const FieldDescriptor* field = message->field(i);
        rules_are_known(field);
        if (field->message_type() != nullptr) {
          reach(field->message_type(), span_of(loaded_, field));
        }
      }
    }
  }

  bool left_to_software(const std::string& element, const std::string& rule) const {
    const auto& listed = loaded_.policy.software_only();
    return std::any_of(listed.begin(), listed.end(), [&](const auto& one) {
      return one.element() == element && one.rule() == rule;
    });
  }

  // A rule that no part of Sluice knows would be enforced by none of them.
  template <typename Element>
  void rules_are_known(const Element* element) {
    for (const UnknownRule& rule : unknown_rules(element)) {
      const Span span = span_of_rule(loaded_, element, rule.numbers);
      const bool own = rule.path.ends_with(')');
      if (own && left_to_software(element->full_name(), rule.path)) {
        loaded_.own_rules.push_back({element->full_name(), rule.path, span});
        continue;
      }
      diagnostics_
          .error(Code::kUnknownRule, span,
                 fmt::format("`{}` has the rule `{}`, which {}", element->full_name(), rule.path,
                             own ? "the schema defines itself and no table can hold" : "is not known"))
          .mend(own ? fmt::format("remove it, say it with the standard's rules, or leave it to software: softwareOnly: "
                                  "[{{element: {}, rule: \"{}\", reason: ...}}]",
                                  element->full_name(), rule.path)
                    : "a withdrawn rule, or one of a later standard, cannot be enforced: remove it");
    }
    for (const std::string& option : foreign_rules(element)) {
      diagnostics_
          .error(Code::kForeignRules, span_of(loaded_, element),
                 fmt::format("`{}` has rules of `({})`, which are not enforced",
                             element->full_name(), option))
          .mend("write them with (buf.validate.field)");
    }
  }

  Loaded& loaded_;
  Diagnostics& diagnostics_;
  std::set<const MethodDescriptor*> selected_;
  std::set<const FileDescriptor*> not_proto3_;
  std::set<const Descriptor*> reached_;
  std::vector<std::pair<const Descriptor*, Span>> waiting_;
};

}  // namespace

bool select(Loaded& loaded, Diagnostics& diagnostics) {
  return Selector(loaded, diagnostics).run();
}

}  // namespace sluice::load
