// SPDX-License-Identifier: Apache-2.0
// A key's files, and one signature for one image from start to end:
//
//   read and check the image -> read signatures that are there -> take a one-time key (recorded on
//   the medium) -> sign -> verify -> write
//
// It signs only images that the engine's loader accepts, and prints nothing.
#pragma once

#include <cstdint>
#include <string>

#include "engine/image.hpp"
#include "signing/lms.hpp"
#include "signing/one_time_keys.hpp"
#include "signing/signature_block.hpp"

namespace sluice::signing {

// NAME.key (private, mode 0600), NAME.pub (RFC 8554 section 5.3), NAME.state (which one-time keys
// are used).
struct KeyFiles {
  Path key, pub, state;
  // By the path of the private key. Throws DiskError unless it ends in ".key".
  static KeyFiles of(const Path& key);
};

// Makes a key with random identifier and seed, and its files. Throws DiskError when one of them
// exists; then nothing was made.
PrivateKey make_key(Disk& disk, const KeyFiles& files, const Path& marks,
                    const Parameters& parameters, unsigned threads,
                    const PrivateKey::Progress& progress);

// Throws DiskError: no such file, or readable for others than its owner; Malformed.
PrivateKey read_private_key(Disk& disk, const Path& file);
PublicKey read_public_key(Disk& disk, const Path& file);

// An image that passed every check of the loader, digest included. Throws Malformed.
engine::Image read_image(Disk& disk, const Path& file);

struct SignedImage {
  std::uint32_t one_time_key = 0;
  std::size_t signatures = 0;  // in the block now
  bool replaced = false;       // signatures of another image stood there
};

// Adds a signature by `key` to the block in `signatures`, or begins one. Signatures of another
// image are replaced only if `replace`. Everything that can be refused is refused before a number
// is taken. Throws Malformed, DiskError, KeyRefused.
SignedImage sign_image(Disk& disk, const PrivateKey& key, NumberSource& numbers,
                       const engine::Image& image, const Path& signatures, bool replace);

}  // namespace sluice::signing
