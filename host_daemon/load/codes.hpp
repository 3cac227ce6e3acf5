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

// X(enumerator, "code", "title for documentation")
#define SLUICE_DIAGNOSTIC_CODES(X)                                                        \
  X(kFileUnreadable, "E0100", "a file cannot be read")                                    \
  X(kYamlSyntax, "E0101", "the policy is not well-formed YAML")                           \
  X(kYamlUnsupported, "E0102", "the policy uses a part of YAML that policies do without") \
  X(kPolicyTooLarge, "E0103", "the policy is too large or too deeply nested")             \
  X(kUnknownKey, "E0104", "a key that no policy has")                                     \
  X(kDuplicateKey, "E0105", "a key stands twice")                                         \
  X(kWrongType, "E0106", "a value of the wrong type")                                     \
  X(kOutOfRange, "E0107", "a value out of range")                                         \
  X(kUnknownEnum, "E0108", "a name that the list of choices does not have")               \
  X(kMissing, "E0109", "a required part of the policy is missing")                        \
  X(kBadValue, "E0110", "a value that means nothing in its place")                        \
  X(kUnsupportedMode, "E0111", "an operating mode that is not built yet")                 \
  X(kBadHeader, "E0112", "a header that a policy cannot list")                            \
  X(kDuplicateEntry, "E0113", "a list names the same thing twice")                        \
  X(kContradiction, "E0114", "two parts of the policy contradict each other")             \
  X(kOverGeometry, "E0115", "a limit above what the geometry holds")                      \
  X(kUnknownService, "E0116", "a service that the schemas do not have")                   \
  X(kUnknownMethod, "E0117", "a method that the service does not have")                   \
  X(kUnknownMessage, "E0118", "a message or element that the schemas do not have")        \
  X(kImportNotFound, "E0201", "a schema file or import cannot be found")                  \
  X(kProtoSyntax, "E0202", "a schema file is not well-formed")                            \
  X(kProtoInvalid, "E0203", "the schemas do not fit together")                            \
  X(kProtoTooLarge, "E0204", "the schemas are too many, too large or too deeply nested")  \
  X(kNotProto3, "E0205", "a schema that is not proto3")                                   \
  X(kNoHttpBinding, "E0206", "a method without an HTTP binding")                          \
  X(kStreaming, "E0207", "a streaming method")                                            \
  X(kBadDescriptorSet, "E0208", "a descriptor set that cannot be used")                   \
  X(kForeignDeclaration, "E0209", "a declaration that differs from its public original")  \
  X(kForeignRules, "E0210", "rules of a vocabulary that is not enforced")                 \
  X(kUnknownRule, "E0211", "a rule that is not known")                                    \
  X(kRuleUnsupported, "E0301", "a rule that the table cannot enforce")                    \
  X(kRuleMismatch, "E0302", "a rule that does not fit its field")                         \
  X(kNoValue, "E0303", "rules that no value can satisfy")                                 \
  X(kTypeUnsupported, "E0304", "a field type that is not supported")                      \
  X(kBadPattern, "E0305", "a pattern that is not RE2 syntax")                             \
  X(kNameCollision, "E0306", "two fields with one name")                                  \
  X(kPolicyUnsupported, "E0307", "a part of the policy that is not built yet")            \
  X(kTooMany, "E0308", "more than the register of the engine can count")                  \
  X(kBadTemplate, "E0310", "a path template that is not well-formed")                     \
  X(kBadVariable, "E0311", "a path variable that cannot be bound")                        \
  X(kBadBinding, "E0312", "an HTTP binding that contradicts itself")                      \
  X(kBadBody, "E0313", "a body that the binding cannot have")                             \
  X(kBadQuery, "E0314", "a field that cannot travel in a query")                          \
  X(kAmbiguousPath, "E0401", "two bindings match one path")                               \
  X(kBudget, "E0402", "a constraint wants more states than the budget")                   \
  X(kNoRecord, "E0501", "no record can ever be accepted")                                 \
  X(kTooManyClasses, "E0502", "more than 255 byte classes")                               \
  X(kDoesNotFit, "E0601", "the table does not fit the geometry")

// What a diagnostic is about.
enum class Code {
#define SLUICE_CODE(name, id, title) name,
  SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
};

// The stable spelling, "E0104".
constexpr std::string_view code_id(Code code) {
  constexpr std::string_view ids[] = {
#define SLUICE_CODE(name, id, title) id,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  return ids[static_cast<int>(code)];
}

// One line about the code, for documentation.
constexpr std::string_view code_title(Code code) {
  constexpr std::string_view titles[] = {
#define SLUICE_CODE(name, id, title) title,
      SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
  };
  return titles[static_cast<int>(code)];
}

// Codes are unique and ascending, so that the table stays readable and no code is given twice.
constexpr bool codes_ascend() {
  constexpr std::string_view ids[] = {
#define SLUICE_CODE(name, id, title) id,
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
