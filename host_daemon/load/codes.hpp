// SPDX-License-Identifier: Apache-2.0
// The one table of diagnostic codes. A code is stable: it is never renumbered and never used for
// something else. It does not say how a diagnostic is worded; that is the business of the place
// that finds it.
//
// Ranges: E01xx policy file, E02xx schemas and imports, E03xx schema stage, E04xx grammar, E05xx
// automaton, E06xx pack, image and fit, E07xx canonicalizer, E08xx gateways and daemon, E09xx
// command line.
#pragma once

#include <string_view>

namespace sluice::load {

// clang-format off
// X(enumerator, "code", "title for documentation", "how to mend it, where the place that finds it knows nothing better")
#define SLUICE_DIAGNOSTIC_CODES(X) \
  X(kFileUnreadable, "E0100", "a file cannot be read", \
    "check the name; names are relative to the folder of the policy, and each must be a regular file (or folder) that can be read") \
  X(kYamlSyntax, "E0101", "the policy is not well-formed YAML", \
    "correct the YAML at or just before this place; docs/policy.md has a whole policy to compare with") \
  X(kYamlUnsupported, "E0102", "the policy uses a part of YAML that policies do without", \
    "write the value out in its place: policies are plain maps, lists and values") \
  X(kPolicyTooLarge, "E0103", "the policy is too large or too deeply nested", \
    "a policy is a page of text: remove what does not belong to it") \
  X(kUnknownKey, "E0104", "a key that no policy has", \
    "correct the name, or remove the key; docs/policy.md lists all keys") \
  X(kDuplicateKey, "E0105", "a key stands twice", \
    "remove one of the two") \
  X(kWrongType, "E0106", "a value of the wrong type", \
    "give the value the type that the key has; docs/policy.md lists all keys") \
  X(kOutOfRange, "E0107", "a value out of range", \
    "choose a value in the range") \
  X(kUnknownEnum, "E0108", "a name that the list of choices does not have", \
    "write one of the names, in capital letters") \
  X(kMissing, "E0109", "a required part of the policy is missing", \
    "add it; docs/policy.md says what it means") \
  X(kBadValue, "E0110", "a value that means nothing in its place", \
    "choose another value; docs/policy.md says what the key means") \
  X(kUnsupportedMode, "E0111", "an operating mode that is not built yet", \
    "use another mode") \
  X(kBadHeader, "E0112", "a header that a policy cannot list", \
    "correct the name, or remove the header") \
  X(kDuplicateEntry, "E0113", "a list names the same thing twice", \
    "remove one of the two") \
  X(kContradiction, "E0114", "two parts of the policy contradict each other", \
    "decide for one of the two") \
  X(kOverGeometry, "E0115", "a limit above what the geometry holds", \
    "lower the limit, or choose a larger geometry") \
  X(kUnknownService, "E0116", "a service that the schemas do not have", \
    "write the service's full name, package first") \
  X(kUnknownMethod, "E0117", "a method that the service does not have", \
    "write the method's name as the service has it, without package") \
  X(kUnknownMessage, "E0118", "a message or element that the schemas do not have", \
    "write the message's full name, package first, and see that one of `protoFiles` has it or imports it") \
  X(kImportNotFound, "E0201", "a schema file or import cannot be found", \
    "imports are named relative to one of `importPaths`; google/protobuf, google/api and buf/validate are built in") \
  X(kProtoSyntax, "E0202", "a schema file is not well-formed", \
    "correct the schema at or just before this place") \
  X(kProtoInvalid, "E0203", "the schemas do not fit together", \
    "correct the schema at this place") \
  X(kProtoTooLarge, "E0204", "the schemas are too many, too large or too deeply nested", \
    "split the schema, and load only what the services need") \
  X(kNotProto3, "E0205", "a schema that is not proto3", \
    "write the schema in proto3: syntax = \"proto3\";") \
  X(kNoHttpBinding, "E0206", "a method without an HTTP binding", \
    "give the method a binding, (google.api.http), or do not select it") \
  X(kStreaming, "E0207", "a streaming method", \
    "name the other methods in the policy instead of \"*\"") \
  X(kBadDescriptorSet, "E0208", "a descriptor set that cannot be used", \
    "write the set with protoc --include_imports --include_source_info --descriptor_set_out=FILE") \
  X(kForeignDeclaration, "E0209", "a declaration that differs from its public original", \
    "use the public file, or remove this copy: Sluice brings its own") \
  X(kForeignRules, "E0210", "rules of a vocabulary that is not enforced", \
    "write them with (buf.validate.field)") \
  X(kUnknownRule, "E0211", "a rule that is not known", \
    "correct the name; docs/policy.md lists all rules") \
  X(kRuleUnsupported, "E0301", "a rule that the table cannot enforce", \
    "remove the rule or say it with rules that the table can enforce; docs/policy.md lists them") \
  X(kRuleMismatch, "E0302", "a rule that does not fit its field", \
    "use the rules of the field's own type") \
  X(kNoValue, "E0303", "rules that no value can satisfy", \
    "relax the rules until some value meets all of them, or remove the field") \
  X(kTypeUnsupported, "E0304", "a field type that is not supported", \
    "use another type for this field") \
  X(kBadPattern, "E0305", "a pattern that is not RE2 syntax", \
    "write the pattern in RE2 syntax, without looking around") \
  X(kNameCollision, "E0306", "two fields with one name", \
    "give one of them another json_name") \
  X(kTooMany, "E0308", "more than the register of the engine can count", \
    "divide it into parts") \
  X(kBadTemplate, "E0310", "a path template that is not well-formed", \
    "templates look like /v1/shelves/{id}/books/{name=authors/*}:verb") \
  X(kBadVariable, "E0311", "a path variable that cannot be bound", \
    "bind a field that is a string, an integer, a bool or an enum, once; other fields travel in the query or the body") \
  X(kBadBinding, "E0312", "an HTTP binding that contradicts itself", \
    "correct the binding") \
  X(kBadBody, "E0313", "a body that the binding cannot have", \
    "name one field of the message, or \"*\", or leave the option out") \
  X(kBadQuery, "E0314", "a field that cannot travel in a query", \
    "give the binding a body, or bind the field in the path") \
  X(kAmbiguousPath, "E0401", "two bindings match one path", \
    "give one of them a segment of its own, or leave one method out of the policy") \
  X(kBudget, "E0402", "a constraint wants more states than the budget", \
    "use a smaller length or count, or a simpler pattern") \
  X(kNoRecord, "E0501", "no record can ever be accepted", \
    "relax the rules of its required fields, or leave the method out of the policy") \
  X(kDoesNotFit, "E0601", "the table does not fit the geometry", \
    "choose a larger geometry, or a policy with fewer methods")
// clang-format on

// What a diagnostic is about.
enum class Code {
#define SLUICE_CODE(name, id, title, help) name,
  SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
};

// The stable spelling, "E0104".
constexpr std::string_view code_id(Code code) {
  constexpr std::string_view ids[] = {
#define SLUICE_CODE(name, id, title, help) id,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  return ids[static_cast<int>(code)];
}

// One line about the code, for documentation.
constexpr std::string_view code_title(Code code) {
  constexpr std::string_view titles[] = {
#define SLUICE_CODE(name, id, title, help) title,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  return titles[static_cast<int>(code)];
}

// What to do about it in general, for a diagnostic that says nothing more precise.
constexpr std::string_view code_help(Code code) {
  constexpr std::string_view helps[] = {
#define SLUICE_CODE(name, id, title, help) help,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  return helps[static_cast<int>(code)];
}

// Codes are unique and ascending, so that the table stays readable and no code is given twice.
constexpr bool codes_ascend() {
  constexpr std::string_view ids[] = {
#define SLUICE_CODE(name, id, title, help) id,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  for (unsigned i = 1; i < sizeof(ids) / sizeof(ids[0]); ++i) {
    if (!(ids[i - 1] < ids[i])) return false;
  }
  return true;
}
static_assert(codes_ascend(), "diagnostic codes must be unique and ascending");

}  // namespace sluice::load
