// SPDX-License-Identifier: Apache-2.0
#include "signing/parameters.hpp"

#include <algorithm>
#include <array>

namespace sluice::signing {
namespace {

constexpr std::array kLmots{
    LmotsSet{1, 32, 1, 265, 7, "LMOTS_SHA256_N32_W1"},
    LmotsSet{2, 32, 2, 133, 6, "LMOTS_SHA256_N32_W2"},
    LmotsSet{3, 32, 4, 67, 4, "LMOTS_SHA256_N32_W4"},
    LmotsSet{4, 32, 8, 34, 0, "LMOTS_SHA256_N32_W8"},
    LmotsSet{5, 24, 1, 200, 8, "LMOTS_SHA256_N24_W1"},
    LmotsSet{6, 24, 2, 101, 6, "LMOTS_SHA256_N24_W2"},
    LmotsSet{7, 24, 4, 51, 4, "LMOTS_SHA256_N24_W4"},
    LmotsSet{8, 24, 8, 26, 0, "LMOTS_SHA256_N24_W8"},
};

constexpr std::array kLms{
    LmsSet{5, 32, 5, "LMS_SHA256_M32_H5"},    LmsSet{6, 32, 10, "LMS_SHA256_M32_H10"},
    LmsSet{7, 32, 15, "LMS_SHA256_M32_H15"},  LmsSet{8, 32, 20, "LMS_SHA256_M32_H20"},
    LmsSet{9, 32, 25, "LMS_SHA256_M32_H25"},  LmsSet{10, 24, 5, "LMS_SHA256_M24_H5"},
    LmsSet{11, 24, 10, "LMS_SHA256_M24_H10"}, LmsSet{12, 24, 15, "LMS_SHA256_M24_H15"},
    LmsSet{13, 24, 20, "LMS_SHA256_M24_H20"}, LmsSet{14, 24, 25, "LMS_SHA256_M24_H25"},
};

// p and ls are derived in RFC 8554 appendix B: u digits of the hash, v digits of their checksum.
constexpr bool derived(const LmotsSet& set) {
  const unsigned u = 8 * set.n / set.w;
  const unsigned greatest = u * set.chain_steps();
  unsigned bits = 0;
  while (greatest >> bits != 0) ++bits;
  const unsigned v = (bits + set.w - 1) / set.w;
  return set.p == u + v && set.ls == 16 - v * set.w;
}
static_assert(std::all_of(kLmots.begin(), kLmots.end(), derived));

// Blocks that SHA-256 needs: its padding takes at least 9 bytes.
constexpr std::uint64_t blocks(std::uint64_t bytes) { return (bytes + 9 + 63) / 64; }

template <class Set, class Is>
const Set* find(std::span<const Set> sets, Is is) {
  const auto found = std::find_if(sets.begin(), sets.end(), is);
  return found == sets.end() ? nullptr : &*found;
}

}  // namespace

std::uint64_t Parameters::verify_blocks(std::size_t message_bytes) const {
  const std::uint64_t prefix = kIdentifierBytes + 4 + 2;  // I, q or r, and what the hash is for
  const std::uint64_t chains = std::uint64_t{lmots.p} * lmots.chain_steps();
  return blocks(prefix + lmots.n + message_bytes) + chains * blocks(prefix + 1 + lmots.n) +
         blocks(prefix + std::uint64_t{lmots.p} * lmots.n) + blocks(prefix + lmots.n) +
         lms.height * blocks(prefix + 2 * lms.n);
}

std::span<const LmotsSet> lmots_sets() { return kLmots; }
std::span<const LmsSet> lms_sets() { return kLms; }

const LmotsSet* lmots_set(std::uint32_t type) {
  return find(lmots_sets(), [&](const LmotsSet& set) { return set.type == type; });
}
const LmsSet* lms_set(std::uint32_t type) {
  return find(lms_sets(), [&](const LmsSet& set) { return set.type == type; });
}
const LmotsSet* lmots_set(unsigned n, unsigned w) {
  return find(lmots_sets(), [&](const LmotsSet& set) { return set.n == n && set.w == w; });
}
const LmsSet* lms_set(unsigned n, unsigned height) {
  return find(lms_sets(), [&](const LmsSet& set) { return set.n == n && set.height == height; });
}

}  // namespace sluice::signing
