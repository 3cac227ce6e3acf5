// SPDX-License-Identifier: Apache-2.0
// Policies that are wrong: each says what, where and how to mend it.
#include <fmt/format.h>

#include "workspace.hpp"

using namespace sluice::load;

namespace {

// Loads the small policy with one change; there must be exactly one error, with this code and
// place, whose text (message, notes, help) contains `part`.
void refused(const std::string& from, const std::string& to, const std::string& code, int line,
             int column, const std::string& part) {
  CAPTURE(from, to);
  Workspace space;
  space.change("policy.yaml", Workspace::policy, from, to);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == code);
  CHECK(error.span.file == space.path("policy.yaml").string());
  CHECK(error.span.line == line);
  CHECK(error.span.column == column);
  CHECK_THAT(diagnostics.text(), Catch::Contains(part));
}

std::size_t errors_of(const std::string& from, const std::string& to) {
  Workspace space;
  space.change("policy.yaml", Workspace::policy, from, to);
  Diagnostics diagnostics;
  bool loaded = space.load_it(diagnostics).has_value();
  CHECK(loaded == (diagnostics.error_count() == 0));
  return diagnostics.error_count();
}

}  // namespace

TEST_CASE("unknown keys name the nearest known one") {
  refused("maxDepth: 32", "maxDept: 32", "E0104", 15, 32,
          "unknown key `maxDept` in `limits` (did you mean `maxDepth`?)");
  refused("host: test", "hots: x\nhost: test", "E0104", 6, 1, "did you mean `host`?");
  refused("required: true", "zzzz: true", "E0104", 10, 39,
          "known keys: name, constant, pattern, required");
}

TEST_CASE("values of the wrong type are refused in their place") {
  refused("serial: 3", "serial: three", "E0106", 2, 9, "`serial` must be a whole decimal number");
  refused("serial: 3", "serial: 3.5", "E0106", 2, 9, "whole decimal number");
  refused("serial: 3", "serial: 010", "E0106", 2, 9, "whole decimal number");
  refused("serial: 3", "serial: -1", "E0107", 2, 9, "from 0 to");
  refused("serial: 3", "serial: 18446744073709551616", "E0107", 2, 9, "18446744073709551615");
  refused("serial: 3", "serial: [3]", "E0106", 2, 9, "must be a number, not a list");
  refused("name: test\n", "name: 17\n", "E0106", 1, 7, "write it in quotes: \"17\"");
  refused("required: true", "required: yes", "E0106", 10, 49, "must be true or false, not `yes`");
  refused("required: true", "required: \"true\"", "E0106", 10, 49, "true or false");
  refused("[accept]", "accept", "E0106", 11, 14, "must be a list");
  refused("[accept]", "[accept, ]x", "E0101", 11, 24, "not well-formed YAML");
  refused("{maxRecordBytes: 1024, maxDepth: 32}", "12", "E0106", 15, 9, "map of keys");
  refused("maxDepth: 32", "maxDepth: 4294967296", "E0107", 15, 42, "4294967295");
  refused("mode: TWO_WAY", "mode: TWO_WAI", "E0108", 3, 7, "did you mean `TWO_WAY`?");
  refused("mode: TWO_WAY", "mode: MODE_UNSPECIFIED", "E0108", 3, 7, "it is one of TWO_WAY");
  refused("geometry: SMALL", "geometry: 2", "E0108", 4, 11, "TINY, SMALL, LARGE, SIMULATION");
  refused("[accept]", "[accept, null]", "E0106", 11, 23, "has no value");
}

TEST_CASE("numbers may be strings, and declared key names are known, by the JSON mapping") {
  CHECK(errors_of("serial: 3", "serial: \"3\"") == 0);
  CHECK(errors_of("protoFiles", "proto_files") == 0);
  CHECK(errors_of("dropHeaders: [accept]", "dropHeaders: null") == 0);
  CHECK(errors_of("host: test.example", "host: 10.0.0.1") == 0);
}

TEST_CASE("duplicates are refused, also in two spellings") {
  refused("host: test", "name: again\nhost: test", "E0105", 6, 1, "`name` stands twice");
  refused("host: test", "proto_files: []\nhost: test", "E0105", 6, 1, "two spellings");
  refused("[accept]", "[accept, accept]", "E0113", 11, 23, "listed twice");
  refused("[Get, Put]", "[Get, Get]", "E0113", 8, 43, "listed twice");
  refused("  - {code: 200}\n", "  - {code: 200}\n  - {code: 200}\n", "E0113", 14, 12, "200");
  refused("dropHeaders:", "  - {name: x-id}\ndropHeaders:", "E0113", 11, 12, "listed twice");
}

TEST_CASE("YAML is narrowed to what policies need") {
  refused("[accept]", "[&a accept, *a]", "E0102", 11, 15, "anchors");
  refused("host: test.example", "host: !!str test.example", "E0102", 6, 7, "tag");
  refused("name: test\n", "name: test\n? [a]\n: b\n", "E0102", 2, 3, "simple name");
  refused("name: test", "name: \"te\tst\xff\"", "E0101", 1, 13, "UTF-8");
  refused("name: test\n", "name: test\n  x: y\n", "E0101", 2, 4, "not well-formed");
}

TEST_CASE("a second document and an empty file are refused") {
  Workspace space;
  Diagnostics diagnostics;
  space.write("policy.yaml", Workspace::policy + "---\nname: other\n");
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK(only_error(diagnostics).code == "E0102");
  Diagnostics empty;
  space.write("policy.yaml", "# nothing\n");
  CHECK_FALSE(space.load_it(empty));
  CHECK(only_error(empty).code == "E0101");
}

TEST_CASE("size, depth and number of values are bounded") {
  Workspace space;
  auto code_of = [&](const std::string& text) {
    space.write("policy.yaml", text);
    Diagnostics diagnostics;
    CHECK_FALSE(space.load_it(diagnostics));
    return only_error(diagnostics).code;
  };
  CHECK(code_of(std::string(2'000'000, '#')) == "E0100");
  CHECK(code_of(std::string(100, '[') + std::string(100, ']')) == "E0103");
  CHECK(code_of(std::string(300'000, '[') + std::string(300'000, ']')) == "E0103");
  CHECK(code_of(std::string(300'000, '{')) == "E0102");
  std::string block;
  for (int i = 0; i < 200; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(code_of(block) == "E0103");
  std::string many = "dropHeaders: [";
  for (int i = 0; i < 60'000; ++i) many += "a,";
  CHECK(code_of(many + "]") == "E0103");
}

TEST_CASE("required parts that are missing are all reported") {
  Workspace space;
  space.write("policy.yaml", "limits: {}\n");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  std::string text = diagnostics.text();
  for (const char* key :
       {"name", "serial", "mode", "geometry", "protoFiles", "host", "services", "statuses"}) {
    CHECK_THAT(text, Catch::Contains(fmt::format("error[E0109]: `{}` is missing", key)));
  }
  CHECK(diagnostics.error_count() == 8);
}

TEST_CASE("name, serial and mode") {
  refused("name: test", "name: Test", "E0110", 1, 7, "a-z");
  refused("name: test", "name: -test", "E0110", 1, 7, "begins with");
  refused("name: test", "name: " + std::string(33, 'a'), "E0110", 1, 7, "1 to 32");
  CHECK(errors_of("name: test", "name: " + std::string(32, 'a')) == 0);
  refused("serial: 3", "serial: 0", "E0107", 2, 9, "at least 1");
  refused("TWO_WAY", "DIODE_LOW_TO_HIGH", "E0111", 3, 7, "DIODE_LOW_TO_HIGH is not supported");
}

TEST_CASE("hosts") {
  for (const char* good :
       {"a", "a-b.example", "10.0.0.1:80", "\"[::1]\"", "\"[fe80::1]:8443\"", "a:65535"}) {
    CAPTURE(good);
    CHECK(errors_of("host: test.example", std::string("host: ") + good) == 0);
  }
  for (const char* bad :
       {"Test.example", "a b", "a..b", ".a", "a.", "a:", "a:0", "a:65536", "a:080", "-a", "a-.b",
        "\"[::1\"", "\"[]\"", "\"[::1]x\"", "user@a", "a/b", "\"a\\r\\nb\"", "a_b"}) {
    CAPTURE(bad);
    CHECK(errors_of("host: test.example", std::string("host: ") + bad) == 1);
  }
}

TEST_CASE("headers") {
  for (const char* own :
       {"host", "content-type", "content-length", "transfer-encoding", "connection", "te",
        "upgrade", "trailer", "keep-alive", "expect", "proxy-authorization"}) {
    refused("name: x-id", std::string("name: ") + own, "E0112", 10, 12, "cannot be listed");
  }
  refused("name: x-id", "name: X-Id", "E0112", 10, 12, "not a lower-case header name");
  refused("name: x-id", "name: \"x id\"", "E0112", 10, 12, "header name");
  refused("{name: x-id, ", "{", "E0109", 10, 5, "`name` is missing");
  refused("required: true", "constant: a", "E0114", 10, 5, "both a constant and a pattern");
  refused("pattern: \"[0-9]{4}\"", "constant: \"a  b\"", "E0110", 10, 28, "single spaces");
  refused("pattern: \"[0-9]{4}\"", "constant: \" a\"", "E0110", 10, 28, "visible ASCII");
  refused("pattern: \"[0-9]{4}\"", "constant: \"\"", "E0110", 10, 28, "visible ASCII");
  refused("pattern: \"[0-9]{4}\"", "constant: \"\\u00e4\"", "E0110", 10, 28, "visible ASCII");
  refused("pattern: \"[0-9]{4}\"", "pattern: \"\"", "E0110", 10, 27, "empty pattern");
  refused("[accept]", "[x-id]", "E0114", 11, 15, "both listed and dropped");
  refused("[accept]", "[host]", "E0112", 11, 15, "cannot be dropped");
  refused("[accept]", "[Accept]", "E0112", 11, 15, "lower-case");
}

TEST_CASE("statuses") {
  refused("code: 404", "code: 99", "E0107", 14, 12, "99");
  refused("code: 404", "code: 100", "E0107", 14, 12, "final");
  refused("code: 404", "code: 600", "E0107", 14, 12, "600");
  refused("code: 404", "code: 299", "E0107", 14, 12, "reason phrase");
  refused("code: 404", "code: 204", "E0110", 14, 12, "no body");
  refused(", message: google.rpc.Status", "", "E0109", 14, 5, "404 needs a `message`");
  refused("{code: 200}", "{}", "E0109", 13, 5, "`code` is missing");
  refused("google.rpc.Status", "google.rpc.Statsu", "E0118", 14, 26,
          "did you mean `google.rpc.Status`?");
  CHECK(errors_of("google.rpc.Status", "t.v1.Thing") == 0);
}

TEST_CASE("limits stay within the geometry") {
  refused("maxRecordBytes: 1024", "maxRecordBytes: 2049", "E0115", 15, 26, "SMALL holds 2048");
  refused("maxDepth: 32", "maxDepth: 65", "E0115", 15, 42, "SMALL holds 64");
  refused("maxDepth: 32", "maxDepth: 0", "E0107", 15, 42, "at least 1");
  refused("maxDepth: 32", "maxOutstanding: 257", "E0115", 15, 48, "256");
  refused("maxDepth: 32", "responseTimeoutMs: 0", "E0107", 15, 51, "from 1");
  refused("geometry: SMALL", "geometry: TINY", "E0115", 15, 26, "TINY holds 512");
  refused("methods: [Get, Put]", "methods: [Get], maxOutstanding: 0", "E0107", 8, 60, "at least 1");
  refused("methods: [Get, Put]", "methods: [Get], maxOutstanding: 257", "E0114", 8, 60, "257 here");
}

TEST_CASE("schemas come from files or from a set") {
  refused("protoFiles:", "descriptorSet: a.binpb\nprotoFiles:", "E0114", 5, 16, "in place of");
  refused("protoFiles: [api.proto]", "protoFiles: []", "E0109", 1, 1, "`protoFiles` is missing");
}

TEST_CASE("software-only rules name an element, a rule and a reason") {
  auto with = [](const std::string& entry) { return "softwareOnly: [" + entry + "]\nhost: test"; };
  CHECK(errors_of("host: test",
                  with("{element: t.v1.Thing.name, rule: string.email, reason: x}")) == 0);
  refused("host: test", with("{element: t.v1.Thing.name, rule: string.email}"), "E0109", 6, 16,
          "`reason`");
  refused("host: test", with("{element: t.v1.Thing.nam, rule: a, reason: x}"), "E0118", 6, 26,
          "t.v1.Thing.nam");
}

TEST_CASE("places of parts fall back to the part around them") {
  Workspace space;
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  REQUIRE(loaded);
  auto at = [&](const char* path) {
    Span span = loaded->policy_spans.at(path);
    return std::pair{span.line, span.column};
  };
  CHECK(at("requestHeaders[0].pattern") == std::pair{10, 27});
  CHECK(at("requestHeaders[0].constant") == std::pair{10, 5});
  CHECK(at("requestHeaders[7].constant") == std::pair{10, 3});
  CHECK(at("json.int64") == std::pair{1, 1});
}
