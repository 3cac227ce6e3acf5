// SPDX-License-Identifier: Apache-2.0
// A JSON body is read up to the rejected byte; where the reading stands then says which field is meant and what was expected.
#include <algorithm>

#include "compiler/explain_internal.hpp"

namespace sluice::compiler {

namespace {

using layout::Reason;

enum class Expect { value, first_item, item, first_key, key, colon, first_pair, pair, pair_colon, after };

class BodyReader {
 public:
  BodyReader(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset, Reason reason)
      : facts_(facts), body_(body), record_(record), at_(start), offset_(offset), reason_(reason) {
    if (body.kind == Body::Kind::field) {
      root_ = facts.field({body.message, body.field});
    } else {
      root_.kind = ValueKind::message;
      root_.message = body.message;
      root_.type = facts.messages[static_cast<std::size_t>(body.message)].name;
    }
  }

  Finding find() {
    while (at_ < offset_ && !done_) {
      if (!step()) break;
    }
    if (reason_ == Reason::DEPTH) return found(path(), "limits.maxDepth", "the record nests deeper than the policy allows");
    if (done_) return found("", "body.trailing", "bytes behind the body");
    switch (expect_) {
      case Expect::value:
      case Expect::item:
      case Expect::first_item:
        return bad_value();
      case Expect::key:
      case Expect::first_key:
        return bad_key();
      case Expect::first_pair:
      case Expect::pair:
        return bad_pair();
      case Expect::colon:
      case Expect::pair_colon:
        return syntax();
      case Expect::after:
        return bad_end();
    }
    return {};
  }

 private:
  struct Frame {
    const FieldFacts* list = nullptr;        // array, map: its field
    const MessageFacts* message = nullptr;   // object
    std::vector<const FieldFacts*> seen{};   // object: members, in their order
    std::size_t items = 0;                   // array: items that are complete
    std::string_view key{};                  // map: of the pair at hand, with its quotes
    std::string_view last_key{};             // map: the one before it
    std::string scope{};                     // object: proto path below the body, with its dot
    bool scoped = true;                      // object: Body's paths may name its members
  };

  bool in_list() const { return !frames_.empty() && frames_.back().list; }
  char here() const { return at_ < record_.size() ? record_[at_] : '\0'; }

  // The field that the value at hand belongs to.
  const FieldFacts& field() const {
    if (frames_.empty()) return root_;
    const Frame& top = frames_.back();
    if (top.list) return top.list->is_map() ? top.list->entry[1] : *top.list;
    return *top.seen.back();
  }
  bool is_item() const { return in_list(); }
  bool in_map() const { return in_list() && frames_.back().list->is_map(); }

  // Of the value at hand, or with `inside` false of the object or list around it.
  std::string path(bool inside = true) const {
    std::string out = root_.json_name;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (!inside && i + 1 == frames_.size()) break;
      const Frame& frame = frames_[i];
      if (frame.list && frame.list->is_map()) {
        if (!frame.key.empty()) out += "[" + shown_text(frame.key) + "]";
      } else if (frame.list) {
        out += "[" + std::to_string(frame.items) + "]";
      } else if (!frame.seen.empty() && (i + 1 < frames_.size() || expect_ == Expect::value)) {
        out += (out.empty() ? "" : ".") + frame.seen.back()->json_name;
      }
    }
    return out;
  }

  const FieldFacts* member(const MessageFacts& message, std::string_view key) const {
    const auto it = std::find_if(message.fields.begin(), message.fields.end(), [&](const auto& f) { return f.json_name == key; });
    return it == message.fields.end() ? nullptr : &*it;
  }

  void value_ended() {
    if (frames_.empty()) {
      done_ = true;
    } else {
      expect_ = Expect::after;
    }
  }

  void open_object() {
    Frame frame;
    frame.message = &facts_.messages[static_cast<std::size_t>(field().message)];
    if (frames_.empty()) {
      // The body's own message, or the field's value: Body's paths start there.
    } else if (in_list()) {
      frame.scoped = false;
    } else {
      frame.scoped = frames_.back().scoped;
      frame.scope = frames_.back().scope + field().name + ".";
    }
    frames_.push_back(std::move(frame));
    expect_ = Expect::first_key;
    ++at_;
  }

  // Reads one token that lies before the rejected byte; false: the rejected byte is in it, or it is none.
  bool step() {
    switch (expect_) {
      case Expect::first_item:
        if (here() == ']') return false;  // only a canonical list is accepted
        [[fallthrough]];
      case Expect::item:
      case Expect::value: {
        const bool list = field().repeated && !is_item();
        const bool map = list && field().is_map();
        if (here() == (map ? '{' : '[') && list) {
          const FieldFacts* of = &field();
          frames_.push_back({});
          frames_.back().list = of;
          expect_ = map ? Expect::first_pair : Expect::first_item;
          ++at_;
          return true;
        }
        if (here() == '{' && field().kind == ValueKind::message && !list) {
          open_object();
          return true;
        }
        const std::size_t end = scalar_end(record_, at_);
        if (offset_ < end || (offset_ == end && here() != '"' && value_is_bad())) return false;
        if (end == at_) return false;
        at_ = end;
        value_ended();
        return true;
      }
      case Expect::first_key:
        if (here() == '}') return close();
        [[fallthrough]];
      case Expect::key: {
        const std::size_t end = scalar_end(record_, at_);
        if (here() != '"' || offset_ < end) return false;
        const FieldFacts* known = member(*frames_.back().message, key_at(end));
        if (!known) return false;
        frames_.back().seen.push_back(known);
        expect_ = Expect::colon;
        at_ = end;
        return true;
      }
      case Expect::colon:
        if (here() != ':') return false;
        ++at_;
        expect_ = Expect::value;
        return true;
      case Expect::first_pair:
      case Expect::pair: {
        const std::size_t end = scalar_end(record_, at_);
        if (here() != '"' || offset_ < end) return false;
        frames_.back().last_key = frames_.back().key;
        frames_.back().key = record_.substr(at_, end - at_);
        expect_ = Expect::pair_colon;
        at_ = end;
        return true;
      }
      case Expect::pair_colon:
        if (here() != ':') return false;
        ++at_;
        expect_ = Expect::item;
        return true;
      case Expect::after:
        if (here() == (in_list() && !in_map() ? ']' : '}')) return close();
        if (here() != ',') return false;
        ++at_;
        expect_ = in_map() ? Expect::pair : in_list() ? Expect::item : Expect::key;
        if (in_list()) ++frames_.back().items;
        return true;
    }
    return false;
  }

  bool close() {
    ++at_;
    frames_.pop_back();
    value_ended();
    return true;
  }

  // A key's text as it stands between the quotes, with its escapes undone where the schema's names have some.
  std::string key_at(std::size_t end) const {
    const std::string_view token = record_.substr(at_, end - at_);
    return token.size() >= 2 ? std::string(token.substr(1, token.size() - 2)) : std::string();
  }

  // A bare value ends before its delimiter: is it the value that the delimiter came too soon for?
  bool value_is_bad() { return reason_ == Reason::NO_TRANSITION && !value_causes().empty(); }

  std::vector<Cause> value_causes() const {
    const ValuePlace place{Surroundings::json, reason_, is_item(), facts_.print_defaults};
    return causes_of_json(field(), record_.substr(std::min(at_, record_.size())), place);
  }

  Finding syntax() const {
    const std::string where = path(false);
    if (offset_ >= record_.size()) return found(where, "json_syntax", "the body ends too soon");
    const char c = record_[offset_];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      return {{where}, {not_canonical("white space stands nowhere in a canonical body")}};
    }
    return found(where, "json_syntax", "JSON does not go on like this");
  }

  Finding bad_value() {
    if (in_list() && !in_map() && at_ == offset_) {
      if (reason_ == Reason::TOO_MANY) return of_list("max_items", "too many items");
      if (here() == ']') {
        if (expect_ != Expect::first_item) return syntax();
        return of_list("min_items", "an empty list is spelled by leaving it out");
      }
    }
    auto causes = value_causes();
    if (!causes.empty()) return {{path()}, std::move(causes)};
    if (here() == '{' || here() == '[') return {};
    return {{path()}, {not_canonical("the value is allowed, this spelling of it is not")}};
  }

  // A map goes on with a key, or ends too soon or too late.
  Finding bad_pair() {
    const FieldFacts& map = *frames_.back().list;
    if (at_ == offset_ && reason_ == Reason::TOO_MANY) return of_list("max_pairs", "too many pairs");
    if (at_ == offset_ && here() == '}' && expect_ == Expect::first_pair) {
      return of_list("min_pairs", "an empty map is spelled by leaving it out");
    }
    if (here() != '"') return syntax();
    const std::string_view token = record_.substr(at_, scalar_end(record_, at_) - at_);
    const std::string where = path(false) + "[" + shown_text(token) + "]";
    if (reason_ == Reason::KEY_ORDER) {
      if (token == frames_.back().key) return found(where, "duplicate_key", "the key stands twice");
      return found(where, "key_order", "map keys stand in ascending order of their bytes");
    }
    return {{where}, causes_of_key(map.entry[0], token, {Surroundings::json, reason_, true, facts_.print_defaults})};
  }

  // A rule on the list around the value at hand.
  Finding of_list(std::string_view name, const std::string& text) const {
    return rule_of_list(*frames_.back().list, path(false), name, text);
  }

  Finding bad_key() {
    if (at_ == offset_ && here() == '}' && expect_ == Expect::first_key) return missing(0);
    if (here() != '"') return syntax();
    const std::size_t end = scalar_end(record_, at_);
    const bool ends = end > at_ + 1 && end <= record_.size() && record_[end - 1] == '"';
    if (!ends) return found(path(false), "json_syntax", "a member's name does not end");
    const std::string key = key_at(end);
    const Frame& top = frames_.back();
    const std::string where = join_path(path(false), shown_text(key));
    const FieldFacts* known = member(*top.message, key);
    if (!known) return found(where, "unknown_field", top.message->name + " has no member of this name");
    if (travels_elsewhere(members(), *known)) return found(where, "unknown_field", "the field travels in the path, so it does not stand here");
    if (reason_ == Reason::TOO_FEW) return missing(known->rank);
    return wrong_place(members(), *known, where);
  }

  Finding bad_end() const {
    if (reason_ != Reason::TOO_FEW) return syntax();
    if (in_map()) return of_list("min_pairs", "too few pairs");
    return in_list() ? of_list("min_items", "too few items") : missing(0);
  }

  Members members() const {
    const Frame& top = frames_.back();
    return {facts_, body_, *top.message, top.seen, top.scope, top.scoped};
  }
  Finding missing(int before) const { return missing_member(members(), path(false), before); }

  const RecordFacts& facts_;
  const Body& body_;
  std::string_view record_;
  std::size_t at_;  // start of the token at hand
  const std::size_t offset_;
  const Reason reason_;
  FieldFacts root_;
  std::vector<Frame> frames_;
  Expect expect_ = Expect::value;
  bool done_ = false;
};

}  // namespace

Finding explain_body(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset,
                     layout::Reason reason) {
  if (body.kind == Body::Kind::none) return found("", "body.trailing", "this message has no body");
  if (body.protobuf) return explain_binary_body(facts, body, record, start, offset, reason);
  return BodyReader(facts, body, record, start, offset, reason).find();
}

}  // namespace sluice::compiler
