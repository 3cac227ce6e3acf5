// SPDX-License-Identifier: Apache-2.0
// The signatures of one image as bytes: SignatureBlock, then SignatureSlots with their LMS
// signatures (docs/layouts.md). The block is a file beside the image, and the words that follow the
// image's last one on the way into a device. Its bytes may come from anybody.
#pragma once

#include <string>
#include <vector>

#include "signing/lms.hpp"

namespace sluice::signing {

struct Signature {
  Bytes key_id;  // I of the public key, 16 bytes
  Bytes lms;     // as in RFC 8554 section 5.4
};

struct SignatureBlock {
  Digest digest{};  // of the image
  std::vector<Signature> signatures;

  Bytes encode() const;
  // Throws Malformed: another magic or version, a count or length that does not fit, bits where
  // zeros belong, one key twice, bytes behind.
  static SignatureBlock decode(View bytes);
};

// What is signed for an image of this digest: 40 bytes, domain first (SignedMessage in
// docs/layouts.md).
Bytes signed_message(const Digest& digest);

// Bytes of a block with `count` signatures of these parameters.
std::size_t block_bytes(const Parameters& parameters, unsigned count);

// Who may sign: the public keys of one signer, as a bitstream has them: the present one, and the
// next.
struct Signer {
  std::string name;
  std::vector<PublicKey> keys;
};

struct SignatureFinding {
  bool good = false;
  std::string key;   // name of the key that the slot names
  std::string text;  // whose it is, or what is wrong
};

// The rule that a device is to have (docs/signing.md): a good block of this digest; every signature
// in it is of a key of one of the signers and verifies; no signer counts twice; every signer has
// signed. `good` says whether all of it holds.
struct SignatureVerdict {
  bool good = false;
  std::vector<SignatureFinding> findings;  // one a signature
  std::string text;                        // what else is wrong; empty if nothing
};
SignatureVerdict verify_signatures(const Digest& digest, View block,
                                   const std::vector<Signer>& signers);

}  // namespace sluice::signing
