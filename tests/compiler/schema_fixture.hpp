// SPDX-License-Identifier: Apache-2.0
// A small schema and its policy in a folder of their own, run through `load` and the schema stage.
// It judges nothing; tests do.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "compiler/schema.hpp"

namespace sluice::compiler::test {

// The result of one run; `schema` is empty after errors.
struct Outcome {
  std::optional<Schema> schema;
  Diagnostics diagnostics;
  std::string proto;  // text of api.proto

  // The message by full name; fails the test when it is missing. `index`: of several the n-th.
  const Message& message(const std::string& name) const;
  const Field& field(const std::string& message_name, const std::string& field_name) const;
  // The line of the dump that begins with `start`, without leading blanks.
  std::string line(const std::string& start) const;
  // True if an error of this code says `text`, at the place where `place` begins in api.proto (or
  // in no matter which place, if `place` is empty).
  bool has_error(const std::string& code, const std::string& text,
                 const std::string& place = {}) const;
};

// `body` follows the head of api.proto (proto3, package t, all imports).
// `policy` replaces parts of the policy: whole lines by their key.
Outcome resolve(const std::string& body, const std::string& policy = {});

// Messages M and R and a service that takes M as a JSON body: `fields` are M's.
Outcome resolve_fields(const std::string& fields, const std::string& policy = {});

}  // namespace sluice::compiler::test
