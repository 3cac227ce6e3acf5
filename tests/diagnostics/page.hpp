// SPDX-License-Identifier: Apache-2.0
// The page docs/diagnostics.md, made by running its examples; and what is wrong with the examples.
#pragma once

#include <string>
#include <vector>

#include "case.hpp"

namespace sluice::diagnostics_page {

struct Page {
  std::string text;
  // One line for each code without a case, each case that does not provoke its code and nothing but it, whose diagnostic has no place or says
  // nothing of a remedy, or whose mended form still has a diagnostic. Empty: the page is true.
  std::vector<std::string> complaints;
};

Page make_page(const std::vector<Case>& cases);

}  // namespace sluice::diagnostics_page
