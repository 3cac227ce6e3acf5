// SPDX-License-Identifier: Apache-2.0
// The path half: segments are split before anything is decoded, so an encoded slash or dot never
// changes the structure.
#include "canonical/target.hpp"

#include <algorithm>
#include <optional>

#include "canonical/http_head.hpp"
#include "canonical/refusal.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

using compiler::PathPart;
using compiler::Segment;

[[noreturn]] void refuse_target(std::string code, std::string message) {
  throw Refused({400, std::move(code), "", "", std::move(message), 0, 0, ""});
}

// What follows the authority of an absolute-form target (RFC 9112 section 3.2.2), which every
// server has to take; the target itself in any other form. The authority decides where the request
// goes, whatever the host header says, so it must be the policy's host and nothing more.
std::string_view without_authority(std::string_view target, const std::string& host) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::string name = lower(target.substr(0, scheme));
  if (name != "http" && name != "https") return target;
  std::string_view rest = target.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (lower(authority) != lower(host)) {
    throw Refused(
        {421, "misdirected", "", "",
         "The request target is for '" + excerpt(authority) + "'; this is '" + host + "'.", 0, 0,
         ""});
  }
  rest.remove_prefix(authority.size());
  // Without a path the path is "/" (RFC 3986 section 6.2.3), which no template has.
  return rest.starts_with('/') ? rest : "/";
}

bool has_rest(const PathPart& part) {
  return std::any_of(part.segments.begin(), part.segments.end(),
                     [](const Segment& segment) { return segment.kind == Segment::Kind::rest; });
}

// pchar, "/", "?" of RFC 3986 section 3.3, 3.4; `%` is looked at when decoding.
bool may_stand_in_target(char c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

}  // namespace

Targets::Targets(const Tables& tables) : tables_(tables) {
  const Schema& schema = tables.schema();
  for (const Endpoint& endpoint : schema.endpoints) {
    Prepared& prepared = prepared_.emplace_back();
    for (const PathPart& part : endpoint.path) {
      Value value{};
      if (part.variable) value = value_with_default(schema.field(endpoint.request, *part.variable));
      prepared.variables.push_back(std::move(value));
    }
    for (const auto& query : endpoint.query) prepared.query.push_back(prepare(endpoint, query));
    for (const auto& query : endpoint.default_only_query)
      prepared.default_only.push_back(prepare(endpoint, query));
  }
}

Targets::Parameter Targets::prepare(const Endpoint& endpoint,
                                    const compiler::QueryParameter& query) const {
  const Schema& schema = tables_.schema();
  Parameter parameter;
  int message = endpoint.request;
  for (const int index : query.path.indexes) {
    const Field& field = schema.message(message).fields[static_cast<std::size_t>(index)];
    parameter.names.push_back({field.json_name, field.name});
    message = field.value.message;
  }
  parameter.field = &schema.field(endpoint.request, query.path);
  parameter.value =
      query.repeated ? parameter.field->value : value_without_default(*parameter.field);
  parameter.choice = compiler::query_choice(schema, endpoint.request, query.path);
  return parameter;
}

std::vector<Targets::RawSegment> Targets::split_path(std::string_view path) const {
  std::vector<RawSegment> out;
  std::size_t at = 1;
  while (true) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    RawSegment segment{path.substr(at, slash - at), {}};
    if (segment.raw.empty()) {
      refuse_target("empty_segment", "The path has an empty segment ('//' or a '/' at its end).");
    }
    auto decoded = percent_decode(segment.raw);
    if (!decoded)
      refuse_target("bad_percent", "A '%' in the path is not followed by two hexadecimal digits.");
    segment.decoded = std::move(*decoded);
    if (segment.decoded == "." || segment.decoded == "..") {
      refuse_target("dot_segment", "The path has a segment '" + segment.decoded +
                                       "', which would climb in the path.");
    }
    if (first_invalid_utf8(segment.decoded)) {
      refuse_target("bad_utf8", "The path segment '" + excerpt(segment.raw) +
                                    "' does not decode to valid UTF-8.");
    }
    out.push_back(std::move(segment));
    if (slash == path.size()) return out;
    at = slash + 1;
  }
}

bool Targets::matches(const Endpoint& endpoint, const std::vector<RawSegment>& segments,
                      Match& match) const {
  match.endpoint = &endpoint;
  match.rank.clear();
  match.last = segments.back().decoded;
  if (!endpoint.verb.empty()) {
    // The verb stands behind the last literal colon; %3A is data.
    const std::string_view raw = segments.back().raw;
    const auto colon = raw.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    if (percent_decode(raw.substr(colon + 1)) != endpoint.verb) return false;
    match.last = *percent_decode(raw.substr(0, colon));
  }
  match.rank.push_back(endpoint.verb.empty() ? 1 : 0);
  // The one `**` takes what the others leave, at least one segment.
  std::size_t wanted = 0;
  bool rest = false;
  for (const PathPart& part : endpoint.path) {
    wanted += part.segments.size();
    rest = rest || has_rest(part);
  }
  if (segments.size() < wanted || (!rest && segments.size() != wanted)) return false;
  match.rest = 1 + segments.size() - wanted;
  std::size_t at = 0;
  for (const PathPart& part : endpoint.path) {
    for (const Segment& segment : part.segments) {
      const std::string& text = at + 1 == segments.size() ? match.last : segments[at].decoded;
      match.rank.push_back(static_cast<int>(segment.kind));
      if (segment.kind == Segment::Kind::literal && text != segment.text) return false;
      at += segment.kind == Segment::Kind::rest ? match.rest : 1;
    }
  }
  return true;
}

// The templates that the path fits, the most literal first.
std::vector<Targets::Match> Targets::find(std::string_view method, std::string_view path,
                                          const std::vector<RawSegment>& segments) const {
  std::vector<Match> found;
  Match match{nullptr, {}, {}, 0};
  std::vector<std::string> others;
  for (const Endpoint& endpoint : tables_.schema().endpoints) {
    if (!matches(endpoint, segments, match)) continue;
    if (endpoint.http_method == method) {
      found.push_back(match);
    } else if (std::find(others.begin(), others.end(), endpoint.http_method) == others.end()) {
      others.push_back(endpoint.http_method);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Match& a, const Match& b) { return a.rank < b.rank; });
  if (!found.empty()) return found;
  const std::string shown = excerpt(path, 80);
  if (others.empty()) {
    throw Refused({404, "no_endpoint", "", "",
                   "The policy has no method at the path '" + shown + "'.", 0, 0, ""});
  }
  std::sort(others.begin(), others.end());
  std::string allow;
  for (const std::string& other : others) allow += (allow.empty() ? "" : ", ") + other;
  throw Refused({405, "method_not_allowed", "", "",
                 "The path '" + shown + "' does not take " + excerpt(method, 20) + "; it takes " +
                     allow + ".",
                 0, 0, allow});
}

std::string Targets::write_path(const Match& match, const std::vector<RawSegment>& segments,
                                PathFields& fields) const {
  std::string out;
  std::size_t at = 0;
  const auto text_at = [&](std::size_t index) -> const std::string& {
    return index + 1 == segments.size() ? match.last : segments[index].decoded;
  };
  for (std::size_t number = 0; number < match.endpoint->path.size(); ++number) {
    const PathPart& part = match.endpoint->path[number];
    const bool rest = has_rest(part);
    const std::size_t end = at + part.segments.size() + (rest ? match.rest - 1 : 0);
    if (!part.variable) {
      for (; at < end; ++at) {
        out += '/';
        append_percent_encoded(out, text_at(at));
      }
      continue;
    }
    const Field& field = tables_.schema().field(match.endpoint->request, *part.variable);
    const Place place{part.variable->json_path, 0, 0};
    const bool several = part.segments.size() > 1 || rest;
    std::string value;
    for (std::size_t i = at; i < end; ++i) {
      if (i > at) value += '/';
      if (several && text_at(i).find('/') != std::string::npos) {
        refuse_value(place, "encoded_slash",
                     "'" + place.field +
                         "' spans several path segments; none of them may hold an encoded slash.");
      }
      value += text_at(i);
    }
    Scalar scalar = read_scalar(field, value, place);
    check_rules(tables_, prepared(*match.endpoint).variables[number], scalar, place);
    out += '/';
    if (several) {
      for (std::size_t i = at; i < end; ++i) {
        if (i > at) out += '/';
        append_percent_encoded(out, text_at(i));
      }
    } else {
      append_percent_encoded(out, scalar.text);
    }
    fields.emplace(part.variable->proto_path, std::move(scalar));
    at = end;
  }
  if (!match.endpoint->verb.empty()) {
    out += ':';
    append_percent_encoded(out, match.endpoint->verb);
  }
  return out;
}

CanonicalTarget Targets::canonical(std::string_view method, std::string_view target) const {
  target = without_authority(target, tables_.policy().host());
  if (!target.starts_with('/')) {
    refuse_target("target_form", "The request target must begin with '/' (origin-form); found '" +
                                     excerpt(target) + "'.");
  }
  for (const char c : target) {
    if (c == '#')
      refuse_target("fragment", "The request target has a fragment ('#'), which is never sent.");
    if (!may_stand_in_target(c)) {
      refuse_target("bad_character", "The request target has the character '" +
                                         excerpt(std::string_view(&c, 1)) +
                                         "', which must be percent-encoded.");
    }
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  if (path == "/") {
    throw Refused(
        {404, "no_endpoint", "", "", "The policy has no method at the path '/'.", 0, 0, ""});
  }
  const std::vector<RawSegment> segments = split_path(path);
  // Templates of one shape are told apart by the rules on their variables, so a later one may fit
  // where the first does not.
  std::optional<Refused> first;
  for (const Match& match : find(method, path, segments)) {
    CanonicalTarget out;
    try {
      out.text = write_path(match, segments, out.path_fields);
    } catch (const Refused& refused) {
      if (!first) first = refused;
      continue;
    }
    out.endpoint = match.endpoint;
    out.text += write_query(*match.endpoint,
                            mark < target.size() ? target.substr(mark + 1) : std::string_view());
    return out;
  }
  throw *first;
}

}  // namespace sluice::canonical
