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

Case RecordSource::next() {
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
      if (kind < 14) {
        mutate_bytes(record);
      } else if (kind < 39) {
        mutate_structure(record);
      } else {
        nest(record);
      }
    }
    if (below(16) != 0) mend_length(record);
  } while (record == original);
  return record;
}

void RecordSource::mutate_bytes(std::string& record) {
  if (record.empty()) return;
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
        const std::size_t n = 2 + below(12);
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
  const Token t = tokens[below(tokens.size())];
  std::string text = record.substr(t.begin, t.end - t.begin);
  static const std::array<std::string, 16> kValues = {"null", "true", "false", "0", "-1", "1", "\"\"", "\"x\"", "[]", "{}", "1e3", "-0",
                                                      "2147483648", "\"9223372036854775808\"", "1.50", "\"0001-01-01T00:00:00Z\""};
  const bool string = text.size() > 2 && text[0] == '"';
  switch (below(6)) {
    case 0: text = kValues[below(kValues.size())]; break;
    case 1:
      if (string) text.insert(1 + below(text.size() - 2), std::string(1 + below(80), 'a'));
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

// Puts a member of the body into itself many times over: recursion beyond the depth limit, where the schema allows any.
void RecordSource::nest(std::string& record) {
  const std::size_t header_end = record.find("\r\n\r\n");
  if (header_end == std::string::npos) return;
  const auto members = members_of(record, header_end + 4);
  std::vector<Token> objects;
  for (const Token& m : members) {
    if (record[m.end - 1] == '}') objects.push_back(m);
  }
  if (objects.empty()) return mutate_bytes(record);
  const Token t = objects[below(objects.size())];
  const std::string text = record.substr(t.begin, t.end - t.begin);
  const std::size_t brace = text.find('{');
  if (brace == std::string::npos) return;
  const std::size_t levels = 20 + below(40);
  std::string open, close;
  for (std::size_t i = 0; i < levels; ++i) {
    open += text.substr(0, brace + 1);
    close += "}";
  }
  record.replace(t.begin, text.size(), open + text + close);
}

}  // namespace sluice::test
