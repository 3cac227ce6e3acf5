// SPDX-License-Identifier: Apache-2.0
// A recursive-descent parser with a depth limit builds the Nfa directly; counted repetition copies the parsed node.
#include "compiler/pattern.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::compiler {

namespace {

constexpr int kMaxDepth = 100;        // of groups
constexpr int kMaxRepeat = 1000;      // as RE2
constexpr std::size_t kMaxNfa = 400'000;
constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

// A set of code points: sorted, disjoint ranges. Surrogates may be inside; they have no UTF-8 form and vanish there.
using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Ranges normalize(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges out;
  for (auto [low, high] : ranges) {
    if (!out.empty() && low <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, high);
    } else {
      out.emplace_back(low, high);
    }
  }
  return out;
}

Ranges negate(const Ranges& ranges) {
  Ranges out;
  std::uint32_t next = 0;
  for (auto [low, high] : ranges) {
    if (low > next) out.emplace_back(next, low - 1);
    next = high + 1;
  }
  if (next <= kLastCodePoint) out.emplace_back(next, kLastCodePoint);
  return out;
}

struct Node {
  enum class Kind { empty, set, begin, end, sequence, choice, repeat } kind = Kind::empty;
  Ranges set;
  std::vector<std::unique_ptr<Node>> children;
  int min = 0, max = -1;  // repeat; max -1: unbounded
};
using NodePtr = std::unique_ptr<Node>;

NodePtr make(Node::Kind kind) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  return node;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  NodePtr parse() {
    NodePtr node = choice(0);
    if (at_ < text_.size()) fail("unmatched ')'");
    return node;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw PatternError(what, at_); }
  bool more() const { return at_ < text_.size(); }
  char peek() const { return text_[at_]; }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  NodePtr choice(int depth) {
    if (depth > kMaxDepth) fail("groups nest deeper than 100");
    const Flags outer = flags_;
    NodePtr node = make(Node::Kind::choice);
    node->children.push_back(sequence(depth));
    while (take("|")) node->children.push_back(sequence(depth));
    flags_ = outer;
    if (node->children.size() == 1) return std::move(node->children[0]);
    return node;
  }

  NodePtr sequence(int depth) {
    NodePtr node = make(Node::Kind::sequence);
    while (more() && peek() != '|' && peek() != ')') {
      NodePtr item = atom(depth);
      if (item) node->children.push_back(repeated(std::move(item)));
    }
    return node;
  }

  // One atom; null for a flag group like (?i), which is nothing itself.
  NodePtr atom(int depth) {
    switch (peek()) {
      case '(':
        return group(depth);
      case '[':
        return char_class();
      case '.': {
        ++at_;
        NodePtr node = make(Node::Kind::set);
        node->set = flags_.dot_all ? Ranges{{0, kLastCodePoint}} : Ranges{{0, 9}, {11, kLastCodePoint}};
        return node;
      }
      case '^':
        ++at_;
        return make(Node::Kind::begin);
      case '$':
        ++at_;
        return make(Node::Kind::end);
      case '*':
      case '+':
      case '?':
        fail("nothing to repeat");
      case '\\':
        return escape();
      default:
        return literal(code_point());
    }
  }

  NodePtr group(int depth) {
    ++at_;
    if (take("?P<") || take("?<")) {
      while (more() && peek() != '>') ++at_;
      if (!take(">")) fail("group name without '>'");
    } else if (take("?")) {
      Flags flags = flags_;
      bool on = true;
      for (;;) {
        if (!more()) fail("unfinished group");
        const char c = text_[at_++];
        if (c == ':' || c == ')') {
          if (c == ')') {
            flags_ = flags;
            return nullptr;
          }
          break;
        }
        if (c == '-') {
          on = false;
        } else if (c == 'i') {
          flags.fold = on;
        } else if (c == 's') {
          flags.dot_all = on;
        } else if (c == 'U') {
          // Greediness does not change the language.
        } else if (c == 'm') {
          if (on) fail("line mode (?m) is not supported: the table sees one text");
        } else {
          --at_;
          fail("unknown group flag");
        }
      }
      const Flags outer = flags_;
      flags_ = flags;
      NodePtr node = choice(depth + 1);
      flags_ = outer;
      if (!take(")")) fail("missing ')'");
      return node;
    }
    NodePtr node = choice(depth + 1);
    if (!take(")")) fail("missing ')'");
    return node;
  }

  NodePtr repeated(NodePtr item) {
    while (more()) {
      int min = 0, max = -1;
      const std::size_t start = at_;
      if (take("*")) {
      } else if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (peek() == '{') {
        if (!counts(min, max)) {
          at_ = start;
          break;  // RE2 reads a '{' that is no count as itself
        }
        if (min > kMaxRepeat || max > kMaxRepeat) fail("repetition above 1000");
        if (max >= 0 && max < min) fail("repetition bounds are swapped");
      } else {
        break;
      }
      take("?");  // lazy: the same language
      NodePtr node = make(Node::Kind::repeat);
      node->min = min;
      node->max = max;
      node->children.push_back(std::move(item));
      item = std::move(node);
    }
    return item;
  }

  bool counts(int& min, int& max) {
    ++at_;
    auto number = [&](int& value) {
      const std::size_t start = at_;
      value = 0;
      while (more() && peek() >= '0' && peek() <= '9') value = std::min(value * 10 + (text_[at_++] - '0'), 1'000'000);
      return at_ > start;
    };
    if (!number(min)) return false;
    max = min;
    if (take(",")) {
      if (!number(max)) max = -1;
    }
    return take("}");
  }

  std::uint32_t code_point() {
    const auto b = static_cast<std::uint8_t>(text_[at_]);
    int length = b < 0x80 ? 1 : b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
    if (at_ + static_cast<std::size_t>(length) > text_.size() ||
        !utf8_text().matches(text_.substr(at_, static_cast<std::size_t>(length)))) {
      fail("the pattern is not valid UTF-8");
    }
    std::uint32_t value = length == 1 ? b : b & (0x7Fu >> length);
    for (int i = 1; i < length; ++i) value = value << 6 | (static_cast<std::uint8_t>(text_[at_ + static_cast<std::size_t>(i)]) & 0x3Fu);
    at_ += static_cast<std::size_t>(length);
    return value;
  }

  NodePtr set_node(Ranges ranges) {
    NodePtr node = make(Node::Kind::set);
    node->set = std::move(ranges);
    return node;
  }

  // Simple case folding as RE2 does it for ASCII letters, whose orbits are closed but for K (U+212A) and long s (U+017F).
  void add_folded(Ranges& ranges, std::uint32_t low, std::uint32_t high) {
    ranges.emplace_back(low, high);
    if (!flags_.fold) return;
    if (high > 0x7F) fail("case folding (?i) of characters beyond ASCII is not supported");
    for (std::uint32_t c = low; c <= high; ++c) {
      const bool lower = c >= 'a' && c <= 'z';
      const bool upper = c >= 'A' && c <= 'Z';
      if (!lower && !upper) continue;
      ranges.emplace_back(c ^ 0x20, c ^ 0x20);
      if ((c | 0x20) == 'k') ranges.emplace_back(0x212A, 0x212A);
      if ((c | 0x20) == 's') ranges.emplace_back(0x17F, 0x17F);
    }
  }

  NodePtr literal(std::uint32_t c) {
    Ranges ranges;
    add_folded(ranges, c, c);
    return set_node(normalize(ranges));
  }

  // \d \w \s and their negations; false when `c` names none.
  static bool perl_class(char c, Ranges& out) {
    switch (c | 0x20) {
      case 'd':
        out = {{'0', '9'}};
        break;
      case 'w':
        out = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        break;
      case 's':
        out = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
        break;
      default:
        return false;
    }
    if (!(c & 0x20)) out = negate(out);
    return true;
  }

  // Behind a backslash: a single character's code point.
  std::uint32_t escaped_char() {
    if (!more()) fail("trailing '\\'");
    const char c = text_[at_++];
    switch (c) {
      case 'a': return 7;
      case 'f': return 12;
      case 't': return 9;
      case 'n': return 10;
      case 'r': return 13;
      case 'v': return 11;
      case 'x': return hex_escape();
      default: break;
    }
    if (c >= '0' && c <= '7') {
      if (c != '0' && !(more() && peek() >= '0' && peek() <= '7')) {
        --at_;
        fail("back references are not supported");
      }
      std::uint32_t value = static_cast<std::uint32_t>(c - '0');
      for (int i = 0; i < 2 && more() && peek() >= '0' && peek() <= '7'; ++i) {
        value = value * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
      }
      return value;
    }
    const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80);
    if (word) {
      --at_;
      fail(std::string("escape '\\") + c + "' is not supported");
    }
    return static_cast<std::uint8_t>(c);
  }

  std::uint32_t hex_escape() {
    auto digit = [&](char c) {
      if (c >= '0' && c <= '9') return c - '0';
      if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
      return -1;
    };
    std::uint32_t value = 0;
    if (take("{")) {
      int digits = 0;
      while (more() && digit(peek()) >= 0 && ++digits <= 6) value = value * 16 + static_cast<std::uint32_t>(digit(text_[at_++]));
      if (digits == 0 || !take("}") || value > kLastCodePoint) fail("bad \\x{...}");
      return value;
    }
    for (int i = 0; i < 2; ++i) {
      if (!more() || digit(peek()) < 0) fail("\\x wants two hex digits");
      value = value * 16 + static_cast<std::uint32_t>(digit(text_[at_++]));
    }
    return value;
  }

  NodePtr escape() {
    ++at_;
    if (!more()) fail("trailing '\\'");
    const char c = peek();
    Ranges ranges;
    if (perl_class(c, ranges)) {
      ++at_;
      return set_node(ranges);
    }
    switch (c) {
      case 'A':
        ++at_;
        return make(Node::Kind::begin);
      case 'z':
        ++at_;
        return make(Node::Kind::end);
      case 'b':
      case 'B':
        fail("word boundaries are not supported");
      case 'p':
      case 'P':
        fail("Unicode classes are not supported");
      case 'Q': {
        ++at_;
        NodePtr node = make(Node::Kind::sequence);
        while (more() && !take("\\E")) node->children.push_back(literal(code_point()));
        return node;
      }
      default:
        return literal(escaped_char());
    }
  }

  NodePtr char_class() {
    ++at_;
    const bool inverse = take("^");
    Ranges ranges;
    // RE2: a negated class does not match a newline only under a flag that is off here; it does match it.
    for (bool first = true; first || !take("]"); first = false) {
      if (!more()) fail("missing ']'");
      if (take("[:")) {
        posix_class(ranges);
        continue;
      }
      Ranges perl;
      if (peek() == '\\' && at_ + 1 < text_.size() && perl_class(text_[at_ + 1], perl)) {
        at_ += 2;
        ranges.insert(ranges.end(), perl.begin(), perl.end());
        continue;
      }
      const std::uint32_t low = class_char();
      std::uint32_t high = low;
      if (more() && peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        high = class_char();
        if (high < low) fail("class range is swapped");
      }
      add_folded(ranges, low, high);
    }
    ranges = normalize(ranges);
    return set_node(inverse ? negate(ranges) : ranges);
  }

  std::uint32_t class_char() {
    if (!more()) fail("missing ']'");
    if (peek() != '\\') return code_point();
    ++at_;
    if (more() && (peek() == 'p' || peek() == 'P')) fail("Unicode classes are not supported");
    return escaped_char();
  }

  void posix_class(Ranges& ranges) {
    const std::size_t end = text_.find(":]", at_);
    if (end == std::string_view::npos) fail("missing ':]'");
    std::string_view name = text_.substr(at_, end - at_);
    const bool inverse = !name.empty() && name[0] == '^';
    if (inverse) name.remove_prefix(1);
    static const std::vector<std::pair<std::string_view, Ranges>> classes = {
        {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}}, {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
        {"ascii", {{0, 0x7F}}}, {"blank", {{'\t', '\t'}, {' ', ' '}}}, {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
        {"digit", {{'0', '9'}}}, {"graph", {{'!', '~'}}}, {"lower", {{'a', 'z'}}}, {"print", {{' ', '~'}}},
        {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}}, {"space", {{'\t', '\r'}, {' ', ' '}}},
        {"upper", {{'A', 'Z'}}}, {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
        {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}};
    for (const auto& [known, set] : classes) {
      if (known != name) continue;
      at_ = end + 2;
      if (inverse) {
        const Ranges other = negate(set);
        ranges.insert(ranges.end(), other.begin(), other.end());
      } else {
        for (auto [low, high] : set) add_folded(ranges, low, high);
      }
      return;
    }
    fail("unknown class [:" + std::string(name) + ":]");
  }

  struct Flags {
    bool fold = false;
    bool dot_all = false;
  };
  std::string_view text_;
  std::size_t at_ = 0;
  Flags flags_;
};

// Edges for the code points [low, high] of one UTF-8 length, split until every position is a free byte range.
void add_utf8(Nfa& nfa, int from, int to, std::uint32_t low, std::uint32_t high, int length) {
  auto encode = [&](std::uint32_t c) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length));
    for (int i = length - 1; i > 0; --i) {
      bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(0x80 | (c & 0x3F));
      c >>= 6;
    }
    static constexpr std::uint8_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    bytes[0] = static_cast<std::uint8_t>(lead[length] | c);
    return bytes;
  };
  for (int i = 1; i < length; ++i) {
    const std::uint32_t mask = (1u << (6 * i)) - 1;
    if ((low & ~mask) == (high & ~mask)) break;
    if ((low & mask) != 0) {
      add_utf8(nfa, from, to, low, low | mask, length);
      add_utf8(nfa, from, to, (low | mask) + 1, high, length);
      return;
    }
    if ((high & mask) != mask) {
      add_utf8(nfa, from, to, low, (high & ~mask) - 1, length);
      add_utf8(nfa, from, to, high & ~mask, high, length);
      return;
    }
  }
  const auto first = encode(low), last = encode(high);
  for (int i = 0; i < length; ++i) {
    const int next = i + 1 == length ? to : nfa.add_state();
    nfa.add_edge(from, first[static_cast<std::size_t>(i)], last[static_cast<std::size_t>(i)], next);
    from = next;
  }
}

void add_code_points(Nfa& nfa, int from, int to, const Ranges& set) {
  static constexpr std::uint32_t borders[][3] = {
      {0, 0x7F, 1}, {0x80, 0x7FF, 2}, {0x800, 0xD7FF, 3}, {0xE000, 0xFFFF, 3}, {0x10000, 0x10FFFF, 4}};
  for (auto [low, high] : set) {
    for (const auto& b : borders) {
      const std::uint32_t l = std::max(low, b[0]), h = std::min(high, b[1]);
      if (l <= h) add_utf8(nfa, from, to, l, h, static_cast<int>(b[2]));
    }
  }
}

// Adds `node` between `from` and a new state, which is returned. Depth is bounded by the parser.
int build(Nfa& nfa, int from, const Node& node) {
  if (nfa.size() > kMaxNfa) throw BudgetExceeded(kMaxNfa);
  switch (node.kind) {
    case Node::Kind::empty:
      return from;
    case Node::Kind::set: {
      const int to = nfa.add_state();
      add_code_points(nfa, from, to, node.set);
      return to;
    }
    case Node::Kind::begin:
    case Node::Kind::end: {
      const int to = nfa.add_state();
      nfa.add_epsilon(from, to, node.kind == Node::Kind::begin ? Nfa::Anchor::begin : Nfa::Anchor::end);
      return to;
    }
    case Node::Kind::sequence:
      for (const auto& child : node.children) from = build(nfa, from, *child);
      return from;
    case Node::Kind::choice: {
      const int to = nfa.add_state();
      for (const auto& child : node.children) nfa.add_epsilon(build(nfa, from, *child), to);
      return to;
    }
    case Node::Kind::repeat: {
      const Node& child = *node.children[0];
      for (int i = 0; i < node.min; ++i) from = build(nfa, from, child);
      if (node.max < 0) {
        const int loop = nfa.add_state();
        nfa.add_epsilon(from, loop);
        nfa.add_epsilon(build(nfa, loop, child), loop);
        const int to = nfa.add_state();
        nfa.add_epsilon(loop, to);
        return to;
      }
      const int to = nfa.add_state();
      nfa.add_epsilon(from, to);
      for (int i = node.min; i < node.max; ++i) {
        from = build(nfa, from, child);
        nfa.add_epsilon(from, to);
      }
      return to;
    }
  }
  return from;
}

}  // namespace

Dfa pattern_language(std::string_view pattern, PatternMatch match, std::size_t budget) {
  const NodePtr root = Parser(pattern).parse();
  Nfa nfa;
  const int start = nfa.add_state();
  int from = start;
  // A loop over whole code points stands on both sides of a searched pattern, in states of its own: anchors hold at the true ends.
  const Ranges any{{0, kLastCodePoint}};
  auto any_text = [&](int at) {
    const int loop = nfa.add_state();
    nfa.add_epsilon(at, loop);
    add_code_points(nfa, loop, loop, any);
    const int out = nfa.add_state();
    nfa.add_epsilon(loop, out);
    return out;
  };
  if (match == PatternMatch::search) from = any_text(from);
  int to = build(nfa, from, *root);
  if (match == PatternMatch::search) to = any_text(to);
  return nfa.determinize(start, to, budget);
}

}  // namespace sluice::compiler
