// SPDX-License-Identifier: Apache-2.0
// UTF-8 (RFC 3629) for input texts: is it valid, and which line and column is an offset?
#pragma once

#include <string>
#include <string_view>

#include "load/diagnostic.hpp"

namespace sluice::load {

// Offset of the first byte that begins no valid UTF-8 sequence, or is NUL; npos if there is none.
std::string_view::size_type first_invalid_utf8(std::string_view text);

// Line and column (in bytes), from 1, of an offset into `text`.
Span place_in(std::string_view text, std::string_view::size_type offset, const std::string& file);

}  // namespace sluice::load
