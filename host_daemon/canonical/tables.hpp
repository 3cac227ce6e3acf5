// SPDX-License-Identifier: Apache-2.0
// What the transform looks up again and again, computed once from the schema: fields by either of
// their names, compiled patterns, the policy's spelling options. Immutable after construction, so
// threads may share it.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::canonical {

using compiler::Field;
using compiler::Message;
using compiler::Schema;
using compiler::Value;

class Tables {
 public:
  /// Throws std::invalid_argument when a pattern of the schema does not compile (the compiler
  /// refuses those before).
  explicit Tables(std::shared_ptr<const Schema> schema);

  const Schema& schema() const { return *schema_; }
  const sluice::v1::Policy& policy() const { return schema_->loaded->policy; }

  /// Index into Message::fields of the member with this JSON or proto name; -1: none.
  int find_field(int message, std::string_view name) const;
  /// The same by number.
  int find_field(int message, std::uint32_t number) const;
  /// The message has this field, but the policy lets it only be absent (an Any without listed
  /// types).
  bool must_be_absent(int message, std::string_view name) const;
  /// The member name nearest to `name`, empty when none is near.
  std::string nearest_field(int message, std::string_view name) const;

  /// The compiled form of a pattern of the schema.
  const RE2& pattern(const std::string& text) const { return *patterns_.at(text); }

  /// Header names that gateways strip: the policy's dropHeaders (load has them in lower case).
  bool dropped(const std::string& header) const { return dropped_.contains(header); }

 private:
  struct Names {
    std::unordered_map<std::string, int> json, proto;
    std::unordered_map<std::uint32_t, int> numbers;
    std::unordered_set<std::string> absent;
  };
  void add_patterns(const Value& value);
  void add_pattern(const std::string& text);

  std::shared_ptr<const Schema> schema_;
  std::vector<Names> names_;
  std::unordered_map<std::string, std::unique_ptr<RE2>> patterns_;
  std::unordered_set<std::string> dropped_;
};

}  // namespace sluice::canonical
