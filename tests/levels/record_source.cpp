// SPDX-License-Identifier: Apache-2.0
#include "levels/record_source.hpp"

#include <algorithm>
#include <array>

namespace sluice::test {

namespace {

// Tokens of a record as a mutator sees them: strings, words and numbers, single punctuation.
struct Token {
  std::size_t begin, end;
};

std::vector<Token> tokens_of(const std::string& text, std::size_t from) {
  std::vector<Token> out;
  for (std::size_t i = from; i < text.size();) {
    std::size_t j = i + 1;
    if (text[i] == '"') {
      while (j < text.size() && text[j] != '"') j += text[j] == '\\' ? 2 : 1;
      j = std::min(j + 1, text.size());
    } else if (std::isalnum(static_cast<unsigned char>(text[i]))) {
      while (j < text.size() && (std::isalnum(static_cast<unsigned char>(text[j])) || text[j] == '.' || text[j] == '-')) ++j;
    }
    out.push_back({i, j});
    i = j;
  }
  return out;
}

// Members or items: spans between '{' '[' ',' and '}' ']' ',' at equal depth.
std::vector<Token> members_of(const std::string& text, std::size_t from) {
  std::vector<Token> out;
  std::vector<std::size_t> open;
  bool quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      open.push_back(i + 1);
    } else if ((c == ',' || c == '}' || c == ']') && !open.empty()) {
      if (i > open.back()) out.push_back({open.back(), i});
      if (c == ',') {
        open.back() = i + 1;
      } else {
        open.pop_back();
      }
    }
  }
  return out;
}

// Spans of the objects, outer ones behind the ones they hold.
std::vector<Token> objects_of(const std::string& text, std::size_t from) {
  std::vector<Token> out;
  std::vector<std::size_t> open;
  bool quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == '{') {
      open.push_back(i);
    } else if (!quoted && text[i] == '}' && !open.empty()) {
      out.push_back({open.back(), i + 1});
      open.pop_back();
    }
  }
  return out;
}

}  // namespace

void mend_length(std::string& record) {
  const std::size_t end = record.find("\r\n\r\n");
  const std::string name = "\r\ncontent-length: ";
  const std::size_t at = record.find(name);
  if (end == std::string::npos || at == std::string::npos || at > end) return;
  const std::size_t first = at + name.size();
  const std::size_t last = record.find('\r', first);
  record.replace(first, last - first, std::to_string(record.size() - end - 4));
}

RecordSource::RecordSource(const compiler::CompileResult& policy, std::uint64_t seed)
    : policy_(policy), rng_(seed), request_(policy.request), response_(policy.response) {}

std::string RecordSource::valid(layout::Pipeline pipeline, std::uint16_t endpoint) {
  const auto limit = policy_.schema.loaded->policy.limits().max_record_bytes();
  for (;;) {
    const std::size_t bytes = 100 + below(limit / 2);
    auto& sampler = pipeline == layout::Pipeline::REQUEST ? request_ : response_;
    auto record = sampler.random(endpoint, rng_, {bytes, 6 + below(40)});
    if (record && record->size() <= limit) return *record;
  }
}

// A record that nests deeper than the image allows, if a few tries find a schema place that allows any depth.
std::optional<Case> RecordSource::too_deep() {
  for (int attempt = 0; attempt < 40; ++attempt) {
    Case out;
    out.pipeline = below(2) ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
    out.endpoint = static_cast<std::uint16_t>(1 + below(policy_.schema.endpoints.size()));
    auto& sampler = out.pipeline == layout::Pipeline::REQUEST ? request_ : response_;
    auto record = sampler.random(out.endpoint, rng_, {100 + below(200), 10});
    if (!record) continue;
    out.record = std::move(*record);
    out.valid = false;
    if (!nest(out.record)) continue;
    mend_length(out.record);
    return out;
  }
  return std::nullopt;
}

std::optional<Case> RecordSource::next_covering() {
  const std::size_t requests = policy_.request.states.size();
  while (cover_state_ < requests + policy_.response.states.size()) {
    const bool request = cover_state_ < requests;
    const std::size_t state = request ? cover_state_ : cover_state_ - requests;
    const auto& automaton = request ? policy_.request : policy_.response;
    if (cover_transition_ == automaton.states[state].transitions.size()) {
      ++cover_state_;
      cover_transition_ = 0;
      continue;
    }
    const auto found = (request ? request_ : response_).through(static_cast<int>(state), cover_transition_++);
    if (!found || found->record.size() > policy_.schema.loaded->policy.limits().max_record_bytes()) continue;
    Case out;
    out.pipeline = request ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
    out.endpoint = static_cast<std::uint16_t>(found->tag);
    out.record = found->record;
    out.valid = true;
    return out;
  }
  return std::nullopt;
}

Case RecordSource::next() {
  if (auto covering = next_covering()) return std::move(*covering);
  if (below(40) == 0) {
    if (auto deep = too_deep()) return std::move(*deep);
  }
  Case out;
  out.pipeline = below(2) ? layout::Pipeline::REQUEST : layout::Pipeline::RESPONSE;
  out.endpoint = static_cast<std::uint16_t>(1 + below(policy_.schema.endpoints.size()));
  out.record = valid(out.pipeline, out.endpoint);
  out.valid = below(2) == 0;
  if (!out.valid) out.record = mutate(std::move(out.record));
  return out;
}

std::string RecordSource::mutate(std::string record) {
  const std::string original = record;
  do {
    record = original;
    const int rounds = below(8) == 0 ? 2 : 1;
    for (int i = 0; i < rounds; ++i) {
      const std::size_t kind = below(40);
      if (kind < 10) {
        mutate_bytes(record);
      } else if (kind < 32) {
        mutate_structure(record);
      } else if (kind < 36) {
        lengthen_list(record);
      } else {
        lengthen_string(record);
      }
    }
    if (below(16) != 0) mend_length(record);
    // Beyond the limit there is only one reason; a few of those are enough.
  } while (record == original || (record.size() > policy_.schema.loaded->policy.limits().max_record_bytes() && below(3) != 0));
  return record;
}

void RecordSource::mutate_bytes(std::string& record) {
  if (record.empty()) {
    record = "x";
    return;
  }
  // Two thirds in the second half.
  std::size_t at = below(record.size());
  if (at < record.size() / 2 && below(3) == 0) at += record.size() / 2;
  at = std::min(at, record.size() - 1);
  static constexpr std::string_view kInteresting = "\"\\{}[]:,0129-+.eEntf \r\n%/?&=\x7f\x80\xbf\xc0\xc2\xe0\xed\xf4\xff";
  auto random_byte = [&] {
    return below(2) ? kInteresting[below(kInteresting.size())] : static_cast<char>(below(256));
  };
  switch (below(6)) {
    case 0: record[at] = static_cast<char>(record[at] ^ (1 << below(8))); break;
    case 1: record[at] = random_byte(); break;
    case 2: record.insert(at, 1, random_byte()); break;
    case 3: record.erase(at, 1 + below(3)); break;
    case 4: record.insert(at, record.substr(at, 1 + below(20))); break;
    default: record.resize(at); break;
  }
}

void RecordSource::mutate_structure(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  const std::size_t body = header_end == std::string::npos ? 0 : header_end + 4;
  const bool has_body = body < record.size();
  if (!has_body || below(6) == 0) {
    // Header lines and the target.
    std::vector<std::size_t> lines;
    for (std::size_t at = record.find("\r\n"); at != std::string::npos && at + 2 < body; at = record.find("\r\n", at + 2)) lines.push_back(at + 2);
    if (!lines.empty() && below(2)) {
      const std::size_t from = lines[below(lines.size())];
      const std::size_t end = record.find("\r\n", from) + 2;
      const std::string line = record.substr(from, end - from);
      switch (below(3)) {
        case 0: record.erase(from, line.size()); break;
        case 1: record.insert(from, line); break;
        default: record.insert(lines[below(lines.size())], "x-extra: 1\r\n"); break;
      }
      return;
    }
    const auto tokens = tokens_of(record.substr(0, record.find('\r')), 0);
    if (tokens.empty()) return mutate_bytes(record);
    const Token t = tokens[below(tokens.size())];
    const std::string text = record.substr(t.begin, t.end - t.begin);
    if (below(2)) {
      record.erase(t.begin, text.size());
    } else {
      record.insert(t.begin, text);
    }
    return;
  }
  const auto members = members_of(record, body);
  if (!members.empty() && below(2)) {
    const Token a = members[below(members.size())];
    const std::string text = record.substr(a.begin, a.end - a.begin);
    switch (below(5)) {
      case 0:  // leave out
        record.erase(a.begin, text.size() + (record[a.end] == ',' ? 1 : 0));
        break;
      case 1:  // twice
        record.insert(a.begin, text + ",");
        break;
      case 2: {  // many times: too many items
        std::string many;
        const std::size_t n = 2 + below(60);
        for (std::size_t i = 0; i < n; ++i) many += text + ",";
        record.insert(a.begin, many);
        break;
      }
      case 3: {  // change places
        const Token b = members[below(members.size())];
        const Token first = a.begin < b.begin ? a : b, second = a.begin < b.begin ? b : a;
        if (first.end > second.begin) break;
        const std::string x = record.substr(first.begin, first.end - first.begin), y = record.substr(second.begin, second.end - second.begin);
        record.replace(second.begin, y.size(), x);
        record.replace(first.begin, x.size(), y);
        break;
      }
      default: record.insert(a.begin, "\"unknownMember\":1,"); break;
    }
    return;
  }
  const auto tokens = tokens_of(record, body);
  if (tokens.empty()) return mutate_bytes(record);
  const Token t = tokens[below(tokens.size())];
  std::string text = record.substr(t.begin, t.end - t.begin);
  static const std::array<std::string, 16> kValues = {"null", "true", "false", "0", "-1", "1", "\"\"", "\"x\"", "[]", "{}", "1e3", "-0",
                                                      "2147483648", "\"9223372036854775808\"", "1.50", "\"0001-01-01T00:00:00Z\""};
  const bool string = text.size() > 2 && text[0] == '"';
  switch (below(6)) {
    case 0: text = kValues[below(kValues.size())]; break;
    case 1:
      if (string) text.insert(1 + below(text.size() - 2), std::string(1 + below(300), below(2) ? 'a' : text[1]));
      break;
    case 2:
      if (string) text = "\"" + text.substr(1, below(3)) + "\"";
      break;
    case 3:
      if (string) text.insert(1 + below(text.size() - 2), "\\u0041");
      break;
    case 4: text += text; break;
    default: text = " " + text; break;
  }
  record.replace(t.begin, t.end - t.begin, text);
}

// Puts an object into itself many times over, with all that stands around its inner object of the same first key: recursion beyond the
// depth limit, where the schema allows any. False when the record has no such object.
bool RecordSource::nest(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  const auto objects = objects_of(record, header_end == std::string::npos ? 0 : header_end + 4);
  const auto first_key = [&](const Token& t) { return record.substr(t.begin, record.find(':', t.begin) - t.begin); };
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Token inner = objects[i];
    for (std::size_t o = i + 1; o < objects.size(); ++o) {
      const Token outer = objects[o];
      if (outer.begin > inner.begin) continue;
      if (first_key(outer) != first_key(inner)) break;
      const std::string open = record.substr(outer.begin, inner.begin - outer.begin), close = record.substr(inner.end, outer.end - inner.end);
      const std::size_t limit = policy_.schema.loaded->policy.limits().max_record_bytes();
      const std::size_t levels = record.size() >= limit ? 0 : std::min<std::size_t>(50, (limit - record.size()) / (open.size() + close.size()));
      std::string before, after;
      for (std::size_t n = 0; n < levels; ++n) {
        before += open;
        after += close;
      }
      record.insert(outer.end, after);
      record.insert(outer.begin, before);
      return levels > 0;
    }
  }
  return false;
}

// An item of a list many times over.
void RecordSource::lengthen_list(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  const std::size_t body = header_end == std::string::npos ? record.size() : header_end + 4;
  std::vector<Token> items;
  for (const Token& m : members_of(record, body)) {
    if (record[m.begin - 1] == '[') items.push_back(m);
  }
  if (items.empty()) return lengthen_string(record);
  const Token item = items[below(items.size())];
  const std::string text = record.substr(item.begin, item.end - item.begin) + ",";
  const std::size_t limit = policy_.schema.loaded->policy.limits().max_record_bytes();
  const std::size_t room = record.size() < limit ? (limit - record.size()) / text.size() : 0;
  std::string many;
  for (std::size_t n = 1 + below(std::min<std::size_t>(room, 80) + 1); n > 0; --n) many += text;
  record.insert(item.begin, many);
}

// A character of a string many times over.
void RecordSource::lengthen_string(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  const std::size_t body = header_end == std::string::npos ? record.size() : header_end + 4;
  std::vector<Token> strings;
  for (const Token& t : tokens_of(record, body)) {
    const bool value = t.end < record.size() && record[t.end] != ':';
    if (t.end - t.begin > 2 && record[t.begin] == '"' && value) strings.push_back(t);
  }
  if (strings.empty()) return mutate_bytes(record);
  const Token t = strings[below(strings.size())];
  const char c = record[t.begin + 1];
  record.insert(t.begin + 1, std::string(1 + below(250), c > 0x20 && c < 0x7F && c != '\\' ? c : 'a'));
}

}  // namespace sluice::test
