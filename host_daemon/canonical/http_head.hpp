// SPDX-License-Identifier: Apache-2.0
// The start line and the headers of an HTTP/1.1 message, read more strictly than HTTP allows:
// whatever two programs could read in two ways (RFC 9112 section 11.2, request smuggling) is
// refused, never interpreted. Bodies are not read here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::canonical {

struct HttpHeader {
  std::string name;   // as sent
  std::string value;  // without surrounding white space
};

enum class HttpKind { request, response };

struct HttpHead {
  std::string method, target;  // request
  int status = 0;              // response
  bool version_1_1 = true;     // false: HTTP/1.0, responses only
  std::vector<HttpHeader> headers;

  // How the body is framed: chunked, by length, or (both unset) absent in a request, until the
  // connection ends in a response.
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;         // RFC 9112 section 9.3
  bool expects_continue = false;  // Expect: 100-continue
};

inline constexpr std::size_t kMaxHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxHeaders = 100;

/// Length of the head at the front of `bytes`, its empty line included; nothing while it has not
/// ended. `scanned` is where an earlier call on a shorter prefix stopped, 0 at first. Throws
/// Refused on bytes that no head may have (a bare LF or CR, NUL), and on a head longer than
/// kMaxHeadBytes (431).
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned);

/// Takes the head apart. `head` ends with its empty line. Throws Refused.
HttpHead parse_head(HttpKind kind, std::string_view head);

/// ASCII lower case.
std::string lower(std::string_view text);

/// The elements of a comma-separated header value, without surrounding white space, empty ones left
/// out, lower case.
std::vector<std::string> list_elements(std::string_view value);

}  // namespace sluice::canonical
