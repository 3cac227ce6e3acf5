// SPDX-License-Identifier: Apache-2.0
// The HTTP envelope of a record (design section 5), taken apart byte by byte: first line, headers,
// body. It checks the shape that every record has; which headers may stand, and with which values,
// is the judge's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judge/rejection.hpp"

namespace sluice::judge {

struct Envelope {
  // Request: method, target, "HTTP/1.1". Response: "HTTP/1.1", status, reason phrase (may have
  // spaces).
  std::string_view first;
  std::string_view second;
  std::string_view third;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // as they stand
  std::string_view body;

  // The value of a header, if it stands.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Takes `record` apart; the views point into it. Header names are lower-case tokens, strictly
// ascending, values as `is_header_value` wants them. Rules: "http.line", "http.header".
MaybeRejection parse_envelope(std::string_view record, Envelope& out);

// The header block, ascending by name, with the empty line at its end.
std::string write_headers(std::vector<std::pair<std::string_view, std::string_view>> headers);

}  // namespace sluice::judge
