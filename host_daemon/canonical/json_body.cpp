// SPDX-License-Identifier: Apache-2.0
// One walk per object: first every member finds its field, then the fields are written in canonical
// order.
#include "canonical/json_body.hpp"

#include <map>
#include <set>
#include <vector>

#include "canonical/body_walk.hpp"
#include "canonical/json_dynamic.hpp"
#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

using compiler::Oneof;
using compiler::ValueKind;

constexpr std::string_view kTypeMember = "@type";

class BodyWriter : BodyWalk {
 public:
  BodyWriter(const Tables& tables, const JsonDocument& document, const compiler::Body& body,
             const PathFields& path_fields)
      : BodyWalk(tables, body, path_fields), document_(document) {}

  // Writes one message. Of an Any it stands behind the member `@type`.
  void message(int index, const JsonNode& node, const std::string& any_url = {}) {
    const Message& type = tables_.schema().message(index);
    if (node.kind != JsonKind::object) {
      refuse_type(node, type.name,
                   subject() + " must be an object (" + type.name + "); found " +
                       std::string(describe(node.kind)) + ".");
    }
    const std::vector<const JsonNode*> members = find_members(index, type, node, !any_url.empty());
    check_oneofs(type, members);
    check_choices(type, node.offset, [&](const Field& field, std::size_t i) { return set_at(field, members[i]); });
    out_ += '{';
    bool first = any_url.empty();
    if (!first) write_type(any_url);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      const Descent descent(*this, field);
      if (is_elsewhere()) {
        if (members[i] != nullptr) compare_with_path(field, *members[i]);
        continue;
      }
      const std::size_t before = out_.size();
      if (!first) out_ += ',';
      append_json_string(out_, field.json_name);
      out_ += ':';
      if (member_value(field, members[i], node)) {
        first = false;
      } else {
        out_.resize(before);
      }
    }
    out_ += '}';
  }

  // Writes the value of a field; false, with nothing said about `out_`, when it is spelled by
  // absence.
  bool member_value(const Field& field, const JsonNode* node, const JsonNode& parent) {
    if (field.map) return map(field, node, parent);
    if (field.repeated) return list(field, node, parent);
    if (field.value.kind == ValueKind::any || compiler::is_dynamic(field.value.kind)) {
      if (node == nullptr) return absent(field, parent);
      if (field.value.kind == ValueKind::any) {
        any(field, *node);
      } else {
        dynamic(field, *node);
      }
      return true;
    }
    if (field.value.kind == ValueKind::message) {
      if (node == nullptr && !body_.reached.contains(proto_path_)) return absent(field, parent);
      // A message that a path variable reaches into is set, so it stands in the body even when
      // empty.
      static const JsonNode kEmptyObject{.kind = JsonKind::object, .text = {}, .key = {}};
      message(field.value.message, node != nullptr ? *node : kEmptyObject);
      return true;
    }
    Scalar scalar;
    const std::size_t offset = node != nullptr ? node->offset : parent.offset;
    if (node != nullptr) {
      scalar = read_scalar(field, *node, here(offset));
    } else {
      const bool print = field.implicit && !field.omit_default && field.default_allowed;
      if (!print) return absent(field, parent);
      scalar = default_scalar(field);
    }
    if (scalar.is_default && field.implicit) {
      if (!field.default_allowed) refuse_default(field, scalar, offset);
      if (field.omit_default) return false;
    }
    check_rules(tables_, field.value, scalar, here(offset));
    append_json(out_, scalar);
    return true;
  }

  std::string take() { return std::move(out_); }

  // Writes a body that is one field; false when there is no body.
  bool body_field(const Field& field, const JsonNode& root) {
    path_ = field.json_name;
    const JsonNode* node = root.kind == JsonKind::null && field.value.kind != ValueKind::dynamic ? nullptr : &root;
    // A default without presence means "no body", whatever `defaults` says.
    if (field.implicit && field.default_allowed) {
      if (node == nullptr || read_scalar(field, *node, here(node->offset)).is_default) return false;
    }
    if (!member_value(field, node, root)) return false;
    const bool empty = (out_ == "{}" && field.value.kind != ValueKind::dynamic) || (out_ == "[]" && field.value.kind == ValueKind::list_value);
    if (!empty) return true;
    // A message that shows nothing is no body (compiler::Body::optional).
    if (!body_.optional) refuse_empty(field, root.offset);
    out_.clear();
    return false;
  }

 private:
  std::vector<const JsonNode*> find_members(int index, const Message& type, const JsonNode& node, bool in_any) {
    std::vector<const JsonNode*> members(type.fields.size(), nullptr);
    std::vector<bool> seen(type.fields.size(), false);
    std::vector<std::string_view> empty_ones;  // of fields that must be absent
    for (const JsonNode* member = document_.child(node); member != nullptr;
         member = document_.next(*member)) {
      if (in_any && member->key == kTypeMember) continue;
      const int found = tables_.find_field(index, member->key);
      if (found < 0) {
        absent_member(index, type, *member, empty_ones);
        continue;
      }
      const auto place = static_cast<std::size_t>(found);
      if (seen[place]) {
        refuse_twice(*member, type.fields[place].json_name);
      }
      seen[place] = true;
      // The mapping: null is absence, but where it is a value.
      const ValueKind kind = type.fields[place].value.kind;
      const bool is_value = (kind == ValueKind::null || kind == ValueKind::dynamic) && !type.fields[place].repeated;
      if (member->kind != JsonKind::null || is_value) members[place] = member;
    }
    return members;
  }

  [[noreturn]] void refuse_type(const JsonNode& node, const std::string& type,
                                std::string message) const {
    const Place place = here(node.offset);
    throw Refused({422, "wrong_type", place.field, "type " + type, std::move(message), place.line,
                   place.column, ""});
  }

  [[noreturn]] void refuse_twice(const JsonNode& member, const std::string& name) const {
    refuse_value(member_place(member), "duplicate_field",
                 subject() + " has the member '" + name + "' twice.");
  }

  Place member_place(const JsonNode& member) const {
    return {(path_.empty() ? "" : path_ + ".") + excerpt(member.key, 80), 0,
            member.key_offset + std::size_t{1}};
  }

  // A member that is no field, or one that must be absent: spelled as empty it may stand there,
  // once.
  void absent_member(int index, const Message& type, const JsonNode& member,
                     std::vector<std::string_view>& empty_ones) const {
    const std::string name = excerpt(member.key);
    if (tables_.must_be_absent(index, member.key)) {
      const bool empty = member.kind == JsonKind::null ||
                         (member.kind == JsonKind::array && document_.child(member) == nullptr);
      if (!empty) {
        refuse_value(member_place(member), "must_be_absent",
                     "'" + name + "' must be absent: policy and schema leave it no value.");
      }
      for (const std::string_view other : empty_ones) {
        if (other == member.key) refuse_twice(member, name);
      }
      empty_ones.push_back(member.key);
      return;
    }
    std::string hint;
    if (member.key.size() <= 64) {
      const std::string nearest = tables_.nearest_field(index, member.key);
      if (!nearest.empty()) hint = " Did you mean '" + nearest + "'?";
    }
    refuse_value(member_place(member), "unknown_field",
                 subject() + " has no field '" + name + "' in " + type.name + "." + hint);
  }

  // Two members of a oneof. Members that the path excludes are compared with it one by one.
  void check_oneofs(const Message& type, const std::vector<const JsonNode*>& members) {
    std::vector<const Field*> set(type.oneofs.size(), nullptr);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      if (field.oneof < 0 || members[i] == nullptr) continue;
      const Oneof& oneof = type.oneofs[static_cast<std::size_t>(field.oneof)];
      const Descent descent(*this, field);
      if (oneof.descriptor == nullptr || is_elsewhere()) continue;
      const Field*& other = set[static_cast<std::size_t>(field.oneof)];
      if (other != nullptr) {
        refuse_value(here(members[i]->offset), "oneof",
                     "'" + other->json_name + "' and '" + field.json_name +
                         "' are both set; at most one member of '" + oneof.name + "' may be.");
      }
      other = &field;
    }
  }

  // See check_choices: a list with items, a value other than a default without presence.
  std::optional<std::size_t> set_at(const Field& field, const JsonNode* node) const {
    if (node == nullptr) return std::nullopt;
    const bool several = field.repeated && (node->kind == JsonKind::array || node->kind == JsonKind::object);
    const bool set = several ? document_.child(*node) != nullptr : !field.implicit || !read_scalar(field, *node, here(node->offset)).is_default;
    return set ? std::optional<std::size_t>(node->offset) : std::nullopt;
  }

  void write_type(const std::string& url) {
    append_json_string(out_, kTypeMember);
    out_ += ':';
    append_json_string(out_, url);
  }

  // google.protobuf.Any: `@type` says what the other members are.
  void any(const Field& field, const JsonNode& node) {
    if (node.kind != JsonKind::object) refuse_type(node, "google.protobuf.Any", subject() + " must be an object; found " + std::string(describe(node.kind)) + ".");
    const JsonNode* named = nullptr;
    const JsonNode* content = nullptr;
    std::size_t others = 0;
    for (const JsonNode* member = document_.child(node); member != nullptr; member = document_.next(*member)) {
      if (member->key == kTypeMember) {
        if (named != nullptr) refuse_twice(*member, std::string(kTypeMember));
        named = member;
      } else {
        ++others;
        content = member;
      }
    }
    if (named == nullptr || named->kind != JsonKind::string) {
      refuse_value(here(node.offset), "any_type", subject() + " must say its type in the member '@type', a string.");
    }
    const auto& types = tables_.schema().any_types;
    const compiler::AnyType* type = nullptr;
    for (const int index : field.value.any) {
      if (types[static_cast<std::size_t>(index)].url == named->text) type = &types[static_cast<std::size_t>(index)];
    }
    if (type == nullptr) {
      refuse_value(here(named->offset), "any_type", subject() + " holds '" + excerpt(named->text) + "', which the policy or the schema does not allow there.");
    }
    if (type->value.value.kind == ValueKind::message) {
      message(type->value.value.message, node, type->url);
      return;
    }
    if (others != 1 || content->key != "value") {
      refuse_value(here(node.offset), "any_value", subject() + " must have the members '@type' and 'value', and no other.");
    }
    out_ += '{';
    write_type(type->url);
    out_ += ",\"value\":";
    const Descent descent(*this, type->value);
    list_item(type->value, *content);
    out_ += '}';
  }

  // Struct, ListValue, Value.
  void dynamic(const Field& field, const JsonNode& node) {
    const bool wrong = (field.value.kind == ValueKind::structure && node.kind != JsonKind::object) ||
                       (field.value.kind == ValueKind::list_value && node.kind != JsonKind::array);
    if (wrong) {
      refuse_type(node, type_name(field), subject() + " must be an " + (field.value.kind == ValueKind::structure ? "object" : "array") + " (" + type_name(field) + "); found " +
                                              std::string(describe(node.kind)) + ".");
    }
    append_dynamic(out_, document_, node, path_);
  }

  void compare_with_path(const Field& field, const JsonNode& node) {
    const Scalar& in_path = value_in_path(node.offset);
    require_equal(read_scalar(field, node, here(node.offset)), in_path, node.offset);
  }

  // A field that is not there: false, unless it has to be.
  bool absent(const Field& field, const JsonNode& parent) const {
    if (field.required) refuse_absent(field, parent.offset);
    return false;
  }

  bool list(const Field& field, const JsonNode* node, const JsonNode& parent) {
    if (node != nullptr && node->kind != JsonKind::array) {
      refuse_type(*node, "repeated " + type_name(field),
                   "'" + path_ + "' must be an array of " + type_name(field) + "; found " +
                       std::string(describe(node->kind)) + ".");
    }
    const JsonNode* item = node != nullptr ? document_.child(*node) : nullptr;
    if (item == nullptr) return absent(field, node != nullptr ? *node : parent);
    out_ += '[';
    std::uint64_t count = 0;
    const std::size_t path = path_.size();
    std::set<std::string> stood;
    for (; item != nullptr; item = document_.next(*item), ++count) {
      if (field.max_items && count >= *field.max_items) {
        refuse_rule(
            here(item->offset), rule_text(field.rules, {"max_items"}),
            "'" + path_ + "' has more than " + std::to_string(*field.max_items) + " item(s).");
      }
      if (count > 0) out_ += ',';
      path_ += "[" + std::to_string(count) + "]";
      const std::size_t begin = out_.size();
      list_item(field, *item);
      if (field.unique && !stood.insert(out_.substr(begin)).second) {
        refuse_rule(here(item->offset), rule_text(field.rules, {"unique"}), "'" + path_ + "' repeats an earlier item.");
      }
      path_.resize(path);
    }
    if (count < field.min_items) {
      refuse_rule(here(node->offset), rule_text(field.rules, {"min_items"}),
                  "'" + path_ + "' must have at least " + std::to_string(field.min_items) +
                      " item(s); it has " + std::to_string(count) + ".");
    }
    out_ += ']';
    return true;
  }

  // Pairs ascend by the bytes of their keys as they stand in the record.
  bool map(const Field& field, const JsonNode* node, const JsonNode& parent) {
    const auto& [key_field, value_field] = *field.map;
    if (node != nullptr && node->kind != JsonKind::object) {
      const std::string type = "map<" + type_name(key_field) + ", " + type_name(value_field) + ">";
      refuse_type(*node, type,
                  "'" + path_ + "' must be an object (" + type + "); found " + std::string(describe(node->kind)) + ".");
    }
    const JsonNode* pair = node != nullptr ? document_.child(*node) : nullptr;
    if (pair == nullptr) return absent(field, node != nullptr ? *node : parent);
    std::map<std::string, std::string> pairs;  // key as it stands: the whole pair
    const std::size_t begin = out_.size();
    const std::size_t path = path_.size();
    for (; pair != nullptr; pair = document_.next(*pair)) {
      if (field.max_items && pairs.size() >= *field.max_items) {
        refuse_rule(here(pair->key_offset), rule_text(field.rules, {"max_pairs"}),
                    "'" + path_ + "' has more than " + std::to_string(*field.max_items) + " pair(s).");
      }
      path_ += "[\"" + excerpt(pair->key, 80) + "\"]";
      const Scalar key = read_scalar(key_field, pair->key, here(pair->key_offset));
      check_rules(tables_, key_field.value, key, here(pair->key_offset));
      append_json_string(out_, key.text);
      // Without the closing quote: a key that begins another stands before it.
      const std::string spelled = out_.substr(begin, out_.size() - begin - 1);
      out_ += ':';
      list_item(value_field, *pair);
      if (!pairs.try_emplace(spelled, out_.substr(begin)).second) {
        refuse_value(here(pair->key_offset), "duplicate_key", "The map has the key '" + excerpt(key.text) + "' twice.");
      }
      out_.resize(begin);
      path_.resize(path);
    }
    if (pairs.size() < field.min_items) {
      refuse_rule(here(node->offset), rule_text(field.rules, {"min_pairs"}),
                  "'" + path_ + "' must have at least " + std::to_string(field.min_items) + " pair(s); it has " +
                      std::to_string(pairs.size()) + ".");
    }
    for (const auto& [key, text] : pairs) {
      out_ += out_.size() == begin ? '{' : ',';
      out_ += text;
    }
    out_ += '}';
    return true;
  }

  void list_item(const Field& field, const JsonNode& item) {
    if (field.value.kind == ValueKind::any) {
      any(field, item);
      return;
    }
    if (compiler::is_dynamic(field.value.kind)) {
      dynamic(field, item);
      return;
    }
    if (field.value.kind == ValueKind::message) {
      message(field.value.message, item);
      return;
    }
    const Scalar scalar = read_scalar(field, item, here(item.offset));
    check_rules(tables_, field.value, scalar, here(item.offset));
    append_json(out_, scalar);
  }

  const JsonDocument& document_;
  std::string out_;
};

// Turns the byte offset that BodyWriter put into `column` into line and column.
template <class Work>
auto with_places(std::string_view json, Work work) {
  try {
    return work();
  } catch (Refused& refused) {
    Refusal& refusal = refused.refusal;
    if (refusal.line == 0 && refusal.column > 0) {
      const LineColumn place = line_column(json, refusal.column - 1);
      refusal.line = place.line;
      refusal.column = place.column;
    }
    throw;
  }
}

}  // namespace

std::optional<std::string> canonical_body(const Tables& tables, const compiler::Body& body,
                                          std::string_view json, const PathFields& path_fields) {
  return with_places(json, [&]() -> std::optional<std::string> {
    const JsonDocument document(json, tables.policy().limits().max_depth());
    const JsonNode& root = document.root();
    if (body.kind == compiler::Body::Kind::message) {
      BodyWriter writer(tables, document, body, path_fields);
      writer.message(body.message, root);
      return writer.take();
    }
    const Field& field =
        tables.schema().message(body.message).fields[static_cast<std::size_t>(body.field)];
    // Paths below the body's own field, relative to its value, as in Body::excluded.
    PathFields below;
    const std::string prefix = field.name + ".";
    for (const auto& [path, scalar] : path_fields) {
      if (path.starts_with(prefix)) below.emplace(path.substr(prefix.size()), scalar);
    }
    BodyWriter writer(tables, document, body, below);
    if (!writer.body_field(field, root)) return std::nullopt;
    return writer.take();
  });
}

}  // namespace sluice::canonical
