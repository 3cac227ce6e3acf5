// SPDX-License-Identifier: Apache-2.0
// One message: which fields it has, in which order, which must be there, and what their absence
// means. The order of a message is the order of ranks: ascending field numbers, a oneof at the
// place of its lowest-numbered member. Messages that a field refers to are only entered into the
// list; the caller works that list off, so nothing recurses.
#include <algorithm>
#include <limits>

#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

using buf::validate::FieldRules;

constexpr std::string_view kDynamicValue = "google.protobuf.Value";
constexpr std::size_t kMaxName = 1024;  // bytes of a JSON name; a state each
constexpr int kMaxGroups = 4;  // each doubles the states of a message's names

// Why fields of this type are refused; empty if they are not.
std::string unsupported_type(const FieldDescriptor* field) {
  field = value_descriptor(field);
  if (field->type() == FieldDescriptor::TYPE_GROUP) return "groups are not supported";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Descriptor* message = field->message_type();
    if (special_message(message)) return message->full_name() + " is not supported";
  }
  return {};
}

bool is_any(const FieldDescriptor* field) {
  field = value_descriptor(field);
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field->message_type()->full_name() == "google.protobuf.Any";
}

bool is_bare_null(const FieldDescriptor* field) {
  return field->enum_type() != nullptr && field->enum_type()->full_name() == "google.protobuf.NullValue" && !field->has_presence() && !field->is_repeated();
}

// The number that places a field: its own, or its oneof's lowest. Also counts members that must be
// absent.
int place_of(const FieldDescriptor* field) {
  const OneofDescriptor* oneof = field->real_containing_oneof();
  if (oneof == nullptr) return field->number();
  int lowest = field->number();
  for (int i = 0; i < oneof->field_count(); ++i)
    lowest = std::min(lowest, oneof->field(i)->number());
  return lowest;
}

class MessageResolver {
 public:
  MessageResolver(Resolution& resolution, int index)
      : resolution_(resolution),
        descriptor_(resolution.schema.message(index).descriptor),
        with_rules_(resolution.rules_hold[static_cast<std::size_t>(index)]),
        print_(resolution.loaded.policy.json().defaults() == sluice::v1::Policy::Json::PRINT) {}

  Message run() {
    Message message{};
    message.name = descriptor_->full_name();
    message.descriptor = descriptor_;
    if (with_rules_) check_message_rules();
    check_names();
    // By number, so that the order of declaration changes nothing, not even the numbering of
    // messages.
    std::vector<const FieldDescriptor*> by_number;
    for (int i = 0; i < descriptor_->field_count(); ++i) by_number.push_back(descriptor_->field(i));
    std::sort(by_number.begin(), by_number.end(),
              [](const auto* a, const auto* b) { return a->number() < b->number(); });
    for (const FieldDescriptor* descriptor : by_number) {
      if (auto field = resolve(descriptor)) message.fields.push_back(std::move(*field));
    }
    std::sort(message.fields.begin(), message.fields.end(), [](const Field& a, const Field& b) {
      return std::pair(place_of(a.descriptor), a.number) <
             std::pair(place_of(b.descriptor), b.number);
    });
    const auto neighbours = neighbouring_groups(message);
    int last_place = 0;
    for (Field& field : message.fields) {
      const auto group = neighbours.find(field.descriptor);
      const int place = group != neighbours.end() ? group->second : place_of(field.descriptor);
      if (place != last_place) ++message.ranks;
      last_place = place;
      field.rank = message.ranks;
    }
    if (message.ranks > std::numeric_limits<std::uint16_t>::max()) {
      resolution_.diagnostics.error(Code::kTooMany, load::span_of(resolution_.loaded, descriptor_),
                                    "message " + message.name + " has " +
                                        std::to_string(message.ranks) +
                                        " fields; the engine's register of 16 bits counts " +
                                        std::to_string(std::numeric_limits<std::uint16_t>::max()));
    }
    resolve_oneofs(message);
    enter_groups(message, neighbours);
    return message;
  }

 private:
  load::Diagnostic& error(Code code, const FieldDescriptor* field, const std::string& text) {
    resolution_.refused.insert(field);
    return resolution_.diagnostics.error(code, load::span_of(resolution_.loaded, field),
                                         "field " + field->full_name() + ": " + text);
  }
  load::Diagnostic& rule_error(Code code, const FieldDescriptor* field, const std::string& rule,
                               const std::string& text) {
    resolution_.refused.insert(field);
    return resolution_.diagnostics.error(code, load::span_of_rule(resolution_.loaded, field, rule),
                                         "field " + field->full_name() + ": " + text);
  }

  void check_message_rules() {
    const auto refuse = [&](const std::string& rule) {
      if (resolution_.left_to_software(descriptor_->full_name(), rule, load::span_of_rule(resolution_.loaded, descriptor_, rule))) return;
      resolution_.diagnostics
          .error(Code::kRuleUnsupported, load::span_of_rule(resolution_.loaded, descriptor_, rule),
                 "message " + descriptor_->full_name() + ": rule " + rule + " cannot be enforced")
          .mend("say it with rules on single fields");
    };
    const auto rules = load::message_rules(descriptor_);
    std::vector<const FieldDescriptor*> members;
    rules.GetReflection()->ListFields(rules, &members);
    for (const FieldDescriptor* member : members) {
      if (member->name() != "oneof") refuse(member->name());
    }
    if (rules.oneof_size() != 0 &&
        resolution_.left_to_software(descriptor_->full_name(), "oneof", load::span_of_rule(resolution_.loaded, descriptor_, "oneof"))) {
      return;
    }
    for (const auto& rule : rules.oneof()) read_group(rule);
  }

  // One rule `oneof` of the message.
  struct Group {
    std::vector<const FieldDescriptor*> fields;
    RuleUse rule;
    bool required;
    bool neighbours = false;  // one rank checks it
  };

  void read_group(const buf::validate::MessageOneofRule& rule) {
    const Span span = load::span_of_rule(resolution_.loaded, descriptor_, "oneof");
    Group group{{}, {"message.oneof", "", span}, rule.required()};
    std::string names;
    for (const std::string& name : rule.fields()) {
      names += (names.empty() ? "" : ", ") + name;
      const FieldDescriptor* field = descriptor_->FindFieldByName(name);
      if (field == nullptr || std::find(group.fields.begin(), group.fields.end(), field) != group.fields.end()) {
        resolution_.diagnostics
            .error(Code::kRuleMismatch, span,
                   "message " + descriptor_->full_name() + ": rule oneof names \"" + name + "\"" + (field == nullptr ? ", which is no field of it" : " twice"))
            .mend("name each field of the group once");
        return;
      }
      if (print_ && !field->has_presence() && !field->is_repeated()) {
        refuse_rule(resolution_, field, "oneof", "with `defaults: PRINT` the field always stands, so whether it is set is not to be seen");
        return;
      }
      group.fields.push_back(field);
    }
    group.rule.text = "message.oneof = {" + names + "}" + (group.required ? " required" : "");
    if (group.fields.empty()) {
      resolution_.diagnostics.error(Code::kRuleMismatch, span, "message " + descriptor_->full_name() + ": rule oneof names no field");
      return;
    }
    groups_.push_back(std::move(group));
  }

  bool in_group(const FieldDescriptor* field) const {
    return std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
      return std::find(group.fields.begin(), group.fields.end(), field) != group.fields.end();
    });
  }

  // Groups whose fields stand side by side, in no oneof and in no other group, share a rank as members of a oneof do: field to place.
  std::map<const FieldDescriptor*, int> neighbouring_groups(const Message& message) {
    std::map<const FieldDescriptor*, int> out;
    for (Group& group : groups_) {
      std::vector<std::size_t> places;
      bool alone = true;
      for (std::size_t i = 0; i < message.fields.size(); ++i) {
        const FieldDescriptor* field = message.fields[i].descriptor;
        if (std::find(group.fields.begin(), group.fields.end(), field) == group.fields.end()) continue;
        places.push_back(i);
        alone = alone && field->real_containing_oneof() == nullptr && !message.fields[i].required &&
                std::count_if(groups_.begin(), groups_.end(), [&](const Group& other) {
                  return std::find(other.fields.begin(), other.fields.end(), field) != other.fields.end();
                }) == 1;
      }
      group.neighbours = alone && !places.empty() && places.back() - places.front() + 1 == places.size();
      if (!group.neighbours) continue;
      for (const std::size_t place : places) out.emplace(message.fields[place].descriptor, message.fields[places.front()].number);
    }
    return out;
  }

  void enter_groups(Message& message, const std::map<const FieldDescriptor*, int>& neighbours) {
    int bits = 0;
    for (const Group& group : groups_) {
      const int index = static_cast<int>(message.oneofs.size());
      Oneof shared{group.rule.text, nullptr, 0, group.required, {group.rule}};
      ExclusiveGroup entered{{}, -1, group.required, group.rule};
      for (std::size_t i = 0; i < message.fields.size(); ++i) {
        Field& field = message.fields[i];
        if (std::find(group.fields.begin(), group.fields.end(), field.descriptor) == group.fields.end()) continue;
        entered.fields.push_back(static_cast<int>(i));
        if (!neighbours.contains(field.descriptor) || !group.neighbours) continue;
        field.oneof = index;
        shared.rank = field.rank;
      }
      if (entered.fields.empty()) {
        if (group.required) {
          resolution_.diagnostics.error(Code::kNoValue, group.rule.span,
                                        "message " + descriptor_->full_name() + ": its rule oneof is required, but each of the fields must be absent");
        }
        continue;
      }
      if (group.neighbours) {
        message.oneofs.push_back(std::move(shared));
      } else {
        entered.bit = bits++;
      }
      message.groups.push_back(std::move(entered));
    }
    if (bits > kMaxGroups) {
      resolution_.diagnostics
          .error(Code::kBudget, message.groups.front().rule.span,
                 "message " + descriptor_->full_name() + ": its " + std::to_string(bits) +
                     " rules oneof on fields that do not stand side by side would need " + std::to_string(1ULL << std::min(bits, 40)) +
                     " copies of the table of its names; the budget is " + std::to_string(1U << kMaxGroups))
          .mend("give the fields of each group neighbouring numbers: one rank checks it then");
    }
  }

  // Its key in JSON and in a query.
  const std::string& name_of(const FieldDescriptor* field) const {
    return resolution_.loaded.policy.json().names() == sluice::v1::Policy::Json::ORIGINAL ? field->name() : field->json_name();
  }

  // Two keys with one spelling would make two fields one.
  void check_names() {
    std::map<std::string, const FieldDescriptor*> seen;
    for (int i = 0; i < descriptor_->field_count(); ++i) {
      const FieldDescriptor* field = descriptor_->field(i);
      if (name_of(field).size() > kMaxName) {
        resolution_.diagnostics
            .error(Code::kProtoTooLarge, load::span_of(resolution_.loaded, field), "a field has a JSON name of " + std::to_string(name_of(field).size()) + " bytes")
            .mend("JSON names have at most " + std::to_string(kMaxName) + " bytes");
        continue;
      }
      const auto [other, fresh] = seen.emplace(name_of(field), field);
      if (fresh) continue;
      error(Code::kNameCollision, field,
            "its JSON name \"" + name_of(field) + "\" is also that of " + other->second->name())
          .mend("give one of them another json_name");
    }
  }

  std::optional<Field> resolve(const FieldDescriptor* descriptor) {
    // A message that stands in the list twice, with and without its rules, reports once.
    if (resolution_.refused.contains(descriptor)) return std::nullopt;
    if (const std::string why = unsupported_type(descriptor); !why.empty()) {
      error(Code::kTypeUnsupported, descriptor, why).mend("use another type for this field");
      return std::nullopt;
    }
    FieldRules rules;
    if (with_rules_) rules = load::field_rules(descriptor);  // the load stage refused unknown ones
    const bool ignored = rules.ignore() == buf::validate::IGNORE_ALWAYS;
    if (ignored) rules.Clear();
    // protovalidate: in a rule `oneof` only what is set is judged, unless the field says otherwise.
    if (in_group(descriptor) && rules.ignore() == buf::validate::IGNORE_UNSPECIFIED) rules.set_ignore(buf::validate::IGNORE_IF_ZERO_VALUE);
    if (is_bare_null(descriptor) && !print_) {
      // Its one value is the default, which is never written.
      if (rules.required()) rule_error(Code::kNoValue, descriptor, "required", "it has one value, the default, so `required` can never be met");
      return std::nullopt;
    }
    if (is_any(descriptor) && !may_hold_some_type(rules)) {
      leave_out_any(descriptor, rules);
      return std::nullopt;
    }
    Field field{};
    field.descriptor = descriptor;
    field.name = descriptor->name();
    field.json_name = name_of(descriptor);
    field.number = descriptor->number();
    field.repeated = descriptor->is_repeated();
    field.span = load::span_of(resolution_.loaded, descriptor);
    if (rules.required()) {
      field.required = true;
      field.rules.push_back(
          {"required", "required", load::span_of_rule(resolution_.loaded, descriptor, "required")});
    }
    if (descriptor->is_map()) {
      resolve_map(resolution_, field, rules, with_rules_ && !ignored);
    } else if (field.repeated) {
      resolve_list(field, rules, !ignored);
    } else {
      resolve_singular(field, rules, !ignored);
    }
    return field;
  }

  bool may_hold_some_type(const FieldRules& rules) const {
    const auto& own = rules.has_repeated() ? rules.repeated().items().any() : rules.has_map() ? rules.map().values().any() : rules.any();
    const auto listed = [](const auto& urls, const std::string& url) { return std::find(urls.begin(), urls.end(), url) != urls.end(); };
    return std::any_of(resolution_.schema.any_types.begin(), resolution_.schema.any_types.end(), [&](const AnyType& type) {
      return (own.in().empty() || listed(own.in(), type.url)) && !listed(own.not_in(), type.url);
    });
  }

  // No type is listed, so nothing can stand in an Any: the field is absent in every valid record.
  void leave_out_any(const FieldDescriptor* field, const FieldRules& rules) {
    const bool least = rules.repeated().min_items() != 0 || rules.map().min_pairs() != 0;
    if (rules.required() || (least && rules.ignore() != buf::validate::IGNORE_IF_ZERO_VALUE)) {
      rule_error(
          Code::kNoValue, field,
          rules.required() ? "required" : field->is_map() ? "map.min_pairs" : "repeated.min_items",
          "a google.protobuf.Any must be absent, because the policy lists no type that it may hold, but the "
          "rules require it");
    }
    if (rules.cel_size() != 0) refuse_rule(resolution_, field, "cel");
    if (rules.cel_expression_size() != 0) refuse_rule(resolution_, field, "cel_expression");
  }

  // Enters the message of a field into the list.
  void refer(Value& value, const FieldDescriptor* field, bool with_rules) {
    refer_message(resolution_, value, field->message_type(), with_rules_ && with_rules);
  }

  void resolve_singular(Field& field, const FieldRules& rules, bool with_rules) {
    const FieldDescriptor* descriptor = field.descriptor;
    const bool required_rule = field.required;
    const bool ignore_zero = rules.ignore() == buf::validate::IGNORE_IF_ZERO_VALUE;
    field.implicit = !descriptor->has_presence();
    field.value = resolve_value(resolution_, descriptor, with_rules_ ? &rules : nullptr, "");
    refer(field.value, descriptor, with_rules);
    if (descriptor_->full_name() == kDynamicValue && field.value.kind == ValueKind::floating) field.value.floats = FloatSet::finite(FloatWidth::binary64);
    check_not_empty(resolution_, field, descriptor, {});
    // Where presence is explicit this `ignore` does nothing: what is set is judged, also a zero.
    if (ignore_zero && field.implicit) add_zero(field.value, descriptor);
    if (required_rule && descriptor->real_containing_oneof() != nullptr) {
      refuse_rule(resolution_, descriptor, "required",
                  "a member of a oneof cannot be required; require the oneof");
    }
    if (!field.implicit) return;

    field.default_allowed = allows_zero(field.value) && !required_rule;
    if (!field.default_allowed || !print_) remove_zero(field.value);
    field.omit_default = !print_;
    field.required = print_ || !field.default_allowed;
    // An enum of one name: the field never stands, and nobody made a slip.
    if (field.default_allowed && field.value.rules.empty()) return;
    check_not_empty(
        resolution_, field, descriptor, field.default_allowed ? "; only the default, which is never written, is left" : "");
  }

  void resolve_list(Field& field, const FieldRules& rules, bool with_rules) {
    const FieldDescriptor* descriptor = field.descriptor;
    FieldRules own = rules;
    if (own.type_case() == FieldRules::kRepeated) own.clear_type();
    resolve_value(resolution_, descriptor, &own, "");  // refuses cel and groups that do not fit

    const auto& list = rules.repeated();
    resolve_count(resolution_, field, rules, list, "min_items", "max_items");
    const std::string unique_rule = "repeated.unique";
    const Span unique_span = load::span_of_rule(resolution_.loaded, descriptor, unique_rule);
    const bool unique = list.unique() && !resolution_.left_to_software(descriptor->full_name(), unique_rule, unique_span);
    if (unique) {
      field.rules.push_back({unique_rule, unique_rule + " = true", unique_span});
      field.unique = !field.max_items || *field.max_items > 1;
    }

    FieldRules items = list.items();
    bool items_with_rules = with_rules;
    if (items.ignore() == buf::validate::IGNORE_ALWAYS) {
      items.Clear();
      items_with_rules = false;
    }
    // `items.required` says nothing: an item is always there.
    field.value =
        resolve_value(resolution_, descriptor, with_rules_ ? &items : nullptr, "repeated.items.");
    refer(field.value, descriptor, items_with_rules);
    check_not_empty(resolution_, field, descriptor, {});
    if (unique && descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      rule_error(Code::kRuleMismatch, descriptor, "repeated.unique", "rule repeated.unique is for scalars and enums, not for messages");
    }
    if (items.ignore() == buf::validate::IGNORE_IF_ZERO_VALUE) {
      allow_zero_item(resolution_, field.value, descriptor, descriptor, "repeated.items.");
    }
  }

  void resolve_oneofs(Message& message) {
    for (int i = 0; i < descriptor_->real_oneof_decl_count(); ++i) {
      const OneofDescriptor* descriptor = descriptor_->oneof_decl(i);
      Oneof oneof{};
      oneof.name = descriptor->name();
      oneof.descriptor = descriptor;
      const int index = static_cast<int>(message.oneofs.size());
      for (Field& field : message.fields) {
        if (field.descriptor->real_containing_oneof() != descriptor) continue;
        field.oneof = index;
        oneof.rank = field.rank;
      }
      if (with_rules_) resolve_oneof_rules(oneof);
      // What no JSON text says is no value, in either encoding (struct.proto).
      if (message.name == kDynamicValue) oneof.required = true;
      if (oneof.rank != 0) message.oneofs.push_back(std::move(oneof));
    }
  }

  void resolve_oneof_rules(Oneof& oneof) {
    const Span span = load::span_of_rule(resolution_.loaded, oneof.descriptor, "required");
    if (!load::oneof_rules(oneof.descriptor).required()) return;
    oneof.required = true;
    oneof.rules.push_back({"required", "oneof.required", span});
    if (oneof.rank != 0) return;
    for (int i = 0; i < oneof.descriptor->field_count(); ++i) {
      if (resolution_.refused.contains(oneof.descriptor->field(i))) return;
    }
    resolution_.diagnostics.error(Code::kNoValue, span,
                                  "oneof " + oneof.descriptor->full_name() +
                                      " is required, but each of its members must be absent");
  }

  Resolution& resolution_;
  const Descriptor* descriptor_;
  bool with_rules_;
  bool print_;
  std::vector<Group> groups_;
};

}  // namespace

void check_not_empty(Resolution& resolution, const Field& field, const FieldDescriptor* owner,
                     const std::string& why) {
  if (!allows_nothing(field.value) || resolution.refused.contains(owner)) return;
  std::string names;
  for (const auto* list : {&field.value.rules, &field.rules}) {
    for (const RuleUse& rule : *list) names += (names.empty() ? "" : ", ") + rule.text;
  }
  const std::string first = !field.value.rules.empty() ? field.value.rules.front().name : "";
  resolution.refused.insert(owner);
  resolution.diagnostics
      .error(Code::kNoValue, load::span_of_rule(resolution.loaded, owner, first),
             "field " + owner->full_name() + ": no value can satisfy its rules" + why)
      .note("rules: " + (names.empty() ? "none" : names));
}

bool special_message(const Descriptor* message) {
  return message->full_name() == "google.api.HttpBody";
}

void refer_message(Resolution& resolution, Value& value, const Descriptor* type, bool with_rules) {
  if (value.kind == ValueKind::message) value.message = resolution.message_index(type, with_rules);
  if (is_dynamic(value.kind) && resolution.protobuf_bodies) value.message = resolution.message_index(type, false);
}

int Resolution::message_index(const Descriptor* message, bool with_rules) {
  const auto [place, fresh] =
      indexes.emplace(std::pair(message, with_rules), static_cast<int>(schema.messages.size()));
  if (fresh) {
    Message empty{};
    empty.name = message->full_name();
    empty.descriptor = message;
    schema.messages.push_back(std::move(empty));
    rules_hold.push_back(with_rules);
  }
  return place->second;
}

int Resolution::field_index(int message, const FieldDescriptor* field) const {
  const auto& fields = schema.message(message).fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].descriptor == field) return static_cast<int>(i);
  }
  return -1;
}

void resolve_message(Resolution& resolution, int index) {
  Message message = MessageResolver(resolution, index).run();  // may grow the list
  resolution.schema.messages[static_cast<std::size_t>(index)] = std::move(message);
}

}  // namespace sluice::compiler
