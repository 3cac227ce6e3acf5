// SPDX-License-Identifier: Apache-2.0
// Writing and comparing canonical texts.
#include "judge/canonical_text.hpp"

#include <charconv>

#include "judge/number_form.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

// Reads all of `text`; false also for what overflows, or underflows to zero.
template <typename Float>
bool read_number(std::string_view text, Float& value) {
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

void CanonicalText::add_number(float value, bool in_target) {
  const std::string text = shortest_number(value);
  const auto begin = bytes_.size();
  bytes_ += in_target ? percent_encode(text) : text;
  numbers_.push_back({begin, bytes_.size(), true, in_target, value});
}

void CanonicalText::add_number(double value, bool in_target) {
  const std::string text = shortest_number(value);
  const auto begin = bytes_.size();
  bytes_ += in_target ? percent_encode(text) : text;
  numbers_.push_back({begin, bytes_.size(), false, in_target, value});
}

void CanonicalText::add(const CanonicalText& other) {
  for (Number number : other.numbers_) {
    number.begin += bytes_.size();
    number.end += bytes_.size();
    numbers_.push_back(number);
  }
  bytes_ += other.bytes_;
}

bool CanonicalText::same_number(std::string_view spelling, const Number& number) {
  std::string text(spelling);
  if (number.in_target) {
    const auto decoded = percent_decode(spelling);
    if (!decoded) return false;
    text = *decoded;
  }
  if (!has_number_form(text, number.single ? kFloatDigits : kDoubleDigits)) return false;
  double wide = 0;
  if (!read_number(text, wide)) return false;
  if (!number.single) return wide == number.value;
  float narrow = 0;
  if (!read_number(text, narrow)) return false;
  // libprotobuf reads a float by way of double, which for a spelling very near to the middle
  // between two floats gives the other one. Both are roundings of this spelling.
  return narrow == number.value || static_cast<float>(wide) == number.value;
}

CanonicalText::Comparison CanonicalText::compare(std::string_view record) const {
  Comparison result;
  std::size_t at = 0;    // in the record
  std::size_t own = 0;   // in bytes_
  std::size_t next = 0;  // in numbers_
  while (own < bytes_.size() || at < record.size()) {
    if (next < numbers_.size() && numbers_[next].begin == own) {
      const Number& number = numbers_[next++];
      const auto stop = record.find_first_not_of("0123456789+-.eE%B", at);
      const auto spelling = record.substr(at, stop == std::string_view::npos ? stop : stop - at);
      const auto canonical =
          std::string_view(bytes_).substr(number.begin, number.end - number.begin);
      if (spelling != canonical) {
        if (!same_number(spelling, number)) {
          result.record_offset = at;
          result.canonical_offset = own;
          return result;
        }
        result.float_not_shortest = true;
      }
      at += spelling.size();
      own = number.end;
    } else if (own < bytes_.size() && at < record.size() && bytes_[own] == record[at]) {
      ++own;
      ++at;
    } else {
      result.float_not_shortest = false;
      result.record_offset = at;
      result.canonical_offset = own;
      return result;
    }
  }
  result.equal = true;
  return result;
}

}  // namespace sluice::judge
