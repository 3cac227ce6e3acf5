// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies (design section 5): libprotobuf reads the bytes, leniently, and the canonical
// bytes are written again from the values. Whatever libprotobuf forgives (long varints, other
// orders, unpacked lists, unknown fields, lost members of a oneof) differs then. It does not judge
// rules.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "judge/rejection.hpp"

namespace sluice::judge {

// Replaces `message` by what the bytes say. Thread-safe. Rules: "protobuf.parse", "judge.depth".
MaybeRejection read_binary(std::string_view bytes, google::protobuf::Message& message);

class BinaryWriter {
 public:
  // The message in a google.protobuf.Any, or null if it must not be there.
  using Open = std::function<std::unique_ptr<google::protobuf::Message>(const google::protobuf::Message&)>;
  explicit BinaryWriter(Open open) : open_(std::move(open)) {}

  // Remembers the order of a message's fields. Not thread-safe, unlike everything else.
  void prepare(const google::protobuf::Descriptor* message);

  // Appends a whole message. `elsewhere`: proto paths ("book.name") of fields that stand in the
  // path, not here; a message that they alone make present, and that has no other member to write,
  // is left out. Refused is what has no spelling: an Any of no listed type ("any.unlisted"), an
  // unknown enum number ("enum.unknown"), a text that is not UTF-8 ("protobuf.utf8"), times out of
  // range ("timestamp.range", "duration.range"), a Value without a kind ("value.unset") or that is
  // no finite number ("value.number").
  MaybeRejection message(const google::protobuf::Message& message,
                         const std::set<std::string>& elsewhere, std::string& out) const;

  // A field that is a message, as a body of its own; nothing if it is unset or has nothing to show.
  MaybeRejection field(const google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor* field,
                       const std::set<std::string>& elsewhere, std::string& out) const;

 private:
  struct Context {
    const std::set<std::string>& elsewhere;
    MaybeRejection problem;
    int opened;  // messages of type Any around this place
  };
  // A message with the checks that its type wants; an Any with what stands in it.
  void content(const google::protobuf::Message& message, const std::string& path, Context& context,
               std::string& out) const;
  void members(const google::protobuf::Message& message, const std::string& path, Context& context,
               std::string& out) const;
  void list(const google::protobuf::Message& message,
            const google::protobuf::FieldDescriptor* field, const std::string& path,
            Context& context, std::string& out) const;
  // The value of a field (`index` of a list, or -1) as it stands behind its tag; of strings, bytes
  // and messages without the length.
  void value(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor* field, int index, const std::string& path,
             Context& context, std::string& out) const;

  Open open_;
  std::map<const google::protobuf::Descriptor*,
           std::vector<const google::protobuf::FieldDescriptor*>>
      order_;
};

}  // namespace sluice::judge
