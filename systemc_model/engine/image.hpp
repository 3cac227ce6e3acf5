// SPDX-License-Identifier: Apache-2.0
// A checked image: both pipelines' tables, limits and endpoints, ready to judge. An Image object
// exists only after every check of docs/fabric.md "Load and swap" passed. It carries no symbols;
// signatures stand beside the image (docs/signing.md), and are not looked at here.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/table.hpp"
#include "sluice/layout.hpp"

namespace sluice::engine {

/// Why an image was refused.
struct LoadError {
  layout::LoadStatus status = layout::LoadStatus::OK;
  std::uint32_t word = 0;  ///< index of the 64-bit image word
  std::string text;        ///< what, where, and how to mend it, in words
};

class Image {
 public:
  struct LoadOptions {
    /// The device's geometry; RESERVED accepts an image of any existing one.
    layout::Geometry geometry = layout::Geometry::RESERVED;
    /// The serial must be greater.
    std::uint64_t serial_above = 0;
  };

  /// Checks all of it: everything that the device checks, the SHA-256 digest, and the policy's name
  /// (printable ASCII).
  static std::variant<Image, LoadError> load(std::span<const std::uint8_t> bytes,
                                             const LoadOptions& options);
  static std::variant<Image, LoadError> load(std::span<const std::uint8_t> bytes) {
    return load(bytes, {});
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] layout::Geometry geometry() const { return head0_.geometry; }
  [[nodiscard]] layout::Mode mode() const { return head0_.mode; }
  [[nodiscard]] std::uint64_t serial() const { return head1_.serial; }
  [[nodiscard]] std::uint32_t max_record_bytes() const { return head2_.max_record_bytes; }
  [[nodiscard]] std::uint16_t max_depth() const { return head3_.max_depth; }
  [[nodiscard]] std::uint16_t max_outstanding() const { return head3_.max_outstanding; }
  [[nodiscard]] std::uint32_t response_timeout_ticks() const {
    return head3_.response_timeout_ticks;
  }
  [[nodiscard]] std::uint16_t request_start() const { return head4_.request_start; }
  /// Worst steps per byte, as the compiler computed it.
  [[nodiscard]] double worst_ratio(layout::Pipeline pipeline) const {
    return (pipeline == layout::Pipeline::REQUEST ? head4_.request_ratio : head5_.response_ratio) /
           256.0;
  }
  /// Indexed by tag; [0] is unused.
  [[nodiscard]] std::span<const layout::Endpoint> endpoints() const { return endpoints_; }
  [[nodiscard]] const Table& table(layout::Pipeline pipeline) const {
    return pipeline == layout::Pipeline::REQUEST ? request_ : response_;
  }
  /// For fault injection: a device's memories can change under it.
  [[nodiscard]] Table& table(layout::Pipeline pipeline) {
    return pipeline == layout::Pipeline::REQUEST ? request_ : response_;
  }
  [[nodiscard]] const std::array<std::uint8_t, layout::IMAGE_DIGEST_BYTES>& digest() const {
    return digest_;
  }
  /// The name's bytes as the image holds them.
  [[nodiscard]] const std::array<std::uint8_t, 8 * layout::IMAGE_NAME_WORDS>& name_bytes() const {
    return name_bytes_;
  }

 private:
  friend class ImageReader;
  explicit Image(const layout::GeometryLimits& limits);

  layout::ImageHead0 head0_;
  layout::ImageHead1 head1_;
  layout::ImageHead2 head2_;
  layout::ImageHead3 head3_;
  layout::ImageHead4 head4_;
  layout::ImageHead5 head5_;
  std::string name_;
  std::array<std::uint8_t, 8 * layout::IMAGE_NAME_WORDS> name_bytes_{};
  Table request_;
  Table response_;
  std::vector<layout::Endpoint> endpoints_;
  std::array<std::uint8_t, layout::IMAGE_DIGEST_BYTES> digest_{};
};

}  // namespace sluice::engine
