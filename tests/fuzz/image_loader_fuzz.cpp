// SPDX-License-Identifier: Apache-2.0
// Any bytes as an image. Parity and digest stop almost every random change, so most inputs are
// changes to a small random image after which both are made right again. The loader's two faces
// agree; what loads judges records exactly as the naive engine does on the same words.
//
//   input: options, serial, seed of the base image, number of changes, changes, then a record; or,
//          with option 0, serial and then the image itself
#include <algorithm>
#include <variant>

#include "engine/image_reader.hpp"
#include "fuzz/support.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using engine::Image;
using fuzz::finding;
using fuzz::show;
using layout::LoadStatus;

namespace {

// How much of the image is put right after the changes: options / 4 % 4.
enum class Mend : std::uint8_t { nothing, digest, parity_and_digest, parity };

template <class Word>
void mend_parity(std::vector<std::uint64_t>& words, std::size_t& at, std::size_t count) {
  for (std::size_t i = 0; i < count && at < words.size(); ++i, ++at) {
    words[at] = Word::unpack(words[at]).with_parity(static_cast<std::uint32_t>(i)).pack() |
                (words[at] >> Word::used_bits << Word::used_bits);
  }
}

void mend_actions(std::vector<std::uint64_t>& words, std::size_t& at, std::size_t count) {
  for (std::size_t i = 0; i < count && at + 1 < words.size(); ++i, at += 2) {
    const auto right = layout::Action::unpack({words[at], words[at + 1]})
                           .with_parity(static_cast<std::uint32_t>(i))
                           .pack();
    words[at] = right[0];
    words[at + 1] = right[1];
  }
}

// Every word's parity, where the header says that it stands.
void mend_all_parity(std::vector<std::uint64_t>& words) {
  const auto request = layout::ImageHead4::unpack(words[4]);
  const auto response = layout::ImageHead5::unpack(words[5]);
  std::size_t at = layout::IMAGE_HEADER_WORDS;
  mend_parity<layout::ClassMap>(words, at, layout::CLASS_MAP_WORDS);
  mend_parity<layout::Entry>(words, at, request.request_entries + 1U);
  mend_actions(words, at, request.request_actions);
  mend_parity<layout::ClassMap>(words, at, layout::CLASS_MAP_WORDS);
  mend_parity<layout::Entry>(words, at, response.response_entries + 1U);
  mend_actions(words, at, response.response_actions);
  mend_parity<layout::Endpoint>(words, at, response.endpoints);
}

const std::vector<std::uint64_t>& base_image(unsigned seed) {
  static std::vector<std::uint64_t> images[64];
  auto& words = images[seed % 64];
  if (words.empty()) words = support::random_image(seed % 64).words();
  return words;
}

void change(fuzz::Input& input, std::vector<std::uint64_t>& words) {
  const unsigned kind = input.u8() % 4;
  const std::size_t at = input.u16();
  if (kind == 0) {
    words.resize(at % 2048);
  } else if (kind == 1) {
    const std::uint64_t word = input.u64();
    if (!words.empty()) words[at % words.size()] = word;
  } else {  // one byte; every second time of the header
    const unsigned shift = 8 * (input.u8() % 8U);
    const std::uint64_t value = input.u8();
    const std::size_t bound = kind == 2 ? words.size() : std::min<std::size_t>(words.size(), 10);
    if (bound > 0) words[at % bound] ^= value << shift;
  }
}

void compare(const Image& image, const std::vector<std::uint64_t>& words,
             std::span<const std::uint8_t> record) {
  const support::NaiveEngine naive(words);
  engine::Verdict fast = engine::judge_request(image, record);
  const engine::Verdict slow = naive.judge_request(record);
  if (fuzz::seeded_fault) ++fast.offset;
  if (!(fast == slow)) finding("request: engine " + show(fast) + ", naive engine " + show(slow));
  for (std::uint16_t i = 1; i < std::min<std::size_t>(image.endpoints().size(), 5); ++i) {
    const engine::Verdict one = engine::judge_response(image, i, record);
    const engine::Verdict other = naive.judge_response(i, record);
    if (!(one == other)) finding("response: engine " + show(one) + ", naive engine " + show(other));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned options = input.u8();
  const Image::LoadOptions load_options{.geometry = static_cast<layout::Geometry>(
                                            (options >> 4) % layout::count_of<layout::Geometry>),
                                        .serial_above = input.u8() % 4U};
  std::vector<std::uint8_t> bytes;
  std::span<const std::uint8_t> record;
  if ((options & 3) == 0) {
    const auto rest = input.rest();
    bytes.assign(rest.begin(), rest.end());
  } else {
    auto words = base_image(input.u8());
    words[1] = layout::ImageHead1{.serial = 1U + (options & 3)}.pack();
    for (unsigned left = input.u8() % 32U; left > 0; --left) change(input, words);
    const auto mend = static_cast<Mend>((options >> 2) % 4);
    if (words.size() > layout::IMAGE_HEADER_WORDS + layout::IMAGE_DIGEST_BYTES / 8) {
      if (mend == Mend::parity || mend == Mend::parity_and_digest) mend_all_parity(words);
      if (mend == Mend::digest || mend == Mend::parity_and_digest)
        support::ImageBuilder::seal(words);
    }
    bytes = support::ImageBuilder::to_bytes(words);
    record = input.rest();
  }

  const auto loaded = Image::load(bytes, load_options);
  const auto words = fuzz::words_of(bytes);
  engine::ImageReader reader(load_options.geometry, load_options.serial_above);
  for (const std::uint64_t word : words) {
    if (reader.take(word) != LoadStatus::OK) break;
  }
  if (const auto* error = std::get_if<engine::LoadError>(&loaded)) {
    if (error->status == LoadStatus::OK || error->text.empty() || error->word > words.size())
      finding("a refusal without status, place or text: " + error->text);
    const bool host_only = error->status == LoadStatus::BAD_DIGEST ||
                           error->status == LoadStatus::BAD_NAME ||
                           (error->status == LoadStatus::BAD_LENGTH && bytes.size() % 8 != 0);
    if (reader.complete() && !host_only) finding("the reader takes what load() refuses");
    if (reader.status() != LoadStatus::OK && reader.status() != error->status)
      finding("reader and load() name different faults");
    return 0;
  }
  if (!reader.complete()) finding("load() takes what the reader refuses");
  compare(std::get<Image>(loaded), words, record);
  return 0;
}
