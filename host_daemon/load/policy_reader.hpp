// SPDX-License-Identifier: Apache-2.0
// YAML text -> sluice.v1.Policy, by the Protobuf JSON mapping and generic over reflection: the
// message is the only list of keys. It checks types and ranges; what the values mean together is
// policy_check's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "load/diagnostic.hpp"
#include "sluice/v1/policy.pb.h"

namespace sluice::load {

// Places of a policy's parts, by path: "limits.maxDepth", "requestHeaders[0].pattern", "" for the
// whole.
class PolicySpans {
 public:
  PolicySpans() = default;
  explicit PolicySpans(std::string file) : file_(std::move(file)) {}

  void add(const std::string& path, int line, int column);
  // Place of the part, or of the nearest part around it that stands in the text.
  Span at(std::string_view path) const;
  // True if the part stands in the text.
  bool has(std::string_view path) const { return places_.contains(path); }

 private:
  std::string file_;
  std::map<std::string, std::pair<int, int>, std::less<>> places_;
};

struct PolicyText {
  sluice::v1::Policy policy;
  PolicySpans spans;
};

// Reads `text`; `file` names it in diagnostics. Nothing after an error.
// Keys may be lowerCamelCase (json_name) or as declared. null is the same as leaving a key out.
std::optional<PolicyText> read_policy(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics);

}  // namespace sluice::load
