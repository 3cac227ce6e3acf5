// SPDX-License-Identifier: Apache-2.0
// Patterns in RE2 syntax (the syntax that protovalidate's `string.pattern` means) as languages over UTF-8 bytes.
// What a finite automaton over bytes cannot say exactly (word boundaries, Unicode classes, line mode) is refused, never
// approximated.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "compiler/language.hpp"

namespace sluice::compiler {

// The pattern is not RE2 syntax, or uses a construct that is refused. `position` is a byte offset in the pattern.
class PatternError : public std::runtime_error {
 public:
  PatternError(std::string message, std::size_t position) : std::runtime_error(std::move(message)), position_(position) {}
  std::size_t position() const { return position_; }

 private:
  std::size_t position_;
};

enum class PatternMatch {
  search,  // somewhere in the text, as RE2::PartialMatch and protovalidate
  full     // all of the text
};

// The texts (valid UTF-8) that match. Throws PatternError, BudgetExceeded.
Dfa pattern_language(std::string_view pattern, PatternMatch match, std::size_t budget = 20'000);

}  // namespace sluice::compiler
