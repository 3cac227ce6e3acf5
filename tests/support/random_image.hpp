// SPDX-License-Identifier: Apache-2.0
// Random images whose tables use every control and operation, and records that get far in them.
// The same seed gives the same image on every machine (no std distributions).
#pragma once

#include <cstdint>
#include <vector>

#include "support/table_builder.hpp"

namespace sluice::support {

/// SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// 0..bound-1
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// Bytes are mapped to few classes, so that random records find transitions.
ImageBuilder random_image(std::uint64_t seed);
/// A record of up to `longest` bytes.
std::vector<std::uint8_t> random_record(Random& random, std::uint32_t longest);

}  // namespace sluice::support
