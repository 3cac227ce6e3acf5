// SPDX-License-Identifier: Apache-2.0
// Reading, matching and writing path templates.
#include "judge/path_template.hpp"

#include <algorithm>

#include "judge/text.hpp"

namespace sluice::judge {
namespace {

bool is_field_path(std::string_view text) {
  for (std::string_view part : split(text, '.')) {
    if (part.empty() || (part[0] >= '0' && part[0] <= '9')) return false;
    for (char c : part) {
      if (c != '_' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
          !(c >= '0' && c <= '9')) {
        return false;
      }
    }
  }
  return true;
}

// Splits at separators that stand outside braces.
std::vector<std::string_view> split_outside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}') --depth;
    if (text[i] == separator && depth == 0) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

std::optional<PathTemplate> PathTemplate::parse(std::string_view text, std::string& error) {
  PathTemplate result;
  if (text.empty() || text[0] != '/') {
    error = "a path template begins with '/'";
    return std::nullopt;
  }
  auto parts = split_outside(text.substr(1), '/');
  const auto last = split_outside(parts.back(), ':');
  if (last.size() > 2 || (last.size() == 2 && last[1].empty())) {
    error = "a path template ends with at most one ':' and a verb";
    return std::nullopt;
  }
  parts.back() = last[0];
  if (last.size() == 2) result.verb_ = std::string(last[1]);

  // Adds "*", "**" or a literal; `variable` is the index of the variable around it.
  const auto add = [&](std::string_view segment, int variable) {
    if (segment == "*" || segment == "**") {
      if (variable < 0) {
        error = "a wildcard outside a variable binds no field";
        return false;
      }
      result.segments_.push_back({segment == "*" ? Kind::kAny : Kind::kRest, "", variable});
      return true;
    }
    if (segment.empty() || segment.find_first_of("*{}=:") != std::string_view::npos) {
      error = "'" + std::string(segment) + "' is no segment of a path template";
      return false;
    }
    result.segments_.push_back({Kind::kLiteral, std::string(segment), variable});
    return true;
  };

  for (std::string_view part : parts) {
    if (part.starts_with('{') && part.ends_with('}')) {
      const auto inside = part.substr(1, part.size() - 2);
      const auto equals = inside.find('=');
      const auto field = inside.substr(0, equals);
      const auto pattern = equals == std::string_view::npos ? "*" : inside.substr(equals + 1);
      if (!is_field_path(field)) {
        error = "'" + std::string(field) + "' is no field path";
        return std::nullopt;
      }
      const int index = static_cast<int>(result.variables_.size());
      const auto segments = split(pattern, '/');
      result.variables_.push_back({std::string(field), segments.size() > 1 || segments[0] == "**"});
      for (std::string_view segment : segments) {
        if (!add(segment, index)) return std::nullopt;
      }
    } else if (!add(part, -1)) {
      return std::nullopt;
    }
  }
  const auto rests = std::count_if(result.segments_.begin(), result.segments_.end(),
                                   [](const Segment& s) { return s.kind == Kind::kRest; });
  if (rests > 1) {
    error = "a path template has at most one **";
    return std::nullopt;
  }
  return result;
}

std::optional<PathTemplate::Match> PathTemplate::match(std::string_view path) const {
  if (path.empty() || path[0] != '/') return std::nullopt;
  path.remove_prefix(1);
  // A ':' of a value is %3A, so that a raw one begins the verb.
  if (!verb_.empty()) {
    const std::string suffix = ":" + percent_encode(verb_);
    if (!path.ends_with(suffix)) return std::nullopt;
    path.remove_suffix(suffix.size());
  }
  const auto parts = split(path, '/');

  // The one ** takes the segments that the others leave, at least one.
  if (parts.size() < segments_.size()) return std::nullopt;
  const std::size_t surplus = parts.size() - segments_.size();
  const bool has_rest = std::any_of(segments_.begin(), segments_.end(),
                                    [](const Segment& s) { return s.kind == Kind::kRest; });
  if (surplus > 0 && !has_rest) return std::nullopt;

  Match match;
  match.values.resize(variables_.size());
  std::size_t at = 0;
  for (const Segment& segment : segments_) {
    const std::size_t count = segment.kind == Kind::kRest ? 1 + surplus : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const auto decoded = percent_decode(parts[at++]);
      if (!decoded || decoded->empty() || !is_valid_utf8(*decoded)) return std::nullopt;
      match.kinds.push_back(segment.kind);
      if (segment.kind == Kind::kLiteral && *decoded != segment.text) return std::nullopt;
      if (segment.variable < 0) continue;
      const auto index = static_cast<std::size_t>(segment.variable);
      if (*decoded == "." || *decoded == "..") return std::nullopt;
      if (variables_[index].multi && decoded->find('/') != std::string::npos) return std::nullopt;
      if (!match.values[index].empty()) match.values[index] += "/";
      match.values[index] += *decoded;
    }
  }
  return match;
}

CanonicalText PathTemplate::write(const std::vector<CanonicalText>& values) const {
  CanonicalText path;
  int written = -1;
  for (const Segment& segment : segments_) {
    if (segment.variable < 0) {
      path.add("/" + percent_encode(segment.text));
    } else if (segment.variable !=
               written) {  // the first segment of a variable stands for all of it
      written = segment.variable;
      path.add("/");
      path.add(values[static_cast<std::size_t>(written)]);
    }
  }
  if (!verb_.empty()) path.add(":" + percent_encode(verb_));
  return path;
}

std::string PathTemplate::encode(const Variable& variable, std::string_view value) {
  if (!variable.multi) return percent_encode(value);
  std::string text;
  for (std::string_view part : split(value, '/')) {
    if (!text.empty()) text += "/";
    text += percent_encode(part);
  }
  return text;
}

int more_literal(const PathTemplate::Match& a, const PathTemplate::Match& b) {
  for (std::size_t i = 0; i < a.kinds.size() && i < b.kinds.size(); ++i) {
    const bool a_literal = a.kinds[i] == PathTemplate::Kind::kLiteral;
    const bool b_literal = b.kinds[i] == PathTemplate::Kind::kLiteral;
    if (a_literal != b_literal) return a_literal ? -1 : 1;
  }
  return 0;
}

}  // namespace sluice::judge
