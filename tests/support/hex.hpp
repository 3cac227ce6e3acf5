// SPDX-License-Identifier: Apache-2.0
// Bytes as tests write and show them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::test {

// Bytes from hexadecimal with spaces, 'text' as it is.
inline std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text[i] == '\'') {
      for (++i; text[i] != '\''; ++i) out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(text.substr(i++, 2)), nullptr, 16));
  }
  return out;
}

inline std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += {digits[static_cast<std::uint8_t>(c) >> 4], digits[static_cast<std::uint8_t>(c) & 15]};
  }
  return out;
}

}  // namespace sluice::test
