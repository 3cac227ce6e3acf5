// SPDX-License-Identifier: Apache-2.0
// Headers against the policy.
#include "judge/header_check.hpp"

namespace sluice::judge {

HeaderCheck::HeaderCheck(
    const google::protobuf::RepeatedPtrField<sluice::v1::Policy::Header>& listed,
    const std::string& host, const load::Loaded& loaded, const std::string& key,
    load::Diagnostics& diagnostics)
    : host_(host) {
  for (int i = 0; i < listed.size(); ++i) {
    Listed entry{&listed[i], nullptr};
    if (!listed[i].pattern().empty()) {
      RE2::Options options;
      options.set_log_errors(false);
      entry.pattern = std::make_unique<RE2>(listed[i].pattern(), options);
      if (!entry.pattern->ok()) {
        const std::string path = key + "[" + std::to_string(i) + "].pattern";
        diagnostics.error(load::Code::kBadPattern, loaded.policy_spans.at(path),
                          path + " is not RE2 syntax: " + entry.pattern->error());
      }
    }
    listed_.emplace(listed[i].name(), std::move(entry));
  }
}

MaybeRejection HeaderCheck::check(const Envelope& envelope, std::string_view body_type,
                                  bool& has_body) const {
  for (const auto& [name, value] : envelope.headers) {
    if (name == "content-type" || name == "content-length") continue;  // below
    if (name == "host" && !host_.empty()) {
      if (value == host_) continue;
      return Rejection{"", "http.host", "host is not " + host_};
    }
    const auto found = listed_.find(name);
    if (found == listed_.end()) {
      return Rejection{"", "http.header", "the policy lists no header '" + std::string(name) + "'"};
    }
    const auto& [rule, pattern] = found->second;
    if (!rule->constant().empty() && value != rule->constant()) {
      return Rejection{"", "http.header",
                       "header '" + std::string(name) + "' is not " + rule->constant()};
    }
    if (pattern != nullptr && !RE2::FullMatch({value.data(), value.size()}, *pattern)) {
      return Rejection{"", "http.header",
                       "header '" + std::string(name) + "' does not match " + rule->pattern()};
    }
  }
  if (!host_.empty() && !envelope.header("host")) {
    return Rejection{"", "http.host", "there is no host header"};
  }
  for (const auto& [name, entry] : listed_) {
    if (entry.rule->required() && !envelope.header(name)) {
      return Rejection{"", "http.header", "the required header '" + name + "' is missing"};
    }
  }

  const auto type = envelope.header("content-type");
  const auto length = envelope.header("content-length");
  has_body = type.has_value() || length.has_value();
  if (!has_body) {
    if (envelope.body.empty()) return std::nullopt;
    return Rejection{"", "http.body", "bytes follow a head that announces no body"};
  }
  if (type != body_type) {
    return Rejection{"", "http.content_type", "content-type is not " + std::string(body_type)};
  }
  if (length != std::to_string(envelope.body.size())) {
    return Rejection{
        "", "http.content_length",
        "content-length is not the length of the body, " + std::to_string(envelope.body.size())};
  }
  return std::nullopt;
}

}  // namespace sluice::judge
