// SPDX-License-Identifier: Apache-2.0
// The .proto texts inside the program. The table is written at build time by embed.cmake from
// schemas/.
#pragma once

#include <span>
#include <string_view>

namespace sluice::load {

struct ShippedFile {
  std::string_view name;  // import name
  std::string_view text;
};

std::span<const ShippedFile> shipped_table();

}  // namespace sluice::load
