// SPDX-License-Identifier: Apache-2.0
// The entry of the schema stage: enter the messages that travel, resolve them breadth first, then
// bind them to HTTP. Each step goes on after an error, so that one run reports as much as it can.
#include "compiler/schema.hpp"

#include <algorithm>

#include "compiler/schema_internal.hpp"

namespace sluice::compiler {
namespace {

// What the policy leaves to software, as it stands in the schemas. An entry that no rule answers to is an error: it would suggest an exception
// that does not exist.
void enter_software_rules(Resolution& resolution) {
  const auto& policy = resolution.loaded.policy;
  for (int i = 0; i < policy.software_only_size(); ++i) {
    const auto& entry = policy.software_only(i);
    const auto met = resolution.software_rules.find({entry.element(), entry.rule()});
    if (met == resolution.software_rules.end()) {
      resolution.diagnostics
          .error(Code::kBadValue, resolution.loaded.policy_spans.at("softwareOnly[" + std::to_string(i) + "]"),
                 entry.element() + " has no rule " + entry.rule() + " that can be left to software, or does not travel")
          .mend("remove the entry, or name the rule as the compiler's errors do; `required` and the counts of a list are always in the table");
      continue;
    }
    resolution.schema.software_only.push_back({entry.element(), entry.rule(), entry.reason(), met->second});
  }
}

// A request or response message must be an object in JSON.
void enter(Resolution& resolution, const Descriptor* message, const Span& used_at) {
  const std::string& name = message->full_name();
  if (special_message(message) || name == "google.protobuf.Any" || wrapped_field(message) != nullptr ||
      free_message_value(message).kind != ValueKind::message) {
    resolution.diagnostics
        .error(Code::kTypeUnsupported, used_at,
               name + " is not supported as a request or a response")
        .mend("put it into a message of your own");
  }
  resolution.message_index(message, true);
}

void enter_messages(Resolution& resolution) {
  const Loaded& loaded = resolution.loaded;
  resolution.own_responses = std::any_of(loaded.statuses.begin(), loaded.statuses.end(),
                                         [](const auto& s) { return s.message == nullptr; });
  for (const load::SelectedMethod& selected : loaded.methods) {
    const Span span = load::span_of(loaded, selected.method);
    enter(resolution, selected.method->input_type(), span);
    if (resolution.own_responses) enter(resolution, selected.method->output_type(), span);
  }
  for (const load::SelectedStatus& status : loaded.statuses) {
    if (status.message != nullptr) enter(resolution, status.message, status.policy_span);
  }
}

std::vector<HeaderRule> headers(
    const google::protobuf::RepeatedPtrField<sluice::v1::Policy::Header>& listed) {
  std::vector<HeaderRule> result;
  for (const auto& header : listed) {
    HeaderRule rule;
    rule.name = header.name();
    if (!header.constant().empty()) rule.constant = header.constant();
    if (!header.pattern().empty()) rule.pattern = header.pattern();
    rule.required = header.required();
    result.push_back(std::move(rule));
  }
  std::sort(result.begin(), result.end(),
            [](const HeaderRule& a, const HeaderRule& b) { return a.name < b.name; });
  return result;
}

}  // namespace

const Field& Schema::field(int root, const FieldPath& path) const {
  const Field* field = nullptr;
  for (const int index : path.indexes) {
    field = &message(root).fields[static_cast<std::size_t>(index)];
    root = field->value.message;
  }
  return *field;
}

bool Resolution::left_to_software(const std::string& element, const std::string& rule, const Span& span) {
  const auto& listed = loaded.policy.software_only();
  const bool found = std::any_of(listed.begin(), listed.end(), [&](const auto& entry) { return entry.element() == element && entry.rule() == rule; });
  if (found) software_rules.try_emplace({element, rule}, span);
  return found;
}

std::optional<Schema> resolve_schema(std::shared_ptr<const Loaded> loaded,
                                     Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  Schema schema;
  schema.loaded = loaded;
  Resolution resolution{.loaded = *loaded,
                        .diagnostics = diagnostics,
                        .schema = schema,
                        .indexes = {},
                        .rules_hold = {},
                        .refused = {},
                        .protobuf_bodies = std::any_of(loaded->methods.begin(), loaded->methods.end(),
                                                       [](const auto& method) { return method.body == sluice::v1::Policy::PROTOBUF; }),
                        .software_rules = {}};
  for (const load::OwnRule& own : loaded->own_rules) resolution.software_rules.try_emplace({own.element, own.rule}, own.span);
  resolve_any_types(resolution);
  enter_messages(resolution);
  for (std::size_t i = 0; i < schema.messages.size(); ++i) {  // grows meanwhile: breadth first
    resolve_message(resolution, static_cast<int>(i));
  }
  enter_software_rules(resolution);
  resolve_endpoints(resolution);
  schema.request_headers = headers(loaded->policy.request_headers());
  schema.response_headers = headers(loaded->policy.response_headers());
  if (diagnostics.error_count() != before) return std::nullopt;
  return schema;
}

}  // namespace sluice::compiler
