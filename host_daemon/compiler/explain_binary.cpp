// SPDX-License-Identifier: Apache-2.0
// A Protobuf body is read up to the rejected byte, as in explain_body.cpp: a stack of messages and pairs of maps, each with its end. Where the
// reading stands then says which field is meant and what was expected. An Any is not read: the event says what is known of it.
#include <algorithm>

#include "compiler/explain_internal.hpp"
#include "compiler/rule_check.hpp"

namespace sluice::compiler {

namespace {

using layout::Reason;

using Answer = std::optional<Finding>;  // none: what was read is all right, and lies before the rejected symbol

const Finding kUnknown{};  // the event knows better

class BinaryReader {
 public:
  BinaryReader(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset, Reason reason)
      : facts_(facts), body_(body), record_(record), at_(start), offset_(offset), reason_(reason) {}

  Finding find() {
    int message = body_.message;
    if (body_.kind == Body::Kind::field) {
      const FieldFacts& field = facts_.field({body_.message, body_.field});
      root_ = field.json_name;
      message = field.message;
      if (!is_binary_message(field.kind)) return {{root_}, causes_of_content(field, record_.substr(at_), place(false))};
    }
    if (message < 0 || at_ > offset_) return kUnknown;
    open(message, record_.size(), "");
    frames_.back().scoped = true;
    for (;;) {
      Frame& top = frames_.back();
      if (at_ < top.end) {
        if (at_ > offset_) return kUnknown;
        const Answer answer = top.map ? part_of_pair() : member();
        if (answer) return *answer;
        continue;
      }
      if (at_ == offset_) {
        if (const Answer answer = bad_end()) return *answer;
      }
      if (frames_.size() == 1) return kUnknown;
      if (top.map) frames_[frames_.size() - 2].last_key = top.key;
      frames_.pop_back();
    }
  }

 private:
  struct Frame {
    const MessageFacts* message = nullptr;
    const FieldFacts* map = nullptr;        // a pair: of this map, and no message
    std::size_t end = 0;
    std::string element{};                  // of the path
    std::vector<const FieldFacts*> seen{};  // members, in their order
    std::size_t items = 0;                  // that have begun, of the last member
    std::string_view last_key{};            // of the last member, a map: of its pair before, as it stands
    std::size_t parts = 0;                  // pair: read so far
    std::string_view key{};                 // pair: as it stands
    std::string scope{};                    // proto path below the body, with its dot
    bool scoped = false;                    // Body's paths may name the members
  };

  ValuePlace place(bool item) const { return {Surroundings::json, reason_, item, false}; }
  std::string_view rest() const { return record_.substr(at_, frames_.back().end - at_); }
  Members members() const {
    const Frame& top = frames_.back();
    return {facts_, body_, *top.message, top.seen, top.scope, top.scoped};
  }

  std::string path(const std::string& name = "") const {
    std::string out = root_;
    for (const Frame& frame : frames_) {
      if (!frame.element.empty()) out = join_path(out, frame.element);
    }
    return name.empty() ? out : join_path(out, name);
  }
  static std::string indexed(const FieldFacts& list, std::size_t index) { return list.json_name + "[" + std::to_string(index) + "]"; }

  // As a JSON body has it.
  static std::string shown_key(std::string_view key) { return "[\"" + shown_text(key) + "\"]"; }

  void open(int message, std::size_t end, std::string element) {
    Frame frame;
    frame.message = &facts_.messages[static_cast<std::size_t>(message)];
    frame.end = end;
    frame.element = std::move(element);
    frames_.push_back(std::move(frame));
  }

  Answer member() {
    Frame& top = frames_.back();
    const Varint tag = read_varint(rest());
    const FieldFacts* field = known(*top.message, tag.value >> 3);
    if (tag.bytes == 0 || at_ + tag.bytes > offset_ || !field) return bad_tag(tag, field);
    at_ += tag.bytes;
    if (top.seen.empty() || top.seen.back() != field) {
      top.seen.push_back(field);
      top.items = 0;
      top.last_key = {};
    }
    if (!field->repeated && is_packed_kind(*field)) return number(*field, field->json_name, false);
    const auto end = length();
    if (!end) return bad_length(*field);
    if (!field->repeated) return content(*field, *end, field->json_name, false);
    ++top.items;
    if (is_packed_kind(*field) && !field->is_map()) return packed(*field, *end);
    if (!field->is_map()) return content(*field, *end, indexed(*field, top.items - 1), true);
    Frame pair;
    pair.map = field;
    pair.end = *end;
    pair.element = field->json_name;
    frames_.push_back(std::move(pair));
    return std::nullopt;
  }

  static const FieldFacts* known(const MessageFacts& message, std::uint64_t number) {
    const auto it = std::find_if(message.fields.begin(), message.fields.end(), [&](const auto& f) { return static_cast<std::uint64_t>(f.number) == number; });
    return it == message.fields.end() ? nullptr : &*it;
  }

  // Reads a length; none: the rejected byte is in it, or it is none.
  std::optional<std::size_t> length() {
    const Varint varint = read_varint(rest());
    if (varint.bytes == 0 || at_ + varint.bytes > offset_ || varint.value > rest().size() - varint.bytes) return std::nullopt;
    at_ += varint.bytes;
    return at_ + static_cast<std::size_t>(varint.value);
  }

  Answer number(const FieldFacts& field, const std::string& name, bool item) {
    const BinaryNumber read = read_number(field, rest());
    if (read.bytes == 0 || offset_ < at_ + read.bytes) return bad_value(name, causes_of_number(field, rest(), place(item)));
    at_ += read.bytes;
    return std::nullopt;
  }

  Finding bad_value(const std::string& name, std::vector<Cause> causes) const {
    if (causes.empty()) causes = {not_canonical("the value is allowed, this spelling of it is not")};
    return {{path(name)}, std::move(causes)};
  }

  // What stands behind a length.
  Answer content(const FieldFacts& field, std::size_t end, const std::string& name, bool item) {
    if (is_binary_message(field.kind) && field.message >= 0) {
      const bool scoped = frames_.back().scoped && !item;
      std::string scope = scoped ? frames_.back().scope + field.name + "." : "";
      open(field.message, end, name);
      frames_.back().scoped = scoped;
      frames_.back().scope = std::move(scope);
      return std::nullopt;
    }
    if (offset_ <= end) {
      auto causes = causes_of_content(field, record_.substr(at_, end - at_), place(item));
      // At its end it is the value that is refused only if something is wrong with it.
      if (!causes.empty()) return Finding{{path(name)}, std::move(causes)};
      if (offset_ < end) return kUnknown;
    }
    at_ = end;
    return std::nullopt;
  }

  Answer packed(const FieldFacts& field, std::size_t end) {
    std::size_t index = 0;
    for (; at_ < end; ++index) {
      const std::string_view bytes = record_.substr(at_, end - at_);
      const BinaryNumber read = read_number(field, bytes);
      if (read.bytes == 0 || offset_ < at_ + read.bytes) {
        if (reason_ == Reason::TOO_MANY) return rule_of_list(field, path(field.json_name), "max_items", "too many items");
        auto causes = causes_of_number(field, bytes, place(true));
        if (causes.empty() && has_rule(field, "unique")) return rule_of_list(field, path(field.json_name), "unique", "a value stands twice");
        return bad_value(indexed(field, index), std::move(causes));
      }
      at_ += read.bytes;
    }
    if (offset_ == end && index < field.min_items) return rule_of_list(field, path(field.json_name), "min_items", "too few items");
    return std::nullopt;
  }

  static bool has_rule(const FieldFacts& field, std::string_view name) {
    return std::any_of(field.rules.begin(), field.rules.end(), [&](const auto& rule) { return last_name(rule.name) == name; });
  }
  static std::string_view least(const FieldFacts& field) { return field.is_map() ? "min_pairs" : "min_items"; }

  // Elements of a list with tags of their own are counted where the next member begins.
  Answer too_few() const {
    const Frame& top = frames_.back();
    if (top.seen.empty()) return std::nullopt;
    const FieldFacts& last = *top.seen.back();
    const bool listed = last.repeated && (last.is_map() || !is_packed_kind(last));
    if (!listed || top.items >= last.min_items) return std::nullopt;
    return rule_of_list(last, path(last.json_name), least(last), last.is_map() ? "too few pairs" : "too few items");
  }

  Finding bad_tag(const Varint& tag, const FieldFacts* field) const {
    const Frame& top = frames_.back();
    if (reason_ == Reason::TOO_FEW) {
      if (const Answer answer = too_few()) return *answer;
      return missing_member(members(), path(), field ? field->rank : 0);
    }
    if (tag.bytes == 0) return found(path(), "protobuf_syntax", "a tag ends too soon, or not at all");
    const auto wire = static_cast<int>(tag.value & 7);
    if (!field) {
      return found(path("#" + std::to_string(tag.value >> 3)), "unknown_field", top.message->name + " has no field of this number");
    }
    const std::string where = path(field->json_name);
    if (reason_ == Reason::DEPTH) return found(where, "limits.maxDepth", "the record nests deeper than the policy allows");
    if (travels_elsewhere(members(), *field)) return found(where, "unknown_field", "the field travels in the path, so it does not stand here");
    const int wanted = field->repeated ? 2 : wire_type_of(*field);
    if (wire != wanted) {
      if (field->repeated && !field->is_map() && wire == wire_type_of(*field)) return {{where}, {not_canonical("a list of numbers is packed")}};
      Cause cause = wrong_type(*field, false);
      cause.text += " (wire type " + std::to_string(wire) + ", not " + std::to_string(wanted) + ")";
      return {{where}, {std::move(cause)}};
    }
    if (!tag.minimal) return {{where}, {not_canonical("a varint has the fewest bytes")}};
    if (top.seen.empty() || field->rank > top.seen.back()->rank) return kUnknown;
    if (top.seen.back() == field && field->repeated && !is_packed_kind(*field)) {
      return has_rule(*field, "unique") ? rule_of_list(*field, where, "unique", "more items than there are values") : kUnknown;
    }
    return wrong_place(members(), *field, where);
  }

  Finding bad_length(const FieldFacts& field) const {
    const Frame& top = frames_.back();
    const bool pair = top.map != nullptr;
    const bool listed = field.repeated && !pair;
    const std::string list = pair ? "" : field.json_name;
    if (reason_ == Reason::DEPTH) return found(path(list), "limits.maxDepth", "the record nests deeper than the policy allows");
    if (reason_ == Reason::TOO_MANY && listed) {
      return rule_of_list(field, path(list), field.is_map() ? "max_pairs" : "max_items", field.is_map() ? "too many pairs" : "too many items");
    }
    const bool single = !listed || (!is_packed_kind(field) && !field.is_map());
    const std::string where = path(listed && single ? indexed(field, top.items) : list);
    const auto bad = [&](const std::string& text) { return found(where, "protobuf_length", text); };
    const Varint varint = read_varint(rest());
    if (varint.bytes == 0) return rest().size() < 10 ? found(where, "protobuf_syntax", "a length ends too soon") : bad("a length has at most 64 bits");
    if (!varint.minimal) return bad("a length is spelled with the fewest bytes");
    if (varint.value > rest().size() - varint.bytes) return bad("a length goes beyond the message that it stands in");
    if (varint.value == 0 && !single && !field.is_map()) return rule_of_list(field, where, "min_items", "an empty list is spelled by leaving it out");
    if (!single && !field.is_map()) {
      if (const Answer answer = bad_count(field, rest().substr(varint.bytes, static_cast<std::size_t>(varint.value)))) return *answer;
    }
    if (single) {
      auto causes = causes_of_content(field, rest().substr(varint.bytes, static_cast<std::size_t>(varint.value)), place(listed || pair));
      if (!causes.empty()) return {{where}, std::move(causes)};
      if (varint.value == 0 && is_binary_message(field.kind)) return found(where, "default", "an empty message is spelled by leaving it out");
    }
    return bad("the value cannot have this length");
  }

  // A packed list whose length alone says that it has too many items, or too few.
  Answer bad_count(const FieldFacts& field, std::string_view content) const {
    std::size_t items = 0;
    for (; !content.empty(); ++items) {
      const BinaryNumber read = read_number(field, content);
      if (read.bytes == 0) return std::nullopt;
      content.remove_prefix(read.bytes);
    }
    const std::string where = path(field.json_name);
    if (field.max_items && items > *field.max_items) return rule_of_list(field, where, "max_items", "too many items");
    if (items < field.min_items) return rule_of_list(field, where, "min_items", "too few items");
    return std::nullopt;
  }

  // A key, then a value.
  Answer part_of_pair() {
    Frame& top = frames_.back();
    if (top.parts == 2) return found(path(), "unknown_field", "a pair is a key and a value, and nothing else");
    const bool is_key = top.parts == 0;
    const FieldFacts& field = top.map->entry[top.parts];
    const auto tag = static_cast<std::uint8_t>(record_[at_]);
    const int wanted = static_cast<int>(top.parts + 1) << 3 | wire_type_of(field);
    if (at_ == offset_ || tag != wanted) return bad_part(field, tag, wanted);
    ++at_;
    ++top.parts;
    if (!is_key) {
      if (is_packed_kind(field)) return number(field, "", true);
      const auto end = length();
      return end ? content(field, *end, "", true) : Answer(bad_length(field));
    }
    if (is_packed_kind(field)) {
      const BinaryNumber read = read_number(field, rest());
      top.element += shown_key(read.text.value_or("?"));
      top.key = rest().substr(0, read.bytes);
      return number(field, "", true);
    }
    const auto behind = length();
    if (!behind) {
      const Varint varint = read_varint(rest());
      if (varint.bytes != 0) top.element += shown_key(rest().substr(varint.bytes, static_cast<std::size_t>(std::min<std::uint64_t>(varint.value, 60))));
      return bad_length(field);
    }
    top.key = record_.substr(at_, *behind - at_);
    top.element += shown_key(top.key);
    return content(field, *behind, "", true);
  }

  Finding bad_part(const FieldFacts& field, int tag, int wanted) const {
    const Frame& top = frames_.back();
    if (reason_ == Reason::DEPTH) return found(path(), "limits.maxDepth", "the record nests deeper than the policy allows");
    if (reason_ == Reason::KEY_ORDER) {
      if (top.key == frames_[frames_.size() - 2].last_key) return found(path(), "duplicate_key", "the key stands twice");
      return found(path(), "key_order", "pairs stand in ascending order of their keys' bytes");
    }
    if (tag == wanted) return kUnknown;
    if (tag >> 3 == wanted >> 3 && tag < 0x80) return {{path()}, {wrong_type(field, true)}};
    return {{path()}, {not_canonical(top.parts == 0 ? "a pair begins with its key, also with a default one" : "behind the key stands the value, also a default one")}};
  }

  // The end of a message or a pair; none: there is nothing wrong with it.
  Answer bad_end() const {
    const Frame& top = frames_.back();
    if (top.map) {
      if (top.parts == 2) return std::nullopt;
      return Finding{{path()}, {not_canonical(top.parts == 0 ? "a pair has its key, also a default one" : "behind the key stands the value, also a default one")}};
    }
    if (reason_ != Reason::TOO_FEW) return std::nullopt;
    if (const Answer answer = too_few()) return answer;
    if (!is_missing_member(members()) && frames_.size() > 1) return std::nullopt;
    return missing_member(members(), path(), 0);
  }

  const RecordFacts& facts_;
  const Body& body_;
  std::string_view record_;
  std::size_t at_;  // start of what is read next
  const std::size_t offset_;
  const Reason reason_;
  std::string root_{};
  std::vector<Frame> frames_;
};

}  // namespace

Finding explain_binary_body(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset,
                            layout::Reason reason) {
  return BinaryReader(facts, body, record, start, offset, reason).find();
}

}  // namespace sluice::compiler
