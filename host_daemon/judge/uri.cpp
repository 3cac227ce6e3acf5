// SPDX-License-Identifier: Apache-2.0
// A URI is cut at its separators as RFC 3986 appendix B does it, then each part's characters are
// checked.
#include "judge/uri.hpp"

#include <algorithm>
#include <string>

#include "judge/characters.hpp"
#include "judge/internet_address.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kSubDelims = "!$&'()*+,;=";
constexpr std::string_view kUserinfo = "!$&'()*+,;=:";
constexpr std::string_view kPath = "!$&'()*+,;=:@/";
constexpr std::string_view kQuery = "!$&'()*+,;=:@/?";

// Unreserved characters, those in `also`, and percent-encoded bytes.
bool has_only(std::string_view text, std::string_view also) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_unreserved(text[i]) || also.find(text[i]) != kNone) continue;
    const bool encoded = text[i] == '%' && text.size() - i > 2 && is_hex_digit(text[i + 1]) &&
                         is_hex_digit(text[i + 2]);
    if (!encoded) return false;
    i += 2;
  }
  return true;
}

int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }

// The percent-encoding is whole: `has_only` has seen the text.
bool decodes_to_utf8(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return is_valid_utf8(bytes);
}

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool is_future_address(std::string_view text) {
  const auto dot = text.find('.');
  if (!text.starts_with('v') || dot == kNone) return false;
  const std::string_view version = text.substr(1, dot - 1);
  const std::string_view address = text.substr(dot + 1);
  return !version.empty() && std::all_of(version.begin(), version.end(), is_hex_digit) &&
         !address.empty() && address.find('%') == kNone && has_only(address, kUserinfo);
}

// What stands in brackets.
bool is_literal_address(std::string_view text) {
  if (text.starts_with('v')) return is_future_address(text);
  const auto percent = text.find('%');
  const std::string_view address = text.substr(0, percent);
  if (address.find('.') != kNone || !is_ipv6(address)) return false;
  if (percent == kNone) return true;
  const std::string_view zone = text.substr(percent);
  return zone.starts_with("%25") && zone.size() > 3 && has_only(zone, "") && decodes_to_utf8(zone);
}

// [ userinfo "@" ] host [ ":" port ]
bool is_authority(std::string_view text) {
  if (const auto at = text.find('@'); at != kNone) {
    if (!has_only(text.substr(0, at), kUserinfo)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == kNone || !is_literal_address(text.substr(1, end - 1))) return false;
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    const std::string_view name = text.substr(0, colon);
    if (!has_only(name, kSubDelims) || !decodes_to_utf8(name)) return false;
    rest = text.substr(colon);
  }
  if (rest.empty()) return true;
  return rest[0] == ':' && std::all_of(rest.begin() + 1, rest.end(), is_digit);
}

// What follows the scheme. Only without a scheme the first segment has no colon, which would end
// one.
bool is_rest(std::string_view text, bool colon_in_first_segment) {
  if (const auto hash = text.find('#'); hash != kNone) {
    if (!has_only(text.substr(hash + 1), kQuery)) return false;
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != kNone) {
    if (!has_only(text.substr(mark + 1), kQuery)) return false;
    text = text.substr(0, mark);
  }
  if (text.starts_with("//")) {
    const auto slash = std::min(text.find('/', 2), text.size());
    return is_authority(text.substr(2, slash - 2)) && has_only(text.substr(slash), kPath);
  }
  const std::string_view first = text.substr(0, text.find('/'));
  return has_only(text, kPath) && (colon_in_first_segment || first.find(':') == kNone);
}

}  // namespace

bool is_uri(std::string_view text) {
  const auto colon = text.find(':');
  return colon != kNone && is_scheme(text.substr(0, colon)) &&
         is_rest(text.substr(colon + 1), true);
}

bool is_uri_reference(std::string_view text) { return is_uri(text) || is_rest(text, false); }

}  // namespace sluice::judge
