// SPDX-License-Identifier: Apache-2.0
// One whole HTTP/1.1 message from raw bytes: our own strict reading of the head first, then Beast
// for the framing of the body. Both must agree that the message ends where the bytes end.
#pragma once

#include <string_view>

#include "canonical/canonicalizer.hpp"

namespace sluice::canonical {

/// Throw Refused. Bodies longer than `max_body_bytes` are refused with 413.
HttpRequest parse_raw_request(std::string_view raw, std::size_t max_body_bytes);
HttpResponse parse_raw_response(std::string_view raw, std::size_t max_body_bytes);

}  // namespace sluice::canonical
