// SPDX-License-Identifier: Apache-2.0
// Bounds the time of building languages, where states alone do not: a state can take long. Work is counted in units of about a nanosecond, so
// the same input stops at the same place on every machine. Budgets nest: what is spent counts for all that enclose it, in this thread.
#pragma once

#include <cstdint>

#include "compiler/language.hpp"

namespace sluice::compiler {

class WorkExceeded : public BudgetExceeded {
 public:
  WorkExceeded() : BudgetExceeded(std::string("takes more time or memory to turn into a table than its budget")) {}
};

class WorkBudget {
 public:
  explicit WorkBudget(std::uint64_t limit) : limit_(limit), outer_(innermost()) { innermost() = this; }
  ~WorkBudget() { innermost() = outer_; }
  WorkBudget(const WorkBudget&) = delete;
  WorkBudget& operator=(const WorkBudget&) = delete;

  std::uint64_t used() const { return used_; }
  bool exhausted() const { return used_ > limit_; }

 private:
  friend void spend_work(std::uint64_t units);
  static WorkBudget*& innermost() {
    thread_local WorkBudget* top = nullptr;
    return top;
  }

  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  WorkBudget* outer_;
};

// Throws WorkExceeded when a budget is used up; without a budget nothing is counted.
inline void spend_work(std::uint64_t units) {
  bool over = false;
  for (WorkBudget* one = WorkBudget::innermost(); one != nullptr; one = one->outer_) {
    one->used_ += units;
    over = over || one->exhausted();
  }
  if (over) throw WorkExceeded();
}

}  // namespace sluice::compiler
