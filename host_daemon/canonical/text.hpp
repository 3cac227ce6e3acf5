// SPDX-License-Identifier: Apache-2.0
// Bytes and characters: UTF-8, percent encoding, base64, JSON string spelling. Each function does
// one thing to a whole string; none knows about schemas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::canonical {

/// Offset of the first byte that is not part of valid UTF-8 (RFC 3629: no overlong forms, no
/// surrogates, at most U+10FFFF); nothing when all of `text` is valid.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Unicode code points in valid UTF-8.
std::size_t count_code_points(std::string_view text);

/// Appends one code point (not a surrogate, at most 0x10FFFF) as UTF-8.
void append_utf8(std::string& out, std::uint32_t code_point);

/// Appends `text` as a JSON string with its quotes, in the spelling of RFC 8785 section 3.2.2.2.
void append_json_string(std::string& out, std::string_view text);

/// Decodes %XX (either case). Nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Appends `text` with every byte but the unreserved characters of RFC 3986 section 2.3 as %XX,
/// upper case.
void append_percent_encoded(std::string& out, std::string_view text);

/// Bytes of a base64 text: standard or URL-safe alphabet (not both in one text), padded or not (RFC
/// 4648). Nothing when it is neither, or when unused bits are not zero.
std::optional<std::string> base64_decode(std::string_view text);

/// Standard base64 with padding.
std::string base64_encode(std::string_view bytes);

/// A short form of untrusted text for a message: printable ASCII, at most `limit` characters, else
/// `…` at the end.
std::string excerpt(std::string_view text, std::size_t limit = 40);

}  // namespace sluice::canonical
