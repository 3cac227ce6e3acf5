// SPDX-License-Identifier: Apache-2.0
// The stage's text dump. Stable: it depends on the policy and the schemas, not on paths or the
// order of hashing.
#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "load/load.hpp"

namespace sluice::load {
namespace {

using google::api::HttpRule;

std::string verb_and_path(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return "GET " + rule.get();
    case HttpRule::kPut:
      return "PUT " + rule.put();
    case HttpRule::kPost:
      return "POST " + rule.post();
    case HttpRule::kDelete:
      return "DELETE " + rule.delete_();
    case HttpRule::kPatch:
      return "PATCH " + rule.patch();
    case HttpRule::kCustom:
      return rule.custom().kind() + " " + rule.custom().path();
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return "(none)";
}

}  // namespace

std::string dump(const Loaded& loaded) {
  google::protobuf::TextFormat::Printer printer;
  std::string policy;
  printer.PrintToString(loaded.policy, &policy);
  std::string result = "policy\n";
  std::size_t begin = 0;
  while (begin < policy.size()) {
    std::size_t end = std::min(policy.find('\n', begin), policy.size());
    result += "  " + policy.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  result += "methods\n";
  std::size_t next = 0;
  for (std::size_t i = 0; i < loaded.methods.size(); ++i) {
    const SelectedMethod& one = loaded.methods[i];
    result +=
        fmt::format("  {} ({}) -> ({}) {} outstanding {}\n", one.method->full_name(),
                    one.method->input_type()->full_name(), one.method->output_type()->full_name(),
                    sluice::v1::Policy::Body_Name(one.body), one.max_outstanding);
    for (; next < loaded.endpoints.size() && loaded.endpoints[next].method == i; ++next) {
      const Endpoint& endpoint = loaded.endpoints[next];
      result += fmt::format("    {}: {} body \"{}\" response_body \"{}\"\n", endpoint.name,
                            verb_and_path(endpoint.rule), endpoint.rule.body(),
                            endpoint.rule.response_body());
    }
  }
  result += "statuses\n";
  for (const SelectedStatus& one : loaded.statuses) {
    result +=
        fmt::format("  {} {}\n", one.code,
                    one.message == nullptr ? "(the method's response)" : one.message->full_name());
  }
  result += "any types\n";
  for (const auto* type : loaded.any_types) result += fmt::format("  {}\n", type->full_name());
  return result;
}

}  // namespace sluice::load
