// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Timestamp and Duration as numbers of nanoseconds, and in the one spelling of their JSON mapping (design section 5).
// What other spellings mean is the canonicalizer's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/schema.hpp"

namespace sluice::compiler {

inline constexpr Int kNanosPerSecond = 1'000'000'000;

// What the two types hold (comments of timestamp.proto and duration.proto): 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z since
// 1970, and plus or minus 315,576,000,000.999999999 s.
const IntegerSet& timestamp_range();
const IntegerSet& duration_range();

// The canonical spelling of a value in the range.
std::string timestamp_text(Int nanos);  // "2024-02-29T08:30:00.500Z"
std::string duration_text(Int nanos);   // "-1.500s"

// The value of a canonical spelling; empty for any other text.
std::optional<Int> parse_timestamp(std::string_view text);
std::optional<Int> parse_duration(std::string_view text);

// Seconds and nanoseconds of a range, both bounds included, as rectangles: every second of one goes with every nanosecond of it.
struct TimeRectangle {
  Int first_second, last_second;
  Int first_nano, last_nano;
};
// Of a range of non-negative nanoseconds, or of a timestamp's (which counts nanoseconds forward always).
std::vector<TimeRectangle> time_rectangles(Int low, Int high);

}  // namespace sluice::compiler
