// SPDX-License-Identifier: Apache-2.0
// Rendering of diagnostics, nearest names, and the input helpers below the reader.
#include "load/diagnostic.hpp"

#include "load/http_status.hpp"
#include "load/nearest.hpp"
#include "load/source_tree.hpp"
#include "load/utf8.hpp"
#include "workspace.hpp"

using namespace sluice::load;

namespace {

std::string general_help(Code code) { return "  help: " + std::string(code_help(code)) + "\n"; }

}  // namespace

TEST_CASE("a diagnostic shows place, code, excerpt, notes and help") {
  Diagnostics diagnostics;
  diagnostics.add_source("a.yaml", "one\ntwo: x\n");
  diagnostics.error(Code::kUnknownKey, Span{"a.yaml", 2, 6}, "unknown key")
      .note("known keys: a, b")
      .mend("remove it");
  CHECK(diagnostics.text() ==
        "a.yaml:2:6: error[E0104]: unknown key\n"
        "     2 | two: x\n"
        "       |      ^\n"
        "  note: known keys: a, b\n"
        "  help: remove it\n");
}

TEST_CASE("the caret marks the whole word, text or bracketed part") {
  const auto marked = [](const std::string& line, int column) {
    Diagnostics diagnostics;
    diagnostics.add_source("f", line + "\n");
    diagnostics.error(Code::kBadValue, Span{"f", 1, column}, "odd");
    const std::string text = diagnostics.text();
    const auto from = text.find('^');
    return text.substr(from, text.find('\n', from) - from);
  };
  CHECK(marked("a = word.x;", 5) == "^~~~~~");
  CHECK(marked("a = \"two words\\\"\"", 5) == "^~~~~~~~~~~~~");
  CHECK(marked("[(buf.validate.field).int32.gt = 5]", 2) == "^~~~~~~~~~~~~~~~~~~~~~~~~~~~~");
  CHECK(marked("x {", 3) == "^");  // goes on in the next line
  CHECK(marked("x", 2) == "^");
  CHECK(marked("\"open", 1) == "^~~~~");
}

TEST_CASE("diagnostics for programs: a JSON object a line") {
  Diagnostics diagnostics;
  diagnostics.add_source("a.yaml", "one\ntwo: \"x\"\n");
  diagnostics.error(Code::kUnknownKey, Span{"a.yaml", 2, 6}, "not \"x\"\n").note("known: a").mend("remove it");
  diagnostics.warning(Code::kBadValue, Span{}, "odd \xff").help.clear();
  CHECK(diagnostics.json() ==
        "{\"code\":\"E0104\",\"severity\":\"error\",\"message\":\"not \\\"x\\\"\\n\",\"file\":\"a.yaml\",\"line\":2,\"column\":6,"
        "\"end\":{\"line\":2,\"column\":9},\"excerpt\":\"two: \\\"x\\\"\",\"notes\":[\"known: a\"],\"help\":\"remove it\"}\n"
        "{\"code\":\"E0110\",\"severity\":\"warning\",\"message\":\"odd \xEF\xBF\xBD\",\"notes\":[]}\n");
  for (std::size_t i = 0; i < Diagnostics::kMax; ++i) diagnostics.error(Code::kBadValue, Span{"f", 0, 0}, "odd");
  CHECK(diagnostics.json().ends_with("{\"severity\":\"note\",\"message\":\"and 2 more errors\",\"notes\":[]}\n"));
}

TEST_CASE("files are never read for an excerpt: only given texts are shown") {
  Diagnostics diagnostics;
  diagnostics.error(Code::kBadValue, Span{"/etc/passwd", 1, 1}, "odd");
  CHECK(diagnostics.text() == "/etc/passwd:1:1: error[E0110]: odd\n" + general_help(Code::kBadValue));
}

TEST_CASE("input that messages quote cannot drive the terminal") {
  Diagnostics diagnostics;
  diagnostics.error(Code::kBadValue, Span{"a\x1b[2J", 1, 1}, "odd\n\x1b]0;x\x07")
      .note("\x1b")
      .mend("\x7f");
  CHECK(diagnostics.text() == "a?[2J:1:1: error[E0110]: odd ?]0;x?\n  note: ?\n  help: ?\n");
}

TEST_CASE("a diagnostic without a text still says where") {
  Diagnostics diagnostics;
  diagnostics.warning(Code::kBadValue, Span{"/nowhere/at/all", 7, 1}, "odd");
  CHECK(diagnostics.text() == "/nowhere/at/all:7:1: warning[E0110]: odd\n" + general_help(Code::kBadValue));
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.error(Code::kMissing, Span{}, "nothing");
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.text().find("\nerror[E0109]: nothing\n") != std::string::npos);
}

TEST_CASE("control characters of an excerpt do not reach the terminal") {
  Diagnostics diagnostics;
  diagnostics.add_source("a", "x\x1b[31my\tz\n");
  diagnostics.error(Code::kBadValue, Span{"a", 1, 1}, "odd");
  CHECK(diagnostics.text().find('\x1b') == std::string::npos);
  CHECK(diagnostics.text().find("x?[31my z") != std::string::npos);
}

TEST_CASE("an excerpt of a very long line stays short and keeps the caret") {
  Diagnostics diagnostics;
  diagnostics.add_source("a", std::string(100'000, 'x') + "!" + std::string(100'000, 'y'));
  diagnostics.error(Code::kBadValue, Span{"a", 1, 100'001}, "odd");
  std::string text = diagnostics.text();
  CHECK(text.size() < 500);
  auto line = text.find(" | ");
  auto caret_line = text.find(" | ", line + 3);
  CHECK(text.find('!') - line == text.find('^') - caret_line);
}

TEST_CASE("errors beyond the limit are counted, not kept") {
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < Diagnostics::kMax + 5; ++i) {
    diagnostics.error(Code::kBadValue, Span{"f", 0, 0}, "odd").note("n");
  }
  CHECK(diagnostics.all().size() == Diagnostics::kMax);
  CHECK(diagnostics.error_count() == Diagnostics::kMax + 5);
  CHECK(diagnostics.text().ends_with("and 5 more errors\n"));
}

TEST_CASE("nearest names") {
  std::vector<std::string> names{"maxDepth", "maxRecordBytes", "host", "mode"};
  CHECK(nearest("maxDept", names) == "maxDepth");
  CHECK(nearest("MaxDepth", names) == "maxDepth");
  CHECK(nearest("hsot", names) == "host");
  CHECK(nearest("completely", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(nearest(std::string(100'000, 'a'), names).empty());
}

TEST_CASE("reason phrases") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(413) == "Content Too Large");
  CHECK(reason_phrase(504) == "Gateway Timeout");
  CHECK(reason_phrase(299).empty());
  CHECK(reason_phrase(418).empty());
  CHECK(reason_phrase(0).empty());
  CHECK(reason_phrase(0xffffffffU).empty());
}

TEST_CASE("UTF-8 by RFC 3629") {
  auto npos = std::string_view::npos;
  CHECK(first_invalid_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == npos);
  CHECK(first_invalid_utf8("ab\xff") == 2);
  CHECK(first_invalid_utf8("\xc0\x80") == 0);          // overlong
  CHECK(first_invalid_utf8("a\xe0\x9f\xbf") == 1);     // overlong
  CHECK(first_invalid_utf8("\xed\xa0\x80") == 0);      // surrogate
  CHECK(first_invalid_utf8("\xf4\x90\x80\x80") == 0);  // above U+10FFFF
  CHECK(first_invalid_utf8("\xe2\x82") == 0);          // cut off
  CHECK(first_invalid_utf8(std::string_view("a\0b", 3)) == 1);
  CHECK(place_in("ab\ncd", 4, "f") == Span{"f", 2, 2});
}

TEST_CASE("bracket depth counts neither strings nor comments") {
  CHECK(bracket_depth("{[<>]}") == 3);
  CHECK(bracket_depth("// {{{{\n{}") == 1);
  CHECK(bracket_depth("/* {{ */ {}") == 1);
  CHECK(bracket_depth("\"{{\\\"{{\" '{{' {}") == 1);
  CHECK(bracket_depth("\"{{ unterminated\n{}") == 1);
  CHECK(bracket_depth("/* {{ unterminated") == 0);
  CHECK(bracket_depth("}}}}{") == 1);
}
