// SPDX-License-Identifier: Apache-2.0
// The bare compression function of OpenSSL is "deprecated" for its shape, not for a replacement:
// EVP takes several times as long for the one-block messages of hash chains.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "signing/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace sluice::signing {

Digest sha256(std::initializer_list<View> pieces) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const View piece : pieces)
    good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  Digest out;
  unsigned size = 0;
  good = good && EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1 && size == out.size();
  if (!good) throw std::runtime_error("OpenSSL has no SHA-256");
  return out;
}

Digest hmac_sha256(View key, View message) {
  Digest out;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
           out.data(), &size) == nullptr ||
      size != out.size()) {
    throw std::runtime_error("OpenSSL has no HMAC with SHA-256");
  }
  return out;
}

OneBlock::OneBlock(std::size_t message_bytes) {
  if (message_bytes > 55) throw std::logic_error("OneBlock: the message does not fit one block");
  block_[message_bytes] = 0x80;
  const std::size_t bits = 8 * message_bytes;
  block_[62] = static_cast<std::uint8_t>(bits >> 8);
  block_[63] = static_cast<std::uint8_t>(bits);
}

void OneBlock::hash(std::uint8_t* out, std::size_t n) const {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Transform(&context, block_.data());
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<std::uint8_t>(context.h[i / 4] >> (24 - 8 * (i % 4)));
}

void OneBlock::wipe() { signing::wipe(block_); }

void random_secret(std::span<std::uint8_t> out) {
  if (RAND_priv_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
}

void wipe(std::span<std::uint8_t> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

// Not inline: g++ 12 sees overflows in vector::insert of a small array that are not there.
void append(Bytes& out, View more) { out.insert(out.end(), more.begin(), more.end()); }

}  // namespace sluice::signing
