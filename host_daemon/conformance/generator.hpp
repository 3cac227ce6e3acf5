// SPDX-License-Identifier: Apache-2.0
// Records for the procedures that compare languages: accepted ones out of the compiled automaton, and changed ones, most with
// their content-length made right again, so that they fail deep inside. Deterministic for a seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "compiler/sampler.hpp"
#include "conformance/reference.hpp"

namespace sluice::conformance {

struct Sample {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint16_t endpoint = 0;  ///< response: whose request it answers
  std::string record;
};

class Generator {
 public:
  Generator(const Reference& reference, std::uint64_t seed);
  /// The next record; about half of them unchanged. At most 2048 bytes.
  Sample next();

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(rng_() % n); }
  std::string changed(std::string record);

  const Reference& reference_;
  std::mt19937_64 rng_;
  compiler::Sampler requests_, responses_;
};

}  // namespace sluice::conformance
