// SPDX-License-Identifier: Apache-2.0
// URIs as texts: RFC 3986 with the zones of RFC 6874, as protovalidate reads them. Nothing is
// normalized or resolved, and no scheme's own syntax is known.
#pragma once

#include <string_view>

namespace sluice::judge {

// RFC 3986 section 3: begins with a scheme. Beyond the grammar, percent-encoded bytes of a host
// must be UTF-8 (section 3.2.2). Narrower than the grammar, as protovalidate is: an IPv6 address
// in brackets has hexadecimal groups only, and IPvFuture begins with a small v.
bool is_uri(std::string_view text);

// RFC 3986 section 4.1: a URI or a relative reference, also the empty one.
bool is_uri_reference(std::string_view text);

}  // namespace sluice::judge
