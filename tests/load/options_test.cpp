// SPDX-License-Identifier: Apache-2.0
// Typed options, the places of rules, and rules that nobody knows.
#include "load/options.hpp"

#include "load/source_tree.hpp"
#include "load/spans.hpp"
#include "workspace.hpp"

using namespace sluice::load;

namespace {

Loaded load_schema(Workspace& space) {
  Diagnostics diagnostics;
  auto loaded = space.load_it(diagnostics);
  INFO(diagnostics.text());
  REQUIRE(loaded);
  return *loaded;
}

const google::protobuf::FieldDescriptor* field(const Loaded& loaded, const std::string& name) {
  const auto* found = loaded.pool->FindFieldByName("t.v1.Thing." + name);
  REQUIRE(found != nullptr);
  return found;
}

std::pair<int, int> place(const Span& span) { return {span.line, span.column}; }

}  // namespace

TEST_CASE("rules, bindings and behaviours are read from the policy's own pool") {
  Workspace space;
  std::string schema = Workspace::schema;
  schema.insert(schema.find("service"), "import \"google/api/field_behavior.proto\";\n");
  space.change("api.proto", schema, "bool b = 4;",
               "bool b = 4 [(google.api.field_behavior) = REQUIRED, (google.api.field_behavior) = "
               "IMMUTABLE];");
  Loaded loaded = load_schema(space);
  auto rules = field_rules(field(loaded, "name"));
  CHECK(rules.string().min_len() == 1);
  CHECK(rules.string().max_len() == 8);
  CHECK_FALSE(rules.has_required());
  CHECK(field_rules(field(loaded, "parts")).repeated().max_items() == 3);
  CHECK(field_rules(field(loaded, "a")).int32().lt() == 9);
  CHECK(field_rules(field(loaded, "b")).ByteSizeLong() == 0);
  CHECK(oneof_rules(field(loaded, "a")->containing_oneof()).required());
  CHECK(message_rules(field(loaded, "a")->containing_type()).ByteSizeLong() == 0);
  CHECK(field_behavior(field(loaded, "b")) ==
        std::vector<google::api::FieldBehavior>{google::api::REQUIRED, google::api::IMMUTABLE});
  const auto* put = loaded.pool->FindMethodByName("t.v1.Things.Put");
  CHECK(http_rule(put).put() == "/v1/{name}");
  CHECK(http_rule(put).additional_bindings(0).post() == "/v1/{name}:put");
  CHECK_FALSE(has_http_rule(loaded.pool->FindMethodByName("t.v1.Things.Unbound")));
  CHECK(unknown_rules(field(loaded, "name")).empty());
}

TEST_CASE("places of elements and of single rules") {
  Workspace space;
  Loaded loaded = load_schema(space);
  const auto* name = field(loaded, "name");
  CHECK(span_of(loaded, name) == Span{space.path("api.proto").string(), 20, 3});
  CHECK(place(span_of(loaded, name->containing_type())) == std::pair{19, 1});
  CHECK(place(span_of(loaded, field(loaded, "a")->containing_oneof())) == std::pair{24, 3});
  CHECK(place(span_of(loaded, name->file())) == std::pair{1, 1});
  CHECK(place(span_of(loaded, loaded.methods[1].method)) == std::pair{10, 3});
  CHECK(place(span_of(loaded, loaded.methods[1].method->service())) == std::pair{5, 1});
  // A rule of its own, one in a block, one that is not there.
  CHECK(place(span_of_rule(loaded, name, "string.max_len")) == std::pair{22, 5});
  CHECK(place(span_of_rule(loaded, field(loaded, "a"), "int32.gte")) == std::pair{26, 18});
  CHECK(place(span_of_rule(loaded, field(loaded, "parts"), "repeated.max_items")) ==
        std::pair{23, 29});
  CHECK(place(span_of_rule(loaded, field(loaded, "b"), "bool.const")) == std::pair{27, 5});
  CHECK(place(span_of_rule(loaded, field(loaded, "a")->containing_oneof(), "required")) ==
        std::pair{25, 5});
  CHECK(place(span_of_http(loaded, loaded.methods[1].method, "get")) == std::pair{11, 5});
  CHECK(place(span_of_http(loaded, loaded.methods[0].method, "body")) == std::pair{7, 5});
  CHECK(place(loaded.endpoints[0].span) == std::pair{7, 5});
}

TEST_CASE("places in nested types, enums and lists of options") {
  Workspace space;
  space.change("api.proto", Workspace::schema, "message GetRequest { string name = 1; }",
               "message GetRequest {\n"                                         // 18
               "  string name = 1 [(buf.validate.field).string.in = \"a\",\n"   // 19
               "                   (buf.validate.field).string.in = \"b\"];\n"  // 20
               "  message Inner {\n"                                            // 21
               "    enum E {\n"                                                 // 22
               "      ZERO = 0;\n"                                              // 23
               "    }\n"                                                        // 24
               "    message Deep { E e = 1; }\n"                                // 25
               "  }\n"                                                          // 26
               "}");
  Loaded loaded = load_schema(space);
  const auto* deep = loaded.pool->FindFieldByName("t.v1.GetRequest.Inner.Deep.e");
  REQUIRE(deep != nullptr);
  CHECK(place(span_of(loaded, deep)) == std::pair{25, 20});
  CHECK(place(span_of(loaded, deep->containing_type())) == std::pair{25, 5});
  CHECK(place(span_of(loaded, deep->enum_type())) == std::pair{22, 5});
  CHECK(place(span_of(loaded, deep->enum_type()->value(0))) == std::pair{23, 7});
  const auto* name = loaded.pool->FindFieldByName("t.v1.GetRequest.name");
  CHECK(place(span_of_rule(loaded, name, "string.in")) == std::pair{19, 20});
}

TEST_CASE("a rule that the schema defines itself is refused by its name") {
  Workspace space;
  space.write("own.proto",
              "syntax = \"proto2\";\npackage own;\nimport \"buf/validate/validate.proto\";\n"
              "extend buf.validate.StringRules {\n"
              "  optional bool ticket = 1001 [(buf.validate.predefined).cel = {id: \"t\" "
              "expression: \"true\"}];\n"
              "}\n");
  std::string schema = Workspace::schema;
  schema.insert(schema.find("service"), "import \"own.proto\";\n");
  space.change("api.proto", schema, "(buf.validate.field).string.max_len = 8",
               "(buf.validate.field).string.(own.ticket) = true");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == "E0211");
  CHECK_THAT(error.message, Catch::Contains("`string.(own.ticket)`"));
  CHECK(error.span.line == 23);
  CHECK_THAT(error.help, Catch::Contains("softwareOnly: [{element: t.v1.Thing.name, rule: \"string.(own.ticket)\""));

  // The policy may leave it to software; then it is there to be listed.
  space.write("policy.yaml", Workspace::policy + "softwareOnly: [{element: t.v1.Thing.name, rule: \"string.(own.ticket)\", reason: tickets are checked by the backend}]\n");
  Diagnostics fine;
  const auto loaded = space.load_it(fine);
  REQUIRE(loaded);
  REQUIRE(loaded->own_rules.size() == 1);
  CHECK(loaded->own_rules[0].element == "t.v1.Thing.name");
  CHECK(loaded->own_rules[0].rule == "string.(own.ticket)");
  CHECK(loaded->own_rules[0].span.line == 23);
}

TEST_CASE("a rule of a newer standard, or a withdrawn one, is refused by its name") {
  Workspace space;
  std::string ours(*shipped_file("buf/validate/validate.proto"));
  // Loads with a vocabulary of the user's own, which has `to` in place of `from`, and a field that
  // uses it.
  auto refused = [&](const std::string& from, const std::string& to, const std::string& rule) {
    space.change("buf/validate/validate.proto", ours, from, to);
    space.change("api.proto", Workspace::schema, "(buf.validate.field).string.max_len = 8", rule);
    Diagnostics diagnostics;
    CHECK_FALSE(space.load_it(diagnostics));
    Diagnostic error = only_error(diagnostics);
    CHECK(error.code == "E0211");
    // The rule's own line, or where only something inside the rule has a place, the field's.
    CAPTURE(rule);
    CHECK(error.span.line == (rule.find("inner") == rule.npos ? 22 : 20));
    return error.message;
  };
  CHECK_THAT(refused("optional bool strict = 25;",
                     "optional bool strict = 25; optional bool palindrome = 99;",
                     "(buf.validate.field).string.palindrome = true"),
             Catch::Contains("`t.v1.Thing.name` has the rule `string.palindrome`"));
  CHECK_THAT(
      refused("  reserved 2;\n  reserved \"IGNORE_EMPTY\", \"IGNORE_DEFAULT\", ",
              "  IGNORE_DEFAULT = 2; reserved ", "(buf.validate.field).ignore = IGNORE_DEFAULT"),
      Catch::Contains("`ignore=2`"));
  CHECK_THAT(refused("  // Sample values; not a rule.\n  repeated string example = 34;",
                     "  repeated string example = 34; optional FieldRules inner = 98;",
                     "(buf.validate.field).string.inner.required = true"),
             Catch::Contains("`string.inner`"));
}

TEST_CASE("an unknown rule inside the rules of list items is found") {
  Workspace space;
  std::string ours(*shipped_file("buf/validate/validate.proto"));
  space.change("buf/validate/validate.proto", ours, "optional bool strict = 25;",
               "optional bool strict = 25; optional bool palindrome = 99;");
  space.change("api.proto", Workspace::schema, "bool b = 4;",
               "Deep b = 4; } message Deep { repeated string s = 1 [(buf.validate.field)"
               ".repeated.items.string.palindrome = true]; oneof other { bool c = 4; }");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  CHECK_THAT(diagnostics.text(), Catch::Contains("`repeated.items.string.palindrome`"));
}

TEST_CASE("rules of another vocabulary are refused, other options are not") {
  Workspace space;
  space.write(
      "validate/validate.proto",
      "syntax = \"proto2\";\npackage validate;\nimport \"google/protobuf/descriptor.proto\";\n"
      "extend google.protobuf.FieldOptions { optional Rules rules = 1071; }\n"
      "message Rules { optional uint64 min = 1; }\n");
  std::string schema = Workspace::schema;
  schema.insert(schema.find("service"), "import \"validate/validate.proto\";\n");
  space.change("api.proto", schema, "bool b = 4;",
               "bool b = 4 [(validate.rules).min = 1, deprecated = true];");
  Diagnostics diagnostics;
  CHECK_FALSE(space.load_it(diagnostics));
  const Diagnostic& error = only_error(diagnostics);
  CHECK(error.code == "E0210");
  CHECK_THAT(error.message, Catch::Contains("(validate.rules)"));
}
