// SPDX-License-Identifier: Apache-2.0
// GrammarBuilder::guarded: the one place where an exceeded budget or a refused pattern becomes a diagnostic.
#pragma once

#include "compiler/grammar_builder.hpp"
#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"

namespace sluice::compiler {

template <typename Work>
void GrammarBuilder::guarded(const std::string& what, const Span& span, Work work) {
  try {
    work();
  } catch (const BudgetExceeded& e) {
    diagnostics_.error(load::Code::kBudget, span, what + " needs " + e.what())
        .mend("use a smaller length or count, or a simpler pattern");
  } catch (const TwoCounters& e) {
    diagnostics_.error(load::Code::kBudget, span, what + ": " + e.what())
        .mend("leave one of the lengths out, or make it shorter");
  } catch (const PatternError& e) {
    diagnostics_.error(load::Code::kBadPattern, span,
                       what + ": pattern, character " + std::to_string(e.position() + 1) + ": " + e.what());
  }
}

}  // namespace sluice::compiler
