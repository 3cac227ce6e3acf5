// SPDX-License-Identifier: Apache-2.0
// What was seen in the messages of accepted records, field by field, and the tighter rules that all of
// it would still keep. It looks at values alone: whether a rule can be enforced is the compiler's
// business, whether it is wise is the reader's.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "buf/validate/validate.pb.h"

namespace sluice::coverage {

/// The values of one field, or of a list's elements.
struct Observation {
  std::uint64_t present = 0;  ///< values that stood in a record
  std::uint64_t absent = 0;   ///< messages without one
  std::uint64_t longest = 0;  ///< strings: code points, bytes: bytes, lists: elements
  std::bitset<128> characters{};
  bool plain = true;  ///< strings: printable ASCII alone
  std::optional<std::int64_t> least{}, most{};             ///< signed integers
  std::optional<std::uint64_t> least_unsigned{}, most_unsigned{};
  std::set<int> numbers{};  ///< enums
  bool any_true = false;
};

class Observer {
 public:
  /// Takes a message of a valid record; messages of google.protobuf are values, not looked into.
  void see(const google::protobuf::Message& message);

  struct Field {
    Observation value;    ///< of the field; of a list as a whole
    Observation element;  ///< of a list
  };
  using Fields = std::map<const google::protobuf::FieldDescriptor*, Field>;
  [[nodiscard]] const Fields& fields() const { return fields_; }

 private:
  Fields fields_;
};

/// Tighter rules for one field.
struct Proposal {
  const google::protobuf::FieldDescriptor* field = nullptr;
  buf::validate::FieldRules rules;   ///< all of the field's rules, the old ones too
  std::vector<std::string> changes;  ///< "string.max_len = 21 (was 40)"
};

/// One for each field with at least `least` values whose rules can be tighter, in the order of file and
/// declaration. `patterns`: also sets of characters.
std::vector<Proposal> propose(const Observer& observer, std::uint64_t least, bool patterns);

/// The rules as the value of an option, without the outer braces.
std::string text_of(const buf::validate::FieldRules& rules);

}  // namespace sluice::coverage
