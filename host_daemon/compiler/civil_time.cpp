// SPDX-License-Identifier: Apache-2.0
#include "compiler/civil_time.hpp"

#include <chrono>
#include <cstdio>

namespace sluice::compiler {

namespace {

constexpr Int kFirstSecond = -62'135'596'800, kLastSecond = 253'402'300'799;
constexpr Int kLongestDuration = 315'576'000'000;

Int floor_seconds(Int nanos) { return nanos >= 0 ? nanos / kNanosPerSecond : -((-nanos + kNanosPerSecond - 1) / kNanosPerSecond); }

// ".500", with the fewest of 0, 3, 6 or 9 digits.
std::string fraction(Int nanos) {
  if (nanos == 0) return "";
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%09u", static_cast<unsigned>(nanos));
  return std::string(digits, nanos % 1'000'000 == 0 ? 4 : nanos % 1000 == 0 ? 7 : 10);
}

// Reads digits from the front; empty without one, or with more than `most`.
std::optional<Int> take_number(std::string_view& text, std::size_t most) {
  Int value = 0;
  std::size_t count = 0;
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count) {
    if (count == most) return std::nullopt;
    value = value * 10 + (text[count] - '0');
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

std::optional<Int> take_nanos(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  const std::size_t before = text.size();
  auto value = take_number(text, 9);
  if (!value) return std::nullopt;
  for (std::size_t digits = before - text.size(); digits < 9; ++digits) *value *= 10;
  return value;
}

}  // namespace

const IntegerSet& timestamp_range() {
  static const IntegerSet range = IntegerSet::range(kFirstSecond * kNanosPerSecond, (kLastSecond + 1) * kNanosPerSecond - 1);
  return range;
}

const IntegerSet& duration_range() {
  static const IntegerSet range = [] {
    const Int most = (kLongestDuration + 1) * kNanosPerSecond - 1;
    return IntegerSet::range(-most, most);
  }();
  return range;
}

std::string timestamp_text(Int nanos) {
  using namespace std::chrono;
  const Int total = floor_seconds(nanos);
  const sys_seconds time{seconds(static_cast<std::int64_t>(total))};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text + fraction(nanos - total * kNanosPerSecond) + "Z";
}

std::string duration_text(Int nanos) {
  const Int magnitude = nanos < 0 ? -nanos : nanos;
  return (nanos < 0 ? "-" : "") + decimal(magnitude / kNanosPerSecond) + fraction(magnitude % kNanosPerSecond) + "s";
}

std::optional<Int> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const std::string_view whole = text;
  Int parts[6];
  for (int i = 0; i < 6; ++i) {
    const auto part = take_number(text, i == 0 ? 4 : 2);
    if (!part) return std::nullopt;
    parts[i] = *part;
    if (i == 5) break;
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
  }
  const auto nanos = take_nanos(text);
  if (!nanos) return std::nullopt;
  const auto number = [&](int i) { return static_cast<int>(parts[i]); };
  const year_month_day date{year(number(0)), month(static_cast<unsigned>(number(1))), day(static_cast<unsigned>(number(2)))};
  if (!date.ok()) return std::nullopt;
  const Int days_since = sys_days(date).time_since_epoch().count();
  const Int value = (days_since * 86'400 + parts[3] * 3600 + parts[4] * 60 + parts[5]) * kNanosPerSecond + *nanos;
  if (!timestamp_range().contains(value) || timestamp_text(value) != whole) return std::nullopt;
  return value;
}

std::optional<Int> parse_duration(std::string_view text) {
  const std::string_view whole = text;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto seconds = take_number(text, 12);
  if (!seconds) return std::nullopt;
  const auto nanos = take_nanos(text);
  if (!nanos) return std::nullopt;
  const Int magnitude = *seconds * kNanosPerSecond + *nanos;
  const Int value = negative ? -magnitude : magnitude;
  if (!duration_range().contains(value) || duration_text(value) != whole) return std::nullopt;
  return value;
}

std::vector<TimeRectangle> time_rectangles(Int low, Int high) {
  const Int first = floor_seconds(low), last = floor_seconds(high);
  const Int first_nano = low - first * kNanosPerSecond, last_nano = high - last * kNanosPerSecond;
  constexpr Int most = kNanosPerSecond - 1;
  if (first == last) return {{first, first, first_nano, last_nano}};
  std::vector<TimeRectangle> out;
  Int from = first, to = last;
  if (first_nano != 0) {
    out.push_back({first, first, first_nano, most});
    ++from;
  }
  if (last_nano != most) {
    out.push_back({last, last, 0, last_nano});
    --to;
  }
  if (from <= to) out.push_back({from, to, 0, most});
  return out;
}

}  // namespace sluice::compiler
