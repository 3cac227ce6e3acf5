// SPDX-License-Identifier: Apache-2.0
#include "signing/image_signing.hpp"

#include <algorithm>
#include <optional>

namespace sluice::signing {
namespace {

FileContent must_read(Disk& disk, const Path& file) {
  auto content = disk.read(file);
  if (!content) throw DiskError("'" + file.string() + "': no such file");
  return std::move(*content);
}

// `decode` of the file's bytes; a complaint names the file.
template <class Decode>
auto read_as(Disk& disk, const Path& file, Decode decode) {
  FileContent content = must_read(disk, file);
  try {
    return decode(content);
  } catch (const Malformed& error) {
    throw Malformed("'" + file.string() + "': " + error.what());
  }
}

}  // namespace

KeyFiles KeyFiles::of(const Path& key) {
  if (key.extension() != ".key")
    throw DiskError("'" + key.string() + "': a private key's file ends in .key");
  return {key, Path(key).replace_extension(".pub"), Path(key).replace_extension(".state")};
}

PrivateKey make_key(Disk& disk, const KeyFiles& files, const Path& marks,
                    const Parameters& parameters, unsigned threads,
                    const PrivateKey::Progress& progress) {
  for (const Path& file : {files.key, files.pub, files.state}) {
    if (disk.read(file))
      throw DiskError("'" + file.string() + "' exists, and is not replaced; choose another name");
  }
  Bytes id(kIdentifierBytes), seed(parameters.lms.n);
  random_secret(id);
  random_secret(seed);
  PrivateKey key = PrivateKey::generate(parameters, id, seed, threads, progress);
  wipe(seed);
  Bytes encoded = key.encode();
  write_whole(disk, files.key, encoded, Access::owner, Replace::no);
  wipe(encoded);
  write_whole(disk, files.pub, key.public_key().encode(), Access::everyone, Replace::no);
  OneTimeKeys(disk, key, files.state, marks).begin();  // last: without it the key signs nothing
  return key;
}

PrivateKey read_private_key(Disk& disk, const Path& file) {
  return read_as(disk, file, [&](FileContent& content) {
    if (!content.only_owner)
      throw DiskError("'" + file.string() +
                      "': others than its owner may read or write this private key; chmod 600 it");
    PrivateKey key = PrivateKey::decode(content.bytes);
    wipe(content.bytes);
    return key;
  });
}

PublicKey read_public_key(Disk& disk, const Path& file) {
  return read_as(disk, file,
                 [](const FileContent& content) { return PublicKey::decode(content.bytes); });
}

engine::Image read_image(Disk& disk, const Path& file) {
  return read_as(disk, file, [](const FileContent& content) {
    auto loaded = engine::Image::load(content.bytes);
    if (const auto* error = std::get_if<engine::LoadError>(&loaded)) throw Malformed(error->text);
    return std::get<engine::Image>(std::move(loaded));
  });
}

SignedImage sign_image(Disk& disk, const PrivateKey& key, NumberSource& numbers,
                       const engine::Image& image, const Path& signatures, bool replace) {
  SignedImage result;
  SignatureBlock block{image.digest(), {}};
  if (disk.read(signatures)) {
    auto there = read_as(disk, signatures, [](const FileContent& content) {
      return SignatureBlock::decode(content.bytes);
    });
    result.replaced = there.digest != image.digest();
    if (result.replaced && !replace) {
      throw Malformed(
          "'" + signatures.string() +
          "' has the signatures of another image; say --replace, or another file with --output");
    }
    if (!result.replaced) block = std::move(there);
  }
  const bool twice =
      std::any_of(block.signatures.begin(), block.signatures.end(), [&](const Signature& one) {
        return std::equal(one.key_id.begin(), one.key_id.end(), key.id().begin(), key.id().end());
      });
  if (twice)
    throw Malformed("'" + signatures.string() + "' has a signature of key " + key_name(key.id()) +
                    " already; no one-time key was used");
  if (block.signatures.size() >= layout::SIGNATURES_MAX) {
    throw Malformed("'" + signatures.string() + "' has " + std::to_string(block.signatures.size()) +
                    " signatures already; no one-time key was used");
  }
  result.one_time_key = numbers.take();
  block.signatures.push_back({{key.id().begin(), key.id().end()},
                              key.sign(result.one_time_key, signed_message(image.digest()))});
  write_whole(disk, signatures, block.encode(), Access::everyone, Replace::yes);
  result.signatures = block.signatures.size();
  return result;
}

}  // namespace sluice::signing
