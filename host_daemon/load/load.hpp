// SPDX-License-Identifier: Apache-2.0
// The compiler's first stage: a policy and its schemas, read, checked and resolved. Every later
// stage, the judge, the canonicalizer and the gateways start from here. It resolves names and
// refuses what cannot be read; what the schemas *mean* (rules, templates, ranks) is the schema
// stage's.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/api/http.pb.h"
#include "load/diagnostic.hpp"
#include "load/policy_reader.hpp"
#include "load/schema_pool.hpp"
#include "sluice/v1/policy.pb.h"

namespace sluice::load {

using Body = sluice::v1::Policy::Body;

// A method that may be called.
struct SelectedMethod {
  const google::protobuf::MethodDescriptor* method = nullptr;
  Body body = sluice::v1::Policy::JSON;
  std::uint32_t max_outstanding = 0;  // for each of its HTTP bindings; never 0 after load
  Span policy_span;                   // the entry of the policy that selects it
};

// A status code that may cross.
struct SelectedStatus {
  std::uint32_t code = 0;
  const google::protobuf::Descriptor* message = nullptr;  // null: the method's own response
  Span policy_span;
};

// One HTTP binding of a selected method. Every part of Sluice numbers endpoints in this order.
struct Endpoint {
  std::size_t method = 0;      // index into Loaded::methods
  int binding = 0;             // 0 is the method's own, n its n-th additional one
  std::string name;            // "pkg.Service.Method", with "#n" for additional bindings
  google::api::HttpRule rule;  // without additional_bindings
  Span span;                   // the annotation in the schema
};

// A policy that was loaded without an error. Copies share the descriptors, which live as long as
// one of them.
// A rule that the schema defines itself (buf.validate.predefined) and that the policy leaves to software: nothing of
// Sluice can evaluate it, which reports say.
struct OwnRule {
  std::string element;  // full name of the field, oneof or message
  std::string rule;     // "string.(own.ticket)"
  Span span;
};

struct Loaded {
  // As written, with every absent default filled in (body, limits, json).
  sluice::v1::Policy policy;
  PolicySpans policy_spans;
  // The policy's own pool. Its messages are not the program's generated ones, also for well-known
  // types.
  const google::protobuf::DescriptorPool* pool = nullptr;
  // In the order of the policy's services, then of declaration (also where the policy names
  // methods).
  std::vector<SelectedMethod> methods;
  // In the order of the policy.
  std::vector<SelectedStatus> statuses;
  // In the order of `methods`, then of the bindings.
  std::vector<Endpoint> endpoints;
  // Types that an Any may hold, in the order of the policy.
  std::vector<const google::protobuf::Descriptor*> any_types;
  // In the order in which messages are reached.
  std::vector<OwnRule> own_rules;

  std::shared_ptr<const SchemaPool> schemas;  // owns the pool
};

// Reads a policy file and the schemas that it names. Nothing after an error; warnings may stand in
// `diagnostics` either way.
std::optional<Loaded> load(const std::filesystem::path& policy_yaml, Diagnostics& diagnostics);

// The same from memory: `policy_text` is the YAML, `policy_name` names it in diagnostics,
// `descriptor_set` is a serialized google.protobuf.FileDescriptorSet. Reads no file: protoFiles
// name files of the set, importPaths and descriptorSet are ignored.
std::optional<Loaded> load(std::string_view policy_text, const std::string& policy_name,
                           std::string_view descriptor_set, Diagnostics& diagnostics);

// The schemas of `loaded` with all imports and their source info as a serialized FileDescriptorSet,
// dependencies first: what the variant above takes.
std::string descriptor_set_of(const Loaded& loaded);

// Stable text: the policy, the selected methods with their HTTP bindings, statuses.
std::string dump(const Loaded& loaded);

}  // namespace sluice::load
