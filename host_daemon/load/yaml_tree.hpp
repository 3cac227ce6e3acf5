// SPDX-License-Identifier: Apache-2.0
// A YAML document as a bounded tree with the place of every node. Of YAML it takes maps, lists and
// scalars; anchors, aliases, tags, merge keys and further documents are refused, so that a text
// means what it looks like. It knows nothing of policies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/diagnostic.hpp"

namespace sluice::load {

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool quoted =
      false;         // a scalar in quotes or in block form: never a number, a truth value or null
  std::string text;  // of a scalar
  int line = 0;      // from 1
  int column = 0;    // from 1
  std::vector<YamlNode> items;      // of a list
  std::vector<YamlMember> members;  // of a map, in the order of the text; keys are unique
};

struct YamlMember {
  std::string key;
  int line = 0;  // of the key
  int column = 0;
  YamlNode value;
};

// Limits of a policy text.
inline constexpr std::size_t kYamlMaxBytes = 1u << 20;
inline constexpr std::size_t kYamlMaxNodes = 50'000;
inline constexpr std::size_t kYamlMaxDepth = 32;

// Parses `text`; `file` names it in diagnostics. Null after an error.
std::unique_ptr<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                     Diagnostics& diagnostics);

}  // namespace sluice::load
