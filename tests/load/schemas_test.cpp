// SPDX-License-Identifier: Apache-2.0
// Schema files that are missing, broken or not for us, and names that they do not have.
#include <fmt/format.h>

#include "workspace.hpp"

using namespace sluice::load;

namespace {

// The only error after one change to the schema.
Diagnostic schema_error(const std::string& from, const std::string& to,
                        const std::string& methods = "[Get, Put]") {
  Workspace space;
  space.change("api.proto", Workspace::schema, from, to);
  space.change("policy.yaml", Workspace::policy, "[Get, Put]", methods);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  Diagnostic error = only_error(diagnostics);
  CHECK(error.span.file == space.path("api.proto").string());
  return error;
}

Diagnostic policy_error(const std::string& from, const std::string& to) {
  Workspace space;
  space.change("policy.yaml", Workspace::policy, from, to);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  Diagnostic error = only_error(diagnostics);
  CHECK(error.span.file == space.path("policy.yaml").string());
  return error;
}

void at(const Diagnostic& error, int line, int column) {
  CHECK(error.span.line == line);
  CHECK(error.span.column == column);
}

}  // namespace

TEST_CASE("a policy that does not exist, or is a folder") {
  Diagnostics diagnostics;
  CHECK_FALSE(load(std::filesystem::path("/nowhere/policy.yaml"), diagnostics));
  CHECK(only_error(diagnostics).code == "E0100");
  CHECK(diagnostics.text() ==
        "/nowhere/policy.yaml: error[E0100]: cannot read the policy: no such file\n  help: " + std::string(code_help(Code::kFileUnreadable)) + "\n");
  Diagnostics folder;
  CHECK_FALSE(load(std::filesystem::path("/"), folder));
  CHECK_THAT(only_error(folder).message, Catch::Contains("it is a folder"));
  Diagnostics device;
  CHECK_FALSE(load(std::filesystem::path("/dev/zero"), device));
  CHECK_THAT(only_error(device).message, Catch::Contains("not a regular file"));
}

TEST_CASE("a schema file that is not there") {
  Diagnostic error = policy_error("[api.proto]", "[apj.proto]");
  CHECK(error.code == "E0201");
  CHECK_THAT(error.message, Catch::Contains("did you mean `api.proto`?"));
  at(error, 5, 14);
  for (const char* outside :
       {"[../api.proto]", "[/etc/hostname]", "[./api.proto]", "[a//b.proto]"}) {
    Diagnostic refused = policy_error("[api.proto]", outside);
    CHECK(refused.code == "E0201");
    CHECK_THAT(refused.notes.at(0), Catch::Contains("`..`"));
  }
}

TEST_CASE("an import path that is no folder") {
  Diagnostic error = policy_error("host: test", "importPaths: [., nowhere]\nhost: test");
  CHECK(error.code == "E0100");
  at(error, 6, 18);
}

TEST_CASE("an import that is not there is reported once, at the import") {
  Diagnostic error = schema_error("import \"google/api/annotations.proto\"",
                                  "import \"google/api/anotations.proto\"");
  CHECK(error.code == "E0201");
  at(error, 3, 1);
  CHECK_THAT(error.message, Catch::Contains("did you mean `google/api/annotations.proto`?"));
}

TEST_CASE("a syntax error has line and column") {
  Diagnostic error = schema_error("  oneof kind {", "  oneof {");
  CHECK(error.code == "E0202");
  at(error, 24, 9);
  CHECK_THAT(error.message, Catch::Contains("Expected oneof name"));
}

TEST_CASE("a syntax error in an import is reported there and only there") {
  Workspace space;
  space.write("lib/other.proto", "syntax = \"proto3\";\nmessage {}\n");
  space.change("api.proto", Workspace::schema, "package t.v1;",
               "package t.v1; import \"lib/other.proto\";");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == "E0202");
  CHECK(error.span == Span{space.path("lib/other.proto").string(), 2, 9});
}

TEST_CASE("an error of a schema shows the line") {
  Workspace space;
  space.change("api.proto", Workspace::schema, "  oneof kind {", "  oneof {");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK_THAT(diagnostics.text(), Catch::Contains("    24 |   oneof {\n       |         ^\n"));
}

TEST_CASE("several errors of one file are reported together") {
  Workspace space;
  space.change("api.proto", Workspace::schema, "message GetRequest { string name = 1; }",
               "message GetRequest { strin name = 1; Nothing x = 2; string y = 2; }");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK(diagnostics.error_count() == 3);
}

TEST_CASE("an option that the rule message does not have is an error in its place") {
  Diagnostic error = schema_error("string.max_len = 8", "string.max_length = 8");
  CHECK(error.span.line == 22);
  CHECK(error.code == "E0211");
  CHECK(error.message ==
        "buf.validate has no rule `string.max_length` (did you mean `string.max_len`?)");
  for (const std::string rule : {"max_len = 8", "text.max_len = 8", "string.max_len.a = 8"}) {
    const Diagnostic other = schema_error("string.max_len = 8", rule);
    INFO(rule << ": " << other.message);
    CHECK(other.span.line == 22);
  }
}

TEST_CASE("an option whose import is missing names the import") {
  Workspace space;
  space.change("api.proto", Workspace::schema, "import \"google/api/annotations.proto\";", "");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  REQUIRE_FALSE(diagnostics.all().empty());
  for (const Diagnostic& error : diagnostics.all()) {
    CHECK(error.message == "unknown option `(google.api.http)`");
    CHECK_THAT(error.help, Catch::StartsWith("import \"google/api/annotations.proto\";"));
  }
  Diagnostic foreign = schema_error("(google.api.http).get = \"/v1/{name}\"", "(own.hint) = 1");
  CHECK(foreign.message == "unknown option `(own.hint)`");
  CHECK(foreign.help == "import the file that declares it, or correct its name");
}

TEST_CASE("a schema without a syntax line says so once") {
  Diagnostic error = schema_error("syntax = \"proto3\";\n", "\n");
  CHECK(error.code == "E0205");
  CHECK(error.span.line == 18);
  CHECK_THAT(error.help, Catch::Contains("syntax = \"proto3\";"));
}

TEST_CASE("only proto3 is read") {
  Workspace space;
  std::string old = Workspace::schema;
  old.replace(old.find("proto3"), 6, "proto2");
  for (std::size_t at = 0; (at = old.find("string name = 1", at)) != old.npos; at += 20) {
    old.insert(at, "optional ");
  }
  space.write("api.proto", old);
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == "E0205");
  CHECK(error.span == Span{space.path("api.proto").string(), 1, 1});

  Diagnostic edition = schema_error("syntax = \"proto3\";", "// new\nedition = \"2023\";");
  CHECK(edition.code == "E0205");
}

TEST_CASE("a proto2 message in a body is refused, a proto2 file for options is not") {
  Workspace space;
  space.write("old.proto",
              "syntax = \"proto2\";\npackage old;\nimport \"google/protobuf/descriptor.proto\";\n"
              "extend google.protobuf.FieldOptions { optional string hint = 50001; }\n"
              "message Old { optional int32 a = 1; }\n");
  std::string schema = Workspace::schema;
  schema.insert(schema.find("service"), "import \"old.proto\";\n");
  space.change("api.proto", schema, "message GetRequest { string name = 1; }",
               "message GetRequest { string name = 1 [(old.hint) = \"x\"]; }");
  {
    Diagnostics diagnostics;
    CHECK(space.load_it(diagnostics).has_value());
    INFO(diagnostics.text());
    CHECK(diagnostics.all().empty());
  }
  space.change("api.proto", schema, "message GetRequest { string name = 1; }",
               "message GetRequest { string name = 1; old.Old o = 2; }");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == "E0205");
  CHECK(error.span.file == space.path("old.proto").string());
  CHECK_THAT(error.notes.at(0), Catch::Contains("api.proto:19:39"));
}

TEST_CASE("descriptor.proto's own messages are proto2 and cannot be bodies") {
  Workspace space;
  space.change("policy.yaml", Workspace::policy, "google.rpc.Status",
               "google.protobuf.FileDescriptorProto");
  space.change("api.proto", Workspace::schema, "package t.v1;",
               "package t.v1; import \"google/protobuf/descriptor.proto\";");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK(only_error(diagnostics).code == "E0205");
}

TEST_CASE("user import paths come before the shipped declarations") {
  Workspace space;
  space.write("mine/google/rpc/status.proto",
              "syntax = \"proto3\";\npackage google.rpc;\nmessage Status { int32 code = 1; string "
              "message = 2; }\n");
  space.change("policy.yaml", Workspace::policy, "host: test",
               "importPaths: [., mine]\nhost: test");
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  REQUIRE(loaded);
  CHECK(loaded->statuses[1].message->field_count() == 2);
  CHECK(loaded->schemas->shown_name("google/rpc/status.proto") ==
        space.path("mine/google/rpc/status.proto").string());
}

TEST_CASE("well-known types come from libprotobuf, whatever lies on the import path") {
  Workspace space;
  space.write("google/protobuf/timestamp.proto",
              "syntax = \"proto3\";\npackage google.protobuf;\nmessage Timestamp { string seconds "
              "= 1; }\n");
  space.change("api.proto", Workspace::schema, "package t.v1;",
               "package t.v1; import \"google/protobuf/timestamp.proto\";");
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  REQUIRE(loaded);
  CHECK(loaded->pool->FindFieldByName("google.protobuf.Timestamp.seconds")->type() ==
        google::protobuf::FieldDescriptor::TYPE_INT64);
}

TEST_CASE("names that the schemas do not have") {
  Diagnostic service = policy_error("t.v1.Things", "t.v1.Thigns");
  CHECK(service.code == "E0116");
  at(service, 8, 15);
  CHECK_THAT(service.message, Catch::Contains("did you mean `t.v1.Things`?"));
  Diagnostic method = policy_error("[Get, Put]", "[Get, Putt]");
  CHECK(method.code == "E0117");
  at(method, 8, 43);
  CHECK_THAT(method.message, Catch::Contains("did you mean `Put`?"));
  Diagnostic any = policy_error("host: test", "anyTypes: [t.v1.Thin]\nhost: test");
  CHECK(any.code == "E0118");
  at(any, 6, 12);
}

TEST_CASE("a method can be selected once, alone or with \"*\"") {
  Diagnostic twice = policy_error("  - {service: t.v1.Things, methods: [Get, Put]}\n",
                                  "  - {service: t.v1.Things, methods: [Get, Put]}\n  - {service: "
                                  "t.v1.Things, methods: [Put]}\n");
  CHECK(twice.code == "E0113");
  at(twice, 9, 5);
  Diagnostic star = policy_error("[Get, Put]", "[\"*\", Put]");
  CHECK(star.code == "E0114");
}

TEST_CASE("streaming methods and methods without a binding are refused where they are selected") {
  Workspace space;
  space.change("policy.yaml", Workspace::policy, "[Get, Put]", "[\"*\"]");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  INFO(diagnostics.text());
  REQUIRE(diagnostics.error_count() == 2);
  CHECK(diagnostics.all()[0].code == "E0206");
  CHECK(diagnostics.all()[0].span.line == 13);
  CHECK(diagnostics.all()[1].code == "E0207");
  CHECK(diagnostics.all()[1].span.line == 14);
}

TEST_CASE("places count bytes, a tab as one") {
  at(schema_error("import \"google/api/annotations.proto\"",
                  "\t \timport \"google/api/anotations.proto\""),
     3, 4);  // from the parser
  const Diagnostic later =  // from the descriptors
      schema_error("  option (google.api.http).get = \"/v1/{name}\"", "\t\toption (google.api.http).body = \"*\"");
  CHECK(later.code == "E0206");
  at(later, 11, 5);
}

TEST_CASE("bindings without a path, and nested additional ones") {
  Diagnostic none =
      schema_error("(google.api.http).get = \"/v1/{name}\"", "(google.api.http).body = \"*\"");
  CHECK(none.code == "E0206");
  CHECK(none.span.line == 11);
  Diagnostic nested =
      schema_error("additional_bindings {post: \"/v1/{name}:put\" body: \"*\"}",
                   "additional_bindings {post: \"/a\" additional_bindings {get: \"/b\"}}");
  CHECK(nested.code == "E0203");
}

TEST_CASE("hostile schema texts are refused before they reach a recursive parser") {
  Workspace space;
  auto code_of = [&](const std::string& text) {
    space.write("api.proto", text);
    Diagnostics diagnostics;
    CHECK_FALSE(space.load_it(diagnostics));
    return only_error(diagnostics).code;
  };
  std::string nested = "syntax = \"proto3\";\n";
  for (int i = 0; i < 100'000; ++i) nested += "message A{";
  CHECK(code_of(nested) == "E0204");
  CHECK(code_of(std::string(5u << 20, ' ')) == "E0204");
  CHECK(code_of("syntax = \"proto3\";\xff\n") == "E0201");
  CHECK(code_of(std::string("syntax = \"proto3\";\0", 19)) == "E0201");
}

TEST_CASE("long chains and circles of imports end in an error") {
  Workspace space;
  for (int i = 0; i < 600; ++i) {
    space.write(fmt::format("c{}.proto", i),
                fmt::format("syntax = \"proto3\";\nimport \"c{}.proto\";\n", i + 1));
  }
  space.write("c600.proto", "syntax = \"proto3\";\n");
  space.change("policy.yaml", Workspace::policy, "[api.proto]", "[c0.proto]");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK_THAT(diagnostics.text(), Catch::Contains("E0204") && Catch::Contains("more than 500"));

  space.write("c9.proto", "syntax = \"proto3\";\nimport \"c0.proto\";\n");
  Diagnostics circle;
  CHECK_FALSE(space.load_it(circle));
  CHECK_THAT(circle.text(), Catch::Contains("recursively imports itself"));
}
