// SPDX-License-Identifier: Apache-2.0
// The shortest canonical record of an endpoint, with one value in it replaced. Made from the schema IR alone; what is replaced need not be
// allowed, or canonical.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/compiler.hpp"

namespace sluice::test {

// Fields from the body's message down.
using Steps = std::vector<const compiler::Field*>;

struct Change {
  Steps at;                         // empty: nothing is changed
  std::optional<std::string> json;  // the member's value as it stands in JSON; empty: the member is left out
  std::string behind;               // stands behind the member, ",\"x\":1"
};

class RecordBuilder {
 public:
  explicit RecordBuilder(const compiler::Schema& schema) : schema_(schema) {}

  // A text that the value allows, not empty if it can be; no quotes, no escapes.
  static std::string valid_text(const compiler::Value& value);
  std::string valid_json(const compiler::Field& field) const;

  std::string body(const compiler::Body& body, const Change& change) const;
  // `variable`, `parameter`: json path or name of what `text` (decoded) replaces; a parameter without text is left out.
  std::string target(const compiler::Endpoint& endpoint, const std::string& variable, const std::string& parameter,
                     const std::optional<std::string>& text) const;
  std::string request(const compiler::Endpoint& endpoint, const std::string& target, const std::string& body) const;
  std::string response(const compiler::StatusResponse& response, const std::string& body) const;

 private:
  std::string object(int message, const Change& change, std::size_t depth, const std::set<std::string>& excluded) const;
  std::string head(const std::vector<compiler::HeaderRule>& rules, bool request, const compiler::Body& form, const std::string& body) const;

  const compiler::Schema& schema_;
};

}  // namespace sluice::test
