// SPDX-License-Identifier: Apache-2.0
// Stage 6: the image, as laid out in docs/layouts.md: header, sections of both pipelines, endpoint words, SHA-256. Not signed here.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/pack.hpp"

namespace sluice::compiler {

// Bytes of the image file: 64-bit words, least significant byte first.
std::vector<std::uint8_t> write_image(const Schema& schema, const PackedTable& request, const PackedTable& response);

}  // namespace sluice::compiler
