// SPDX-License-Identifier: Apache-2.0
// Runs every case twice and writes down what came out.
#include "page.hpp"

#include <fmt/format.h>

#include "load/codes.hpp"

namespace sluice::diagnostics_page {
namespace {

struct KnownCode {
  std::string_view id, title;
};

constexpr KnownCode kCodes[] = {
#define SLUICE_CODE(name, id, title, help) {id, title},
    SLUICE_DIAGNOSTIC_CODES(SLUICE_CODE)
#undef SLUICE_CODE
};

std::string fenced(const std::string& language, const std::string& text) {
  return fmt::format("```{}\n{}{}```\n", language, text, text.ends_with('\n') || text.empty() ? "" : "\n");
}

std::string shown(const std::vector<Part>& parts) {
  std::string out;
  for (const Part& part : parts) {
    const std::string language = part.name.ends_with(".proto") ? "proto" : part.name.ends_with(".yaml") ? "yaml" : "";
    if (parts.size() > 1 || part.name.find('/') != std::string::npos || (part.name != "api.proto" && part.name != "policy.yaml")) {
      out += fmt::format("`{}`:\n", part.name);
    }
    out += fenced(language, part.text);
  }
  return out;
}

class Writer {
 public:
  Page run(const std::vector<Case>& cases) {
    head();
    for (const KnownCode& code : kCodes) {
      page_.text += fmt::format("\n## {}: {}\n", code.id, code.title);
      bool any = false;
      for (const Case& one : cases) {
        if (one.code != code.id) continue;
        any = true;
        add(one);
      }
      if (!any) complain("{}: no case provokes it", code.id);
    }
    for (const Case& one : cases) {
      bool known = false;
      for (const KnownCode& code : kCodes) known = known || one.code == code.id;
      if (!known) complain("case {}: there is no code {}", one.name, one.code);
    }
    return std::move(page_);
  }

 private:
  template <typename... Values>
  void complain(fmt::format_string<Values...> text, Values&&... values) {
    page_.complaints.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void head() {
    page_.text +=
        "<!-- Made by tools/diagnostics_page from tests/diagnostics/cases; do not edit. -->\n"
        "# Diagnostics\n\n"
        "Every diagnostic of `sluice compile` and of the other commands that read a policy: what provokes it, what is printed, and the same example\n"
        "mended. The test `diagnostics_test` runs the examples; each code has one at least.\n\n"
        "`--message-format=json` prints a JSON object a line instead, on the standard error output too:\n"
        "`{\"code\",\"severity\",\"message\",\"file\",\"line\",\"column\",\"end\":{\"line\",\"column\"},\"excerpt\",\"notes\":[..],\"help\"}`.\n"
        "`severity` is `error`, `warning` or `note`; lines and columns count from 1, columns in bytes; `end` is the place behind the word or bracketed\n"
        "part that begins at `column`; `excerpt` is the line. `file`, `line`, `column`, `end`, `excerpt` and `help` are left out where there is none. Of\n"
        "more than " +
        std::to_string(load::Diagnostics::kMax) +
        " errors the rest is one last object of severity `note` that says how many. It has no `code`.\n\n"
        "An example shows what differs from these two files: in `policy.yaml` the keys that it names are replaced or added,\n" +
        fenced("yaml", shared_policy()) +
        "and `api.proto` begins with this line, goes on with the example, and ends with `message M {}`, `message R {}` and this service where the\n"
        "example has none:\n" +
        fenced("proto", shared_first_line() + "\n" + shared_service()) +
        "A line `%repeat 1..N text` stands for N lines, in each of which `#` is its number.\n";
  }

  void add(const Case& one) {
    page_.text += "\n" + one.title + shown(one.failing);
    const Outcome failing = compile_files(files_of(one.failing));
    check(one, failing);
    page_.text += fenced("", failing.diagnostics.text());
    page_.text += "Mended:\n" + shown(one.mended);
    const Outcome mended = compile_files(mended_files_of(one));
    if (!mended.compiled || !mended.diagnostics.all().empty()) {
      complain("case {}: the mended example does not compile cleanly:\n{}", one.name, mended.diagnostics.text());
    }
  }

  void check(const Case& one, const Outcome& outcome) {
    if (outcome.compiled || !outcome.diagnostics.has_errors()) complain("case {}: it compiles", one.name);
    for (const load::Diagnostic& diagnostic : outcome.diagnostics.all()) {
      if (diagnostic.code != one.code) complain("case {}: it provokes {}: {}", one.name, diagnostic.code, diagnostic.message);
      if (diagnostic.span.file.empty() || (diagnostic.span.line == 0) != one.whole_file) {
        complain("case {}: the place is '{}'", one.name, load::to_string(diagnostic.span));
      }
      if (diagnostic.help.empty()) complain("case {}: no help: {}", one.name, diagnostic.message);
    }
  }

  Page page_;
};

}  // namespace

Page make_page(const std::vector<Case>& cases) { return Writer().run(cases); }

}  // namespace sluice::diagnostics_page
