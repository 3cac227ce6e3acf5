// SPDX-License-Identifier: Apache-2.0
// The parameter sets of LMS and LM-OTS with SHA-256 (RFC 8554 sections 4.1 and 5.1) and SHA-256/192
// (SP 800-208 section 4), and what follows from them: sizes and numbers of hashes. SHAKE sets and
// trees of trees (HSS) are not here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::signing {

inline constexpr std::size_t kIdentifierBytes = 16;  // I of RFC 8554

// One LM-OTS parameter set.
struct LmotsSet {
  std::uint32_t type;  // typecode
  unsigned n;          // bytes of a hash value
  unsigned w;          // Winternitz parameter, bits
  unsigned p;          // hash chains in a signature
  unsigned ls;         // left shift of the checksum
  std::string_view name;

  // typecode, C, and a value for each chain
  constexpr std::size_t signature_bytes() const { return 4 + n + std::size_t{p} * n; }
  // Steps of one whole chain.
  constexpr unsigned chain_steps() const { return (1U << w) - 1; }
};

// One LMS parameter set.
struct LmsSet {
  std::uint32_t type;
  unsigned n;       // bytes of a node (m of RFC 8554)
  unsigned height;  // of the tree
  std::string_view name;

  constexpr std::uint32_t capacity() const { return 1U << height; }  // one-time keys
};

// What one key is made for. Both sets have the same n.
struct Parameters {
  LmsSet lms;
  LmotsSet lmots;

  // q, LM-OTS signature, typecode, path (RFC 8554 section 5.4)
  constexpr std::size_t signature_bytes() const {
    return 4 + lmots.signature_bytes() + 4 + std::size_t{lms.height} * lms.n;
  }
  // typecodes, I, T[1] (RFC 8554 section 5.3)
  constexpr std::size_t public_key_bytes() const { return 8 + kIdentifierBytes + lms.n; }
  // SHA-256 blocks (64 bytes each) that a verifier computes at most, for a message of
  // `message_bytes`: the message, all chains whole, the one-time public key, leaf and path. A
  // verifier in logic needs about 65 cycles for each.
  std::uint64_t verify_blocks(std::size_t message_bytes) const;
};

std::span<const LmotsSet> lmots_sets();
std::span<const LmsSet> lms_sets();

// The set of a typecode; nullptr if there is none here.
const LmotsSet* lmots_set(std::uint32_t type);
const LmsSet* lms_set(std::uint32_t type);

// The set with these properties; nullptr if there is none.
const LmotsSet* lmots_set(unsigned n, unsigned w);
const LmsSet* lms_set(unsigned n, unsigned height);

}  // namespace sluice::signing
