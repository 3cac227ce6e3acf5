// SPDX-License-Identifier: Apache-2.0
// The checks of docs/fabric.md "Load and swap", word by word in the order of the image, as the
// device makes them. It holds no more than the tables of one geometry, whatever the words say.
// Digest and signature are not its business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/image.hpp"
#include "sluice/layout.hpp"

namespace sluice::engine {

class ImageReader {
 public:
  /// `geometry`: the device's; RESERVED takes the image's own, if it exists. `serial_above`: the
  /// active serial, 0 = none.
  ImageReader(layout::Geometry geometry, std::uint64_t serial_above);

  /// The next word. The first failure is kept: every later call answers it again.
  layout::LoadStatus take(std::uint64_t word);

  [[nodiscard]] layout::LoadStatus status() const { return status_; }
  /// Words that passed.
  [[nodiscard]] std::uint32_t words() const { return words_; }
  [[nodiscard]] bool complete() const {
    return status_ == layout::LoadStatus::OK && words_ >= layout::IMAGE_HEADER_WORDS &&
           words_ == total_;
  }
  /// What failed and where, in words; empty while nothing did.
  [[nodiscard]] std::string text() const;
  /// The finished image, once.
  std::optional<Image> release();

 private:
  layout::LoadStatus fail(layout::LoadStatus status, const char* what);
  layout::LoadStatus take_head(std::uint64_t word);
  layout::LoadStatus take_class_map(std::uint64_t word, Table& table);
  layout::LoadStatus take_entry(std::uint64_t word, layout::Pipeline pipeline);
  layout::LoadStatus take_action(std::uint64_t word, layout::Pipeline pipeline);
  layout::LoadStatus take_endpoint(std::uint64_t word);
  void next_section();

  layout::Geometry geometry_;
  std::uint64_t serial_above_;
  layout::GeometryLimits limits_;
  std::optional<Image> image_;
  layout::LoadStatus status_ = layout::LoadStatus::OK;
  const char* what_ = "";
  std::uint32_t words_ = 0;
  std::uint32_t total_ = 0;
  layout::ImageSection section_ = layout::ImageSection::REQUEST_CLASS_MAP;
  std::uint32_t index_ = 0;  // word within the section
  std::uint64_t lower_ = 0;  // first word of an action
};

}  // namespace sluice::engine
