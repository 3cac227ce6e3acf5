// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the known name nearest to an unknown one, by edit distance.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::load {

// The candidate with the fewest insertions, deletions, substitutions and swaps of neighbours (case
// does not count), if it needs no more than a third of the name's length, at least 1; else an empty
// string.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

// " (did you mean `x`?)", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace sluice::load
