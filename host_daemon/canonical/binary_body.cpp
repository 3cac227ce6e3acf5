// SPDX-License-Identifier: Apache-2.0
// The tree of what counts, written in canonical order, every rule checked.
#include "canonical/binary_body.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "canonical/binary_tree.hpp"
#include "canonical/body_walk.hpp"
#include "canonical/number.hpp"
#include "canonical/refusal.hpp"
#include "canonical/text.hpp"
#include "compiler/civil_time.hpp"
#include "compiler/field_mask.hpp"

namespace sluice::canonical {
namespace {

using compiler::ValueKind;
using google::protobuf::FieldDescriptor;

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

class BinaryBody : BodyWalk {
 public:
  BinaryBody(const Tables& tables, const compiler::Body& body, const PathFields& path_fields)
      : BodyWalk(tables, body, path_fields) {}

  void write(int index, const Node& node, std::string& out) {
    const Message& type = tables_.schema().message(index);
    check_choices(type, node.offset, [&](const Field& field, std::size_t i) { return set_at(field, node, static_cast<int>(i)); });
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      const Descent descent(*this, field);
      const auto found = node.members.find(static_cast<int>(i));
      const Node::Member* member = found != node.members.end() ? &found->second : nullptr;
      if (is_elsewhere()) {
        if (member != nullptr) compare_with_path(field, *member);
      } else if (field.map) {
        map(field, member, node, out);
      } else if (field.repeated) {
        list(field, member, node, out);
      } else if (compiler::is_binary_message(field.value.kind)) {
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
    out = content(field, sent, {});
    if (!out.empty() || body_.optional) return;
    refuse_empty(field, 0);
  }

 private:
  // A value that is a message, from the bytes behind its length.
  std::string content(const Field& field, std::string_view sent, Inside at) {
    std::string out;
    if (compiler::is_binary_message(field.value.kind)) {
      Node node;
      read_binary_message(tables_, field.value.message, sent, path_, node, at);
      write(field.value.message, node, out);
      return out;
    }
    return checked_content(field, read_binary_value(tables_, field, sent, path_, at));
  }

  // What stands behind the length of a value that is no message of the schema.
  std::string checked_content(const Field& field, const Item& item) {
    if (field.value.kind == ValueKind::any) return any(field, item);
    if (field.value.kind == ValueKind::field_mask) return field_mask(field, item);
    const Scalar known = scalar(field, item);
    check_rules(tables_, field.value, known, here(item.offset));
    return delimited_value(field, item, known);
  }

  // What stands behind the tag.
  void checked_value(const Field& field, const Item& item, std::string& out) {
    if (!is_bare(field.value)) {
      append_delimited(out, checked_content(field, item));
      return;
    }
    const Scalar known = scalar(field, item);
    check_rules(tables_, field.value, known, here(item.offset));
    append_number(out, field.value.type, item, known);
  }

  std::string any(const Field& field, const Item& item) {
    const auto& types = tables_.schema().any_types;
    const std::string_view url = item.texts.empty() ? std::string_view() : item.texts.back();
    const auto found = std::find_if(field.value.any.begin(), field.value.any.end(), [&](int index) {
      return types[static_cast<std::size_t>(index)].url == url;
    });
    if (found == field.value.any.end()) {
      refuse_value(here(item.offset), "any_type",
                   subject() + " holds '" + excerpt(url) +
                       "', which the policy or the schema does not allow there.");
    }
    const compiler::AnyType& type = types[static_cast<std::size_t>(*found)];
    std::string out("\x0A");
    append_delimited(out, type.url);
    const std::string inner = content(type.value, item.bytes, {item.bytes_offset, item.depth + 1});
    if (inner.empty()) return out;
    out += '\x12';
    append_delimited(out, inner);
    return out;
  }

  // The paths in the order that the sender chose.
  std::string field_mask(const Field& field, const Item& item) const {
    const compiler::MaskRules rules = compiler::mask_rules(field.value.rules);
    const auto refuse = [&](std::string_view rule, const std::string& what) {
      refuse_rule(here(item.offset), rule_text(field.value.rules, {rule}), "'" + path_ + "' " + what);
    };
    if (rules.constant && !std::equal(item.texts.begin(), item.texts.end(), rules.constant->begin(), rules.constant->end())) {
      refuse("const", "is not the one mask that the schema allows.");
    }
    std::string out;
    for (const std::string_view path : item.texts) {
      if (rules.in && !compiler::covers(*rules.in, path)) refuse("in", "names '" + excerpt(path) + "', which is not one of the allowed paths.");
      if (compiler::covers(rules.not_in, path)) refuse("not_in", "names '" + excerpt(path) + "', which is one of the forbidden paths.");
      out += '\x0A';
      append_delimited(out, path);
    }
    return out;
  }

  // The value of an item, read as if it stood in a text: one place knows types and their names.
  Scalar scalar(const Field& field, const Item& item) const {
    const Place place = here(item.offset);
    const auto signed_bits = static_cast<std::int64_t>(item.bits);
    switch (field.value.kind) {
      case ValueKind::null:
        return null_scalar(item);
      case ValueKind::timestamp:
      case ValueKind::duration:
        return time_scalar(field, item);
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

  Scalar null_scalar(const Item& item) const {
    if (item.bits != 0) {
      refuse_value(here(item.offset), "unknown_enum_value",
                   "'" + path_ + "' is not 0, the one value of google.protobuf.NullValue.");
    }
    Scalar out;
    out.text = "null";
    out.is_default = true;
    return out;
  }

  Scalar time_scalar(const Field& field, const Item& item) const {
    const bool timestamp = field.value.kind == ValueKind::timestamp;
    constexpr std::int64_t kMost = 999999999;
    const bool mixed =
        timestamp ? item.nanos < 0
                  : (item.seconds < 0 && item.nanos > 0) || (item.seconds > 0 && item.nanos < 0);
    Scalar out;
    out.number = Int{item.seconds} * compiler::kNanosPerSecond + item.nanos;
    const auto& range = timestamp ? compiler::timestamp_range() : compiler::duration_range();
    if (mixed || item.nanos > kMost || item.nanos < -kMost || !range.contains(out.number)) {
      throw Refused({422, "bad_value", path_, "type " + type_name(field),
                     "The time in '" + path_ + "' has seconds or nanos that " + type_name(field) +
                         " does not allow.",
                     0, item.offset + 1, ""});
    }
    out.text =
        timestamp ? compiler::timestamp_text(out.number) : compiler::duration_text(out.number);
    out.quoted = true;
    return out;
  }

  // What stands behind the length.
  static std::string delimited_value(const Field& field, const Item& item, const Scalar& known) {
    std::string out;
    if (is_time(field.value)) {
      for (const auto& [tag, number] :
           {std::pair('\x08', item.seconds), std::pair('\x10', item.nanos)}) {
        if (number == 0) continue;
        out += tag;
        append_varint(out, static_cast<std::uint64_t>(number));
      }
    } else if (!field.value.wrapped) {
      out = item.bytes;
    } else if (!known.is_default) {
      const WireType type = wire_type(field.value.type);
      out += static_cast<char>(1 << 3 | static_cast<int>(type));
      if (type == WireType::delimited) {
        append_delimited(out, item.bytes);
      } else {
        append_number(out, field.value.type, item, known);
      }
    }
    return out;
  }

  void singular(const Field& field, const Item& item, std::string& out) {
    if (field.implicit) {
      const Scalar known = scalar(field, item);
      if (known.is_default && !field.default_allowed) refuse_default(field, known, item.offset);
      if (known.is_default) return;
    }
    append_tag(out, field, wire_type(field.value));
    checked_value(field, item, out);
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
    const std::size_t count = member == nullptr ? 0 : member->count();
    if (count == 0) return absent(field, member != nullptr ? member->offset : parent.offset);
    const bool packed = is_bare(field.value);
    std::string elements;
    std::set<std::string> stood;
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
      const std::size_t begin = elements.size();
      list_item(field, *member, i, elements);
      if (field.unique && !stood.insert(elements.substr(begin)).second) {
        refuse_rule(here(offset), rule_text(field.rules, {"unique"}),
                    "'" + path_ + "' repeats an earlier item.");
      }
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
    if (!compiler::is_binary_message(field.value.kind)) {
      checked_value(field, member.items[i], out);
      return;
    }
    std::string bytes;
    write(field.value.message, *member.messages[i], bytes);
    append_delimited(out, bytes);
  }

  // Entries ascend by the bytes of their keys, without tag and length; of equal keys the last one counts.
  void map(const Field& field, const Node::Member* member, const Node& parent, std::string& out) {
    if (member == nullptr) return absent(field, parent.offset);
    const Field &key_field = field.map->key, &value_field = field.map->value;
    std::map<std::string, const Node::Entry*> entries;
    for (const Node::Entry& entry : member->entries) {
      std::string key;
      if (is_bare(key_field.value)) {
        append_number(key, key_field.value.type, entry.key, scalar(key_field, entry.key));
      } else {
        key = entry.key.bytes;
      }
      entries[key] = &entry;
    }
    if (field.max_items && entries.size() > *field.max_items) {
      refuse_rule(here(member->offset), rule_text(field.rules, {"max_pairs"}),
                  "'" + path_ + "' has more than " + std::to_string(*field.max_items) + " pair(s).");
    }
    if (entries.size() < field.min_items) {
      refuse_rule(here(member->offset), rule_text(field.rules, {"min_pairs"}),
                  "'" + path_ + "' must have at least " + std::to_string(field.min_items) +
                      " pair(s); it has " + std::to_string(entries.size()) + ".");
    }
    const std::size_t path = path_.size();
    for (const auto& [key, entry] : entries) {
      const Scalar known = scalar(key_field, entry->key);
      path_ += "[\"" + excerpt(known.text, 80) + "\"]";
      std::string bytes;
      append_tag(bytes, key_field, wire_type(key_field.value));
      checked_value(key_field, entry->key, bytes);
      append_tag(bytes, value_field, wire_type(value_field.value));
      list_item(value_field, entry->value, 0, bytes);
      append_tag(out, field, WireType::delimited);
      append_delimited(out, bytes);
      path_.resize(path);
    }
  }

  // See check_choices: a list with items, a value other than a default without presence.
  std::optional<std::size_t> set_at(const Field& field, const Node& node, int index) const {
    const auto found = node.members.find(index);
    if (found == node.members.end()) return std::nullopt;
    const Node::Member& member = found->second;
    const bool set = field.implicit && !field.repeated ? !scalar(field, member.items.back()).is_default
                                                       : member.count() != 0;
    return set ? std::optional<std::size_t>(member.offset) : std::nullopt;
  }

  void compare_with_path(const Field& field, const Node::Member& member) const {
    const Scalar& in_path = value_in_path(member.offset);
    require_equal(scalar(field, member.items.back()), in_path, member.offset);
  }

  // A field that is not there, unless it has to be.
  void absent(const Field& field, std::size_t offset) const {
    if (compiler::required_by_rules(field)) refuse_absent(field, offset);
  }
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
      read_binary_message(tables, body.message, sent, "", root);
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
