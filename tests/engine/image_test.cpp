// SPDX-License-Identifier: Apache-2.0
// Images that are cut, altered, foreign, or forged with a right digest: each check of
// docs/fabric.md "Load and swap".
#include <catch2/catch.hpp>

#include "engine/engine.hpp"
#include "engine/image_reader.hpp"
#include "support/naive_engine.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using engine::Image;
using engine::ImageReader;
using engine::LoadError;
using layout::LoadStatus;
using support::ImageBuilder;

namespace {

std::vector<std::uint64_t> small_words() {
  ImageBuilder builder = support::letters_image();
  builder.geometry = layout::Geometry::TINY;
  return builder.words();
}

LoadStatus status_of(const std::vector<std::uint8_t>& bytes,
                     const Image::LoadOptions& options = {}) {
  const auto loaded = Image::load(bytes, options);
  const auto* error = std::get_if<LoadError>(&loaded);
  return error != nullptr ? error->status : LoadStatus::OK;
}

/// What the device says: all words, no digest.
LoadStatus device_status(const std::vector<std::uint64_t>& words) {
  ImageReader reader(layout::Geometry::TINY, 0);
  for (std::uint64_t word : words) reader.take(word);
  return reader.status() == LoadStatus::OK && !reader.complete() ? LoadStatus::INCOMPLETE
                                                                 : reader.status();
}

/// Changes the words, makes the digest right again, and loads: on the host as in the device.
template <class F>
void forged(LoadStatus expected, std::uint32_t at, F&& change) {
  auto words = small_words();
  change(words);
  CHECK(name_of(device_status(words)) == name_of(expected));
  ImageBuilder::seal(words);
  const auto loaded = Image::load(ImageBuilder::to_bytes(words),
                                  {.geometry = layout::Geometry::TINY, .serial_above = 0});
  const auto* error = std::get_if<LoadError>(&loaded);
  REQUIRE(error != nullptr);
  INFO(error->text);
  CHECK(name_of(error->status) == name_of(expected));
  CHECK(error->word == at);
  CHECK(error->text.find("word " + std::to_string(at)) != std::string::npos);
  CHECK(error->text.size() > 20);
}

struct Map {
  std::size_t request_classes = layout::IMAGE_HEADER_WORDS;
  std::size_t request_entries, request_actions, response_classes, response_entries,
      response_actions, endpoints, digest;
  explicit Map(const std::vector<std::uint64_t>& words) {
    const auto a = layout::ImageHead4::unpack(words[4]);
    const auto b = layout::ImageHead5::unpack(words[5]);
    request_entries = request_classes + 256;
    request_actions = request_entries + a.request_entries + 1U;
    response_classes = request_actions + 2U * a.request_actions;
    response_entries = response_classes + 256;
    response_actions = response_entries + b.response_entries + 1U;
    endpoints = response_actions + 2U * b.response_actions;
    digest = endpoints + b.endpoints;
  }
};

template <class Word, class F>
void edit(std::uint64_t& word, F&& change) {
  auto fields = Word::unpack(word);
  change(fields);
  word = fields.pack();
}

}  // namespace

TEST_CASE("a good image loads and says what it is") {
  const auto loaded = Image::load(ImageBuilder::to_bytes(small_words()));
  REQUIRE(std::holds_alternative<Image>(loaded));
  const auto& image = std::get<Image>(loaded);
  CHECK(image.name() == "test");
  CHECK(image.geometry() == layout::Geometry::TINY);
  CHECK(image.serial() == 1);
  CHECK(image.max_record_bytes() == 512);
  CHECK(image.endpoints().size() == 3);
  CHECK(image.worst_ratio(layout::Pipeline::REQUEST) == 3.0);
  CHECK(engine::judge_request(image, support::bytes_of("Pabc!")).accepted());
  CHECK_FALSE(engine::judge_request(image, support::bytes_of("Qabc!")).accepted());
}

TEST_CASE("every truncation is refused") {
  const auto bytes = ImageBuilder::to_bytes(small_words());
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 7) {
    CHECK(status_of({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}) ==
          LoadStatus::BAD_LENGTH);
  }
  auto longer = bytes;
  longer.push_back(0);
  CHECK(status_of(longer) == LoadStatus::BAD_LENGTH);
  longer.insert(longer.end(), 7, 0);
  CHECK(status_of(longer) == LoadStatus::BAD_LENGTH);
}

TEST_CASE("every single-byte change is refused") {
  auto bytes = ImageBuilder::to_bytes(small_words());
  unsigned accepted = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (std::uint8_t flip : {0x01, 0x80, 0xFF}) {
      bytes[i] ^= flip;
      if (status_of(bytes) == LoadStatus::OK) ++accepted;
      bytes[i] ^= flip;
    }
  }
  CHECK(accepted == 0);
}

TEST_CASE("every single-bit change of a table is found by the device too, without the digest") {
  const auto good = small_words();
  const Map map(good);
  auto words = good;
  unsigned missed = 0;
  for (std::size_t i = map.request_classes; i < map.digest; ++i) {
    for (unsigned bit = 0; bit < 64; ++bit) {
      words[i] ^= 1ULL << bit;
      if (device_status(words) == LoadStatus::OK) ++missed;
      words[i] ^= 1ULL << bit;
    }
  }
  CHECK(missed == 0);
}

TEST_CASE("foreign images") {
  const auto bytes = ImageBuilder::to_bytes(small_words());
  CHECK(status_of(bytes, {.geometry = layout::Geometry::SMALL, .serial_above = 0}) ==
        LoadStatus::BAD_GEOMETRY);
  CHECK(status_of(bytes, {.geometry = layout::Geometry::TINY, .serial_above = 1}) ==
        LoadStatus::BAD_SERIAL);
  CHECK(status_of(bytes, {.geometry = layout::Geometry::TINY, .serial_above = 0}) ==
        LoadStatus::OK);
  CHECK(status_of(support::bytes_of("#!/bin/sh\necho hello world\n")) == LoadStatus::BAD_MAGIC);
}

TEST_CASE("header checks") {
  using Words = std::vector<std::uint64_t>;
  const auto head = [](LoadStatus expected, std::uint32_t at, auto change) {
    forged(expected, at, change);
  };
  head(LoadStatus::BAD_MAGIC, 0, [](Words& w) { w[0] ^= 1; });
  head(LoadStatus::BAD_VERSION, 0,
       [](Words& w) { edit<layout::ImageHead0>(w[0], [](auto& h) { h.format_version = 2; }); });
  head(LoadStatus::BAD_GEOMETRY, 0, [](Words& w) {
    edit<layout::ImageHead0>(w[0], [](auto& h) { h.geometry = layout::Geometry::RESERVED; });
  });
  head(LoadStatus::BAD_GEOMETRY, 0, [](Words& w) {
    edit<layout::ImageHead0>(w[0], [](auto& h) { h.geometry = static_cast<layout::Geometry>(77); });
  });
  head(LoadStatus::BAD_MODE, 0, [](Words& w) {
    edit<layout::ImageHead0>(w[0], [](auto& h) { h.mode = layout::Mode::DIODE_LOW_TO_HIGH; });
  });
  head(LoadStatus::BAD_SERIAL, 1, [](Words& w) { w[1] = 0; });
  for (std::uint32_t bytes : {0U, 513U}) {
    head(LoadStatus::BAD_LIMIT, 2, [=](Words& w) {
      edit<layout::ImageHead2>(w[2], [=](auto& h) { h.max_record_bytes = bytes; });
    });
  }
  for (std::uint16_t depth : {0, 33}) {
    head(LoadStatus::BAD_LIMIT, 3,
         [=](Words& w) { edit<layout::ImageHead3>(w[3], [=](auto& h) { h.max_depth = depth; }); });
  }
  for (std::uint16_t n : {0, 9}) {
    head(LoadStatus::BAD_LIMIT, 3, [=](Words& w) {
      edit<layout::ImageHead3>(w[3], [=](auto& h) { h.max_outstanding = n; });
    });
  }
  for (std::uint32_t n : {0U, 0x80000000U}) {
    head(LoadStatus::BAD_LIMIT, 3, [=](Words& w) {
      edit<layout::ImageHead3>(w[3], [=](auto& h) { h.response_timeout_ticks = n; });
    });
  }
  head(LoadStatus::BAD_LENGTH, 4,
       [](Words& w) { edit<layout::ImageHead4>(w[4], [](auto& h) { h.request_entries = 512; }); });
  head(LoadStatus::BAD_LENGTH, 4, [](Words& w) {
    edit<layout::ImageHead4>(w[4], [](auto& h) { h.request_entries = 65535; });
  });
  for (std::uint16_t n : {0, 65}) {
    head(LoadStatus::BAD_LENGTH, 4, [=](Words& w) {
      edit<layout::ImageHead4>(w[4], [=](auto& h) { h.request_actions = n; });
    });
    head(LoadStatus::BAD_LENGTH, 5, [=](Words& w) {
      edit<layout::ImageHead5>(w[5], [=](auto& h) { h.response_actions = n; });
    });
  }
  for (std::uint16_t n : {0, 17}) {
    head(LoadStatus::BAD_LENGTH, 5,
         [=](Words& w) { edit<layout::ImageHead5>(w[5], [=](auto& h) { h.endpoints = n; }); });
  }
  head(LoadStatus::BAD_WORD, 4,
       [](Words& w) { edit<layout::ImageHead4>(w[4], [](auto& h) { h.request_start = 512; }); });
  head(LoadStatus::BAD_LENGTH, 5,
       [](Words& w) { edit<layout::ImageHead5>(w[5], [](auto& h) { h.endpoints = 4; }); });
  head(LoadStatus::BAD_LENGTH, 5,
       [](Words& w) { edit<layout::ImageHead2>(w[2], [](auto& h) { h.total_words = 10; }); });
}

TEST_CASE("table checks behind a right parity and a right digest") {
  using Words = std::vector<std::uint64_t>;
  const auto good = small_words();
  const Map map(good);
  const auto at = [](std::size_t i) { return static_cast<std::uint32_t>(i); };
  forged(LoadStatus::BAD_WORD, at(map.request_classes + 65), [&](Words& w) {
    w[map.request_classes + 65] = layout::ClassMap{.map0 = 255, .map1 = 0}.with_parity(65).pack();
  });
  forged(LoadStatus::BAD_WORD, at(map.response_classes + 65), [&](Words& w) {
    w[map.response_classes + 65] = layout::ClassMap{.map0 = 0, .map1 = 255}.with_parity(65).pack();
  });
  forged(LoadStatus::BAD_WORD, at(map.request_entries + 3), [&](Words& w) {
    w[map.request_entries + 3] =
        layout::Entry{.label = 1, .control = layout::Control::NEXT, .next = 512}
            .with_parity(3)
            .pack();
  });
  const std::uint16_t actions = layout::ImageHead4::unpack(good[4]).request_actions;
  forged(LoadStatus::BAD_WORD, at(map.request_entries + 3), [&](Words& w) {
    w[map.request_entries + 3] =
        layout::Entry{.label = 1, .control = layout::Control::NEXT, .next = 1, .action = actions}
            .with_parity(3)
            .pack();
  });
  forged(LoadStatus::BAD_WORD, at(map.request_entries + 3),
         [&](Words& w) { w[map.request_entries + 3] ^= 3ULL << 50; });
  const auto action = [&](std::size_t number, const layout::Action& value, LoadStatus expected) {
    const std::size_t first = map.request_actions + 2 * number;
    forged(expected, at(first + 1), [&](Words& w) {
      const auto words = value.with_parity(static_cast<std::uint32_t>(number)).pack();
      w[first] = words[0];
      w[first + 1] = words[1];
    });
  };
  action(0, {.tag = 1}, LoadStatus::BAD_WORD);
  action(1, {.accumulator_op = static_cast<layout::AccumulatorOp>(5)}, LoadStatus::BAD_WORD);
  action(1, {.tag = 3}, LoadStatus::BAD_WORD);
  forged(LoadStatus::BAD_WORD, at(map.endpoints + 1), [&](Words& w) {
    w[map.endpoints + 1] =
        layout::Endpoint{.response_base = 512, .outstanding_cap = 1}.with_parity(1).pack();
  });
  forged(LoadStatus::BAD_PARITY, at(map.endpoints + 1),
         [&](Words& w) { w[map.endpoints + 1] ^= 1; });
  forged(LoadStatus::BAD_PARITY, at(map.request_actions + 3),
         [&](Words& w) { w[map.request_actions + 3] ^= 1; });
}

TEST_CASE("a name that a terminal would obey is refused on the host") {
  auto words = small_words();
  words[6] = 0x1B;  // ESC
  ImageBuilder::seal(words);
  CHECK(status_of(ImageBuilder::to_bytes(words)) == LoadStatus::BAD_NAME);
  words[6] = 0x0041;
  words[8] = 0x41;  // something behind the end
  ImageBuilder::seal(words);
  CHECK(status_of(ImageBuilder::to_bytes(words)) == LoadStatus::BAD_NAME);
}

TEST_CASE("random forged words with right parity and digest load safely or not at all") {
  support::Random random(99);
  const auto good = support::random_image(3).words();
  unsigned loaded_count = 0;
  unsigned changed = 0;
  for (unsigned round = 0; round < 3000; ++round) {
    auto words = good;
    const std::size_t i = random.below(static_cast<std::uint32_t>(words.size() - 4));
    words[i] ^= 1ULL << random.below(64);
    if (random.one_in(2)) words[i] ^= 1ULL << random.below(40);  // keeps parity
    ImageBuilder::seal(words);
    const auto loaded = Image::load(ImageBuilder::to_bytes(words));
    if (!std::holds_alternative<Image>(loaded)) continue;
    ++loaded_count;
    // It is another table, but a table: both engines agree on it.
    const support::NaiveEngine naive(words);
    for (unsigned j = 0; j < 10; ++j) {
      const auto record = support::random_record(random, 40);
      const auto verdict = engine::judge_request(std::get<Image>(loaded), record);
      CHECK(verdict == naive.judge_request(record));
      ++changed;
    }
  }
  CHECK(loaded_count > 100);
  CHECK(changed > 1000);
}

TEST_CASE("the reader keeps its first failure") {
  ImageReader reader(layout::Geometry::TINY, 0);
  CHECK(reader.take(0) == LoadStatus::BAD_MAGIC);
  CHECK(reader.take(small_words()[0]) == LoadStatus::BAD_MAGIC);
  CHECK(reader.words() == 0);
  CHECK_FALSE(reader.release().has_value());
  ImageReader whole(layout::Geometry::TINY, 0);
  for (std::uint64_t word : small_words()) CHECK(whole.take(word) == LoadStatus::OK);
  CHECK(whole.complete());
  CHECK(whole.take(0) == LoadStatus::BAD_LENGTH);
  CHECK_FALSE(whole.complete());
}
