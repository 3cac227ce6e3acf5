// SPDX-License-Identifier: Apache-2.0
// LMS (RFC 8554 section 5): one Merkle tree over 2^h one-time keys; the public key is its root. One
// tree only: what is signed here is LMS, not HSS. Public keys and signatures come from outside and
// may be hostile: every length and number is checked before it is used. It does not count which
// one-time keys are used up (one_time_keys does).
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "signing/parameters.hpp"
#include "signing/sha256.hpp"

namespace sluice::signing {

// A key or signature that cannot be read; the text says what is wrong with it.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PublicKey {
  Parameters parameters;
  Bytes id;    // I, 16 bytes
  Bytes root;  // T[1], n bytes

  // typecodes, I, T[1] (RFC 8554 section 5.3).
  Bytes encode() const;
  // Throws Malformed: another length, a set that is not ours, two sets of different n.
  static PublicKey decode(View bytes);

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.encode() == b.encode();
  }
};

// The sets of two typecodes. Throws Malformed when one is unknown or they do not fit each other.
Parameters parameters_of(std::uint32_t lms_type, std::uint32_t lmots_type);

// Nothing when `signature` is a signature of `message` under `key` (RFC 8554 section 5.4.2); else
// why not. Never throws on account of its input.
std::optional<std::string> why_invalid(const PublicKey& key, View message, View signature);

// The number of the one-time key that a signature says it was made with; nothing when it is too
// short to say.
std::optional<std::uint32_t> one_time_key_of(View signature);

// A private key with the upper part of its tree, so that signing computes one subtree of at most
// 2^10 leaves, and none at heights to 15.
class PrivateKey {
 public:
  // How many leaves are done, of how many.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;
  static constexpr unsigned kKeptLevels = 15;  // below the root

  // `id` has 16 bytes, `seed` n: both random, and of one key only. Computes every leaf, on
  // `threads` threads; `progress` is called from one of them at a time. Keeps `levels` of the tree
  // below its root, at most kKeptLevels.
  static PrivateKey generate(const Parameters& parameters, View id, View seed, unsigned threads,
                             const Progress& progress, unsigned levels = kKeptLevels);

  PrivateKey(PrivateKey&&) = default;
  PrivateKey& operator=(PrivateKey&&) = default;
  ~PrivateKey() { wipe(seed_); }

  const Parameters& parameters() const { return parameters_; }
  View id() const { return id_; }
  PublicKey public_key() const;

  // The LMS signature of `message` by one-time key `q` < 2^h, verified before it is returned: a
  // damaged key or a bad memory gives std::runtime_error and no signature. `q` must never come
  // again.
  Bytes sign(std::uint32_t q, View message) const;

  // A key for the record of used one-time keys, so that nobody changes it by hand.
  Digest record_key() const;

  // Everything, seed included, with a SHA-256 behind it against damage.
  Bytes encode() const;
  // Throws Malformed.
  static PrivateKey decode(View bytes);

 private:
  PrivateKey(const Parameters& parameters, View id, View seed, unsigned kept);
  View node(std::uint32_t r) const;  // T[r] of an upper node
  Bytes subtree(std::uint32_t r, std::uint32_t q,
                Bytes* path) const;  // T[r]; the path from leaf q up to below r, if asked for

  Parameters parameters_;
  Bytes id_;
  Bytes seed_;
  unsigned kept_;  // levels below the root that nodes_ has
  Bytes nodes_;    // T[1], T[2], ... of the upper levels
};

}  // namespace sluice::signing
