// SPDX-License-Identifier: Apache-2.0
// The two kinds of numbers that count records, with one interface. Exact: integers of any size.
// Scaled: a 64-bit significand with a wide exponent; all counts are sums and products of positive
// numbers, so nothing cancels and every operation adds at most one unit of relative error 2^-63.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace sluice::room {

/// log2 of zero.
inline constexpr double kNoRecord = -std::numeric_limits<double>::infinity();

class Exact {
 public:
  using Integer = boost::multiprecision::cpp_int;
  static constexpr bool kExact = true;
  Exact() = default;
  explicit Exact(std::uint64_t value) : value_(value) {}

  [[nodiscard]] bool zero() const { return value_.is_zero(); }
  void add(const Exact& other) { value_ += other.value_; }
  /// this += a * b
  void add_product(const Exact& a, const Exact& b) { value_ += a.value_ * b.value_; }
  [[nodiscard]] Exact times(const Exact& other) const {
    Exact out;
    out.value_ = value_ * other.value_;
    return out;
  }
  [[nodiscard]] double log2() const {
    if (value_.is_zero()) return kNoRecord;
    const auto top = static_cast<std::size_t>(boost::multiprecision::msb(value_));
    if (top < 64) return std::log2(value_.convert_to<double>());
    const Integer head = value_ >> (top - 63);
    return std::log2(head.convert_to<double>()) + static_cast<double>(top - 63);
  }
  [[nodiscard]] std::string decimal() const { return value_.str(); }
  /// this * (of - taken) / (taken + 1): the next binomial coefficient of `of`. Zero when all are taken.
  [[nodiscard]] Exact next_choice(const Exact& of, std::uint64_t taken) const {
    Exact out;
    if (of.value_ > taken) out.value_ = value_ * (of.value_ - taken) / (taken + 1);
    return out;
  }
  /// (a * sum - n * less) / n: the next coefficient of a power (pair_sets.hpp).
  static Exact power_term(const Exact& a, const Exact& sum, const Exact& less, std::uint64_t n) {
    Exact out;
    out.value_ = (a.value_ * sum.value_ - n * less.value_) / n;
    return out;
  }
  friend bool operator==(const Exact&, const Exact&) = default;

 private:
  Integer value_;
};

class Scaled {
 public:
  static constexpr bool kExact = false;
  Scaled() = default;
  explicit Scaled(std::uint64_t value)
      : significand_(static_cast<long double>(value)), exponent_(value == 0 ? kZero : 0) {}

  [[nodiscard]] bool zero() const { return significand_ == 0; }
  void add(const Scaled& other) { add(other.significand_, other.exponent_); }
  void add_product(const Scaled& a, const Scaled& b) {
    long double product = a.significand_ * b.significand_;
    std::int64_t exponent = a.exponent_ + b.exponent_;
    if (product >= kHigh) {
      product *= kDown;
      ++exponent;
    } else if (product < kLow) {
      product *= kUp;
      --exponent;
    }
    add(product, exponent);
  }
  [[nodiscard]] Scaled times(const Scaled& other) const {
    Scaled out;
    out.add_product(*this, other);
    return out;
  }
  [[nodiscard]] double log2() const {
    if (zero()) return kNoRecord;
    return static_cast<double>(std::log2(significand_) +
                               static_cast<long double>(exponent_) * kBlock);
  }
  [[nodiscard]] std::string decimal() const { return {}; }
  [[nodiscard]] Scaled next_choice(const Scaled& of, std::uint64_t taken) const {
    // Below 2^63 numbers of keys are exact; beyond, what was taken is nothing beside them.
    Scaled left = of;
    if (of.exponent_ == 0) left.significand_ -= static_cast<long double>(taken);
    if (left.significand_ <= 0) return Scaled();
    left.significand_ /= static_cast<long double>(taken + 1);
    return times(left);
  }
  /// `less` is at most `sum`, and n less than 2^-24 of a: little is taken away, and less of the precision.
  static Scaled power_term(const Scaled& a, const Scaled& sum, const Scaled& less, std::uint64_t n) {
    Scaled left = sum;
    if (a.exponent_ == 0 && !less.zero() && less.exponent_ + 1 >= left.exponent_) {
      const long double part = less.significand_ * (static_cast<long double>(n) / a.significand_);
      left.significand_ -= less.exponent_ == left.exponent_ ? part : part * kDown;
      if (left.significand_ < kLow) {
        left.significand_ *= kUp;
        --left.exponent_;
      }
    }
    left.significand_ /= static_cast<long double>(n);
    return a.times(left);
  }
  friend bool operator==(const Scaled&, const Scaled&) = default;

 private:
  // The value is significand * 2^(8192 exponent), 2^-4096 <= significand < 2^4096, or zero. A
  // product of two significands fits a long double whose exponent has 15 bits.
  static_assert(std::numeric_limits<long double>::max_exponent >= 16384,
                "Scaled needs a long double with a 15-bit exponent");
  static constexpr int kBlock = 8192;
  static constexpr std::int64_t kZero = std::numeric_limits<std::int64_t>::min() / 4;
  static constexpr long double kHigh = 0x1p4096L, kLow = 0x1p-4096L;
  static constexpr long double kDown = 0x1p-8192L, kUp = 0x1p8192L;

  void add(long double significand, std::int64_t exponent) {
    if (exponent == exponent_) [[likely]] {
      significand_ += significand;
    } else {
      if (significand == 0) return;
      if (significand_ == 0 || exponent > exponent_ + 1) {
        // What is 2^8192 times greater stands alone.
        significand_ = significand;
        exponent_ = exponent;
        return;
      }
      if (exponent < exponent_ - 1) return;
      if (exponent > exponent_) {
        significand_ = significand_ * kDown + significand;
        exponent_ = exponent;
      } else {
        significand_ += significand * kDown;
      }
    }
    if (significand_ >= kHigh) {
      significand_ *= kDown;
      ++exponent_;
    }
  }

  long double significand_ = 0;
  std::int64_t exponent_ = kZero;
};

}  // namespace sluice::room
