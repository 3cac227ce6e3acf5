// SPDX-License-Identifier: Apache-2.0
// Colour on a terminal, and nowhere else; text from outside without its control characters.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

enum class Colour { kNone, kRed, kGreen, kYellow, kDim, kBold };

// `text` in colour when the standard output is a terminal and NO_COLOR is not set.
std::string coloured(std::string_view text, Colour colour);

// Control characters and bytes that are no UTF-8 become `\xhh`, so that a record or a file name cannot steer the
// terminal. Newlines too.
std::string printable(std::string_view text);

}  // namespace sluice::cli
