// SPDX-License-Identifier: Apache-2.0
// Every format is the plain definition; texts are cut at their separators first.
#include "judge/string_formats.hpp"

#include <algorithm>

#include "judge/characters.hpp"
#include "judge/internet_address.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

constexpr auto kNone = std::string_view::npos;

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

template <typename Predicate>
bool all_parts(std::string_view text, Predicate predicate) {
  const auto parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), predicate);
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return all(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_identifier(std::string_view text) {
  if (text.empty() || is_digit(text[0])) return false;
  return all(text, [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

bool has_line_break_or_nul(std::string_view text) {
  return !all(text, [](char c) { return c != '\0' && c != '\r' && c != '\n'; });
}

}  // namespace

bool is_email(std::string_view text) {
  constexpr std::string_view kAlso = ".!#$%&'*+/=?^_`{|}~-";
  const auto at = text.find('@');
  if (at == kNone || at == 0) return false;
  return all(text.substr(0, at),
             [&](char c) { return is_letter_or_digit(c) || kAlso.find(c) != kNone; }) &&
         all_parts(text.substr(at + 1), is_label);
}

bool is_hostname(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > 253 || !all_parts(text, is_label)) return false;
  const auto dot = text.rfind('.');
  return !all(text.substr(dot == kNone ? 0 : dot + 1), is_digit);
}

bool is_address(std::string_view text) { return is_hostname(text) || is_ip(text); }

bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == kNone || !parse_decimal(text.substr(colon + 1), 65535)) return false;
  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    return host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2));
  }
  return is_hostname(host) || is_ipv4(host);
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(),
                    [](char c, char shape) { return shape == 'x' ? is_hex_digit(c) : c == shape; });
}

bool is_trimmed_uuid(std::string_view text) { return text.size() == 32 && all(text, is_hex_digit); }

bool is_ulid(std::string_view text) {
  constexpr std::string_view kNotUsed = "ILOUilou";
  return text.size() == 26 && text[0] >= '0' && text[0] <= '7' &&
         all(text, [&](char c) { return is_letter_or_digit(c) && kNotUsed.find(c) == kNone; });
}

bool is_protobuf_name(std::string_view text) { return all_parts(text, is_identifier); }

bool is_dotted_protobuf_name(std::string_view text) {
  return text.starts_with('.') && is_protobuf_name(text.substr(1));
}

bool is_http_header_name(std::string_view text, bool strict) {
  if (!strict) return !text.empty() && !has_line_break_or_nul(text);
  constexpr std::string_view kAlso = "!#$%&'*+,-.^_|~`";
  if (text.starts_with(':')) text.remove_prefix(1);
  return !text.empty() &&
         all(text, [&](char c) { return is_letter_or_digit(c) || kAlso.find(c) != kNone; });
}

bool is_http_header_value(std::string_view text, bool strict) {
  if (!strict) return !has_line_break_or_nul(text);
  return all(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || c == '\t';
  });
}

}  // namespace sluice::judge
