// SPDX-License-Identifier: Apache-2.0
// A judge made from a schema and a policy that stand in the test, and short ways to ask it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/judge.hpp"

namespace sluice::judge::test {

// What is written into the policy besides the services of `schema`.
struct PolicyParts {
  std::string service = "t.Api";
  std::string rest;  // further YAML lines, from the first column
  std::string body = "JSON";
};

// Loads `schema` (package t, the imports are added) under a policy; null with `diagnostics` filled
// in if the judge refuses it. A schema that does not load fails the test.
std::shared_ptr<const load::Loaded> load_schema(const std::string& schema,
                                                const PolicyParts& parts = {});

class Bench {
 public:
  explicit Bench(const std::string& schema, const PolicyParts& parts = {});

  // A request without body, and one with a JSON body; host and the body's headers are added.
  Verdict get(const std::string& target) const { return call("GET", target); }
  Verdict call(const std::string& method, const std::string& target) const;
  Verdict call(const std::string& method, const std::string& target, const std::string& body) const;
  Verdict post(const std::string& target, const std::string& body) const {
    return call("POST", target, body);
  }
  // A 200 answer of `endpoint` with a JSON body.
  Verdict answer(const std::string& endpoint, const std::string& body) const;
  Verdict raw_request(const std::string& record) const;
  Verdict raw_response(const std::string& endpoint, const std::string& record) const;

  const Judge& judge() const { return *judge_; }
  const load::Loaded& loaded() const { return *loaded_; }

 private:
  std::shared_ptr<const load::Loaded> loaded_;
  std::unique_ptr<Judge> judge_;
};

// The diagnostics of a judge that must not come into being.
std::string refusal(const std::string& schema, const PolicyParts& parts = {});

// "accepted", "accepted (float)", or the rule, with " at PATH" if there is one.
std::string shown(const Verdict& verdict);

}  // namespace sluice::judge::test
