// SPDX-License-Identifier: Apache-2.0
#include "canonical/binary_tree.hpp"

#include <algorithm>

#include "canonical/refusal.hpp"
#include "canonical/scalar.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {

using compiler::ValueKind;
using google::protobuf::FieldDescriptor;

bool is_bare(const Value& value) {
  return !value.wrapped &&
         (value.kind == ValueKind::boolean || value.kind == ValueKind::integer ||
          value.kind == ValueKind::floating || value.kind == ValueKind::enumeration ||
          value.kind == ValueKind::null);
}

bool is_time(const Value& value) {
  return value.kind == ValueKind::timestamp || value.kind == ValueKind::duration;
}

WireType wire_type(FieldDescriptor::Type type) {
  switch (type) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return WireType::fixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return WireType::fixed32;
    default:
      return type == FieldDescriptor::TYPE_STRING || type == FieldDescriptor::TYPE_BYTES ||
                     type == FieldDescriptor::TYPE_MESSAGE
                 ? WireType::delimited
                 : WireType::varint;
  }
}

WireType wire_type(const Value& value) {
  return value.wrapped ? WireType::delimited : wire_type(value.type);
}

namespace {

std::string_view name_of(WireType type) {
  switch (type) {
    case WireType::varint:
      return "a varint";
    case WireType::fixed64:
      return "eight bytes";
    case WireType::delimited:
      return "a length and bytes";
    case WireType::fixed32:
      return "four bytes";
  }
  return "";
}

class TreeReader {
 public:
  TreeReader(const Tables& tables, std::string path) : tables_(tables), path_(std::move(path)) {}

  void read(int index, Node& node, std::string_view bytes, std::size_t offset, std::size_t depth) {
    const std::size_t limit =
        std::min<std::size_t>(tables_.policy().limits().max_depth(), kMaxBinaryDepth);
    if (depth > limit) {
      throw Refused(
          {400, "protobuf_depth", path_, "",
           "The body has more than " + std::to_string(limit) + " messages within each other.", 0,
           offset + 1, ""});
    }
    const Message& type = tables_.schema().message(index);
    WireReader reader(bytes, offset, path_);
    while (!reader.at_end()) {
      const WireField found = reader.field();
      const int place = tables_.find_field(index, found.number);
      if (place < 0 && is_null_by_default(type, found)) continue;
      if (place < 0) refuse_unknown(type, found);
      const Field& field = type.fields[static_cast<std::size_t>(place)];
      const Descent descent(*this, field);
      // Protobuf: of a oneof the last member holds. A rule `oneof` is no such thing: two members are a breach.
      if (field.descriptor->real_containing_oneof() != nullptr) forget_others(type, place, node);
      Node::Member& member = node.members[place];
      member.offset = found.offset;
      if (field.map) {
        want(field, found, WireType::delimited);
        read_entry(field, member.entries.emplace_back(), found, depth);
      } else {
        read_value(field, member, found, depth);
      }
    }
  }

  void read_item(const Field& field, Item& item, const WireField& found, std::size_t depth) {
    item.offset = found.value_offset;
    item.depth = depth;
    if (field.value.kind == ValueKind::any || field.value.kind == ValueKind::field_mask) {
      read_texts(field, item, found);
      return;
    }
    if (field.value.wrapped) {
      read_wrapper(field, item, found);
      return;
    }
    if (is_time(field.value)) {
      read_time(item, found.bytes, found.value_offset);
      return;
    }
    item.bits = found.bits;
    item.bytes = found.bytes;
    if (field.value.kind == ValueKind::string) check_utf8(found.bytes, found.value_offset);
  }

 private:
  // Extends the path by a field for the time of a scope.
  class Descent {
   public:
    Descent(TreeReader& reader, const Field& field) : path_(reader.path_), size_(path_.size()) {
      path_ += (path_.empty() ? "" : ".") + field.json_name;
    }
    ~Descent() { path_.resize(size_); }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };

  Place here(std::size_t offset) const { return {path_, 0, offset + 1}; }

  // NullValue without presence has one value, its default, so the schema has no such member.
  static bool is_null_by_default(const Message& type, const WireField& found) {
    const auto* known = type.descriptor->FindFieldByNumber(static_cast<int>(found.number));
    return known != nullptr && found.type == WireType::varint && found.bits == 0 &&
           known->enum_type() != nullptr &&
           known->enum_type()->full_name() == "google.protobuf.NullValue";
  }

  [[noreturn]] void refuse_unknown(const Message& type, const WireField& found) const {
    const auto* known = type.descriptor->FindFieldByNumber(static_cast<int>(found.number));
    if (known != nullptr) {
      refuse_value({(path_.empty() ? "" : path_ + ".") + known->json_name(), 0, found.offset + 1},
                   "must_be_absent",
                   "'" + known->json_name() +
                       "' must be absent: policy and schema leave it no value.");
    }
    refuse_value(here(found.offset), "unknown_field",
                 (path_.empty() ? "The body" : "'" + path_ + "'") + " has no field of number " +
                     std::to_string(found.number) + " in " + type.name + ".");
  }

  void want(const Field& field, const WireField& found, WireType wanted) const {
    if (found.type == wanted) return;
    throw Refused({422, "wrong_type", path_, "type " + type_name(field),
                   "'" + path_ + "' (" + type_name(field) + ") is encoded as " +
                       std::string(name_of(wanted)) + "; found " +
                       std::string(name_of(found.type)) + ".",
                   0, found.offset + 1, ""});
  }

  static void forget_others(const Message& type, int place, Node& node) {
    const int oneof = type.fields[static_cast<std::size_t>(place)].oneof;
    std::erase_if(node.members, [&](const auto& entry) {
      return entry.first != place &&
             type.fields[static_cast<std::size_t>(entry.first)].oneof == oneof;
    });
  }

  // A value that stands by itself: of a field, or of one part of a map's entry.
  void read_value(const Field& field, Node::Member& member, const WireField& found,
                  std::size_t depth) {
    if (!compiler::is_binary_message(field.value.kind)) {
      read_scalars(field, member, found, depth);
      return;
    }
    want(field, found, WireType::delimited);
    if (field.repeated || member.messages.empty()) {
      member.messages.push_back(std::make_unique<Node>());
      member.messages.back()->offset = found.value_offset;
    }
    read(field.value.message, *member.messages.back(), found.bytes, found.value_offset, depth + 1);
  }

  // Both parts stand in the tree, also when they are left out as defaults.
  void read_entry(const Field& map, Node::Entry& entry, const WireField& found, std::size_t depth) {
    entry.offset = found.offset;
    entry.key.offset = entry.value.offset = found.value_offset;
    const Field &key = map.map->key, &value = map.map->value;
    WireReader reader(found.bytes, found.value_offset, path_);
    while (!reader.at_end()) {
      const WireField part = reader.field();
      if (part.number == 1) {
        want(key, part, wire_type(key.value));
        read_item(key, entry.key, part, depth);
      } else if (part.number == 2) {
        read_value(value, entry.value, part, depth);
      } else {
        refuse_in_well_known(part);
      }
    }
    if (entry.value.count() != 0) return;
    if (compiler::is_binary_message(value.value.kind)) {
      entry.value.messages.push_back(std::make_unique<Node>());
      entry.value.messages.back()->offset = found.value_offset;
    } else {
      entry.value.items.emplace_back().offset = found.value_offset;
    }
  }

  void read_scalars(const Field& field, Node::Member& member, const WireField& found,
                    std::size_t depth) {
    if (field.repeated && is_bare(field.value) && found.type == WireType::delimited) {
      WireReader elements(found.bytes, found.value_offset, path_);
      while (!elements.at_end()) {
        Item& item = member.items.emplace_back();
        item.offset = elements.offset();
        item.bits = elements.element(wire_type(field.value.type));
      }
      return;
    }
    want(field, found, wire_type(field.value));
    if (field.repeated || member.items.empty()) member.items.emplace_back();
    read_item(field, member.items.back(), found, depth);
  }

  // FieldMask and Any: texts, which of a mask are many; of an Any the last ones count.
  void read_texts(const Field& field, Item& item, const WireField& message) {
    const bool any = field.value.kind == ValueKind::any;
    WireReader reader(message.bytes, message.value_offset, path_);
    while (!reader.at_end()) {
      const WireField found = reader.field();
      if (found.type != WireType::delimited || found.number > (any ? 2 : 1)) refuse_in_well_known(found);
      if (found.number == 2) {
        item.bytes = found.bytes;
        item.bytes_offset = found.value_offset;
        continue;
      }
      check_utf8(found.bytes, found.value_offset);
      if (any) item.texts.clear();
      item.texts.push_back(found.bytes);
    }
  }

  // Also of a value that does not count: readers refuse the whole message.
  void check_utf8(std::string_view text, std::size_t offset) const {
    if (const auto bad = first_invalid_utf8(text)) {
      throw Refused({400, "protobuf_utf8", path_, "", "'" + path_ + "' is not valid UTF-8.", 0,
                     offset + *bad + 1, ""});
    }
  }

  // Wrappers and times are messages: their members may come in pieces.
  void read_wrapper(const Field& field, Item& item, const WireField& message) {
    WireReader reader(message.bytes, message.value_offset, path_);
    while (!reader.at_end()) {
      const WireField found = reader.field();
      if (found.number != 1) refuse_in_well_known(found);
      want(field, found, wire_type(field.value.type));
      item.bits = found.bits;
      item.bytes = found.bytes;
      if (field.value.kind == ValueKind::string) check_utf8(found.bytes, found.value_offset);
    }
  }

  void read_time(Item& item, std::string_view bytes, std::size_t offset) {
    WireReader reader(bytes, offset, path_);
    while (!reader.at_end()) {
      const WireField found = reader.field();
      if (found.number > 2 || found.type != WireType::varint) refuse_in_well_known(found);
      (found.number == 1 ? item.seconds : item.nanos) = static_cast<std::int64_t>(found.bits);
    }
    // nanos is an int32, which old writers may spell in five bytes.
    if (item.nanos > INT32_MAX && item.nanos <= UINT32_MAX)
      item.nanos = static_cast<std::int32_t>(item.nanos);
  }

  [[noreturn]] void refuse_in_well_known(const WireField& found) const {
    refuse_value(here(found.offset), "unknown_field",
                 "'" + path_ + "' has a field of number " + std::to_string(found.number) +
                     " that its type has not, or not in this encoding.");
  }

  const Tables& tables_;
  std::string path_;  // json names
};

}  // namespace

void read_binary_message(const Tables& tables, int message, std::string_view bytes,
                         std::string path, Node& node, Inside at) {
  node.offset = at.offset;
  TreeReader(tables, std::move(path)).read(message, node, bytes, at.offset, at.depth);
}

Item read_binary_value(const Tables& tables, const Field& field, std::string_view bytes,
                       std::string path, Inside at) {
  WireField whole;
  whole.bytes = bytes;
  whole.value_offset = at.offset;
  Item item;
  TreeReader(tables, std::move(path)).read_item(field, item, whole, at.depth);
  return item;
}

}  // namespace sluice::canonical
