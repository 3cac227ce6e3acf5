// SPDX-License-Identifier: Apache-2.0
// Spellings that canonical records are made of (design section 5): UTF-8, percent-encoding, base64,
// JSON strings. Every function is the plain definition, one byte after the other. None of them
// knows a schema.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::judge {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a character like
// others.
bool is_valid_utf8(std::string_view bytes);

// Number of Unicode code points of valid UTF-8.
std::size_t count_code_points(std::string_view utf8);

// RFC 3986 section 2.3: letters, digits and - . _ ~
bool is_unreserved(char byte);

// Unreserved bytes stand for themselves, every other byte is %XX in upper case.
std::string percent_encode(std::string_view bytes);

// Accepts exactly what `percent_encode` writes; nothing for any other text.
std::optional<std::string> percent_decode(std::string_view text);

// RFC 4648 section 4: standard alphabet, padded.
std::string base64_encode(std::string_view bytes);

// Accepts exactly what `base64_encode` writes: padded, unused bits zero.
std::optional<std::string> base64_decode(std::string_view text);

// A JSON string with its quotes, as RFC 8785 section 3.2.2.2 spells it.
std::string json_quote(std::string_view utf8);

// A header value: at least one character, visible ASCII with single spaces inside.
bool is_header_value(std::string_view value);

// The parts between the separators; an empty text has one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace sluice::judge
