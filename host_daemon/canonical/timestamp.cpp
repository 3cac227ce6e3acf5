// SPDX-License-Identifier: Apache-2.0
// Reads fixed columns, moves the offset into seconds since year 1, and writes the civil date back.
#include "canonical/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace sluice::canonical {
namespace {

// The decimal number in text[at, at + count), or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::variant<std::string, const char*> canonical_timestamp(std::string_view text) {
  using namespace std::chrono;
  constexpr const char* kForm =
      "must look like 2024-05-17T09:30:00Z or 2024-05-17T09:30:00.250+02:00 (RFC 3339)";
  const int year_number = digits(text, 0, 4), month_number = digits(text, 5, 2),
            day_number = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year_number < 0 || month_number < 0 || day_number < 0 || hour < 0 || minute < 0 || second < 0)
    return kForm;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return kForm;

  std::size_t at = 19;
  std::uint32_t nanoseconds = 0;
  if (at < text.size() && text[at] == '.') {
    std::size_t count = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++count) {
      if (count >= 9) return "has more than nine digits behind the point";
      nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(text[at] - '0');
    }
    if (count == 0) return kForm;
    for (; count < 9; ++count) nanoseconds *= 10;
  }
  int offset_minutes = 0;
  if (text.substr(at) != "Z") {
    if (text.size() != at + 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':')
      return kForm;
    const int hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
    if (hours < 0 || minutes < 0) return kForm;
    if (hours > 23 || minutes > 59) return "has an offset that does not exist";
    offset_minutes = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
  }

  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (year_number < 1 || !date.ok()) return "names a day that no calendar has";
  if (second == 60) return "names a leap second, which Protobuf timestamps do not have";
  if (hour > 23 || minute > 59 || second > 59) return "names a time that no day has";

  const auto local = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  const auto utc = local - minutes(offset_minutes);
  const sys_days utc_day = floor<days>(utc);
  const year_month_day utc_date(utc_day);
  if (int(utc_date.year()) < 1 || int(utc_date.year()) > 9999)
    return "lies outside the years 0001 to 9999 in UTC";
  const hh_mm_ss time(utc - utc_day);

  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d", int(utc_date.year()),
                unsigned(utc_date.month()), unsigned(utc_date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  std::string out = buffer;
  if (nanoseconds != 0) {
    std::snprintf(buffer, sizeof buffer, ".%09u", nanoseconds);
    const std::size_t width = nanoseconds % 1'000'000 == 0 ? 4 : nanoseconds % 1000 == 0 ? 7 : 10;
    out.append(buffer, width);
  }
  return out + "Z";
}

std::variant<compiler::Int, const char*> canonical_duration(std::string_view text) {
  constexpr const char* kForm = "must look like 30s or -1.500s";
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.ends_with('s')) return kForm;
  text.remove_suffix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (point == 0 || (point < text.size() && fraction.empty())) return kForm;
  if (fraction.size() > 9) return "has more than nine digits behind the point";
  compiler::Int value = 0;
  for (const char c : text.substr(0, point)) {
    if (c < '0' || c > '9') return kForm;
    value = value * 10 + (c - '0');
    if (value > 1'000'000'000'000) return "is longer than 315,576,000,000 s, some 10,000 years";
  }
  for (std::size_t i = 0; i < 9; ++i) {
    const char c = i < fraction.size() ? fraction[i] : '0';
    if (c < '0' || c > '9') return kForm;
    value = value * 10 + (c - '0');
  }
  if (negative) value = -value;
  if (!compiler::duration_range().contains(value)) return "is longer than 315,576,000,000 s, some 10,000 years";
  return value;
}

}  // namespace sluice::canonical
