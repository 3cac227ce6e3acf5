// SPDX-License-Identifier: Apache-2.0
// const, in, not_in and the ranges: what numbers, Durations and Timestamps have in common. `Value`
// is what is compared; `of(bound)` makes it from what the rules hold, `shown(bound)` a text.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "judge/complain.hpp"

namespace sluice::judge {

// `type` is the name of the group. NaN, which is not equal to itself, is in no range.
template <typename Value, typename Rules, typename Of, typename Shown>
void check_range(const Value& value, const Rules& rules, const std::string& type,
                 const Complain& complain, const Of& of, const Shown& shown) {
  if (rules.has_const_() && value != of(rules.const_())) {
    complain(type + ".const", "must be " + shown(rules.const_()));
  }
  if constexpr (requires { rules.in(); }) {
    const auto listed = [&](const auto& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& one) { return value == of(one); });
    };
    if (rules.in_size() > 0 && !listed(rules.in())) {
      complain(type + ".in", "is not one of the allowed values");
    }
    if (listed(rules.not_in())) complain(type + ".not_in", "is one of the forbidden values");
  }

  // The oneof may hold a rule of another kind (lt_now).
  const bool has_lower = rules.has_gt() || rules.has_gte();
  const bool has_upper = rules.has_lt() || rules.has_lte();
  const auto lower = of(rules.has_gt() ? rules.gt() : rules.gte());
  const auto upper = of(rules.has_lt() ? rules.lt() : rules.lte());
  const bool above_lower = !has_lower || (rules.has_gt() ? value > lower : value >= lower);
  const bool below_upper = !has_upper || (rules.has_lt() ? value < upper : value <= upper);
  const bool comparable = value == value;
  const std::string lower_name = type + (rules.has_gt() ? ".gt" : ".gte");
  const std::string upper_name = type + (rules.has_lt() ? ".lt" : ".lte");
  const auto lower_text = [&] { return shown(rules.has_gt() ? rules.gt() : rules.gte()); };
  const auto upper_text = [&] { return shown(rules.has_lt() ? rules.lt() : rules.lte()); };
  if (has_lower && has_upper && upper < lower) {
    // The bounds name what lies between them as forbidden.
    if (!comparable || (!above_lower && !below_upper)) {
      complain(lower_name,
               "is in the forbidden range between " + upper_text() + " and " + lower_text());
    }
    return;
  }
  if (!above_lower || (has_lower && !comparable)) {
    complain(lower_name, std::string("must be ") +
                             (rules.has_gt() ? "greater than " : "at least ") + lower_text());
  }
  if (!below_upper || (has_upper && !comparable)) {
    complain(upper_name,
             std::string("must be ") + (rules.has_lt() ? "less than " : "at most ") + upper_text());
  }
}

}  // namespace sluice::judge
