// SPDX-License-Identifier: Apache-2.0
// What became of the tricks, for people: the page of results, and one line for a trick.
#pragma once

#include <string>
#include <vector>

#include "run.hpp"

namespace sluice::tricks {

/// Markdown: one row a category, then one a trick.
std::string table_of(const std::vector<Trick>& tricks, const std::vector<Outcome>& outcomes);

/// JSON on one line: name, answers, what reached the backend, the reason in the log, the tables'
/// reason and offset.
std::string line_of(const Trick& trick, const Outcome& outcome);

}  // namespace sluice::tricks
