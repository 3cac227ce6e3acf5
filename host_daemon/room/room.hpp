// SPDX-License-Identifier: Apache-2.0
// The attacker's room: how many bits one accepted message can carry, per endpoint and per field. It
// reads an image as a device does and a symbol map for the names. docs/room.md says what the figures
// mean.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/symbols.hpp"
#include "room/counter.hpp"

namespace sluice::room {

struct FieldRoom {
  std::string path;  ///< as explanations name it: "book.title", "books[].isbn", "header.x-request-id"
  double log2 = 0;   ///< of the number of spellings; see docs/room.md
};

struct EndpointRoom {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint16_t tag = 0;
  std::string endpoint;
  double log2_records = 0;        ///< kNoRecord: none
  std::string records;            ///< decimal, when the count is exact
  std::vector<FieldRoom> fields;  ///< the widest first
};

struct Room {
  std::uint32_t limit = 0;   ///< longest record that was counted, bytes
  double log2_error = 0;     ///< bound on the error of every log2; 0: exact before rounding to double
  std::vector<EndpointRoom> endpoints;  ///< requests, then responses, by tag
};

struct RoomOptions {
  std::uint32_t max_bytes = 0;  ///< count records up to this length; 0: the image's limit
  bool fields = true;
  Progress progress{};
};

/// Counts of at most this limit are exact integers; longer ones are within 1e-6 of log2.
inline constexpr std::uint32_t kExactLimit = 256;

/// `image` must have passed engine::Image::load. Throws Unsupported for tables that the count does
/// not cover, std::runtime_error if the error bound is above 1e-6.
Room measure(std::span<const std::uint8_t> image, const compiler::SymbolMap& symbols,
             const RoomOptions& options = {});

/// [{"pipeline","endpoint","log2_records","fields":[{"path","log2"}]}], one line.
std::string to_json(const Room& room);
/// For people. `rate`: messages per second of every endpoint, for bit/s; 0: without.
std::string to_text(const Room& room, double rate);

/// What `there` takes away from `here` or adds, by endpoint and field; those that do not differ by a
/// thousandth of a bit are left out of the text.
std::string difference_json(const Room& here, const Room& there);
std::string difference_text(const Room& here, const Room& there);

}  // namespace sluice::room
