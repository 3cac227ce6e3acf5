// SPDX-License-Identifier: Apache-2.0
#include "levels/record_text.hpp"

#include <algorithm>
#include <cctype>

namespace sluice::test {

std::vector<Token> tokens_of(const std::string& text, std::size_t from) {
  std::vector<Token> out;
  for (std::size_t i = from; i < text.size();) {
    std::size_t j = i + 1;
    if (text[i] == '"') {
      while (j < text.size() && text[j] != '"') j += text[j] == '\\' ? 2 : 1;
      j = std::min(j + 1, text.size());
    } else if (std::isalnum(static_cast<unsigned char>(text[i]))) {
      while (j < text.size() && (std::isalnum(static_cast<unsigned char>(text[j])) ||
                                 text[j] == '.' || text[j] == '-'))
        ++j;
    }
    out.push_back({i, j});
    i = j;
  }
  return out;
}

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

std::size_t body_of(const std::string& record) {
  const std::size_t end = record.find("\r\n\r\n");
  return end == std::string::npos ? record.size() : end + 4;
}

bool is_binary(const std::string& record) {
  return record.substr(0, body_of(record)).find("\r\ncontent-type: application/protobuf\r\n") != std::string::npos;
}

std::vector<Token> string_values_of(const std::string& record) {
  std::vector<Token> out;
  for (const Token& t : tokens_of(record, body_of(record))) {
    const bool value = t.end < record.size() && record[t.end] != ':';
    if (t.end - t.begin > 2 && record[t.begin] == '"' && value) out.push_back(t);
  }
  return out;
}

void mend_length(std::string& record) {
  const std::size_t end = record.find("\r\n\r\n");
  const std::string name = "\r\ncontent-length: ";
  const std::size_t at = record.find(name);
  if (end == std::string::npos || at == std::string::npos || at > end) return;
  const std::size_t first = at + name.size();
  const std::size_t last = record.find('\r', first);
  record.replace(first, last - first, std::to_string(record.size() - end - 4));
}

}  // namespace sluice::test
