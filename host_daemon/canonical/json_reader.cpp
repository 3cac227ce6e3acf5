// SPDX-License-Identifier: Apache-2.0
// A hand-written JSON parser as a loop over "what may come next", with the open containers on an
// explicit stack.
#include "canonical/json_reader.hpp"

#include <algorithm>

#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

// End of the number that starts at `at`, or `at` itself when none does; `bad` gets the offset of
// the first wrong byte.
std::size_t number_end(std::string_view text, std::size_t at, std::size_t& bad) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  std::size_t i = at;
  if (i < text.size() && text[i] == '-') ++i;
  if (!digit(i)) return bad = i, at;
  if (text[i] == '0') {
    ++i;
    if (digit(i)) return bad = i, at;
  } else {
    while (digit(i)) ++i;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digit(i)) return bad = i, at;
    while (digit(i)) ++i;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digit(i)) return bad = i, at;
    while (digit(i)) ++i;
  }
  return i;
}

}  // namespace

std::string_view describe(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "a boolean";
    case JsonKind::number:
      return "a number";
    case JsonKind::string:
      return "a string";
    case JsonKind::array:
      return "an array";
    case JsonKind::object:
      return "an object";
  }
  return "a value";
}

LineColumn line_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line =
      1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {line, 1 + count_code_points(before.substr(start))};
}

bool is_json_number(std::string_view text) {
  std::size_t bad = 0;
  return !text.empty() && number_end(text, 0, bad) == text.size();
}

class JsonParser {
 public:
  JsonParser(JsonDocument& document, std::size_t max_depth)
      : document_(document), text_(document.text_), max_depth_(max_depth) {}

  void parse() {
    if (text_.size() >= JsonNode::npos / 2) fail(0, "json_syntax", "the text is too long");
    if (text_.starts_with("\xEF\xBB\xBF")) {
      fail(0, "json_syntax", "the text starts with a byte order mark; leave it out");
    }
    if (const auto bad = first_invalid_utf8(text_)) {
      fail(*bad, "json_utf8", "the text is not valid UTF-8 here");
    }
    // A decoded string is never longer than its spelling, so the buffer never moves.
    document_.decoded_.reserve(text_.size());
    skip_space();
    value();
    while (!stack_.empty()) {
      if (after_value_) {
        separator();
      } else {
        element();
      }
    }
    skip_space();
    if (at_ != text_.size())
      fail(at_, "json_syntax", "something stands behind the end of the JSON text");
  }

 private:
  struct Open {
    std::uint32_t node;
    std::uint32_t last_child = JsonNode::npos;
  };

  [[noreturn]] void fail(std::size_t offset, const char* code, std::string message) const {
    const LineColumn place = line_column(text_, offset);
    throw Refused({400, code, "", "", "The body is not valid JSON: " + std::move(message) + ".",
                   place.line, place.column, ""});
  }

  [[noreturn]] void fail_expected(std::size_t offset, const std::string& what) const {
    if (offset >= text_.size())
      fail(text_.size(), "json_syntax", "it ends where " + what + " should follow");
    fail(offset, "json_syntax",
         "found '" + excerpt(text_.substr(offset, 1)) + "' where " + what + " should stand");
  }

  bool object_open() const { return document_.nodes_[stack_.back().node].kind == JsonKind::object; }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // Appends a node to the innermost open container.
  JsonNode& add(JsonKind kind) {
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    JsonNode& node = document_.nodes_.emplace_back();
    node.kind = kind;
    node.offset = static_cast<std::uint32_t>(at_);
    if (!stack_.empty()) {
      if (object_open()) {
        document_.nodes_[index].key = key_;
        document_.nodes_[index].key_offset = key_offset_;
      }
      Open& open = stack_.back();
      if (open.last_child == JsonNode::npos) {
        document_.nodes_[open.node].first = index;
      } else {
        document_.nodes_[open.last_child].next = index;
      }
      open.last_child = index;
    }
    return node;
  }

  // What follows `[`, `{` or a comma.
  void element() {
    skip_space();
    const char close = object_open() ? '}' : ']';
    if (!comma_ && at_ < text_.size() && text_[at_] == close) {
      close_container();
      return;
    }
    if (object_open()) {
      if (at_ >= text_.size() || text_[at_] != '"')
        fail_expected(at_, "a member name in double quotes");
      key_offset_ = static_cast<std::uint32_t>(at_);
      key_ = string();
      skip_space();
      if (at_ >= text_.size() || text_[at_] != ':') fail_expected(at_, "':'");
      ++at_;
      skip_space();
    }
    value();
  }

  // What follows an element: a comma or the end of the container.
  void separator() {
    skip_space();
    const char close = object_open() ? '}' : ']';
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      comma_ = true;
      after_value_ = false;
    } else if (at_ < text_.size() && text_[at_] == close) {
      close_container();
    } else {
      fail_expected(at_, std::string("',' or '") + close + "'");
    }
  }

  void close_container() {
    ++at_;
    stack_.pop_back();
    after_value_ = true;
    comma_ = false;
  }

  void open_container(JsonKind kind) {
    if (stack_.size() >= max_depth_) {
      fail(at_, "json_depth", "it nests deeper than " + std::to_string(max_depth_) + " levels");
    }
    add(kind);
    stack_.push_back({static_cast<std::uint32_t>(document_.nodes_.size() - 1)});
    ++at_;
    after_value_ = false;
    comma_ = false;
  }

  void word(std::string_view spelling, JsonKind kind, bool boolean) {
    if (text_.substr(at_, spelling.size()) != spelling) fail_expected(at_, "a value");
    add(kind).boolean = boolean;
    at_ += spelling.size();
    after_value_ = true;
  }

  void value() {
    if (at_ >= text_.size()) fail_expected(at_, "a value");
    switch (text_[at_]) {
      case '{':
        return open_container(JsonKind::object);
      case '[':
        return open_container(JsonKind::array);
      case 't':
        return word("true", JsonKind::boolean, true);
      case 'f':
        return word("false", JsonKind::boolean, false);
      case 'n':
        return word("null", JsonKind::null, false);
      case '"': {
        const auto index = document_.nodes_.size();
        add(JsonKind::string);
        document_.nodes_[index].text = string();
        after_value_ = true;
        return;
      }
      default: {
        std::size_t bad = at_;
        const std::size_t end = number_end(text_, at_, bad);
        if (end == at_) {
          if (bad == at_) fail_expected(at_, "a value");
          fail_expected(bad, "the rest of a number");
        }
        add(JsonKind::number).text = text_.substr(at_, end - at_);
        at_ = end;
        after_value_ = true;
      }
    }
  }

  std::uint32_t hex4(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const char c = i < text_.size() ? text_[i] : '\0';
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        fail_expected(i, "one of four hexadecimal digits after \\u");
      }
      value = value * 16 + digit;
    }
    return value;
  }

  // Reads `\u....` at `at_` (behind the backslash and the u), with the second half of a surrogate
  // pair if it has one.
  std::uint32_t unicode_escape(std::size_t escape) {
    const std::uint32_t first = hex4(at_);
    at_ += 4;
    if (first < 0xD800 || first > 0xDFFF) return first;
    const bool second_follows = first < 0xDC00 && text_.substr(at_, 2) == "\\u";
    const std::uint32_t second = second_follows ? hex4(at_ + 2) : 0;
    if (second < 0xDC00 || second > 0xDFFF) {
      fail(escape, "json_utf8", "this escape is half of a surrogate pair, not a character");
    }
    at_ += 6;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  // Reads the string at `at_`, which is its opening quote; returns the decoded value.
  std::string_view string() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\') check_character();
    if (at_ < text_.size() && text_[at_] == '"') return text_.substr(start, at_++ - start);

    std::string& out = document_.decoded_;
    const std::size_t begin = out.size();
    out.append(text_, start, at_ - start);
    while (true) {
      if (at_ >= text_.size()) fail_expected(at_, "the closing quote of a string");
      const char c = text_[at_];
      if (c == '"') break;
      if (c != '\\') {
        out += c;
        check_character();
        continue;
      }
      const std::size_t escape = at_++;
      const char kind = at_ < text_.size() ? text_[at_] : '\0';
      ++at_;
      switch (kind) {
        case '"':
          out += '"';
          break;
        case '\\':
          out += '\\';
          break;
        case '/':
          out += '/';
          break;
        case 'b':
          out += '\b';
          break;
        case 'f':
          out += '\f';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 't':
          out += '\t';
          break;
        case 'u':
          append_utf8(out, unicode_escape(escape));
          break;
        default:
          fail(escape, "json_syntax", "'\\' starts no escape that JSON knows");
      }
    }
    ++at_;
    return std::string_view(out).substr(begin);
  }

  void check_character() {
    if (static_cast<unsigned char>(text_[at_]) < 0x20) {
      fail(at_, "json_syntax", "a control character stands in a string; write it as an escape");
    }
    ++at_;
  }

  JsonDocument& document_;
  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::vector<Open> stack_;
  bool after_value_ = false;  // the innermost container just got an element
  bool comma_ = false;        // and a comma behind it
  std::string_view key_;
  std::uint32_t key_offset_ = 0;
};

JsonDocument::JsonDocument(std::string_view text, std::size_t max_depth) : text_(text) {
  JsonParser(*this, max_depth).parse();
}

}  // namespace sluice::canonical
