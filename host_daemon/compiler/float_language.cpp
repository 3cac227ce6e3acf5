// SPDX-License-Identifier: Apache-2.0
// Numbers in RFC 8785 (ECMAScript Number::toString) form whose value, rounded to the type, lies in a set. Bounds are found by parsing
// decimals, never by computing with them: rounding is monotonic, so in every decade the digits that round into an interval are a
// range of digit strings. It does not ask for the shortest spelling, which is not a regular language (design section 5).
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "compiler/value_language.hpp"

namespace sluice::compiler {
namespace {

using Digits = std::uint64_t;                                     // a digit string of full length, first digit not 0
using DigitRanges = std::vector<std::pair<std::string, std::string>>;  // closed, disjoint

struct Format {
  int digits;         // significant digits at most: enough for every value of the type
  int least_exponent; // of d.ddd * 10^e
  int most_exponent;
  Digits first, last; // smallest and largest digit string
};

const Format& format_of(FloatWidth width) {
  static constexpr Format narrow{9, -46, 38, 100'000'000, 999'999'999};
  static constexpr Format wide{17, -324, 308, 10'000'000'000'000'000, 99'999'999'999'999'999};
  return width == FloatWidth::binary32 ? narrow : wide;
}

// The value of d.ddd * 10^exponent in the type; infinity and 0 beyond it.
template <typename T>
double parse(const std::string& text, int exponent) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    return exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  }
  return static_cast<double>(value);
}

double rounded(Digits digits, int exponent, FloatWidth width) {
  const Format& format = format_of(width);
  const std::string text = std::to_string(digits) + "e" + std::to_string(exponent - format.digits + 1);
  return width == FloatWidth::binary32 ? parse<float>(text, exponent) : parse<double>(text, exponent);
}

// The digit strings of one decade that round into [low, high], 0 < low <= high.
std::optional<std::pair<Digits, Digits>> within(double low, double high, int exponent, FloatWidth width) {
  const Format& format = format_of(width);
  // The first digits for which `holds`, which is false up to some point and true from there on.
  const auto first = [&](auto holds) {
    Digits below = format.first, above = format.last + 1;
    while (below < above) {
      const Digits middle = below + (above - below) / 2;
      if (holds(rounded(middle, exponent, width))) {
        above = middle;
      } else {
        below = middle + 1;
      }
    }
    return below;
  };
  const Digits from = first([&](double v) { return v >= low; });
  const Digits beyond = first([&](double v) { return v > high; });
  if (from >= beyond) return std::nullopt;
  return std::pair(from, beyond - 1);
}

DigitRanges ranges_in_decade(const std::vector<std::pair<double, double>>& intervals, int exponent, FloatWidth width) {
  const Format& format = format_of(width);
  const double least = rounded(format.first, exponent, width), most = rounded(format.last, exponent, width);
  DigitRanges out;
  for (const auto& [low, high] : intervals) {
    if (most < low || least > high) continue;
    if (low <= least && most <= high) {
      out.emplace_back(std::to_string(format.first), std::to_string(format.last));
    } else if (const auto digits = within(low, high, exponent, width)) {
      out.emplace_back(std::to_string(digits->first), std::to_string(digits->second));
    }
  }
  return out;
}

// Adds the digits between `low` and `high` with `whole` of them before the point (0: all behind a point that is already written).
// Digits behind the point do not end in 0; before it zeros fill up to the point.
class DigitPaths {
 public:
  DigitPaths(Nfa& nfa, int to, int whole, const std::string& low, const std::string& high)
      : nfa_(nfa), to_(to), whole_(whole), low_(low), high_(high) {}

  void add(int from) {
    states_.emplace(Key{0, true, true}, from);
    work_.push_back({0, true, true});
    while (!work_.empty()) {
      const Key key = work_.back();
      work_.pop_back();
      extend(key);
    }
  }

 private:
  using Key = std::tuple<int, bool, bool>;  // digits written; equal to `low` so far; equal to `high` so far

  int state(const Key& key) {
    const auto [place, fresh] = states_.emplace(key, -1);
    if (fresh) {
      place->second = nfa_.add_state();
      work_.push_back(key);
    }
    return place->second;
  }

  void extend(const Key& key) {
    const auto [written, at_low, at_high] = key;
    const int length = static_cast<int>(low_.size());
    const int most = std::max(length, whole_);
    if (written == most) return;
    int from = states_.at(key);
    if (written == whole_ && whole_ > 0) from = nfa_.add_text(from, ".");
    const auto place = static_cast<std::size_t>(written);
    const char least_digit = written >= length ? '0' : at_low ? low_[place] : '0';
    const char most_digit = written >= length ? '0' : at_high ? high_[place] : '9';
    for (char digit = least_digit; digit <= most_digit; ++digit) {
      const bool low = written < length ? at_low && digit == low_[place] : at_low;
      const bool high = written < length ? at_high && digit == high_[place] : at_high;
      if (written + 1 < most) nfa_.add_edge(from, digit, digit, state({written + 1, low, high}));
      if (may_end(written + 1, digit, low)) nfa_.add_edge(from, digit, digit, to_);
    }
  }

  bool may_end(int written, char last, bool at_low) const {
    if (written < whole_ || (written > whole_ && last == '0')) return false;
    // The digits that are not written are zeros: too small while equal to a bound that goes on.
    const auto place = static_cast<std::size_t>(written);
    return !at_low || place >= low_.size() || low_.find_first_not_of('0', place) == std::string::npos;
  }

  Nfa& nfa_;
  int to_, whole_;
  const std::string& low_;
  const std::string& high_;
  std::map<Key, int> states_;
  std::vector<Key> work_;
};

void add_digits(Nfa& nfa, int from, int to, int whole, const DigitRanges& ranges) {
  for (const auto& [low, high] : ranges) DigitPaths(nfa, to, whole, low, high).add(from);
}

void add_magnitudes(Nfa& nfa, int from, int accept, const std::vector<std::pair<double, double>>& intervals, FloatWidth width) {
  const Format& format = format_of(width);
  // Exponents of the exponent form that have the same digits share them.
  std::map<DigitRanges, std::vector<int>> exponent_form;
  int zeros = nfa.add_text(from, "0.");
  std::array<int, 6> behind_zeros{};
  for (int& state : behind_zeros) {
    state = zeros;
    zeros = nfa.add_text(zeros, "0");
  }
  for (int exponent = format.least_exponent; exponent <= format.most_exponent; ++exponent) {
    const DigitRanges ranges = ranges_in_decade(intervals, exponent, width);
    if (ranges.empty()) continue;
    if (exponent >= 0 && exponent <= 20) {
      add_digits(nfa, from, accept, exponent + 1, ranges);
    } else if (exponent < 0 && exponent >= -6) {
      add_digits(nfa, behind_zeros[static_cast<std::size_t>(-exponent - 1)], accept, 0, ranges);
    } else {
      exponent_form[ranges].push_back(exponent);
    }
  }
  for (const auto& [ranges, exponents] : exponent_form) {
    const int mantissa = nfa.add_state();
    add_digits(nfa, from, mantissa, 1, ranges);
    const int positive = nfa.add_text(mantissa, "e+"), negative = nfa.add_text(mantissa, "e-");
    for (const int exponent : exponents) {
      const int end = nfa.add_text(exponent > 0 ? positive : negative, std::to_string(std::abs(exponent)));
      nfa.add_epsilon(end, accept);
    }
  }
}

}  // namespace

Dfa float_language(FloatWidth width, const FloatSet& set) {
  std::vector<std::pair<double, double>> positive, negative;
  const double least = width == FloatWidth::binary64 ? std::numeric_limits<double>::denorm_min()
                                                     : static_cast<double>(std::numeric_limits<float>::denorm_min());
  const FloatSet finite = set.intersect(FloatSet::finite(width));
  for (const auto& [low, high] : finite.intervals) {
    if (high > 0) positive.emplace_back(std::max(low, least), high);
    if (low < 0) negative.emplace_back(std::max(-high, least), -low);
  }
  std::sort(negative.begin(), negative.end());
  Nfa nfa;
  const int start = nfa.add_state();
  const int accept = nfa.add_state();
  if (finite.contains(0)) nfa.add_edge(start, '0', '0', accept);
  if (!positive.empty()) {
    const int from = nfa.add_state();
    nfa.add_epsilon(start, from);
    add_magnitudes(nfa, from, accept, positive, width);
  }
  if (!negative.empty()) add_magnitudes(nfa, nfa.add_text(start, "-"), accept, negative, width);
  return nfa.determinize(start, accept);
}

}  // namespace sluice::compiler
