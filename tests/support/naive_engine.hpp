// SPDX-License-Identifier: Apache-2.0
// A second engine, written plainly from docs/fabric.md "Engine" on the raw words of an image; it
// shares no code with systemc_model/engine. Slow, and meant to be read beside the page. It does not
// check the image.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/verdict.hpp"
#include "sluice/layout.hpp"

namespace sluice::support {

class NaiveEngine {
 public:
  explicit NaiveEngine(std::vector<std::uint64_t> image_words);

  [[nodiscard]] engine::Verdict judge_request(std::span<const std::uint8_t> record) const;
  [[nodiscard]] engine::Verdict judge_response(std::uint16_t endpoint,
                                               std::span<const std::uint8_t> record) const;

 private:
  struct Pipeline {
    std::size_t class_map = 0;
    std::size_t entries = 0;
    std::uint32_t entry_count = 0;
    std::size_t actions = 0;
    std::uint32_t action_count = 0;
    std::uint32_t slots = 0;
  };
  [[nodiscard]] engine::Verdict run(const Pipeline& p, bool request, std::uint16_t start,
                                    std::uint16_t endpoint,
                                    std::span<const std::uint8_t> record) const;

  std::vector<std::uint64_t> words_;
  Pipeline request_;
  Pipeline response_;
  std::size_t endpoints_ = 0;
};

}  // namespace sluice::support
