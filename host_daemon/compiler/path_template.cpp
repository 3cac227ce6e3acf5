// SPDX-License-Identifier: Apache-2.0
// A hand-written scanner over the template, without recursion: variables do not nest.
#include "compiler/path_template.hpp"

namespace sluice::compiler {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What may stand in a literal: RFC 3986 section 2, unreserved and sub-delims without `*`, which is
// a wildcard here, and `=`.
bool is_literal(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view("-.~!$&'()+,;").find(c) != std::string_view::npos;
}

class Parser {
 public:
  Parser(std::string_view text, TemplateError& error) : text_(text), error_(error) {}

  std::optional<PathTemplate> run() {
    if (!take('/')) {
      fail(at_, "a path template begins with `/`");
      return std::nullopt;
    }
    PathTemplate result;
    do {
      if (!part(result)) return std::nullopt;
    } while (take('/'));
    if (take(':')) {
      const std::size_t begin = at_;
      while (!done() && is_literal(text_[at_])) ++at_;
      result.verb = std::string(text_.substr(begin, at_ - begin));
      if (result.verb.empty()) {
        fail(at_, "a verb needs a name behind `:`");
        return std::nullopt;
      }
    }
    if (!done()) {
      fail(at_, unexpected());
      return std::nullopt;
    }
    return result;
  }

 private:
  bool done() const { return at_ == text_.size(); }

  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool fail(std::size_t offset, std::string message) {
    error_ = {offset, std::move(message)};
    return false;
  }

  std::string unexpected() const {
    if (done()) return "the template ends too early";
    const char c = text_[at_];
    if (c == '%') return "percent-encoding is not supported in a template";
    if (c < 0x21 || c > 0x7E) return "a character that a path cannot have";
    return std::string("unexpected `") + c + "`";
  }

  bool part(PathTemplate& result) {
    TemplatePart part;
    if (!take('{')) {
      const std::size_t begin = at_;
      if (!segment(part)) return false;
      if (part.segments[0].kind != Segment::Kind::literal)
        return fail(begin, "a wildcard outside a variable: what it matches is in no field");
      result.parts.push_back(std::move(part));
      return true;
    }
    TemplateVariable variable{{}, false};
    if (!field_path(variable.path)) return false;
    if (take('=')) {
      do {
        if (!segment(part)) return false;
      } while (take('/'));
      variable.any_segment =
          part.segments.size() == 1 && part.segments[0].kind == Segment::Kind::any;
    } else {
      part.segments.push_back({Segment::Kind::any, {}});
      variable.any_segment = true;
    }
    if (!take('}')) return fail(at_, done() ? "a variable needs its closing `}`" : unexpected());
    part.variable = std::move(variable);
    result.parts.push_back(std::move(part));
    return true;
  }

  bool field_path(std::string& path) {
    const std::size_t begin = at_;
    do {
      if (done() || !is_letter(text_[at_]))
        return fail(at_, "a variable needs the path of a field");
      while (!done() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    } while (take('.'));
    path = std::string(text_.substr(begin, at_ - begin));
    return true;
  }

  bool segment(TemplatePart& part) {
    if (take('*')) {
      const bool rest = take('*');
      if (rest && rest_seen_) return fail(at_ - 2, "a template has at most one `**`");
      rest_seen_ = rest_seen_ || rest;
      part.segments.push_back({rest ? Segment::Kind::rest : Segment::Kind::any, {}});
      return true;
    }
    const std::size_t begin = at_;
    while (!done() && is_literal(text_[at_])) ++at_;
    std::string text(text_.substr(begin, at_ - begin));
    if (text.empty()) {
      return fail(at_, done() || text_[at_] == '/' || text_[at_] == ':' ? "a segment is empty"
                                                                        : unexpected());
    }
    if (text == "." || text == "..") return fail(begin, "a segment `.` or `..` never crosses");
    part.segments.push_back({Segment::Kind::literal, std::move(text)});
    return true;
  }

  std::string_view text_;
  TemplateError& error_;
  std::size_t at_ = 0;
  bool rest_seen_ = false;
};

}  // namespace

std::optional<PathTemplate> parse_path_template(std::string_view text, TemplateError& error) {
  return Parser(text, error).run();
}

}  // namespace sluice::compiler
