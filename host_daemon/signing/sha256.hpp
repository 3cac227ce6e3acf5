// SPDX-License-Identifier: Apache-2.0
// SHA-256 by OpenSSL, in the two ways that LMS needs it: of several pieces, and of one ready block,
// for the hash chains. Values are cut to the first n bytes (SP 800-208 section 4: SHA-256/192 is
// SHA-256 cut to 24 bytes). No state is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace sluice::signing {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<std::uint8_t, kDigestBytes>;

// Over all pieces, one behind the other. Throws std::runtime_error when OpenSSL fails.
Digest sha256(std::initializer_list<View> pieces);

// HMAC with SHA-256 (RFC 2104). Throws std::runtime_error when OpenSSL fails.
Digest hmac_sha256(View key, View message);

// A message of at most 55 bytes, padded (FIPS 180-4 section 5.1.1) to the one block that it fits
// into. Its content may be changed in place.
class OneBlock {
 public:
  explicit OneBlock(std::size_t message_bytes);
  std::uint8_t* data() { return block_.data(); }
  // The hash of the message, cut to `n` bytes; `out` may lie within the message.
  void hash(std::uint8_t* out, std::size_t n) const;
  void wipe();

 private:
  std::array<std::uint8_t, 64> block_{};
};

// Fills with random bytes that may be secrets. Throws std::runtime_error when OpenSSL has none.
void random_secret(std::span<std::uint8_t> out);

// Overwrites a secret in a way that no compiler leaves out.
void wipe(std::span<std::uint8_t> secret);

// Big-endian, as everywhere in RFC 8554.
template <std::size_t N>
constexpr std::array<std::uint8_t, N> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N; ++i)
    out[i] = static_cast<std::uint8_t>(value >> (8 * (N - 1 - i)));
  return out;
}
inline std::uint32_t u32_at(View bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}
void append(Bytes& out, View more);

}  // namespace sluice::signing
