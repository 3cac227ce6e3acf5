// SPDX-License-Identifier: Apache-2.0
// Which of the engine's reasons no record can get from a packed table, each with the argument. Only
// what the table's own words show: a reason that is not named here may still be unreachable.
#pragma once

#include <map>
#include <string>

#include "compiler/pack.hpp"

namespace sluice::test {

// `max_depth`: the image's limit, stack frames. Reason -> why no entry can give it.
std::map<layout::Reason, std::string> unreachable_reasons(const compiler::PackedTable& table,
                                                          std::uint32_t max_depth);

}  // namespace sluice::test
