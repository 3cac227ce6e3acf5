// SPDX-License-Identifier: Apache-2.0
// LM-OTS, the one-time signature below LMS (RFC 8554 section 4): a signature reveals, for each
// digit of the message's hash, a place in a hash chain. Two signatures of one key reveal two
// places, from which others can be made up: whoever calls `sign` twice with the same q has lost the
// key. This file does not count (one_time_keys does).
#pragma once

#include "signing/parameters.hpp"
#include "signing/sha256.hpp"

namespace sluice::signing::lmots {

// Which one-time key: number `q` of the key pair `id` (16 bytes).
struct Which {
  View id;
  std::uint32_t q;
};

// K of key `q` (RFC 8554 section 4.3), n bytes; the private values come from `seed` (n bytes) as in
// RFC 8554 appendix A.
Bytes public_value(const LmotsSet& set, Which which, View seed);

// The signature of `message` (section 4.5). C is not random but, like the private values, a hash of
// the seed, with i = 0xFFFD: so if a machine is put back in time as a whole and signs the same
// message again, it is the same signature, and nothing is lost.
Bytes sign(const LmotsSet& set, Which which, View seed, View message);

// The public value that `signature` stands for (section 4.6, algorithm 4b, steps 2.c to 4). Needs
// signature.size() == set.signature_bytes(); the typecode is the caller's to check.
Bytes candidate(const LmotsSet& set, Which which, View message, View signature);

}  // namespace sluice::signing::lmots
