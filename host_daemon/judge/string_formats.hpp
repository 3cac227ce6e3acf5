// SPDX-License-Identifier: Apache-2.0
// The named formats of buf.validate's string rules that are no internet address and no URI. None
// of them takes the empty text but is_http_header_value.
#pragma once

#include <string_view>

namespace sluice::judge {

// HTML's "valid e-mail address": narrower than RFC 5322, without limits on length but for labels.
bool is_email(std::string_view text);

// RFC 1034 with digits at the front: labels of 1 to 63 letters, digits and inner hyphens, the last
// not of digits only; at most 253 bytes and perhaps a dot at the end.
bool is_hostname(std::string_view text);

// A host name or an IP address.
bool is_address(std::string_view text);

// HOST:PORT; the host is a name, an IPv4 address or an IPv6 address in brackets, the port 0 to
// 65535.
bool is_host_and_port(std::string_view text);

// RFC 9562 with hyphens, and 32 hexadecimal digits without. Neither looks at version or variant.
bool is_uuid(std::string_view text);
bool is_trimmed_uuid(std::string_view text);

// 26 digits of Crockford's base 32 in either case, not above 2^128 - 1.
bool is_ulid(std::string_view text);

// "pkg.Message", and ".pkg.Message" with exactly one leading dot.
bool is_protobuf_name(std::string_view text);
bool is_dotted_protobuf_name(std::string_view text);

// A token of RFC 9110 section 5.6.2, or a comma as in protovalidate's expression; a colon may
// lead (pseudo-headers). Not strict: anything without NUL, CR and LF.
bool is_http_header_name(std::string_view text, bool strict);

// No control characters but HT. Not strict: anything without NUL, CR and LF.
bool is_http_header_value(std::string_view text, bool strict);

}  // namespace sluice::judge
