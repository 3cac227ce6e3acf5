// SPDX-License-Identifier: Apache-2.0
// Images and the signatures beside them: one and two signers, and every change that an attacker can
// make to either file.
#include "signing/signature_block.hpp"

#include <catch2/catch.hpp>

#include "daemon/process.hpp"
#include "signing/image_signing.hpp"
#include "support/random_image.hpp"
#include "support/table_builder.hpp"

using namespace sluice;
using namespace sluice::signing;
using Catch::Contains;

namespace {

const Parameters kSmall{*lms_set(24, 5), *lmots_set(24, 4)};

PrivateKey key_of(std::uint8_t person) {
  return PrivateKey::generate(kSmall, Bytes(16, person), Bytes(24, person), 1, {});
}

// Counts in memory: these tests are not about the record.
class Counting : public NumberSource {
 public:
  std::uint32_t take() override { return next_++; }
  std::uint32_t taken() const { return next_; }

 private:
  std::uint32_t next_ = 0;
};

struct Desk {
  testing::TemporaryFolder folder;
  std::unique_ptr<Disk> disk = real_disk();
  std::vector<std::uint8_t> image = support::letters_image().bytes();
  Path file = folder / "policy.img", signatures = folder / "policy.img.sig";
  Counting numbers;

  Desk() { write(image); }
  void write(const Bytes& bytes) {
    write_whole(*disk, file, bytes, Access::everyone, Replace::yes);
  }
  SignedImage sign(const PrivateKey& key, bool replace = false) {
    return sign_image(*disk, key, numbers, read_image(*disk, file), signatures, replace);
  }
  Bytes block() { return disk->read(signatures)->bytes; }
  Digest digest() { return read_image(*disk, file).digest(); }
  bool good(const std::vector<Signer>& signers) {
    return verify_signatures(digest(), block(), signers).good;
  }
};

Signer signer(const PrivateKey& key) { return {"a signer", {key.public_key()}}; }

}  // namespace

TEST_CASE("the signed message and the block, byte by byte") {
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(i);
  const Bytes message = signed_message(digest);
  REQUIRE(message.size() == 40);
  CHECK(std::string(message.begin(), message.begin() + 8) == "SLUIMGV1");
  CHECK(std::equal(digest.begin(), digest.end(), message.begin() + 8));
  const SignatureBlock block{digest, {{Bytes(16, 0xAA), Bytes(12, 0x55)}}};
  const Bytes bytes = block.encode();
  REQUIRE(bytes.size() == 40 + 24 + 16);
  CHECK(std::string(bytes.begin(), bytes.begin() + 4) == "SLSG");
  CHECK(Bytes(bytes.begin() + 4, bytes.begin() + 8) == Bytes{0, 1, 0, 1});
  CHECK(Bytes(bytes.begin() + 40, bytes.begin() + 56) == Bytes(16, 0xAA));
  CHECK(Bytes(bytes.begin() + 56, bytes.begin() + 64) == Bytes{0, 0, 0, 12, 0, 0, 0, 0});
  CHECK(Bytes(bytes.begin() + 76, bytes.end()) == Bytes(4, 0));
  CHECK(SignatureBlock::decode(bytes).signatures[0].lms == Bytes(12, 0x55));
  CHECK(block_bytes({*lms_set(24, 10), *lmots_set(24, 8)}, 2) == 40 + 2 * (24 + 904));
}

TEST_CASE("one signer, two signers, and who is missing") {
  Desk desk;
  const PrivateKey alice = key_of(1), bob = key_of(2), carol = key_of(3);
  CHECK(desk.sign(alice).signatures == 1);
  CHECK(desk.good({signer(alice)}));
  CHECK_FALSE(desk.good({signer(alice), signer(bob)}));
  CHECK_FALSE(desk.good({signer(bob)}));
  CHECK_FALSE(desk.good({}));
  CHECK(desk.sign(bob).signatures == 2);
  CHECK(desk.block().size() == block_bytes(kSmall, 2));
  CHECK(desk.good({signer(alice), signer(bob)}));
  CHECK(desk.good({signer(bob), signer(alice)}));
  CHECK_FALSE(
      desk.good({signer(alice)}));  // a device without Bob's key knows nothing of his signature
  // One person with two keys counts once.
  CHECK_FALSE(desk.good({{"alice", {alice.public_key(), bob.public_key()}}}));
  CHECK_FALSE(desk.good({{"alice", {alice.public_key(), bob.public_key()}}, signer(carol)}));
  // Either key of a signer will do.
  CHECK(desk.good({{"alice", {carol.public_key(), alice.public_key()}}, signer(bob)}));
}

TEST_CASE("what can be refused is refused before a one-time key is used") {
  Desk desk;
  const PrivateKey alice = key_of(1), bob = key_of(2), carol = key_of(3);
  desk.sign(alice);
  CHECK_THROWS_WITH(desk.sign(alice), Contains("already"));
  desk.sign(bob);
  CHECK_THROWS_WITH(desk.sign(carol), Contains("2 signatures already"));
  auto next = support::letters_image();
  next.serial = 2;
  desk.write(next.bytes());
  CHECK_THROWS_WITH(desk.sign(carol), Contains("another image"));
  Bytes damaged = next.bytes();
  damaged[100] ^= 1;
  desk.write(damaged);
  CHECK_THROWS_AS(desk.sign(carol, true), Malformed);
  CHECK(desk.numbers.taken() == 2);
  desk.write(next.bytes());
  const SignedImage replaced = desk.sign(carol, true);
  CHECK(replaced.replaced);
  CHECK(replaced.signatures == 1);
  CHECK(desk.good({signer(carol)}));
}

TEST_CASE("every flipped bit of the signatures is refused, and every length") {
  Desk desk;
  const PrivateKey alice = key_of(1), bob = key_of(2);
  desk.sign(alice);
  desk.sign(bob);
  const Digest digest = desk.digest();
  const std::vector<Signer> signers{signer(alice), signer(bob)};
  const Bytes good = desk.block();
  REQUIRE(verify_signatures(digest, good, signers).good);
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    if (!verify_signatures(digest, bad, signers).good) ++refused;
  }
  CHECK(refused == 8 * good.size());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes exact(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(verify_signatures(digest, exact, signers).good);
  }
  Bytes longer = good;
  longer.resize(longer.size() + 8);
  CHECK_THAT(verify_signatures(digest, longer, signers).text, Contains("behind the last"));
}

TEST_CASE("hostile blocks say what is wrong with them") {
  Desk desk;
  const PrivateKey alice = key_of(1);
  desk.sign(alice);
  const Digest digest = desk.digest();
  const auto text = [&](std::size_t at, Bytes with) {
    Bytes bytes = desk.block();
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return verify_signatures(digest, bytes, {signer(alice)}).text;
  };
  CHECK_THAT(text(0, {'X'}), Contains("SLSG"));
  CHECK_THAT(text(5, {2}), Contains("version 2"));
  CHECK_THAT(text(6, {0, 0}), Contains("one or two"));
  CHECK_THAT(text(6, {0xFF, 0xFF}), Contains("one or two"));
  CHECK_THAT(text(6, {0, 2}), Contains("signature 2 is cut off"));
  CHECK_THAT(text(56, {0xFF, 0xFF, 0xFF, 0xFF}), Contains("4294967295 bytes"));
  CHECK_THAT(text(56, {0, 0, 0, 0}), Contains("behind the last"));
  CHECK_THAT(text(60, {1}), Contains("reserved"));
  CHECK_THAT(text(8, {static_cast<std::uint8_t>(digest[0] ^ 1)}), Contains("another image"));
  SignatureBlock twice = SignatureBlock::decode(desk.block());
  twice.signatures.push_back(twice.signatures[0]);
  CHECK_THAT(verify_signatures(digest, twice.encode(), {signer(alice)}).text,
             Contains("two signatures"));
  support::Random random(99);
  for (int i = 0; i < 20000; ++i) {  // headers of chance behind a right beginning
    Bytes bytes = desk.block();
    bytes.resize(48 + random.below(80));
    for (std::size_t at = 6; at < bytes.size(); ++at) {
      if (at < 8 || at >= 40)
        bytes[at] = static_cast<std::uint8_t>(random.one_in(2) ? 0 : random.next());
    }
    CHECK_FALSE(verify_signatures(digest, bytes, {signer(alice)}).good);
  }
}

TEST_CASE("a changed image is refused, also when its digest was made right again") {
  Desk desk;
  const PrivateKey alice = key_of(1);
  desk.sign(alice);
  const std::vector<Signer> signers{signer(alice)};
  const Bytes block = desk.block();
  support::Random random(5);
  unsigned loadable = 0;
  for (int i = 0; i < 400; ++i) {
    Bytes bad = desk.image;
    const std::uint32_t bit = random.below(static_cast<std::uint32_t>(8 * bad.size()));
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK(std::holds_alternative<engine::LoadError>(engine::Image::load(bad)));
  }
  const auto words = [&] {
    auto changed = support::letters_image();
    changed.serial = 2 + random.below(1000);
    changed.max_depth = static_cast<std::uint16_t>(1 + random.below(60));
    return changed.bytes();
  };
  for (int i = 0; i < 50; ++i) {
    const auto loaded = engine::Image::load(words());
    REQUIRE(std::holds_alternative<engine::Image>(loaded));
    ++loadable;
    CHECK_FALSE(verify_signatures(std::get<engine::Image>(loaded).digest(), block, signers).good);
    // An attacker names the new digest in the block, too.
    SignatureBlock forged = SignatureBlock::decode(block);
    forged.digest = std::get<engine::Image>(loaded).digest();
    CHECK_FALSE(verify_signatures(forged.digest, forged.encode(), signers).good);
  }
  CHECK(loadable == 50);
}

TEST_CASE("a signature over the bare digest, or in another context, does not pass") {
  Desk desk;
  const PrivateKey alice = key_of(1);
  const Digest digest = desk.digest();
  Bytes message = signed_message(digest);
  const auto passes = [&](const Bytes& what) {
    const SignatureBlock block{digest,
                               {{{alice.id().begin(), alice.id().end()}, alice.sign(0, what)}}};
    return verify_signatures(digest, block.encode(), {signer(alice)}).good;
  };
  CHECK(passes(message));
  CHECK_FALSE(passes(Bytes(digest.begin(), digest.end())));
  message[7] = '2';
  CHECK_FALSE(passes(message));
}
