// SPDX-License-Identifier: Apache-2.0
// A Protobuf body as a tree of what counts in it: of fields that come again the last one, messages
// and lists joined, of a oneof the last member. Every value keeps its place. Of a map all entries
// are kept, and what stands in an Any is left as it is. It knows fields and their encodings, but no
// rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "canonical/tables.hpp"
#include "canonical/wire_reader.hpp"

namespace sluice::canonical {

/// Messages within messages that are read at most: what the stack bears.
inline constexpr std::size_t kMaxBinaryDepth = 1000;

/// One value that is no message of the schema.
struct Item {
  std::size_t offset = 0;               // of the value
  std::uint64_t bits = 0;               // numbers
  std::string_view bytes;               // strings and bytes; the message in an Any
  std::int64_t seconds = 0, nanos = 0;  // times
  std::vector<std::string_view> texts;  // paths of a FieldMask; an Any's URL, if it has one
  std::size_t bytes_offset = 0;         // of an Any's message
  std::size_t depth = 0;                // messages around it
};

/// One message.
struct Node {
  struct Entry;
  struct Member {
    std::size_t offset = 0;  // of the tag
    std::vector<Item> items;
    std::vector<std::unique_ptr<Node>> messages;
    std::vector<Entry> entries;  // of a map, as they stand
    std::size_t count() const { return items.size() + messages.size() + entries.size(); }
  };
  struct Entry {
    std::size_t offset = 0;  // of the tag
    Item key;
    Member value;  // one item or one message
  };
  std::size_t offset = 0;         // of the message's first byte
  std::map<int, Member> members;  // by index into Message::fields
};

/// A number that stands behind its tag, and packed in lists.
bool is_bare(const Value& value);
/// A timestamp or a duration: a message that the schema takes for a value, as wrappers are.
bool is_time(const Value& value);
/// How a value of the type stands behind a tag, and one with its wrapper.
WireType wire_type(google::protobuf::FieldDescriptor::Type type);
WireType wire_type(const Value& value);

/// Where bytes stand in the body.
struct Inside {
  std::size_t offset = 0;
  std::size_t depth = 1;  // messages within each other, this one included
};

/// Reads a message (index into Schema::messages). `path` names it in refusals. Throws Refused; its
/// `column` is the byte offset plus one.
void read_binary_message(const Tables& tables, int message, std::string_view bytes,
                         std::string path, Node& node, Inside at = {});

/// Reads the bytes of a field that is a well-known message, without tag and length.
Item read_binary_value(const Tables& tables, const Field& field, std::string_view bytes,
                       std::string path, Inside at = {});

}  // namespace sluice::canonical
