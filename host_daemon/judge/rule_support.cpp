// SPDX-License-Identifier: Apache-2.0
// The list of what is supported, and the refusals.
#include "judge/rule_support.hpp"

#include <map>

#include "judge/message_rules.hpp"
#include "judge/well_known.hpp"
#include "load/options.hpp"
#include "load/spans.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using SoftwareOnly = std::set<std::pair<std::string, std::string>>;

const std::set<std::string> kNumberRules = {"const", "lt", "lte",    "gt",
                                            "gte",   "in", "not_in", "example"};

// Supported rules of each group. `example` is documentation.
const std::map<std::string, std::set<std::string>>& supported() {
  static const auto table = [] {
    std::map<std::string, std::set<std::string>> groups = {
        {"bool", {"const", "example"}},
        {"string",
         {"const",
          "len",
          "min_len",
          "max_len",
          "len_bytes",
          "min_bytes",
          "max_bytes",
          "pattern",
          "prefix",
          "suffix",
          "contains",
          "not_contains",
          "in",
          "not_in",
          "email",
          "hostname",
          "ip",
          "ipv4",
          "ipv6",
          "uri",
          "uri_ref",
          "address",
          "uuid",
          "tuuid",
          "ip_with_prefixlen",
          "ipv4_with_prefixlen",
          "ipv6_with_prefixlen",
          "ip_prefix",
          "ipv4_prefix",
          "ipv6_prefix",
          "host_and_port",
          "ulid",
          "protobuf_fqn",
          "protobuf_dot_fqn",
          "well_known_regex",
          "strict",
          "example"}},
        {"bytes",
         {"const", "len", "min_len", "max_len", "pattern", "prefix", "suffix", "contains", "in",
          "not_in", "ip", "ipv4", "ipv6", "uuid", "example"}},
        {"enum", {"const", "defined_only", "in", "not_in", "example"}},
        {"map", {"min_pairs", "max_pairs", "keys", "values"}},
        {"repeated", {"min_items", "max_items", "unique", "items"}},
        {"any", {"in", "not_in"}},
        {"duration", kNumberRules},
        {"timestamp", {"const", "lt", "lte", "gt", "gte", "example"}},  // and no clock
        {"field_mask", {"const", "in", "not_in", "example"}}};
    for (const char* name : {"int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
                             "fixed64", "sfixed32", "sfixed64", "float", "double"}) {
      groups[name] = kNumberRules;
    }
    groups["float"].insert("finite");
    groups["double"].insert("finite");
    return groups;
  }();
  return table;
}

class RuleCheck {
 public:
  RuleCheck(const load::Loaded& loaded, const SoftwareOnly& software_only,
            load::Diagnostics& diagnostics)
      : loaded_(loaded), software_only_(software_only), diagnostics_(diagnostics) {}

  // `prefix` is "", "repeated.items.", "map.keys." or "map.values."; the type is then that of an
  // element, a key or a value.
  void rules(const FieldDescriptor* field, const buf::validate::FieldRules& rules,
             const std::string& prefix) {
    std::vector<const FieldDescriptor*> set;
    rules.GetReflection()->ListFields(rules, &set);
    for (const FieldDescriptor* part : set) {
      if (part->name() == "required" || part->name() == "ignore") continue;
      const std::string name = prefix + part->name();
      if (part->containing_oneof() == nullptr || !supported().contains(part->name())) {
        refuse(field, name);
        continue;
      }
      const bool as_list = field->is_repeated() && prefix.empty();
      const FieldDescriptor* typed = prefix == "map.keys."     ? field->message_type()->map_key()
                                     : prefix == "map.values." ? field->message_type()->map_value()
                                                               : field;
      const auto* message = typed->message_type();
      const std::string fitting = as_list && field->is_map() ? "map"
                                  : as_list                  ? "repeated"
                                  : message == nullptr       ? std::string(typed->type_name())
                                                             : rules_group(message);
      if (part->name() != fitting) {
        diagnostics_.error(load::Code::kRuleMismatch, load::span_of_rule(loaded_, field, name),
                           field->full_name() + ": rules of the group " + name +
                               " do not fit a field of type " +
                               (message == nullptr ? fitting : message->full_name()));
        continue;
      }
      group(field, rules.GetReflection()->GetMessage(rules, part), name);
    }
  }

  void refuse(const FieldDescriptor* field, const std::string& rule) {
    refuse(field->full_name(), rule, load::span_of_rule(loaded_, field, rule));
  }

  void refuse(const std::string& element, const std::string& rule, const load::Span& span) {
    if (software_only_.contains({element, rule})) {
      diagnostics_.warning(load::Code::kRuleUnsupported, span,
                           element + ": the judge does not check " + rule + " either");
    } else {
      diagnostics_.error(load::Code::kRuleUnsupported, span,
                         element + ": the judge cannot check " + rule);
    }
  }

 private:
  void group(const FieldDescriptor* field, const Message& group, const std::string& name) {
    const auto& known = supported().at(name.substr(name.rfind('.') + 1));
    std::vector<const FieldDescriptor*> set;
    group.GetReflection()->ListFields(group, &set);
    for (const FieldDescriptor* rule : set) {
      const std::string rule_name = name + "." + rule->name();
      if (!known.contains(rule->name())) {
        refuse(field, rule_name);
      } else if (rule->name() == "items" || rule->name() == "keys" || rule->name() == "values") {
        rules(field,
              dynamic_cast<const buf::validate::FieldRules&>(
                  group.GetReflection()->GetMessage(group, rule)),
              rule_name + ".");
      } else if (rule->name() == "unique" &&
                 field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        refuse(field, rule_name);
      }
    }
  }

  const load::Loaded& loaded_;
  const SoftwareOnly& software_only_;
  load::Diagnostics& diagnostics_;
};

}  // namespace

void refuse_unsupported_rules(const load::Loaded& loaded, const Descriptor* message,
                              const SoftwareOnly& software_only, load::Diagnostics& diagnostics) {
  RuleCheck check(loaded, software_only, diagnostics);
  const auto message_rules = load::message_rules(message);
  if (message_rules.cel_size() + message_rules.cel_expression_size() > 0) {
    check.refuse(message->full_name(), "cel", load::span_of_rule(loaded, message, "cel"));
  }
  for (const auto& unknown : load::unknown_rules(message)) {
    check.refuse(message->full_name(), unknown.path,
                 load::span_of_rule(loaded, message, unknown.path));
  }
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    check.rules(field, load::field_rules(field), "");
    for (const auto& unknown : load::unknown_rules(field)) check.refuse(field, unknown.path);
  }
  for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
    const auto* oneof = message->oneof_decl(i);
    for (const auto& unknown : load::unknown_rules(oneof)) {
      check.refuse(oneof->full_name(), unknown.path,
                   load::span_of_rule(loaded, oneof, unknown.path));
    }
  }
}

bool is_plain_message(const Descriptor* message) { return well_known(message) == WellKnown::kNone; }

void refuse_unsupported_types(const load::Loaded& loaded, const Descriptor* message,
                              load::Diagnostics& diagnostics) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    std::string what;
    if (field->type() == FieldDescriptor::TYPE_GROUP) {
      what = "groups";
    }
    if (what.empty()) continue;
    diagnostics.error(load::Code::kTypeUnsupported, load::span_of(loaded, field),
                      field->full_name() + ": the judge cannot judge " + what);
  }
}

}  // namespace sluice::judge
