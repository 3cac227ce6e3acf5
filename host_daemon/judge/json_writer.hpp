// SPDX-License-Identifier: Apache-2.0
// Messages as canonical JSON (design section 5), written again from their values. Recursion is as
// deep as the message, which libprotobuf's parser has bounded. It does not judge rules.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "judge/canonical_text.hpp"
#include "judge/rejection.hpp"

namespace sluice::judge {

// The fields of a message in canonical order: ascending number, a oneof's members at its lowest
// number.
std::vector<const google::protobuf::FieldDescriptor*> canonical_order(
    const google::protobuf::Descriptor* message);

class JsonWriter {
 public:
  // `print_defaults`: members without presence always stand. `bare_wide`: 64-bit integers without
  // quotes.
  JsonWriter(bool print_defaults, bool bare_wide)
      : print_defaults_(print_defaults), bare_wide_(bare_wide) {}

  // Remembers the order of a message's fields, so that it need not be found again for each record.
  // Not thread-safe, unlike everything else.
  void prepare(const google::protobuf::Descriptor* message);

  // A whole message. `elsewhere`: proto paths ("book.name") of fields that stand in the path, not
  // here; a message that they alone make present, and that has no other member to write, is left
  // out. Refused is what has no spelling: an Any ("any.unlisted"), an unknown enum number
  // ("enum.unknown"), a Timestamp out of range.
  MaybeRejection message(const google::protobuf::Message& message,
                         const std::set<std::string>& elsewhere, CanonicalText& out) const;

  // One field of a message as a body of its own; empty if the field is unset, or an empty list or
  // message.
  MaybeRejection field(const google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor* field,
                       const std::set<std::string>& elsewhere, CanonicalText& out) const;

 private:
  struct Context {
    const std::set<std::string>& elsewhere;
    MaybeRejection problem;
  };
  bool stands(const google::protobuf::Message& message,
              const google::protobuf::FieldDescriptor* field) const;
  void object(const google::protobuf::Message& message, const std::string& path, Context& context,
              CanonicalText& out) const;
  void value(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor* field, const std::string& path,
             Context& context, CanonicalText& out) const;
  void element(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor* field, int index, const std::string& path,
               Context& context, CanonicalText& out) const;

  bool print_defaults_;
  bool bare_wide_;
  std::map<const google::protobuf::Descriptor*,
           std::vector<const google::protobuf::FieldDescriptor*>>
      order_;
};

}  // namespace sluice::judge
