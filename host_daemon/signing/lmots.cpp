// SPDX-License-Identifier: Apache-2.0
#include "signing/lmots.hpp"

#include <algorithm>
#include <stdexcept>

namespace sluice::signing::lmots {
namespace {

// RFC 8554 section 2 ("D_...") and appendix A.
constexpr std::uint16_t kPublicKey = 0x8080;
constexpr std::uint16_t kMessage = 0x8181;
constexpr std::uint16_t kRandomizer = 0xFFFD;  // in the place of i, where no chain has its number
constexpr std::uint8_t kSecret = 0xFF;         // in the place of j, where no step has its number

// I || q || i || j || value: what every step of every chain hashes. Always one block.
class Chain {
 public:
  Chain(const LmotsSet& set, Which which) : n_(set.n), block_(kValueAt + set.n) {
    std::copy(which.id.begin(), which.id.end(), block_.data());
    const auto q = big_endian<4>(which.q);
    std::copy(q.begin(), q.end(), block_.data() + 16);
  }
  ~Chain() { block_.wipe(); }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // Chain `i` begins with this value.
  void begin(unsigned i, View value) {
    set_number(i);
    std::copy(value.begin(), value.end(), block_.data() + kValueAt);
  }
  // Chain `i` begins with the private value of the seed.
  void begin_secret(unsigned i, View seed) {
    begin(i, seed);
    block_.data()[kStepAt] = kSecret;
    block_.hash(block_.data() + kValueAt, n_);
  }
  void steps(unsigned from, unsigned to) {
    for (unsigned j = from; j < to; ++j) {
      block_.data()[kStepAt] = static_cast<std::uint8_t>(j);
      block_.hash(block_.data() + kValueAt, n_);
    }
  }
  View value() { return {block_.data() + kValueAt, n_}; }

 private:
  static constexpr std::size_t kStepAt = 22;
  static constexpr std::size_t kValueAt = 23;

  void set_number(unsigned i) {
    block_.data()[20] = static_cast<std::uint8_t>(i >> 8);
    block_.data()[21] = static_cast<std::uint8_t>(i);
  }

  std::size_t n_;
  OneBlock block_;
};

// The digits of the message's hash and of their checksum, w bits each (RFC 8554 sections 3.1.3
// and 4.4): how far each chain has gone.
std::vector<unsigned> digits(const LmotsSet& set, Which which, View randomizer, View message) {
  const Digest full =
      sha256({which.id, big_endian<4>(which.q), big_endian<2>(kMessage), randomizer, message});
  Bytes text(full.begin(), full.begin() + set.n);
  std::vector<unsigned> out;
  const auto coefficient = [&](unsigned i) {
    const unsigned bit = i * set.w;
    return (text[bit / 8] >> (8 - set.w - bit % 8)) & set.chain_steps();
  };
  unsigned sum = 0;
  for (unsigned i = 0; i < 8 * set.n / set.w; ++i) sum += set.chain_steps() - coefficient(i);
  append(text, big_endian<2>(sum << set.ls));
  out.reserve(set.p);
  for (unsigned i = 0; i < set.p; ++i) out.push_back(coefficient(i));
  return out;
}

Bytes compress(const LmotsSet& set, Which which, View values) {
  const Digest full = sha256({which.id, big_endian<4>(which.q), big_endian<2>(kPublicKey), values});
  return {full.begin(), full.begin() + set.n};
}

}  // namespace

Bytes public_value(const LmotsSet& set, Which which, View seed) {
  Chain chain(set, which);
  Bytes values;
  values.reserve(std::size_t{set.p} * set.n);
  for (unsigned i = 0; i < set.p; ++i) {
    chain.begin_secret(i, seed);
    chain.steps(0, set.chain_steps());
    append(values, chain.value());
  }
  return compress(set, which, values);
}

Bytes sign(const LmotsSet& set, Which which, View seed, View message) {
  Chain chain(set, which);
  Bytes out;
  out.reserve(set.signature_bytes());
  append(out, big_endian<4>(set.type));
  chain.begin_secret(kRandomizer, seed);
  const Bytes randomizer(chain.value().begin(), chain.value().end());
  append(out, randomizer);
  const std::vector<unsigned> places = digits(set, which, randomizer, message);
  for (unsigned i = 0; i < set.p; ++i) {
    chain.begin_secret(i, seed);
    chain.steps(0, places[i]);
    append(out, chain.value());
  }
  return out;
}

Bytes candidate(const LmotsSet& set, Which which, View message, View signature) {
  if (signature.size() != set.signature_bytes())
    throw std::logic_error("lmots::candidate: signature of another size");
  const std::vector<unsigned> places = digits(set, which, signature.subspan(4, set.n), message);
  Chain chain(set, which);
  Bytes values;
  values.reserve(std::size_t{set.p} * set.n);
  for (unsigned i = 0; i < set.p; ++i) {
    chain.begin(i, signature.subspan(4 + set.n + std::size_t{i} * set.n, set.n));
    chain.steps(places[i], set.chain_steps());
    append(values, chain.value());
  }
  return compress(set, which, values);
}

}  // namespace sluice::signing::lmots
