// SPDX-License-Identifier: Apache-2.0
// Prints docs/diagnostics.md as the compiler of this build makes it. Complaints about the cases go to the standard error output.
#include <iostream>

#include "page.hpp"

int main() {
  using namespace sluice::diagnostics_page;
  try {
    const Page page = make_page(read_cases(SLUICE_SOURCE_DIR "/tests/diagnostics/cases"));
    std::cout << page.text;
    for (const std::string& complaint : page.complaints) std::cerr << complaint << '\n';
    return page.complaints.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
