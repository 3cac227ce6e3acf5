// SPDX-License-Identifier: Apache-2.0
// UTF-8 by the table of RFC 3629, section 4.
#include "load/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace sluice::load {

std::string_view::size_type first_invalid_utf8(std::string_view text) {
  auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  auto in = [&](std::size_t at, unsigned low, unsigned high) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    unsigned lead = byte(at);
    std::size_t length = 0;
    if (lead >= 0x01 && lead <= 0x7f) {
      length = 1;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      length = in(at + 1, 0x80, 0xbf) ? 2 : 0;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      // No overlong forms, no surrogates.
      unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
      unsigned high = lead == 0xed ? 0x9f : 0xbf;
      length = in(at + 1, low, high) && in(at + 2, 0x80, 0xbf) ? 3 : 0;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      // No overlong forms, nothing above U+10FFFF.
      unsigned low = lead == 0xf0 ? 0x90 : 0x80;
      unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
      length = in(at + 1, low, high) && in(at + 2, 0x80, 0xbf) && in(at + 3, 0x80, 0xbf) ? 4 : 0;
    }
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

Span place_in(std::string_view text, std::string_view::size_type offset, const std::string& file) {
  std::string_view before = text.substr(0, offset);
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto newline = before.rfind('\n');
  auto column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return Span{file, static_cast<int>(line), static_cast<int>(column)};
}

}  // namespace sluice::load
