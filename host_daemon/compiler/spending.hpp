// SPDX-License-Identifier: Apache-2.0
// What a grammar's parts took of its work budget: when that is gone, one diagnostic names the parts that took most. Both pipelines share it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compiler/work_budget.hpp"
#include "load/diagnostic.hpp"

namespace sluice::compiler {

class Spending {
 public:
  // Some four seconds, where real APIs of thousands of fields take one.
  static constexpr std::uint64_t kWholeWork = 4'000'000'000;

  bool exhausted() const { return whole_.exhausted(); }

  // Notes what a part took. True when this used up the budget.
  bool add(const std::string& what, const load::Span& span, std::uint64_t work) {
    const bool before = reported_;
    reported_ = exhausted();
    const auto place = std::find_if(most_.begin(), most_.end(), [&](const Part& one) { return work > one.work; });
    if (place != most_.end() || most_.size() < kListed) most_.insert(place, {what, span, work});
    if (most_.size() > kListed) most_.pop_back();
    return reported_ && !before;
  }

  void report(load::Diagnostics& diagnostics) const {
    auto& made = diagnostics.error(load::Code::kBudget, most_.front().span, "the policy takes more time to turn into tables than its budget");
    for (const Part& one : most_) {
      made.note(one.what + " takes " + std::to_string((100 * one.work + whole_.used() / 2) / whole_.used()) + " % (" + load::to_string(one.span) + ")");
    }
    made.mend("simplify the patterns and lengths that take most, or divide the policy");
  }

 private:
  struct Part {
    std::string what;
    load::Span span;
    std::uint64_t work;
  };
  static constexpr std::size_t kListed = 3;
  WorkBudget whole_{kWholeWork};
  std::vector<Part> most_;  // most work first
  bool reported_ = false;
};

}  // namespace sluice::compiler
