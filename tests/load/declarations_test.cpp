// SPDX-License-Identifier: Apache-2.0
// Copies of the public declarations on the user's import path: good ones are taken, altered ones
// refused.
#include <fmt/format.h>

#include "load/source_tree.hpp"
#include "workspace.hpp"

using namespace sluice::load;

namespace {

std::string shipped(const std::string& name) { return std::string(*shipped_file(name)); }

const std::string kValidate = "buf/validate/validate.proto";

Diagnostic altered(const std::string& file, const std::string& from, const std::string& to) {
  Workspace space;
  space.change(file, shipped(file), from, to);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  Diagnostic error = only_error(diagnostics);
  CHECK(error.span.file == space.path(file).string());
  return error;
}

}  // namespace

TEST_CASE("every shipped declaration is inside the program, as it stands in the tree") {
  auto names = shipped_files();
  CHECK(names.size() == 7);
  for (const std::string& name : names) {
    std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/schemas/" + name);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    CHECK(text == shipped(name));
  }
}

TEST_CASE("a true copy of a declaration is taken") {
  Workspace space;
  for (const std::string& name : shipped_files()) space.write(name, shipped(name));
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  CHECK(loaded->schemas->shown_name(kValidate) == space.path(kValidate).string());
}

TEST_CASE("a copy that swaps two rules, changes a type, a number or an extension is refused") {
  CHECK(altered("google/api/http.proto", "string body = 7;", "string body = 9;").code == "E0209");
  CHECK(altered("google/api/http.proto", "string body = 7;", "bytes body = 7;").code == "E0209");
  CHECK(altered("google/api/http.proto", "string response_body = 12;", "string response_bodi = 12;")
            .code == "E0209");
  CHECK(altered("google/api/annotations.proto", "HttpRule http = 72295728;",
                "HttpRule http = 72295729;")
            .code == "E0209");

  Workspace space;
  std::string text = shipped(kValidate);
  std::size_t strings = text.find("message StringRules");
  text.replace(text.find("min_len = 2", strings), 11, "min_len = 3");
  text.replace(text.find("max_len = 3", strings), 11, "max_len = 2");
  space.write(kValidate, text);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK(diagnostics.error_count() == 2);
  CHECK(diagnostics.all()[0].code == "E0209");
}
