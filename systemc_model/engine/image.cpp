// SPDX-License-Identifier: Apache-2.0
// Loading a whole image on the host: the device's checks, then digest and name.
#include "engine/image.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "engine/image_reader.hpp"

namespace sluice::engine {

using layout::LoadStatus;

Image::Image(const layout::GeometryLimits& limits)
    : request_(limits.request_entries, limits.actions),
      response_(limits.response_entries, limits.actions) {}

std::variant<Image, LoadError> Image::load(std::span<const std::uint8_t> bytes,
                                           const LoadOptions& options) {
  ImageReader reader(options.geometry, options.serial_above);
  const std::size_t words = bytes.size() / 8;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= std::uint64_t{bytes[8 * i + j]} << (8 * j);
    if (reader.take(word) != LoadStatus::OK)
      return LoadError{reader.status(), reader.words(), reader.text()};
  }
  if (!reader.complete() || bytes.size() % 8 != 0) {
    return LoadError{LoadStatus::BAD_LENGTH, reader.words(),
                     "BAD_LENGTH at image word " + std::to_string(reader.words()) +
                         ": the image ends early or within a word (" +
                         std::to_string(bytes.size()) + " bytes); it was cut, copy it again"};
  }
  Image image = *reader.release();

  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::size_t covered = bytes.size() - layout::IMAGE_DIGEST_BYTES;
  if (EVP_Digest(bytes.data(), covered, digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
      size != layout::IMAGE_DIGEST_BYTES) {
    return LoadError{LoadStatus::BAD_DIGEST, static_cast<std::uint32_t>(covered / 8),
                     "SHA-256 is not available"};
  }
  if (!std::equal(image.digest_.begin(), image.digest_.end(), digest.begin())) {
    return LoadError{LoadStatus::BAD_DIGEST, static_cast<std::uint32_t>(covered / 8),
                     "BAD_DIGEST at image word " + std::to_string(covered / 8) +
                         " (digest): the SHA-256 digest does not fit the content; the image was "
                         "altered, compile it again"};
  }
  const auto& name = image.name_bytes_;
  const auto end = std::find(name.begin(), name.end(), 0);
  if (std::any_of(name.begin(), end, [](std::uint8_t c) { return c < 0x20 || c > 0x7E; }) ||
      std::any_of(end, name.end(), [](std::uint8_t c) { return c != 0; })) {
    return LoadError{
        LoadStatus::BAD_NAME, layout::IMAGE_HEADER_WORDS - layout::IMAGE_NAME_WORDS,
        "BAD_NAME at image word 6 (policy name): not printable ASCII followed by zeros"};
  }
  return image;
}

}  // namespace sluice::engine
