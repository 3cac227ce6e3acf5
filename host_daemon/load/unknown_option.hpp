// SPDX-License-Identifier: Apache-2.0
// Words for the commonest slip in a schema: an option that its file does not import, or a rule that
// buf.validate does not have. It knows the imports of the options that Sluice reads, no others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/diagnostic.hpp"

namespace sluice::load {

// The option that a message of libprotobuf calls unknown, as written:
// "(buf.validate.field).string.max_length".
std::optional<std::string> unknown_option(std::string_view message);

// Says at `span` that a file with this text has no such option: E0211 for a rule that does not
// exist, else E0202; with the import that is missing, or the nearest rule.
void report_unknown_option(Diagnostics& diagnostics, const Span& span, const std::string& option,
                           std::string_view text);

}  // namespace sluice::load
