// SPDX-License-Identifier: Apache-2.0
#include "record_builder.hpp"

#include <algorithm>
#include <map>

#include "compiler/civil_time.hpp"
#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"

namespace sluice::test {

using namespace compiler;

namespace {

// Breadth first, printable characters first, the empty text last.
std::string shortest(const Dfa& language) {
  std::vector<std::string> text(language.states.size());
  std::vector<char> seen(language.states.size(), 0);
  std::vector<int> queue{0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const int s = queue[i];
    const auto& state = language.states[static_cast<std::size_t>(s)];
    if (state.accept && !text[static_cast<std::size_t>(s)].empty()) return text[static_cast<std::size_t>(s)];
    for (const Edge& e : state.edges) {
      const auto to = static_cast<std::size_t>(e.to);
      const int low = std::max<int>(e.low, 'a') <= e.high ? std::max<int>(e.low, 'a') : std::max<int>(e.low, '0') <= e.high ? std::max<int>(e.low, '0') : e.low;
      const std::string longer = text[static_cast<std::size_t>(s)] + static_cast<char>(low);
      if (language.states[to].accept && s == e.to) return longer;
      if (seen[to] || (e.to == 0 && !language.states[0].accept)) continue;
      seen[to] = 1;
      text[to] = longer;
      queue.push_back(e.to);
    }
  }
  return "";
}

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

bool is_quoted(const Value& value) {
  return value.kind == ValueKind::string || value.kind == ValueKind::bytes || is_well_known(value.kind) || value.quoted;
}

std::string percent(const std::string& text, bool slash) {
  static const std::string raw = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (raw.find(c) != std::string::npos || (slash && c == '/')) {
      out += c;
      continue;
    }
    static const char* hex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

}  // namespace

std::string RecordBuilder::valid_text(const Value& value) {
  switch (value.kind) {
    case ValueKind::boolean:
      return value.booleans.back() ? "true" : "false";
    case ValueKind::integer: {
      // Near the middle of the largest interval, so that one step to either side is allowed too.
      const auto& [low, high] = value.integers.intervals.back();
      Int pick = low <= 7 && high >= 7 ? 7 : low;
      return std::to_string(static_cast<std::int64_t>(pick));
    }
    case ValueKind::floating:
      return "1.5";
    case ValueKind::bytes:
      return "AAAA";
    case ValueKind::enumeration:
      return value.enumeration.back().name;
    case ValueKind::timestamp:
      return value.integers.contains(*parse_timestamp("2024-02-29T08:30:00Z")) ? "2024-02-29T08:30:00Z" : timestamp_text(value.integers.intervals.back().first);
    case ValueKind::duration:
      return duration_text(value.integers.contains(7 * kNanosPerSecond) ? 7 * kNanosPerSecond : value.integers.intervals.back().first);
    case ValueKind::field_mask:
    case ValueKind::string: {
      const StringRules& r = value.string;
      std::string key = std::to_string(r.min_len) + "/" + std::to_string(r.max_len.value_or(0)) + "/" + std::to_string(r.min_bytes) + "/" + std::to_string(r.max_bytes.value_or(0));
      for (const TextCondition& condition : r.conditions) {
        key += "/" + condition.rule;
        for (const std::string& one : condition.texts) key += "/" + one;
      }
      for (const std::string& one : r.in.value_or(std::vector<std::string>{})) key += "/" + one;
      static std::map<std::string, std::string> known;
      const auto [at, fresh] = known.try_emplace(key);
      if (fresh) {
        StringLanguage texts = string_language(r);
        // Long texts need no trying: the shortest ones do.
        if (texts.is_counted()) texts.language = restrict_length(texts.language, texts.counted, texts.min, texts.min + 2, 50'000);
        at->second = shortest(texts.language);
      }
      return at->second;
    }
    case ValueKind::null:
    case ValueKind::dynamic:
      return "null";
    case ValueKind::structure:
      return "{}";
    case ValueKind::list_value:
      return "[]";
    case ValueKind::message:
    case ValueKind::any:
      break;
  }
  return "";
}

std::string RecordBuilder::valid_json(const Field& field) const {
  std::string one;
  if (field.value.kind == ValueKind::message) {
    one = object(field.value.message, {}, 0, {});
  } else {
    one = valid_text(field.value);
    if (is_quoted(field.value)) one = in_quotes(one);
  }
  if (!field.repeated) return one;
  std::string out = "[" + one;
  for (std::uint64_t i = 1; i < field.min_items; ++i) out += "," + one;
  return out + "]";
}

std::string RecordBuilder::object(int message, const Change& change, std::size_t depth, const std::set<std::string>& excluded) const {
  const Message& type = schema_.message(message);
  const Field* step = depth < change.at.size() ? change.at[depth] : nullptr;
  std::string out;
  std::set<int> oneofs;
  for (const Field& field : type.fields) {
    if (excluded.count(field.name)) continue;
    const bool wanted_oneof = field.oneof >= 0 && type.oneofs[static_cast<std::size_t>(field.oneof)].required && oneofs.insert(field.oneof).second;
    std::string json;
    std::string behind;
    if (step && step->descriptor == field.descriptor) {
      if (depth + 1 == change.at.size()) {
        if (!change.json) continue;
        json = *change.json;
        behind = change.behind;
      } else {
        json = object(field.value.message, change, depth + 1, {});
        if (field.repeated) json = "[" + json + "]";
      }
    } else if (field.oneof >= 0 && step && step->oneof == field.oneof) {
      continue;
    } else if (field.required || wanted_oneof) {
      json = valid_json(field);
    } else {
      continue;
    }
    out += (out.empty() ? "" : ",") + in_quotes(field.json_name) + ":" + json + behind;
  }
  return "{" + out + "}";
}

std::string RecordBuilder::body(const Body& body, const Change& change) const {
  if (body.kind == Body::Kind::none) return "";
  if (body.kind == Body::Kind::message) return object(body.message, change, 0, body.excluded);
  const Field& field = schema_.message(body.message).fields[static_cast<std::size_t>(body.field)];
  if (change.at.empty() && change.json) return *change.json;
  if (field.value.kind != ValueKind::message) return valid_json(field);
  const std::string one = object(field.value.message, change, 0, body.excluded);
  return field.repeated ? "[" + one + "]" : one;
}

std::string RecordBuilder::target(const Endpoint& endpoint, const std::string& variable, const std::string& parameter,
                                  const std::optional<std::string>& text) const {
  std::string out;
  for (const PathPart& part : endpoint.path) {
    out += '/';
    if (!part.variable) {
      out += part.segments[0].kind == Segment::Kind::literal ? part.segments[0].text : "a";
      continue;
    }
    const bool several = part.segments.size() > 1 || part.segments[0].kind == Segment::Kind::rest;
    const Field& field = schema_.field(endpoint.request, *part.variable);
    const std::string value = part.variable->json_path == variable && text ? *text : valid_text(value_with_default(field));
    out += percent(value, several);
  }
  if (!endpoint.verb.empty()) out += ":" + endpoint.verb;
  char separator = '?';
  for (const QueryParameter& p : endpoint.query) {
    const Field& field = schema_.field(endpoint.request, p.path);
    std::string value;
    if (p.name == parameter) {
      if (!text) continue;
      value = *text;
    } else if (p.required) {
      value = valid_text(value_without_default(field));
    } else {
      continue;
    }
    out += separator + p.name + "=" + percent(value, false);
    separator = '&';
  }
  return out;
}

std::string RecordBuilder::head(const std::vector<HeaderRule>& rules, bool request, const Body& form, const std::string& body) const {
  std::map<std::string, std::string> headers;
  if (request) headers["host"] = schema_.loaded->policy.host();
  for (const HeaderRule& rule : rules) {
    if (!rule.required) continue;
    headers[rule.name] = rule.constant ? *rule.constant : rule.pattern ? shortest(pattern_language(*rule.pattern, PatternMatch::full)) : "a";
  }
  if (form.kind != Body::Kind::none) {
    headers["content-type"] = form.protobuf ? "application/protobuf" : "application/json";
    headers["content-length"] = std::to_string(body.size());
  }
  std::string out;
  for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
  return out + "\r\n";
}

std::string RecordBuilder::request(const Endpoint& endpoint, const std::string& target, const std::string& body) const {
  return endpoint.http_method + " " + target + " HTTP/1.1\r\n" + head(schema_.request_headers, true, endpoint.body, body) + body;
}

std::string RecordBuilder::response(const StatusResponse& response, const std::string& body) const {
  return "HTTP/1.1 " + std::to_string(response.code) + " " + response.reason + "\r\n" +
         head(schema_.response_headers, false, response.body, body) + body;
}

}  // namespace sluice::test
