// SPDX-License-Identifier: Apache-2.0
// Presence, lists and nested messages; the rules on values are in value_rules.cpp, the refusals in
// rule_support.cpp.
#include "judge/rules.hpp"

#include <algorithm>

#include "judge/number_form.hpp"
#include "judge/rule_support.hpp"
#include "judge/scalar.hpp"
#include "judge/value_rules.hpp"
#include "judge/well_known.hpp"
#include "load/options.hpp"
#include "load/spans.hpp"

namespace sluice::judge {
namespace {

using buf::validate::FieldRules;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// The (buf.validate.message).oneof groups of a message.
std::vector<MessageOneof> message_oneofs(const load::Loaded& loaded, const Descriptor* message,
                                         load::Diagnostics& diagnostics) {
  std::vector<MessageOneof> groups;
  const auto rules = load::message_rules(message);
  for (const auto& rule : rules.oneof()) {
    const auto wrong = [&](const std::string& what) {
      diagnostics.error(load::Code::kRuleMismatch, load::span_of_rule(loaded, message, "oneof"),
                        message->full_name() + ": oneof: " + what);
    };
    MessageOneof group;
    group.required = rule.required();
    if (rule.fields().empty()) wrong("names no field");
    for (const std::string& name : rule.fields()) {
      const auto* field = message->FindFieldByName(name);
      if (field == nullptr) {
        wrong("there is no field '" + name + "'");
      } else if (std::find(group.fields.begin(), group.fields.end(), field) != group.fields.end()) {
        wrong("names '" + name + "' twice");
      }
      group.fields.push_back(field);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

// The pattern among `rules`, which stand under `prefix`.
std::unique_ptr<RE2> compile(const load::Loaded& loaded, const FieldDescriptor* field,
                             const FieldRules& rules, const std::string& prefix,
                             load::Diagnostics& diagnostics) {
  const bool on_bytes = rules.bytes().has_pattern();
  if (!on_bytes && !rules.string().has_pattern()) return nullptr;
  const std::string rule = prefix + (on_bytes ? "bytes.pattern" : "string.pattern");
  RE2::Options options;
  options.set_log_errors(false);
  auto pattern =
      std::make_unique<RE2>(on_bytes ? rules.bytes().pattern() : rules.string().pattern(), options);
  if (!pattern->ok()) {
    diagnostics.error(load::Code::kBadPattern, load::span_of_rule(loaded, field, rule),
                      field->full_name() + ": " + rule + " is not RE2 syntax: " + pattern->error());
  }
  return pattern;
}

bool has_duplicates(const Message& message, const FieldDescriptor* field) {
  std::set<std::string> seen;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const auto scalar = read_scalar(message, field, i);
    if (!scalar) continue;
    const bool floating = field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ||
                          field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE;
    if (floating && scalar->text == "NaN") continue;  // equal to nothing
    const bool finite = floating && scalar->text.empty();
    if (!seen.insert(finite ? shortest_number(scalar->number) : scalar->text).second) return true;
  }
  return false;
}

// A field without presence "is set" if it is not the zero value.
bool is_set(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) > 0;
  if (field->has_presence()) return reflection->HasField(message, field);
  return !is_zero(message, field, -1);
}

}  // namespace

RuleBook::RuleBook(const load::Loaded& loaded, const std::set<const Descriptor*>& messages,
                   load::Diagnostics& diagnostics) {
  for (const auto& entry : loaded.policy.software_only()) {
    software_only_.emplace(entry.element(), entry.rule());
  }
  for (const load::OwnRule& own : loaded.own_rules) {
    diagnostics.warning(load::Code::kRuleUnsupported, own.span,
                        own.element + ": the judge does not check " + own.rule + " either");
  }
  for (const Descriptor* message : messages) {
    refuse_unsupported_rules(loaded, message, software_only_, diagnostics);
    MessageBook& book = books_[message];
    book.groups = message_oneofs(loaded, message, diagnostics);
    for (int i = 0; i < message->field_count(); ++i) {
      FieldBook entry;
      entry.field = message->field(i);
      entry.rules = load::field_rules(entry.field);
      // In a group of which one field may be set, the others are not judged as zero values, unless
      // the author says anything about `ignore`.
      const bool grouped =
          std::any_of(book.groups.begin(), book.groups.end(), [&](const auto& one) {
            return std::find(one.fields.begin(), one.fields.end(), entry.field) != one.fields.end();
          });
      if (grouped && !entry.rules.has_ignore()) {
        entry.rules.set_ignore(buf::validate::IGNORE_IF_ZERO_VALUE);
      }
      entry.patterns.value = compile(loaded, entry.field, entry.rules, "", diagnostics);
      const auto pattern = [&](const FieldRules& rules, const char* prefix) {
        return compile(loaded, entry.field, rules, prefix, diagnostics);
      };
      entry.patterns.items = entry.field->is_map()
                                 ? pattern(entry.rules.map().values(), "map.values.")
                                 : pattern(entry.rules.repeated().items(), "repeated.items.");
      entry.patterns.keys = pattern(entry.rules.map().keys(), "map.keys.");
      book.fields.push_back(std::move(entry));
    }
    for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
      const auto* oneof = message->oneof_decl(i);
      if (load::oneof_rules(oneof).required()) book.required_oneofs.push_back(oneof);
    }
  }
}

std::vector<RuleViolation> RuleBook::evaluate(const Message& root) const {
  std::vector<RuleViolation> violations;
  message(root, "", violations);
  return violations;
}

void RuleBook::message(const Message& message, const std::string& path,
                       std::vector<RuleViolation>& out) const {
  const auto found = books_.find(message.GetDescriptor());
  if (found == books_.end()) {
    out.push_back({path, "judge.unknown_message",
                   message.GetDescriptor()->full_name() + " is no message of the policy", false});
    return;
  }
  for (const auto* oneof : found->second.required_oneofs) {
    if (message.GetReflection()->HasOneof(message, oneof)) continue;
    out.push_back({join(path, oneof->name()), "required", "one member must be set",
                   software_only_.contains({oneof->full_name(), "required"})});
  }
  for (const MessageOneof& group : found->second.groups) {
    const auto count = std::count_if(group.fields.begin(), group.fields.end(),
                                     [&](const auto* one) { return is_set(message, one); });
    if (count <= 1 && !(group.required && count == 0)) continue;
    out.push_back({path, "message.oneof",
                   std::string(group.required ? "exactly" : "at most") +
                       " one of the fields of a group must be set",
                   software_only_.contains({message.GetDescriptor()->full_name(), "oneof"})});
  }
  for (const FieldBook& book : found->second.fields) {
    field(message, book, join(path, book.field->name()), out);
  }
}

Complain RuleBook::complain_at(const FieldBook& book, std::string path, std::string prefix,
                               std::vector<RuleViolation>& out) const {
  return [this, &out, field = book.field, path = std::move(path), prefix = std::move(prefix)](
             const std::string& rule, const std::string& text) {
    out.push_back(
        {path, prefix + rule, text, software_only_.contains({field->full_name(), prefix + rule})});
  };
}

void RuleBook::part(const FieldBook& book, const Part& part,
                    std::vector<RuleViolation>& out) const {
  if (part.rules.ignore() == buf::validate::IGNORE_ALWAYS) return;
  if (part.rules.ignore() == buf::validate::IGNORE_IF_ZERO_VALUE &&
      is_zero(part.message, part.field, part.index)) {
    return;
  }
  check_value(part.message, part.field, part.index, part.rules, part.pattern,
              complain_at(book, part.path, part.prefix, out));
  const bool holds_message = part.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                             well_known(part.field->message_type()) == WellKnown::kNone;
  if (!holds_message) return;
  const auto* reflection = part.message.GetReflection();
  message(part.index < 0 ? reflection->GetMessage(part.message, part.field)
                         : reflection->GetRepeatedMessage(part.message, part.field, part.index),
          part.path, out);
}

void RuleBook::map(const Message& message, const FieldBook& book, const std::string& path,
                   std::vector<RuleViolation>& out) const {
  const auto* reflection = message.GetReflection();
  const auto& rules = book.rules.map();
  const int size = reflection->FieldSize(message, book.field);
  const auto count = static_cast<std::uint64_t>(size);
  const Complain complain = complain_at(book, path, "", out);
  if (rules.has_min_pairs() && count < rules.min_pairs()) {
    complain("map.min_pairs", "must have at least " + std::to_string(rules.min_pairs()) + " pairs");
  }
  if (rules.has_max_pairs() && count > rules.max_pairs()) {
    complain("map.max_pairs", "must have at most " + std::to_string(rules.max_pairs()) + " pairs");
  }
  const Descriptor* type = book.field->message_type();
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, book.field, i);
    const std::string at = path + "[" + read_scalar(entry, type->map_key(), -1)->text + "]";
    part(book, {entry, type->map_key(), -1, rules.keys(), book.patterns.keys.get(), at, "map.keys."},
         out);
    part(book,
         {entry, type->map_value(), -1, rules.values(), book.patterns.items.get(), at,
          "map.values."},
         out);
  }
}

void RuleBook::field(const Message& message, const FieldBook& book, const std::string& path,
                     std::vector<RuleViolation>& out) const {
  const FieldDescriptor* field = book.field;
  const FieldRules& rules = book.rules;
  const auto* reflection = message.GetReflection();
  const Complain complain = complain_at(book, path, "", out);

  // ALWAYS also switches off `required` and everything inside.
  if (rules.ignore() == buf::validate::IGNORE_ALWAYS) return;

  const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
  const bool set = is_set(message, field);
  if (rules.required() && !set) {
    complain("required", "must be set");
    return;
  }
  // A field with presence has no value to judge while it is unset. One without has: its default
  // value. IF_ZERO_VALUE changes that for the latter; for the former it means nothing.
  if (!set && (field->has_presence() || rules.ignore() == buf::validate::IGNORE_IF_ZERO_VALUE)) {
    return;
  }

  const bool holds_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                             well_known(field->message_type()) == WellKnown::kNone;
  if (!field->is_repeated()) {
    check_value(message, field, -1, rules, book.patterns.value.get(), complain);
    if (holds_message) this->message(reflection->GetMessage(message, field), path, out);
    return;
  }

  if (field->is_map()) {
    map(message, book, path, out);
    return;
  }

  const auto count = static_cast<std::uint64_t>(size);
  const auto& list = rules.repeated();
  if (list.has_min_items() && count < list.min_items()) {
    complain("repeated.min_items",
             "must have at least " + std::to_string(list.min_items()) + " elements");
  }
  if (list.has_max_items() && count > list.max_items()) {
    complain("repeated.max_items",
             "must have at most " + std::to_string(list.max_items()) + " elements");
  }
  if (list.unique() && has_duplicates(message, field)) {
    complain("repeated.unique", "has an element twice");
  }
  for (int i = 0; i < size; ++i) {
    part(book,
         {message, field, i, list.items(), book.patterns.items.get(),
          path + "[" + std::to_string(i) + "]", "repeated.items."},
         out);
  }
}

}  // namespace sluice::judge
