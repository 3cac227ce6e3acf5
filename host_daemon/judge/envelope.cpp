// SPDX-License-Identifier: Apache-2.0
// Taking records apart, and putting header blocks together.
#include "judge/envelope.hpp"

#include <algorithm>

#include "judge/text.hpp"

namespace sluice::judge {
namespace {

constexpr std::string_view kCrlf = "\r\n";

// RFC 9110 section 5.6.2, without upper-case letters.
bool is_lower_token(std::string_view name) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// Cuts the text before the next CRLF off `rest`.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find(kCrlf);
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + kCrlf.size());
  return line;
}

}  // namespace

std::optional<std::string_view> Envelope::header(std::string_view name) const {
  for (const auto& [own, value] : headers) {
    if (own == name) return value;
  }
  return std::nullopt;
}

MaybeRejection parse_envelope(std::string_view record, Envelope& envelope) {
  std::string_view rest = record;
  const auto first_line = take_line(rest);
  if (!first_line || !is_header_value(*first_line)) {
    return Rejection{"", "http.line",
                     "the first line is not visible ASCII with single spaces and CRLF"};
  }
  const auto space = first_line->find(' ');
  const auto second_space =
      first_line->find(' ', space == std::string_view::npos ? space : space + 1);
  if (second_space == std::string_view::npos) {
    return Rejection{"", "http.line", "the first line does not have three parts"};
  }
  envelope.first = first_line->substr(0, space);
  envelope.second = first_line->substr(space + 1, second_space - space - 1);
  envelope.third = first_line->substr(second_space + 1);
  while (true) {
    const auto line = take_line(rest);
    if (!line) {
      return Rejection{"", "http.header", "the header block does not end with an empty line"};
    }
    if (line->empty()) break;
    const auto colon = line->find(": ");
    if (colon == std::string_view::npos || !is_lower_token(line->substr(0, colon)) ||
        !is_header_value(line->substr(colon + 2))) {
      return Rejection{"", "http.header", "a header line is not 'lower-case-name: value'"};
    }
    const auto name = line->substr(0, colon);
    if (!envelope.headers.empty() && envelope.headers.back().first >= name) {
      return Rejection{"", "http.header",
                       "header '" + std::string(name) + "' stands twice or out of order"};
    }
    envelope.headers.emplace_back(name, line->substr(colon + 2));
  }
  envelope.body = rest;
  return std::nullopt;
}

std::string write_headers(std::vector<std::pair<std::string_view, std::string_view>> headers) {
  std::string block;
  std::sort(headers.begin(), headers.end());
  for (const auto& [name, value] : headers) {
    block.append(name).append(": ").append(value).append(kCrlf);
  }
  return block.append(kCrlf);
}

}  // namespace sluice::judge
