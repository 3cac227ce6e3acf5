// SPDX-License-Identifier: Apache-2.0
// A request target that was refused is read against the templates of all endpoints of its method, whatever its values: the one that it was
// meant for says which variable or parameter the rejected byte stands in.
#include <algorithm>

#include "compiler/explain_internal.hpp"

namespace sluice::compiler {

namespace {

using layout::Reason;

struct Span_ {
  std::size_t begin, end;
};

// A template laid over a path.
struct Match {
  const EndpointFacts* endpoint;
  std::vector<std::pair<const PartFacts*, Span_>> variables;
  std::vector<bool> literal;  // by segment; the verb is one more
};

std::optional<Match> lay_over(const EndpointFacts& endpoint, std::string_view path) {
  std::size_t end = path.size();
  if (!endpoint.verb.empty()) {
    if (!path.ends_with(":" + endpoint.verb)) return std::nullopt;
    end -= endpoint.verb.size() + 1;
  }
  std::vector<Span_> segments;
  if (path.empty() || path[0] != '/') return std::nullopt;
  for (std::size_t at = 1;;) {
    const std::size_t slash = std::min(path.find('/', at), end);
    segments.push_back({at, std::max(at, slash)});
    if (slash >= end) break;
    at = slash + 1;
  }
  std::size_t wanted = 0;
  bool rest = false;
  for (const PartFacts& part : endpoint.path) {
    wanted += part.segments.size();
    rest = rest || std::any_of(part.segments.begin(), part.segments.end(), [](const Segment& s) { return s.kind == Segment::Kind::rest; });
  }
  if (segments.size() < wanted || (!rest && segments.size() != wanted)) return std::nullopt;
  const std::size_t more = segments.size() - wanted;  // what `**` takes beyond its one
  Match out{&endpoint, {}, {}};
  std::size_t next = 0;
  for (const PartFacts& part : endpoint.path) {
    const std::size_t first = next;
    for (const Segment& segment : part.segments) {
      if (next >= segments.size()) return std::nullopt;  // two `**`: no compiler writes that
      const Span_& at = segments[next];
      const bool literal = segment.kind == Segment::Kind::literal;
      if (literal && path.substr(at.begin, at.end - at.begin) != segment.text) return std::nullopt;
      out.literal.push_back(literal);
      next += segment.kind == Segment::Kind::rest ? 1 + more : 1;
    }
    if (part.variable) out.variables.push_back({&part, {segments[first].begin, segments[next - 1].end}});
  }
  out.literal.push_back(!endpoint.verb.empty());
  return out;
}

// A literal wins over a variable, as in the tables.
std::vector<Match> best_of(std::vector<Match> all) {
  std::vector<Match> best;
  for (const Match& a : all) {
    const bool beaten = std::any_of(all.begin(), all.end(), [&](const Match& b) {
      const auto [x, y] = std::mismatch(a.literal.begin(), a.literal.end(), b.literal.begin(), b.literal.end());
      return x != a.literal.end() && y != b.literal.end() && *y;
    });
    if (!beaten) best.push_back(a);
  }
  return best;
}

class TargetReader {
 public:
  TargetReader(const RecordFacts& facts, std::string_view target, std::size_t offset, Reason reason)
      : facts_(facts), target_(target), path_(target.substr(0, target.find('?'))), offset_(offset), reason_(reason) {}

  Finding find(std::string_view method) {
    std::vector<Match> all;
    for (const EndpointFacts& endpoint : facts_.endpoints) {
      if (endpoint.http_method != method) continue;
      if (auto match = lay_over(endpoint, path_)) all.push_back(std::move(*match));
    }
    const auto best = best_of(std::move(all));
    Finding out;
    for (const Match& match : best) {
      Finding one = offset_ <= path_.size() ? in_path(match) : in_query(*match.endpoint);
      out.paths.insert(out.paths.end(), one.paths.begin(), one.paths.end());
      out.causes.insert(out.causes.end(), one.causes.begin(), one.causes.end());
    }
    if (!out.empty() || offset_ > path_.size()) return out;
    if (dots()) return found(":path", "dot_segment", "a segment '.' or '..' is refused");
    return found(":path", "no_endpoint", "no endpoint has this path");
  }

 private:
  // The segment with the rejected byte is "." or "..".
  bool dots() const {
    const std::size_t at = std::min(offset_, path_.empty() ? 0 : path_.size() - 1);
    const std::size_t slash = path_.empty() ? std::string_view::npos : path_.rfind('/', at);
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    const auto is_dots = [&](std::size_t from) {
      bool good = true;
      const std::string text = percent_decoded(path_.substr(from, std::min(path_.find('/', from), path_.size()) - from), good);
      return text == "." || text == "..";
    };
    // A '/' that follows such a segment is where the path may not go on.
    const std::size_t before = begin >= 2 ? path_.rfind('/', begin - 2) : std::string_view::npos;
    return is_dots(begin) || (at + 1 == begin && before != std::string_view::npos && is_dots(before + 1));
  }

  Finding in_path(const Match& match) const {
    for (const auto& [part, span] : match.variables) {
      if (offset_ < span.begin || offset_ > span.end) continue;
      const FieldFacts& field = facts_.field(*part->variable);
      const std::string_view raw = path_.substr(span.begin, span.end - span.begin);
      bool good = true;
      const std::string text = percent_decoded(raw, good);
      if (!good) return found(part->name, "bad_percent", "'%' is not followed by two hexadecimal digits");
      const bool several = part->segments.size() > 1 || part->segments[0].kind == Segment::Kind::rest;
      if (several && std::count(text.begin(), text.end(), '/') != std::count(raw.begin(), raw.end(), '/')) {
        return found(part->name, "encoded_slash", "a value of several segments holds no encoded slash");
      }
      auto causes = causes_of_text(field, text, {Surroundings::path, reason_});
      if (!causes.empty()) return {{part->name}, std::move(causes)};
      if (dots()) return found(part->name, "dot_segment", "a segment '.' or '..' is refused");
      if (raw.empty() || raw.find("//") != std::string_view::npos) return found(part->name, "empty_segment", "a path segment is empty");
      if (offset_ < span.end) return {{part->name}, {not_canonical("unreserved characters stand for themselves, all others are %XX")}};
    }
    return offset_ >= path_.size() ? missing(*match.endpoint, {}, 0) : Finding{};
  }

  // The first required parameter that has not been seen; with `before`, of those of a lower rank.
  Finding missing(const EndpointFacts& endpoint, const std::vector<const ParameterFacts*>& seen, int before) const {
    for (const ParameterFacts& parameter : endpoint.query) {
      if (!parameter.required || (before != 0 && parameter.rank >= before)) continue;
      const bool stands = std::any_of(seen.begin(), seen.end(), [&](const auto* p) { return p->rank == parameter.rank; });
      if (!stands) return {{parameter.name}, causes_of_absence(facts_.field(parameter.field), false)};
    }
    return {};
  }

  Finding in_query(const EndpointFacts& endpoint) const {
    std::vector<const ParameterFacts*> seen;
    for (std::size_t begin = path_.size() + 1;;) {
      const std::size_t end = std::min(target_.find('&', begin), target_.size());
      const std::string_view piece = target_.substr(begin, end - begin);
      const std::size_t equals = std::min(piece.find('='), piece.size());
      bool good = true;
      const std::string name = percent_decoded(piece.substr(0, equals), good);
      const auto known = std::find_if(endpoint.query.begin(), endpoint.query.end(), [&](const auto& p) { return p.name == name; });
      const ParameterFacts* parameter = known == endpoint.query.end() ? nullptr : &*known;
      if (offset_ <= begin + equals) return in_name(endpoint, name, parameter, seen);
      if (!parameter) return {};
      seen.push_back(parameter);
      if (offset_ <= end) {
        const std::string text = percent_decoded(piece.substr(equals + 1), good);
        if (!good) return found(parameter->name, "bad_percent", "'%' is not followed by two hexadecimal digits");
        auto causes = causes_of_text(facts_.field(parameter->field), text, {Surroundings::query, reason_, parameter->repeated});
        if (!causes.empty()) return {{parameter->name}, std::move(causes)};
        if (offset_ < end) return {{parameter->name}, {not_canonical("unreserved characters stand for themselves, all others are %XX")}};
      }
      if (end >= target_.size()) break;
      begin = end + 1;
    }
    return missing(endpoint, seen, 0);
  }

  Finding in_name(const EndpointFacts& endpoint, const std::string& name, const ParameterFacts* parameter,
                  const std::vector<const ParameterFacts*>& seen) const {
    if (!parameter) return found(shown_text(name), "unknown_parameter", "the endpoint has no query parameter of this name");
    if (reason_ == Reason::TOO_FEW) return missing(endpoint, seen, parameter->rank);
    if (std::find(seen.begin(), seen.end(), parameter) != seen.end()) {
      return found(parameter->name, "duplicate_field", "the query parameter stands twice");
    }
    const bool beside = std::any_of(seen.begin(), seen.end(), [&](const auto* p) { return p->rank == parameter->rank; });
    if (beside) return found(parameter->name, "oneof", "another member of its oneof stands already");
    return found(parameter->name, "order", "query parameters stand in ascending order of their field numbers");
  }

  const RecordFacts& facts_;
  std::string_view target_, path_;
  std::size_t offset_;  // in the target; its length: what ends it came too soon
  Reason reason_;
};

}  // namespace

Finding explain_target(const RecordFacts& facts, std::string_view method, std::string_view target, std::size_t offset,
                       layout::Reason reason) {
  return TargetReader(facts, target, offset, reason).find(method);
}

}  // namespace sluice::compiler
