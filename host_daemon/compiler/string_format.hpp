// SPDX-License-Identifier: Apache-2.0
// The named formats of protovalidate's string rules (`string.email`, `string.ipv6`, ...) as patterns. A name means what
// protovalidate says it means, which is not always what the RFC says: each entry tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::compiler {

struct StringFormat {
  std::string name;     // as in StringRules.well_known: "email"; "http_header_name", "..._loose" for well_known_regex; "field_mask" of FieldMask
  std::string article;  // for messages: "an e-mail address"
  // RE2 syntax, on all of the value, empty ones match nothing: `pattern` and not `except`, or `besides`.
  std::string pattern, except, besides;
  std::optional<std::uint64_t> max_host;  // characters up to the first ':' or '%'; addresses have fewer there
};

// Null: there is none of this name, or no table can hold it (`ip_prefix`, `ipv6_prefix`: which bits must be zero is known only behind
// the address, and an IPv6 address has 128 of them).
const StringFormat* string_format(std::string_view name);

}  // namespace sluice::compiler
