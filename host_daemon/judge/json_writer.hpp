// SPDX-License-Identifier: Apache-2.0
// Messages as canonical JSON (design section 5), written again from their values. Recursion is as
// deep as the message, which libprotobuf's parser has bounded. It does not judge rules.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "judge/canonical_text.hpp"
#include "judge/json_spelling.hpp"
#include "judge/rejection.hpp"
#include "judge/scalar.hpp"

namespace sluice::judge {

// The fields of a message in canonical order: ascending number, a oneof's members at its lowest
// number.
std::vector<const google::protobuf::FieldDescriptor*> canonical_order(
    const google::protobuf::Descriptor* message);

class JsonWriter {
 public:
  // `open` unpacks a google.protobuf.Any; null if it does not hold a permitted type.
  using Open = std::function<std::unique_ptr<google::protobuf::Message>(
      const google::protobuf::Message& any)>;
  JsonWriter(const JsonSpelling& spelling, Open open)
      : spelling_(spelling), open_(std::move(open)) {}

  // Remembers the order of a message's fields, so that it need not be found again for each record.
  // Not thread-safe, unlike everything else.
  void prepare(const google::protobuf::Descriptor* message);

  // A whole message. `elsewhere`: proto paths ("book.name") of fields that stand in the path, not
  // here; a message that they alone make present, and that has no other member to write, is left
  // out. Refused is what has no spelling: an Any of another type ("any.unlisted"), an unknown enum
  // number ("enum.unknown"), a time out of range ("timestamp.range", "duration.range"), a path that
  // JSON cannot say ("field_mask.path"), a Value of no kind or not finite ("value.unset",
  // "value.number").
  MaybeRejection message(const google::protobuf::Message& message,
                         const std::set<std::string>& elsewhere, CanonicalText& out) const;

  // One field of a message as a body of its own; empty if the field is unset, or an empty list or
  // message (also Struct and ListValue, but not Value).
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
  // A message by itself, in the form that its type has.
  void whole(const google::protobuf::Message& message, const std::string& path, Context& context,
             CanonicalText& out) const;
  void any(const google::protobuf::Message& message, const std::string& path, Context& context,
           CanonicalText& out) const;
  // The members of an object; `first` is false if others stand before them.
  void members(const google::protobuf::Message& message, bool first, const std::string& path,
               Context& context, CanonicalText& out) const;
  void value(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor* field, const std::string& path,
             Context& context, CanonicalText& out) const;
  void map(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
           const std::string& path, Context& context, CanonicalText& out) const;
  void element(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor* field, int index, const std::string& path,
               Context& context, CanonicalText& out) const;
  void scalar(const Scalar& scalar, CanonicalText& out) const;

  JsonSpelling spelling_;
  Open open_;
  std::map<const google::protobuf::Descriptor*,
           std::vector<const google::protobuf::FieldDescriptor*>>
      order_;
};

}  // namespace sluice::judge
