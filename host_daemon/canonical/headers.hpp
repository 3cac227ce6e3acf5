// SPDX-License-Identifier: Apache-2.0
// The headers of a message into those of a record: hop-by-hop and dropped ones go, listed ones are
// checked, everything else is refused by name. What every record has (host, content-type,
// content-length) is written by the caller.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "canonical/http_head.hpp"
#include "canonical/tables.hpp"

namespace sluice::canonical {

struct CanonicalHeaders {
  std::map<std::string, std::string> listed;  // lower-case name to value
  std::optional<std::string> content_type;    // as sent
};

/// `body_bytes` is the length of the body as joined; a content-length must agree. Throws Refused.
CanonicalHeaders canonical_headers(const Tables& tables, HttpKind kind,
                                   const std::vector<HttpHeader>& headers, std::size_t body_bytes);

/// True for application/json, with no parameter but charset=utf-8.
bool is_json_type(std::string_view content_type);

/// True for application/protobuf and the older application/x-protobuf, without parameters.
bool is_protobuf_type(std::string_view content_type);

}  // namespace sluice::canonical
