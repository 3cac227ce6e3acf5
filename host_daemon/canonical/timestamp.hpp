// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Timestamp and Duration: from any spelling that the mapping allows to the canonical one: UTC with "Z", and 0,
// 3, 6 or 9 fraction digits, the fewest that hold the value. No leap seconds (the mapping has
// none).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "compiler/civil_time.hpp"

namespace sluice::canonical {

/// The canonical spelling, or (second alternative) what is wrong with `text`, as the end of the
/// sentence "the time ...".
std::variant<std::string, const char*> canonical_timestamp(std::string_view text);

/// The value of a google.protobuf.Duration's spelling ("1.5s"; any number of fraction digits up to nine) in nanoseconds, or what is
/// wrong with `text`, as the end of the sentence "the duration ...".
std::variant<compiler::Int, const char*> canonical_duration(std::string_view text);

}  // namespace sluice::canonical
