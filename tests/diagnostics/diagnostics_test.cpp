// SPDX-License-Identifier: Apache-2.0
// docs/diagnostics.md tells the truth: every code has an example that provokes it and one that does not, and the page shows what is printed.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "page.hpp"

using namespace sluice::diagnostics_page;

namespace {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = read_cases(SLUICE_SOURCE_DIR "/tests/diagnostics/cases");
  return all;
}

std::string committed_page() {
  std::ostringstream text;
  text << std::ifstream(SLUICE_SOURCE_DIR "/docs/diagnostics.md", std::ios::binary).rdbuf();
  return text.str();
}

bool complains(const Page& page, const std::string& about) {
  for (const std::string& complaint : page.complaints) {
    if (complaint.find(about) != std::string::npos) return true;
  }
  return false;
}

const Case& named(const std::string& name) {
  for (const Case& one : cases()) {
    if (one.name == name) return one;
  }
  FAIL("no case " << name);
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("every code has an example, and docs/diagnostics.md shows what is printed") {
  const Page page = make_page(cases());
  for (const std::string& complaint : page.complaints) FAIL_CHECK(complaint);
  const std::string committed = committed_page();
  if (page.text == committed) return;
  std::istringstream made(page.text), known(committed);
  std::string a, b;
  int line = 0;
  do {
    ++line;
    if (!std::getline(made, a)) a = "(end)";
    if (!std::getline(known, b)) b = "(end)";
  } while (a == b);
  FAIL("docs/diagnostics.md is not what the cases print; line " << line << "\n  now:  " << a << "\n  page: " << b
                                                                 << "\nRun tools/diagnostics_page and read the difference.");
}

TEST_CASE("the check of the cases finds seeded faults") {
  const Case good = named("E0303-range");
  CHECK_FALSE(complains(make_page({good}), "case E0303-range"));
  CHECK(complains(make_page({good}), "E0100: no case provokes it"));

  Case unmended = good;
  unmended.mended = unmended.failing;
  CHECK(complains(make_page({unmended}), "the mended example does not compile"));

  Case harmless = good;
  harmless.failing = harmless.mended;
  CHECK(complains(make_page({harmless}), "it compiles"));

  Case other = good;
  other.code = "E0305";
  CHECK(complains(make_page({other}), "it provokes E0303"));

  Case unknown = good;
  unknown.code = "E0999";
  CHECK(complains(make_page({unknown}), "there is no code E0999"));

  Case placeless = good;
  placeless.whole_file = true;
  CHECK(complains(make_page({placeless}), "the place is"));
}
