// SPDX-License-Identifier: Apache-2.0
// The image's words against the text of `sluice compile --emit=packed`: what the compiler meant to write. Reads that text alone.
#pragma once

#include <string_view>

#include "verify/finding.hpp"
#include "verify/image_file.hpp"

namespace sluice::verify {

// Every difference is a finding "dump". A text that is no such dump throws std::runtime_error with the line.
void compare_with_dump(const ImageFile& image, std::string_view dump, Findings& findings);

}  // namespace sluice::verify
