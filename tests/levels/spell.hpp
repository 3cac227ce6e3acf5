// SPDX-License-Identifier: Apache-2.0
// The bytes of a way through a table: what a Product tells becomes the beginning of a record. Calls
// that the way passes over are spelled in the fewest bytes that the following symbol allows.
// content-length gets some digits, not the right ones.
#pragma once

#include <optional>
#include <string>

#include "levels/product.hpp"

namespace sluice::test {

// None when a routine on the way cannot end before the symbol that follows.
std::optional<std::string> spell(const Reach& reach, const TableView& table,
                                 const Product::Parting& parting);

}  // namespace sluice::test
