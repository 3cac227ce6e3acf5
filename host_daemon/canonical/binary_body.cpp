// SPDX-License-Identifier: Apache-2.0
// First the bytes become a tree of what counts, then the tree is written in canonical order.
#include "canonical/binary_body.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "canonical/number.hpp"
#include "canonical/refusal.hpp"
#include "canonical/text.hpp"
#include "canonical/wire_reader.hpp"

namespace sluice::canonical {
namespace {

using compiler::Oneof;
using compiler::ValueKind;
using google::protobuf::FieldDescriptor;

struct Item {
  std::size_t offset = 0;               // of the value
  std::uint64_t bits = 0;               // numbers
  std::string_view bytes;               // strings and bytes
  std::int64_t seconds = 0, nanos = 0;  // times
};

struct Node {
  struct Member {
    std::size_t offset = 0;  // of the tag
    std::vector<Item> items;
    std::vector<std::unique_ptr<Node>> messages;
  };
  std::size_t offset = 0;         // of the message's first byte
  std::map<int, Member> members;  // by index into Message::fields
};

bool is_packable(FieldDescriptor::Type type) {
  return type != FieldDescriptor::TYPE_STRING && type != FieldDescriptor::TYPE_BYTES &&
         type != FieldDescriptor::TYPE_MESSAGE;
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
      return is_packable(type) ? WireType::varint : WireType::delimited;
  }
}

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

void append_varint(std::string& out, std::uint64_t value) {
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
}

void append_tag(std::string& out, const Field& field, WireType type) {
  append_varint(out, static_cast<std::uint64_t>(field.number) << 3 | static_cast<unsigned>(type));
}

void append_delimited(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

// The value in the field's own encoding, from bits that may be another spelling of it.
void append_number(std::string& out, FieldDescriptor::Type type, const Item& item,
                   const Scalar& scalar) {
  const auto number = static_cast<std::uint64_t>(scalar.number);
  const auto fixed = [&out](std::uint64_t bits, int width) {
    for (int i = 0; i < width; ++i) out += static_cast<char>(bits >> (8 * i) & 0xFF);
  };
  switch (type) {
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SINT64:
      append_varint(out, scalar.number < 0 ? ~(number << 1) : number << 1);
      break;
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      fixed(number, 4);
      break;
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      fixed(number, 8);
      break;
    case FieldDescriptor::TYPE_FLOAT: {
      const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(item.bits));
      fixed(std::isnan(value) ? 0x7FC00000 : value == 0 ? 0 : item.bits, 4);
      break;
    }
    case FieldDescriptor::TYPE_DOUBLE: {
      const auto value = std::bit_cast<double>(item.bits);
      fixed(std::isnan(value) ? 0x7FF8000000000000 : value == 0 ? 0 : item.bits, 8);
      break;
    }
    default:
      append_varint(out, number);  // a negative one as its 64-bit complement
  }
}

class BinaryBody {
 public:
  BinaryBody(const Tables& tables, const compiler::Body& body, const PathFields& path_fields)
      : tables_(tables), body_(body), path_fields_(path_fields) {}

  // --- reading

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
      if (place < 0) refuse_unknown(type, found);
      const Field& field = type.fields[static_cast<std::size_t>(place)];
      const Descent descent(*this, field);
      if (field.oneof >= 0) forget_others(type, place, node);
      Node::Member& member = node.members[place];
      member.offset = found.offset;
      if (field.value.kind == ValueKind::message) {
        want(field, found, WireType::delimited);
        if (field.repeated || member.messages.empty()) {
          member.messages.push_back(std::make_unique<Node>());
          member.messages.back()->offset = found.value_offset;
        }
        read(field.value.message, *member.messages.back(), found.bytes, found.value_offset,
             depth + 1);
      } else {
        read_scalars(field, member, found);
      }
    }
  }

  // --- writing

  void write(int index, const Node& node, std::string& out) {
    const Message& type = tables_.schema().message(index);
    check_required_oneofs(type, node);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      const Descent descent(*this, field);
      const auto found = node.members.find(static_cast<int>(i));
      const Node::Member* member = found != node.members.end() ? &found->second : nullptr;
      if (body_.excluded.contains(proto_path_)) {
        if (member != nullptr) compare_with_path(field, *member);
      } else if (field.repeated) {
        list(field, member, node, out);
      } else if (field.value.kind == ValueKind::message) {
        nested(field, member, node, out);
      } else if (member == nullptr) {
        absent(field, node.offset);
      } else {
        singular(field, member->items.back(), out);
      }
    }
  }

  // A body that is one field: `out` is empty when there is none.
  void write_field(const Field& field, std::string_view sent, std::string& out) {
    path_ = field.json_name;
    if (sent.empty() && body_.optional) return;
    if (field.value.kind == ValueKind::message) {
      Node node;
      read(field.value.message, node, sent, 0, 1);
      write(field.value.message, node, out);
    } else {
      Item time;
      read_time(time, sent, 0);
      write_time(field, time, out);
    }
    if (!out.empty() || body_.optional) return;
    const std::string rule = rule_text(field.rules, {"required"});
    refuse_rule(here(0), rule.empty() ? "required" : rule,
                "'" + path_ + "' is empty; it is required, so one of its members must be set.");
  }

 private:
  // Extends the paths by a field for the time of a scope.
  class Descent {
   public:
    Descent(BinaryBody& body, const Field& field)
        : body_(body), path_(body.path_.size()), proto_path_(body.proto_path_.size()) {
      const auto extend = [](std::string& path, const std::string& name) {
        if (!path.empty()) path += '.';
        path += name;
      };
      extend(body.path_, field.json_name);
      extend(body.proto_path_, field.name);
    }
    ~Descent() {
      body_.path_.resize(path_);
      body_.proto_path_.resize(proto_path_);
    }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;

   private:
    BinaryBody& body_;
    std::size_t path_, proto_path_;
  };

  Place here(std::size_t offset) const { return {path_, 0, offset + 1}; }

  [[noreturn]] void refuse_unknown(const Message& type, const WireField& found) const {
    const auto* known = type.descriptor->FindFieldByNumber(static_cast<int>(found.number));
    if (known != nullptr) {
      refuse_value({(path_.empty() ? "" : path_ + ".") + known->json_name(), 0, found.offset + 1},
                   "must_be_absent",
                   "'" + known->json_name() +
                       "' must be absent: it holds a google.protobuf.Any, and the policy lists no "
                       "type for it.");
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

  void read_scalars(const Field& field, Node::Member& member, const WireField& found) {
    const FieldDescriptor::Type type = field.value.type;
    if (field.repeated && is_packable(type) && found.type == WireType::delimited) {
      WireReader elements(found.bytes, found.value_offset, path_);
      while (!elements.at_end()) {
        Item& item = member.items.emplace_back();
        item.offset = elements.offset();
        item.bits = elements.element(wire_type(type));
      }
      return;
    }
    want(field, found, wire_type(type));
    if (field.repeated || member.items.empty()) member.items.emplace_back();
    Item& item = member.items.back();
    item.offset = found.value_offset;
    item.bits = found.bits;
    item.bytes = found.bytes;
    if (field.value.kind == ValueKind::timestamp) read_time(item, found.bytes, found.value_offset);
    if (field.value.kind != ValueKind::string) return;
    // Also of a value that does not count: readers refuse the whole message.
    if (const auto bad = first_invalid_utf8(found.bytes)) {
      throw Refused({400, "protobuf_utf8", path_, "", "'" + path_ + "' is not valid UTF-8.", 0,
                     found.value_offset + *bad + 1, ""});
    }
  }

  // Merges google.protobuf.Timestamp, as other messages are.
  void read_time(Item& item, std::string_view bytes, std::size_t offset) {
    WireReader reader(bytes, offset, path_);
    while (!reader.at_end()) {
      const WireField found = reader.field();
      if (found.number > 2 || found.type != WireType::varint) {
        refuse_value(here(found.offset), "unknown_field",
                     "'" + path_ + "' has a field that google.protobuf.Timestamp has not.");
      }
      (found.number == 1 ? item.seconds : item.nanos) = static_cast<std::int64_t>(found.bits);
    }
  }

  // The value of an item, read as if it stood in a text: one place knows types and their names.
  Scalar scalar(const Field& field, const Item& item) const {
    const Place place = here(item.offset);
    const auto signed_bits = static_cast<std::int64_t>(item.bits);
    switch (field.value.kind) {
      case ValueKind::boolean:
        return read_scalar(field, item.bits != 0 ? "true" : "false", place);
      case ValueKind::string:
        return read_scalar(field, item.bytes, place);
      case ValueKind::bytes:
        return read_scalar(field, base64_encode(item.bytes), place);
      case ValueKind::floating: {
        const bool single = field.value.type == FieldDescriptor::TYPE_FLOAT;
        const double value = single ? std::bit_cast<float>(static_cast<std::uint32_t>(item.bits))
                                    : std::bit_cast<double>(item.bits);
        if (std::isfinite(value))
          return read_scalar(field, to_canonical_float(value, single), place);
        return read_scalar(field,
                           std::isnan(value) ? "NaN"
                           : value > 0       ? "Infinity"
                                             : "-Infinity",
                           place);
      }
      default:
        return read_scalar(field, to_decimal(integer(field.value.type, item.bits, signed_bits)),
                           place);
    }
  }

  // The integer that the bits mean. What does not fit the type stays as it is and is found by its
  // range, but for a negative int32 of five bytes, which old writers make.
  static Int integer(FieldDescriptor::Type type, std::uint64_t bits, std::int64_t signed_bits) {
    switch (type) {
      case FieldDescriptor::TYPE_INT32:
      case FieldDescriptor::TYPE_ENUM:
      case FieldDescriptor::TYPE_SFIXED32:
        return bits >> 32 == 0 ? Int{static_cast<std::int32_t>(bits)} : Int{signed_bits};
      case FieldDescriptor::TYPE_SINT32:
      case FieldDescriptor::TYPE_SINT64:
        return Int{static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1))};
      case FieldDescriptor::TYPE_INT64:
      case FieldDescriptor::TYPE_SFIXED64:
        return Int{signed_bits};
      default:
        return Int{bits};
    }
  }

  void value(const Field& field, const Item& item, const Scalar& known, std::string& out) const {
    if (is_packable(field.value.type)) {
      append_number(out, field.value.type, item, known);
    } else {
      append_delimited(out, item.bytes);
    }
  }

  void write_time(const Field& field, const Item& item, std::string& out) const {
    constexpr std::int64_t kFirst = -62135596800, kLast = 253402300799;  // years 1 to 9999
    if (item.seconds < kFirst || item.seconds > kLast || item.nanos < 0 || item.nanos > 999999999) {
      throw Refused({422, "bad_value", path_, "type " + type_name(field),
                     "The time in '" + path_ +
                         "' is outside the years 1 to 9999, or its nanos are not 0 to 999999999.",
                     0, item.offset + 1, ""});
    }
    for (const auto& [tag, number] :
         {std::pair('\x08', item.seconds), std::pair('\x10', item.nanos)}) {
      if (number == 0) continue;
      out += tag;
      append_varint(out, static_cast<std::uint64_t>(number));
    }
  }

  void singular(const Field& field, const Item& item, std::string& out) {
    if (field.value.kind == ValueKind::timestamp) {
      std::string bytes;
      write_time(field, item, bytes);
      append_tag(out, field, WireType::delimited);
      append_delimited(out, bytes);
      return;
    }
    const Scalar known = scalar(field, item);
    if (known.is_default && field.implicit) {
      if (!field.default_allowed) refuse_default(field, known, item.offset);
      return;
    }
    check_rules(tables_, field.value, known, here(item.offset));
    append_tag(out, field, wire_type(field.value.type));
    value(field, item, known, out);
  }

  void nested(const Field& field, const Node::Member* member, const Node& parent,
              std::string& out) {
    const bool reached = body_.reached.contains(proto_path_);
    if (member == nullptr && !reached) return absent(field, parent.offset);
    Node empty;
    empty.offset = parent.offset;
    std::string bytes;
    write(field.value.message, member != nullptr ? *member->messages.back() : empty, bytes);
    // One that a path variable sets stands only for what it has besides.
    if (bytes.empty() && reached) return;
    append_tag(out, field, WireType::delimited);
    append_delimited(out, bytes);
  }

  void list(const Field& field, const Node::Member* member, const Node& parent, std::string& out) {
    const std::size_t count =
        member == nullptr ? 0 : std::max(member->items.size(), member->messages.size());
    if (count == 0) return absent(field, member != nullptr ? member->offset : parent.offset);
    const bool packed = is_packable(field.value.type);
    std::string elements;
    const std::size_t path = path_.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t offset =
          member->items.empty() ? member->messages[i]->offset : member->items[i].offset;
      if (field.max_items && i >= *field.max_items) {
        refuse_rule(
            here(offset), rule_text(field.rules, {"max_items"}),
            "'" + path_ + "' has more than " + std::to_string(*field.max_items) + " item(s).");
      }
      path_ += "[" + std::to_string(i) + "]";
      if (!packed) append_tag(elements, field, WireType::delimited);
      list_item(field, *member, i, elements);
      path_.resize(path);
    }
    if (count < field.min_items) {
      refuse_rule(here(member->offset), rule_text(field.rules, {"min_items"}),
                  "'" + path_ + "' must have at least " + std::to_string(field.min_items) +
                      " item(s); it has " + std::to_string(count) + ".");
    }
    if (packed) {
      append_tag(out, field, WireType::delimited);
      append_varint(out, elements.size());
    }
    out += elements;
  }

  void list_item(const Field& field, const Node::Member& member, std::size_t i, std::string& out) {
    if (field.value.kind == ValueKind::message || field.value.kind == ValueKind::timestamp) {
      std::string bytes;
      if (field.value.kind == ValueKind::message) {
        write(field.value.message, *member.messages[i], bytes);
      } else {
        write_time(field, member.items[i], bytes);
      }
      append_delimited(out, bytes);
      return;
    }
    const Scalar known = scalar(field, member.items[i]);
    check_rules(tables_, field.value, known, here(member.items[i].offset));
    value(field, member.items[i], known, out);
  }

  void check_required_oneofs(const Message& type, const Node& node) {
    std::vector<bool> set(type.oneofs.size(), false);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      if (type.fields[i].oneof < 0) continue;
      const Descent descent(*this, type.fields[i]);
      if (node.members.contains(static_cast<int>(i)) || body_.excluded.contains(proto_path_) ||
          body_.reached.contains(proto_path_)) {
        set[static_cast<std::size_t>(type.fields[i].oneof)] = true;
      }
    }
    for (std::size_t i = 0; i < type.oneofs.size(); ++i) {
      const Oneof& oneof = type.oneofs[i];
      if (!oneof.required || set[i]) continue;
      Place place = here(node.offset);
      place.field += (place.field.empty() ? "" : ".") + oneof.name;
      refuse_rule(place, oneof.rules.empty() ? "required" : oneof.rules.front().name,
                  "One member of '" + oneof.name + "' must be set; none is.");
    }
  }

  void compare_with_path(const Field& field, const Node::Member& member) const {
    const auto found = path_fields_.find(proto_path_);
    if (found == path_fields_.end()) {
      refuse_value(here(member.offset), "oneof",
                   "'" + path_ + "' is set, but another member of its oneof travels in the path.");
    }
    if (scalar(field, member.items.back()).text == found->second.text) return;
    refuse_value(here(member.offset), "contradicts_path",
                 "'" + path_ + "' travels in the path, as '" + excerpt(found->second.text) +
                     "'; the body says something else. Leave it out of the body.");
  }

  // A field that is not there, unless it has to be.
  void absent(const Field& field, std::size_t offset) const {
    if (!compiler::required_by_rules(field)) return;
    std::string rule = rule_text(field.rules, {"required", "min_items"});
    if (rule.empty() && field.implicit) rule = breached_by_default(field);
    refuse_rule(here(offset), rule.empty() ? "required" : rule,
                "'" + path_ + "' is missing; it is required.");
  }

  // A default value that the rules do not allow.
  [[noreturn]] void refuse_default(const Field& field, const Scalar& known,
                                   std::size_t offset) const {
    std::string rule = rule_text(field.rules, {"required"});
    if (rule.empty()) rule = breached_by_default(field);
    refuse_rule(here(offset), rule.empty() ? "required" : rule,
                "'" + path_ + "' is " + (known.text.empty() ? "empty" : known.text) +
                    ", which the schema does not allow.");
  }

  std::string breached_by_default(const Field& field) const {
    try {
      check_rules(tables_, field.value, default_scalar(field), {});
    } catch (const Refused& refused) {
      return refused.refusal.rule;
    }
    return "";
  }

  const Tables& tables_;
  const compiler::Body& body_;
  const PathFields& path_fields_;
  std::string path_;        // json names, for refusals
  std::string proto_path_;  // proto names, for Body::excluded; items have no index in it
};

}  // namespace

std::optional<std::string> canonical_binary_body(const Tables& tables, const compiler::Body& body,
                                                 std::string_view sent,
                                                 const PathFields& path_fields) {
  try {
    std::string out;
    if (body.kind == compiler::Body::Kind::message) {
      BinaryBody binary(tables, body, path_fields);
      Node root;
      binary.read(body.message, root, sent, 0, 1);
      binary.write(body.message, root, out);
      return out;
    }
    const Field& field =
        tables.schema().message(body.message).fields[static_cast<std::size_t>(body.field)];
    PathFields below;  // relative to the field's value, as in Body::excluded
    const std::string prefix = field.name + ".";
    for (const auto& [path, scalar] : path_fields) {
      if (path.starts_with(prefix)) below.emplace(path.substr(prefix.size()), scalar);
    }
    BinaryBody(tables, body, below).write_field(field, sent, out);
    if (out.empty()) return std::nullopt;
    return out;
  } catch (Refused& refused) {
    Refusal& refusal = refused.refusal;
    if (refusal.column > 0) refusal.offset = refusal.column - 1;
    refusal.column = 0;
    throw;
  }
}

}  // namespace sluice::canonical
