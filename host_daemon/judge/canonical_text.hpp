// SPDX-License-Identifier: Apache-2.0
// The canonical record that the judge writes, with the places of its floating-point numbers, and
// its comparison with the record at hand. Only at those places may a record differ: by a longer
// spelling in the right form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::judge {

class CanonicalText {
 public:
  void add(std::string_view text) { bytes_ += text; }
  // A finite number of a float or double field. In a target it stands percent-encoded.
  void add_number(float value, bool in_target);
  void add_number(double value, bool in_target);
  // Appends another text with its numbers.
  void add(const CanonicalText& other);

  const std::string& bytes() const { return bytes_; }

  struct Comparison {
    bool equal = false;
    bool float_not_shortest = false;  // equal but for the digits of at least one number
    std::size_t record_offset = 0;    // not equal: where, in the record
    std::size_t canonical_offset = 0;
  };
  Comparison compare(std::string_view record) const;

 private:
  struct Number {
    std::size_t begin;
    std::size_t end;
    bool single;  // float, not double
    bool in_target;
    double value;
  };
  static bool same_number(std::string_view spelling, const Number& number);

  std::string bytes_;
  std::vector<Number> numbers_;
};

}  // namespace sluice::judge
