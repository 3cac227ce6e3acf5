// SPDX-License-Identifier: Apache-2.0
// LMS by itself: published keys from their seeds, every parameter set there and back, and every
// single change of signature, key and message.
#include "signing/lms.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "daemon/process.hpp"
#include "signing/lmots.hpp"
#include "sluice/layout.hpp"
#include "support/hex.hpp"

using namespace sluice;
using namespace sluice::signing;

namespace {

Bytes hex(std::string_view digits) {
  const std::string text = test::from_hex(digits);
  return {text.begin(), text.end()};
}

Bytes filled(std::size_t size, std::uint8_t first) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(first + i);
  return out;
}

PrivateKey small_key(unsigned n, unsigned w, unsigned height = 5) {
  return PrivateKey::generate({*lms_set(n, height), *lmots_set(n, w)}, filled(16, 0x40),
                              filled(n, 0x80), 1, {});
}

const Bytes kMessage = filled(40, 1);

struct Published {
  const char* source;
  std::uint32_t lms, lmots;
  const char *id, *seed, *root;
};

}  // namespace

TEST_CASE("published public keys follow from their seeds") {
  const Published one = GENERATE(
      Published{"RFC 8554 appendix F, test case 2, top level", 6, 3,
                "d08fabd4a2091ff0a8cb4ed834e74534",
                "558b8966c48ae9cb898b423c83443aae014a72f1b1ab5cc85cf1d892903b5439",
                "32a58885cd9ba0431235466bff9651c6c92124404d45fa53cf161c28f1ad5a8e"},
      Published{"RFC 8554 appendix F, test case 2, second level", 5, 4,
                "215f83b7ccb9acbcd08db97b0d04dc2b",
                "a1c4696e2608035a886100d05cd99945eb3370731884a8235e2fb3d4d71f2547",
                "a1cd035833e0e90059603f26e07ad2aad152338e7a5e5984bcd5f7bb4eba40b7"},
      Published{"RFC 9858 appendix A, SHA-256/192", 10, 8, "202122232425262728292a2b2c2d2e2f",
                "000102030405060708090a0b0c0d0e0f1011121314151617",
                "2c571450aed99cfb4f4ac285da14882796618314508b12d2"});
  INFO(one.source);
  const auto key =
      PrivateKey::generate(parameters_of(one.lms, one.lmots), hex(one.id), hex(one.seed), 2, {});
  CHECK(key.public_key().root == hex(one.root));
}

TEST_CASE("sizes of the sets that bitstreams can choose from") {
  const auto bytes = [](unsigned n, unsigned height, unsigned w) {
    return Parameters{*lms_set(n, height), *lmots_set(n, w)}.signature_bytes();
  };
  CHECK(bytes(24, 5, 8) == 780);
  CHECK(bytes(24, 10, 8) == 900);
  CHECK(bytes(24, 10, 1) == 5076);
  CHECK(bytes(32, 5, 8) == 1292);
  CHECK(bytes(32, 10, 4) == 2508);
  CHECK(lms_set(24, 7) == nullptr);
  CHECK(lmots_set(0) == nullptr);
  // Worked out by hand: message 2, chains 26 * 255, one-time public key (22 + 624 + 9 bytes) 11,
  // leaf 1, path 10 times 2.
  CHECK(Parameters{*lms_set(24, 10), *lmots_set(24, 8)}.verify_blocks(40) ==
        2 + 6630 + 11 + 1 + 20);
}

TEST_CASE("the table of docs/signing.md says what the sets are") {
  const std::string page = testing::read_file(std::string(SLUICE_SOURCE_DIR) + "/docs/signing.md");
  for (const LmotsSet& set : lmots_sets()) {
    std::string row = "\n| " + std::to_string(8 * set.n) + " | " + std::to_string(set.w) + " | " +
                      std::to_string(set.p);
    for (const unsigned height : {5U, 10U, 15U, 20U, 25U})
      row += " | " + std::to_string(Parameters{*lms_set(set.n, height), set}.signature_bytes());
    const std::uint64_t blocks =
        Parameters{*lms_set(set.n, 10), set}.verify_blocks(layout::SignedMessage::bytes);
    char rest[80];
    std::snprintf(rest, sizeof rest, " | %llu | %.2f | %.1f M |\n",
                  static_cast<unsigned long long>(blocks), static_cast<double>(blocks) * 65 / 125e3,
                  1024.0 * set.p * (set.chain_steps() + 1) / 1e6);
    INFO(row << rest);
    CHECK(page.find(row + rest) != std::string::npos);
  }
}

TEST_CASE("every set signs and verifies, with every one-time key of the tree") {
  const unsigned n = GENERATE(24U, 32U), w = GENERATE(1U, 2U, 4U, 8U);
  const auto key = small_key(n, w);
  std::set<std::string> all;
  for (std::uint32_t q = 0; q < 32; ++q) {
    const Bytes signature = key.sign(q, kMessage);
    REQUIRE(signature.size() == key.parameters().signature_bytes());
    CHECK(one_time_key_of(signature) == q);
    CHECK_FALSE(why_invalid(key.public_key(), kMessage, signature));
    all.insert(std::string(signature.begin(), signature.end()));
  }
  CHECK(all.size() == 32);
  CHECK_THROWS_AS(key.sign(32, kMessage), std::logic_error);
}

TEST_CASE("a key whose lower levels are not kept signs by computing a subtree") {
  const Parameters parameters{*lms_set(24, 10), *lmots_set(24, 1)};
  const unsigned levels = GENERATE(0U, 4U, 9U);
  const auto whole = PrivateKey::generate(parameters, filled(16, 1), filled(24, 2), 1, {});
  const auto key = PrivateKey::decode(
      PrivateKey::generate(parameters, filled(16, 1), filled(24, 2), 2, {}, levels).encode());
  CHECK(key.public_key() == whole.public_key());
  CHECK(key.encode().size() < whole.encode().size());
  for (const std::uint32_t q : {0U, 1U, 517U, 1023U})
    CHECK(key.sign(q, kMessage) == whole.sign(q, kMessage));
}

TEST_CASE("the same message signed again with the same number is the same signature") {
  CHECK(small_key(24, 4).sign(3, kMessage) == small_key(24, 4).sign(3, kMessage));
}

TEST_CASE("progress is told, and the number of threads changes nothing") {
  std::uint64_t last = 0;
  const Parameters parameters{*lms_set(24, 5), *lmots_set(24, 4)};
  const auto key = PrivateKey::generate(parameters, filled(16, 0x40), filled(24, 0x80), 4,
                                        [&](std::uint64_t done, std::uint64_t all) {
                                          CHECK(done == last + 1);
                                          CHECK(all == 32);
                                          last = done;
                                        });
  CHECK(last == 32);
  CHECK(key.public_key() == small_key(24, 4).public_key());
}

TEST_CASE("every flipped bit of a signature is refused") {
  const unsigned n = GENERATE(24U, 32U);
  const auto key = small_key(n, 4);
  const PublicKey pub = key.public_key();
  const Bytes good = key.sign(9, kMessage);
  unsigned refused = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    if (why_invalid(pub, kMessage, bad)) ++refused;
  }
  CHECK(refused == 8 * good.size());
}

TEST_CASE("every flipped bit of the public key or the message is refused") {
  const auto key = small_key(24, 8);
  const Bytes signature = key.sign(31, kMessage);
  const Bytes encoded = key.public_key().encode();
  for (std::size_t bit = 0; bit < 8 * encoded.size(); ++bit) {
    Bytes bad = encoded;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    bool accepted = false;
    try {
      accepted = !why_invalid(PublicKey::decode(bad), kMessage, signature);
    } catch (const Malformed&) {
    }
    CHECK_FALSE(accepted);
  }
  for (std::size_t bit = 0; bit < 8 * kMessage.size(); ++bit) {
    Bytes bad = kMessage;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK(why_invalid(key.public_key(), bad, signature));
  }
}

TEST_CASE("signatures and keys of every other length are refused, not read beyond") {
  const auto key = small_key(24, 8);
  const Bytes good = key.sign(0, kMessage);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes exact(good.begin(),
                      good.begin() + static_cast<std::ptrdiff_t>(
                                         size));  // its own allocation: a sanitizer sees the end
    CHECK(why_invalid(key.public_key(), kMessage, exact));
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK(why_invalid(key.public_key(), kMessage, longer));
  const Bytes encoded = key.public_key().encode();
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_THROWS_AS(PublicKey::decode(View(encoded).first(size)), Malformed);
  CHECK_THROWS_WITH(PublicKey::decode(hex("0000000A 00000004")),
                    Catch::Contains("different lengths"));
}

TEST_CASE("a signature under another number or another key does not pass") {
  const auto key = small_key(24, 8);
  Bytes moved = key.sign(4, kMessage);
  moved[3] = 5;
  CHECK(why_invalid(key.public_key(), kMessage, moved));
  moved[3] = 32;
  CHECK_THAT(*why_invalid(key.public_key(), kMessage, moved), Catch::Contains("does not exist"));
  auto other = key.public_key();
  other.id[0] ^= 1;
  CHECK(why_invalid(other, kMessage, key.sign(4, kMessage)));
}

TEST_CASE("a damaged private key is refused, whatever the byte") {
  const auto key = small_key(24, 8);
  const Bytes encoded = key.encode();
  CHECK(PrivateKey::decode(encoded).public_key() == key.public_key());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    Bytes bad = encoded;
    bad[i] ^= 0x10;
    CHECK_THROWS_AS(PrivateKey::decode(bad), Malformed);
    CHECK_THROWS_AS(PrivateKey::decode(View(encoded).first(i)), Malformed);
  }
}
