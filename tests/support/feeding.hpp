// SPDX-License-Identifier: Apache-2.0
// A record through Context::feed() in pieces. The batch call is engine::judge().
#pragma once

#include <algorithm>
#include <span>

#include "engine/engine.hpp"

namespace sluice::support {

/// The verdict of a record that arrives in pieces; `next_size()` gives the bytes of the next one (0
/// is allowed now and then). Single bytes go through the overload for them. All is fed, also behind
/// the verdict.
template <class NextSize>
engine::Verdict judge_in_pieces(const engine::Image& image, layout::Pipeline pipeline,
                                std::uint16_t endpoint, std::span<const std::uint8_t> record,
                                NextSize next_size) {
  engine::Context context;
  context.open(engine::program_of(image, pipeline),
               pipeline == layout::Pipeline::REQUEST ? image.request_start()
                                                     : image.endpoints()[endpoint].response_base,
               static_cast<std::uint32_t>(record.size()), endpoint);
  while (!record.empty()) {
    const auto piece = record.first(std::min<std::size_t>(record.size(), next_size()));
    if (piece.size() == 1) {
      context.feed(piece.front());
    } else {
      context.feed(piece);
    }
    record = record.subspan(piece.size());
  }
  return context.finish();
}

}  // namespace sluice::support
