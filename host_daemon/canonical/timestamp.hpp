// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Timestamp between RFC 3339 spellings and the canonical one: UTC with "Z", and 0,
// 3, 6 or 9 fraction digits, the fewest that hold the value. No leap seconds (the mapping has
// none).
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace sluice::canonical {

/// The canonical spelling, or (second alternative) what is wrong with `text`, as the end of the
/// sentence "the time ...".
std::variant<std::string, const char*> canonical_timestamp(std::string_view text);

}  // namespace sluice::canonical
