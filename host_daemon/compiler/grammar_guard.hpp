// SPDX-License-Identifier: Apache-2.0
// GrammarBuilder::guarded: the one place where an exceeded budget or a refused pattern becomes a diagnostic.
#pragma once

#include "compiler/grammar_builder.hpp"
#include "compiler/pattern.hpp"
#include "compiler/value_language.hpp"
#include "compiler/work_budget.hpp"

namespace sluice::compiler {

// Work units (work_budget.hpp) that one part of the grammar may take: a second or two.
constexpr std::uint64_t kPartWork = 1'600'000'000;

template <typename Work>
void GrammarBuilder::guarded(const std::string& what, const Span& span, Work work) {
  if (spending_.exhausted()) return;
  const auto report = [&](load::Code code, const std::string& text, const std::string& note, const std::string& help) {
    // A message that both pipelines or several bindings use is built more than once.
    for (const load::Diagnostic& known : diagnostics_.all()) {
      if (known.span == span && known.code == load::code_id(code) && known.message == what + text) return;
    }
    auto& made = diagnostics_.error(code, span, what + text);
    if (!note.empty()) made.note(note);
    if (!help.empty()) made.mend(help);
  };
  WorkBudget part(kPartWork);
  try {
    work();
  } catch (const BudgetExceeded& e) {
    if (!spending_.exhausted()) report(load::Code::kBudget, std::string(" ") + e.what(), e.note, e.help);
  } catch (const NoValue& e) {
    report(e.code, std::string(": ") + e.what(), e.note, e.help);
  } catch (const PatternError& e) {
    report(load::Code::kBadPattern, ": pattern, character " + std::to_string(e.position() + 1) + ": " + e.what(), {}, {});
  }
  if (spending_.add(what, span, part.used())) spending_.report(diagnostics_);
}

}  // namespace sluice::compiler
