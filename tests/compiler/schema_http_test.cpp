// SPDX-License-Identifier: Apache-2.0
// Bindings: where each field of a request travels, and what answers look like.
#include <catch2/catch.hpp>

#include "compiler/path_template.hpp"
#include "schema_fixture.hpp"

using namespace sluice::compiler;
using namespace sluice::compiler::test;

namespace {

const char* kMessages = R"(
enum Color { COLOR_NONE = 0; RED = 1; }
message Book {
  string name = 1;
  string title = 2 [(buf.validate.field).string.max_len = 9];
  oneof mark { int32 page = 3; string label = 4; }
}
message Free { int32 n = 1; Free2 deep = 2; }
message Free2 { string text = 1 [json_name = "deepText"]; }
message Strict { int32 n = 1 [(buf.validate.field).int32.gte = 1]; int32 m = 2; }
message Tree { Tree child = 1; int32 n = 2; }
message Reply { Book book = 1; repeated int32 list = 2; }
)";

// One method `Do` that takes `message Q { fields }`.
Outcome bind(const std::string& fields, const std::string& rule, const std::string& policy = {},
             const std::string& reply = "Reply") {
  return resolve(std::string(kMessages) + "message Q {\n" + fields +
                     "\n}\nservice S {\n  rpc Do(Q) returns (" + reply +
                     ") {\n    option (google.api.http) = {" + rule + "};\n  }\n}\n",
                 policy);
}

std::string bound(const std::string& fields, const std::string& rule,
                  const std::string& policy = {}) {
  auto o = bind(fields, rule, policy);
  if (!o.schema) FAIL(o.diagnostics.text());
  std::string text = dump(*o.schema);
  text = text.substr(text.find("endpoint 1"));
  text.erase(0, text.find('\n') + 1);
  return text.substr(0, text.find("  response"));
}

bool refused(const std::string& fields, const std::string& rule, const std::string& code,
             const std::string& text, const std::string& place = "option (google.api.http)") {
  return bind(fields, rule).has_error(code, text, place);
}

std::string template_error(const std::string& text) {
  TemplateError error;
  if (parse_path_template(text, error)) return "none";
  return std::to_string(error.offset) + ": " + error.message;
}

}  // namespace

TEST_CASE("path templates") {
  TemplateError error;
  auto parsed = parse_path_template("/v1/{a.b=x/*/y/**}:do", error);
  REQUIRE(parsed);
  REQUIRE(parsed->parts.size() == 2);
  CHECK(parsed->parts[0].segments[0].text == "v1");
  CHECK(parsed->parts[1].variable->path == "a.b");
  CHECK_FALSE(parsed->parts[1].variable->any_segment);
  REQUIRE(parsed->parts[1].segments.size() == 4);
  CHECK(parsed->parts[1].segments[3].kind == Segment::Kind::rest);
  CHECK(parsed->verb == "do");
  parsed = parse_path_template("/{a=**}/{b}/c", error);
  REQUIRE(parsed);
  CHECK_FALSE(parsed->parts[0].variable->any_segment);
  CHECK(parsed->parts[1].variable->any_segment);
  CHECK_FALSE(parsed->parts[2].variable);

  CHECK(template_error("") == "0: a path template begins with `/`");
  CHECK(template_error("v1") == "0: a path template begins with `/`");
  CHECK(template_error("/") == "1: a segment is empty");
  CHECK(template_error("/a//b") == "3: a segment is empty");
  CHECK(template_error("/a/") == "3: a segment is empty");
  CHECK(template_error("/a/../b") == "3: a segment `.` or `..` never crosses");
  CHECK(template_error("/{a=./*}") == "4: a segment `.` or `..` never crosses");
  const std::string outside = "a wildcard outside a variable: what it matches is in no field";
  CHECK(template_error("/**/a") == "1: " + outside);
  CHECK(template_error("/{a}/*") == "5: " + outside);
  CHECK(template_error("/**:verb") == "1: " + outside);
  CHECK(template_error("/{a=**}/b") == "none");
  CHECK(template_error("/{a=**}/{b=c/**}") == "13: a template has at most one `**`");
  CHECK(template_error("/{a") == "3: a variable needs its closing `}`");
  CHECK(template_error("/{}") == "2: a variable needs the path of a field");
  CHECK(template_error("/{a.}") == "4: a variable needs the path of a field");
  CHECK(template_error("/{a={b}}") == "4: unexpected `{`");
  CHECK(template_error("/a%20b") == "2: percent-encoding is not supported in a template");
  CHECK(template_error("/a b") == "2: a character that a path cannot have");
  CHECK(template_error("/a?b") == "2: unexpected `?`");
  CHECK(template_error("/{a=***}") == "6: unexpected `*`");
  CHECK(template_error("/a*") == "2: unexpected `*`");
  CHECK(template_error("/a:") == "3: a verb needs a name behind `:`");
  CHECK(template_error("/a:b:c") == "4: unexpected `:`");
  CHECK(template_error("/a:b/c") == "4: unexpected `/`");
  CHECK(template_error(std::string("/a\0b", 4)) == "2: a character that a path cannot have");
}

TEST_CASE("every field travels once") {
  CHECK(bound("string name = 1; int32 n = 2; Book book = 3;", R"(get: "/v1/{name=shelves/*}")") ==
        "  GET /v1/{name=shelves/*}\n"
        "  request #0 outstanding 256\n"
        "  query 1: \"n\" = n\n"
        "  query 2: \"book.name\" = book.name\n"
        "  query 3: \"book.title\" = book.title\n"
        "  query 4: \"book.page\" = book.page\n"
        "  query 4: \"book.label\" = book.label\n"
        "  body none\n");
  CHECK(bound("string name = 1; int32 n = 2; Book book = 3;", R"(put: "/{name}" body: "book")") ==
        "  PUT /{name=*}\n  request #0 outstanding 256\n  query 1: \"n\" = n\n  body field "
        "t.Q.book optional\n");
  CHECK(bound("string name = 1; int32 n = 2;", R"(post: "/{name}:run" body: "*")") ==
        "  POST /{name=*}:run\n  request #0 outstanding 256\n  body message t.Q #0 "
        "excluded=[name]\n");
  const auto body = [](const std::string& fields, const std::string& rule) {
    const std::string text = bound(fields, rule);
    return text.substr(text.find("  body ") + 7);
  };
  // A variable inside the body's message sets it; what is left of it stands only if there is
  // something.
  CHECK(bound("Book book = 1; int32 n = 2;", R"(patch: "/{book.name}" body: "book")") ==
        "  PATCH /{book.name=*}\n  request #0 outstanding 256\n  query 1: \"n\" = n\n  body field "
        "t.Q.book optional excluded=[name]\n");
  CHECK(body("Book book = 1 [(buf.validate.field).required = true];",
             R"(patch: "/{book.name}" body: "book")") ==
        "field t.Q.book optional excluded=[name]\n");
  CHECK(body("Book book = 1; int32 n = 2;", R"(post: "/{book.name}" body: "*")") ==
        "message t.Q #0 excluded=[book.name] reached=[book]\n");
  CHECK(body("Strict s = 1;", R"(post: "/{s.m}" body: "*")") ==
        "message t.Q #0 excluded=[s.m] reached=[s] needed=[s]\n");
  CHECK(body("Strict s = 1;", R"(post: "/{s.n}" body: "*")") ==
        "message t.Q #0 excluded=[s.n] reached=[s]\n");
  CHECK(body("Strict s = 1;", R"(post: "/{s.m}" body: "s")") == "field t.Q.s excluded=[m]\n");
  CHECK(body("In a = 1; message In { Strict s = 1; int32 x = 2; }",
             R"(post: "/{a.s.m}" body: "a")") ==
        "field t.Q.a excluded=[s.m] reached=[s] needed=[s]\n");
  CHECK(body("In a = 1; message In { Strict s = 1; int32 x = 2; }",
             R"(post: "/{a.s.n}" body: "*")") ==
        "message t.Q #0 excluded=[a.s.n] reached=[a,a.s]\n");
  CHECK(body("In a = 1; message In { oneof o { option (buf.validate.oneof).required = true; string "
             "s = 1; } int32 x = 2; }",
             R"(post: "/{a.x}" body: "*")") ==
        "message t.Q #0 excluded=[a.x] reached=[a] needed=[a]\n");
  CHECK(body("In a = 1; message In { oneof o { option (buf.validate.oneof).required = true; Free s "
             "= 1; string t = 3; } }",
             R"(post: "/{a.s.n}" body: "*")") ==
        "message t.Q #0 excluded=[a.s.n,a.t] reached=[a,a.s]\n");
  // Nothing is left of it: there is never a body.
  CHECK(body("Free2 f = 1;", R"(post: "/{f.text}" body: "f")") == "none\n");
  CHECK(body("google.protobuf.Empty f = 1;", R"(post: "/x" body: "f")") == "none\n");
  CHECK(refused("google.protobuf.Empty f = 1 [(buf.validate.field).required = true];",
                R"(post: "/x" body: "f")", "E0313", "no member that a body could show"));
  CHECK(bound("repeated Book books = 1 [(buf.validate.field).repeated.min_items = 1];",
              R"(custom: {kind: "SEARCH" path: "/a"} body: "books")") ==
        "  SEARCH /a\n  request #0 outstanding 256\n  body field t.Q.books\n");
  CHECK(bound("int32 n = 1; bool b = 2; Color c = 3;", R"(delete: "/{n}/{b}/{c}")") ==
        "  DELETE /{n=*}/{b=*}/{c=*}\n  request #0 outstanding 256\n  body none\n");
}

TEST_CASE("a oneof that the path sets is set") {
  CHECK(bound("oneof id { string a = 1; string b = 2; Book c = 3; } int32 n = 4;",
              R"(get: "/{a}")") ==
        "  GET /{a=*}\n  request #0 outstanding 256\n  query 1: \"n\" = n\n  body none\n");
  CHECK(
      bound("oneof id { string a = 1; string b = 2; } int32 n = 4;", R"(post: "/{a}" body: "*")") ==
      "  POST /{a=*}\n  request #0 outstanding 256\n  body message t.Q #0 excluded=[a,b]\n");
  CHECK(bound("oneof id { option (buf.validate.oneof).required = true; Free f = 1; string b = 2; "
              "Strict s = 3; }",
              R"(get: "/{f.n}")") ==
        "  GET /{f.n=*}\n  request #0 outstanding 256\n  query 1: \"f.deep.deepText\" = "
        "f.deep.text\n  body none\n");
  CHECK(refused("oneof id { string a = 1; string b = 2; }", R"(get: "/{a}/{b}")", "E0311",
                "two members of one oneof"));
  CHECK(refused("oneof id { Book a = 1; Free b = 2; }", R"(get: "/{a.name}/{b.n}")", "E0311",
                "two members of one oneof"));
  CHECK(refused("oneof id { string a = 1; Book b = 2; }", R"(put: "/{a}" body: "b")", "E0313",
                "another member of its oneof"));
  CHECK(refused("oneof id { string a = 1; Book b = 2; }", R"(put: "/x" body: "b")", "E0313",
                "is in a oneof"));
}

TEST_CASE("path variables that cannot be bound are refused") {
  CHECK(refused("string name = 1;", R"(get: "/{nam}")", "E0311",
                "t.Q has no field nam (did you mean `name`?)"));
  CHECK(refused("Book book = 1;", R"(get: "/{book.nam}")", "E0311", "t.Book has no field nam"));
  CHECK(refused("string name = 1;", R"(get: "/{name.x}")", "E0311", "is not a singular message"));
  CHECK(refused("repeated Book books = 1;", R"(get: "/{books.name}")", "E0311",
                "is not a singular message"));
  CHECK(refused("repeated string a = 1;", R"(get: "/{a}")", "E0311", "is repeated"));
  CHECK(refused("Book a = 1;", R"(get: "/{a}")", "E0311", "has type message"));
  CHECK(refused("bytes a = 1;", R"(get: "/{a=x/*}")", "E0311", "is not a string"));
  CHECK(refused("string a = 1;", R"(get: "/{a=x/**}/*")", "E0310", "outside a variable"));
  CHECK(refused("string a = 1; string b = 2;", R"(get: "/{a=**}/{b=x/**}")", "E0310", "at most one `**`"));
  CHECK(refused("string a = 1;", R"(get: "/*/{a}")", "E0310", "outside a variable"));
  CHECK(refused("google.protobuf.Timestamp a = 1;", R"(get: "/{a}")", "E0311",
                "cannot stand in a path"));
  CHECK(refused("google.protobuf.Any a = 1;", R"(get: "/{a.type_url}")", "E0311",
                "must always be absent"));
  CHECK(refused("string a = 1;", R"(get: "/{a}/{a}")", "E0311", "stands twice"));
  CHECK(refused("int32 a = 1;", R"(get: "/{a=x/*}")", "E0311", "is not a string"));
  CHECK(refused("int32 a = 1;", R"(get: "/{a=**}")", "E0311", "is not a string"));
  CHECK(refused("int32 a = 1;", R"(get: "/{a=5}")", "E0311", "is not a string"));
  CHECK(refused("string a = 1;", R"(get: "/x//{a}")", "E0310", "character 4: a segment is empty"));
}

TEST_CASE("methods and bodies that cannot be are refused") {
  CHECK(refused("int32 a = 1;", R"(get: "/x" body: "*")", "E0313",
                "a GET request cannot have a body"));
  CHECK(refused("int32 a = 1;", R"(delete: "/x" body: "a")", "E0313",
                "a DELETE request cannot have a body"));
  CHECK(refused("int32 abc = 1;", R"(post: "/x" body: "abd")", "E0313",
                "t.Q has no such field (did you mean `abc`?)"));
  CHECK(refused("string a = 1;", R"(post: "/{a}" body: "a")", "E0313", "travels in the path"));
  CHECK(refused("google.protobuf.Any a = 1;", R"(post: "/x" body: "a")", "E0313",
                "must always be absent"));
  CHECK(refused("int32 a = 1;", R"(custom: {kind: "get" path: "/x"})", "E0312",
                "\"get\" is no HTTP method"));
  CHECK(refused("int32 a = 1;", R"(custom: {kind: "*" path: "/x"})", "E0312",
                "\"*\" is no HTTP method"));
  CHECK(refused("int32 a = 1;", R"(custom: {kind: "HEAD" path: "/x"})", "E0312",
                "method HEAD cannot cross: its answer has no body, and its content-length"));
  CHECK(refused("int32 a = 1;", R"(custom: {kind: "CONNECT" path: "/x"})", "E0312",
                "method CONNECT cannot cross: it asks for a tunnel"));
  CHECK(refused("int32 a = 1;", R"(custom: {kind: "TRACE" path: "/x"})", "E0312",
                "method TRACE cannot cross: its answer repeats the request"));
  CHECK(bind("int32 a = 1;", R"(get: "/x")", {}, "google.protobuf.Timestamp")
            .has_error("E0304", "google.protobuf.Timestamp is not supported as", "rpc Do"));
  CHECK(bind("int32 a = 1;", R"(get: "/x")", {}, "google.protobuf.Struct")
            .has_error("E0304", "google.protobuf.Struct is not supported as", "rpc Do"));
}

TEST_CASE("query parameters") {
  const auto query = [](const std::string& fields, const std::string& policy = {}) {
    const std::string text = bound(fields, R"(get: "/x")", policy);
    const std::size_t begin = text.find("  query");
    return begin == std::string::npos ? std::string()
                                      : text.substr(begin, text.find("  body") - begin);
  };
  CHECK(query("") == "");
  CHECK(query("repeated string tag = 1; google.protobuf.Timestamp at = 2; double d = 3; bytes b = "
              "4; google.protobuf.Empty e = 5;") ==
        "  query 1: \"tag\" = tag repeated\n  query 2: \"at\" = at\n  query 3: \"d\" = d\n  query "
        "4: \"b\" = b\n");
  CHECK(query("int32 page_size = 1 [(buf.validate.field).int32.gte = 1]; optional int32 n = 2 "
              "[(buf.validate.field).required = true];") ==
        "  query 1: \"pageSize\" = page_size required\n  query 2: \"n\" = n required\n");
  CHECK(query("repeated string tag = 1 [(buf.validate.field).repeated.min_items = 1];") ==
        "  query 1: \"tag\" = tag repeated required\n");
  // A default is absent here even where bodies print it.
  CHECK(query("int32 n = 1;", "json: {defaults: PRINT}") == "  query 1: \"n\" = n\n");
  CHECK(query("Free f = 1;") ==
        "  query 1: \"f.n\" = f.n\n  query 2: \"f.deep.deepText\" = f.deep.text\n");
  // The same message twice, side by side.
  CHECK(query("Free2 a = 1; Free2 b = 2;") ==
        "  query 1: \"a.deepText\" = a.text\n  query 2: \"b.deepText\" = b.text\n");
  // A required message needs a required member to show it.
  CHECK(query("Strict s = 1 [(buf.validate.field).required = true];") ==
        "  query 1: \"s.n\" = s.n required\n  query 2: \"s.m\" = s.m\n");
  CHECK(refused("Free f = 1 [(buf.validate.field).required = true];", R"(get: "/x")", "E0314",
                "t.Q.f cannot travel in the query of t.S.Do: it is required, but a query shows",
                "Free f"));
  CHECK(refused("google.protobuf.Empty f = 1 [(buf.validate.field).required = true];",
                R"(get: "/x")", "E0314", "t.Q.f", "google.protobuf.Empty f"));
  CHECK(refused("Strict s = 1;", R"(get: "/x")", "E0314",
                "t.Strict.n cannot travel in the query of t.S.Do: it is required within an "
                "optional message (s)",
                "int32 n = 1 [(buf.validate.field).int32.gte"));
  // A message that the path reaches into is set.
  CHECK(bound("Strict s = 1;", R"(get: "/{s.m}")").find("query 1: \"s.n\" = s.n required") !=
        std::string::npos);

  CHECK(query("oneof o { option (buf.validate.oneof).required = true; string a = 1; int32 b = 5; } "
              "int32 c = 3;") ==
        "  query 1: \"a\" = a required\n  query 1: \"b\" = b required\n  query 2: \"c\" = c\n");
  CHECK(query("oneof o { string a = 1; google.protobuf.Empty e = 2; }") ==
        "  query 1: \"a\" = a\n");
  CHECK(query("oneof o { Free f = 1; }") ==
        "  query 1: \"f.n\" = f.n\n  query 2: \"f.deep.deepText\" = f.deep.text\n");
  // A oneof with messages among its members has a rank for each parameter.
  CHECK(query("oneof o { string a = 1; Free f = 2; int32 b = 4; } int32 c = 3;") ==
        "  query 1: \"a\" = a\n  query 2: \"f.n\" = f.n\n  query 3: \"f.deep.deepText\" = "
        "f.deep.text\n  query 4: \"b\" = b\n  query 5: \"c\" = c\n");
  CHECK(
      refused("oneof o { option (buf.validate.oneof).required = true; string a = 1; Free f = 2; }",
              R"(get: "/x")", "E0314",
              "oneof o is required and has a message among its members, which several parameters "
              "show: that one of them is there, one rank per parameter cannot check",
              "string a"));
  CHECK(refused("oneof o { option (buf.validate.oneof).required = true; Free f = 2; }",
                R"(get: "/x")", "E0314", "it is required, but a query shows", "Free f"));
  CHECK(refused("oneof o { option (buf.validate.oneof).required = true; Strict s = 2; }",
                R"(get: "/x" additional_bindings: {get: "/y/z//"})", "E0310", "t.S.Do#1"));
  CHECK(refused(
      "In in = 1; message In { oneof o { option (buf.validate.oneof).required = true; int32 a = 1; "
      "} }",
      R"(get: "/x")", "E0314", "oneof o is required within an optional message", "int32 a"));

  CHECK(refused("repeated Book b = 1;", R"(get: "/x")", "E0314",
                "t.Q.b cannot travel in the query of t.S.Do: it is a list of messages",
                "repeated Book b"));
  CHECK(refused("Tree t = 1;", R"(get: "/x")", "E0314", "its message t.Tree contains itself",
                "Tree child"));
  CHECK(refused("repeated string a = 1 [(buf.validate.field).repeated.max_items = 3];",
                R"(get: "/x")", "E0314", "repeated.max_items", "repeated string a"));
  CHECK(refused("repeated string a = 1 [(buf.validate.field).repeated.min_items = 2];",
                R"(get: "/x")", "E0314", "repeated.min_items", "repeated string a"));
  CHECK(refused("Free f = 1; int32 g = 2 [json_name = \"f.n\"];", R"(get: "/x")", "E0314",
                "its name \"f.n\" is also that of t.Free.n", "int32 g"));
}

TEST_CASE("a query that would explode is refused in bounded time") {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    const std::string next = i == 39 ? "int32" : "W" + std::to_string(i + 1);
    text += "message W" + std::to_string(i) + " { " + next + " a = 1; " + next + " b = 2; }\n";
  }
  CHECK(resolve(text + "message R {} service S { rpc Do(W0) returns (R) { option (google.api.http) "
                       "= {get: \"/x\"}; } }")
            .has_error("E0314", "more than"));
  // Also one that has no parameter at all.
  text.replace(text.find("int32 a = 1; int32 b = 2;"), 25, "");
  CHECK(resolve(text + "message R {} service S { rpc Do(W0) returns (R) { option (google.api.http) "
                       "= {get: \"/x\"}; } }")
            .has_error("E0314", "more than"));
}

TEST_CASE("responses") {
  const auto responses = [](const Outcome& o) {
    if (!o.schema) FAIL(o.diagnostics.text());
    const std::string text = dump(*o.schema);
    return text.substr(text.find("  response"));
  };
  CHECK(responses(bind("int32 a = 1;", R"(get: "/x")",
                       "statuses: [{code: 200}, {code: 404, message: google.rpc.Status}]")) ==
        "  response 200 \"OK\" message t.Reply #1\n  response 404 \"Not Found\" message "
        "google.rpc.Status #2\n");
  CHECK(responses(bind("int32 a = 1;", R"(get: "/x" response_body: "book")")) ==
        "  response 200 \"OK\" field t.Reply.book optional\n");
  CHECK(responses(bind("int32 a = 1;", R"(get: "/x" response_body: "list")")) ==
        "  response 200 \"OK\" field t.Reply.list optional\n");
  // The method's own response does not travel, so it may be what it likes.
  CHECK(bind("int32 a = 1;", R"(get: "/x")", "statuses: [{code: 404, message: google.rpc.Status}]",
             "google.protobuf.Struct")
            .schema);
  CHECK(refused("int32 a = 1;", R"(get: "/x" response_body: "boo")", "E0313",
                "t.Reply has no such field (did you mean `book`?)"));
  CHECK(bind("int32 a = 1;", R"(get: "/x" response_body: "m")", {}, "Strict")
            .has_error("E0313", "field t.Strict.n is required, but does not travel"));
  CHECK(bind("int32 a = 1;", R"(get: "/x" response_body: "n")", {}, "Strict").line("response") ==
        "response 200 \"OK\" field t.Strict.n");
}

TEST_CASE("additional bindings are endpoints of their own") {
  auto o = bind(
      "string name = 1; int32 n = 2;",
      R"(get: "/a/{name}" additional_bindings: {post: "/b" body: "*"} additional_bindings: {get: "/c:list"})");
  REQUIRE(o.schema);
  REQUIRE(o.schema->endpoints.size() == 3);
  CHECK(o.schema->endpoints[0].name == "t.S.Do");
  CHECK(o.schema->endpoints[1].name == "t.S.Do#1");
  CHECK(o.schema->endpoints[1].tag == 2);
  CHECK(o.schema->endpoints[1].body.kind == Body::Kind::message);
  CHECK(o.schema->endpoints[1].query.empty());
  CHECK(o.schema->endpoints[2].verb == "list");
  CHECK(o.schema->endpoints[2].query.size() == 2);
  const QueryParameter& parameter = o.schema->endpoints[2].query[0];
  CHECK(o.schema->field(o.schema->endpoints[2].request, parameter.path).name == "name");
  // Half of all each, unless the policy says a number.
  CHECK(o.schema->endpoints[0].outstanding_cap == 128);
  o = bind("string name = 1;", R"(get: "/a" additional_bindings: {get: "/c"})",
           "services: [{service: t.S, methods: [Do], maxOutstanding: 5}]");
  REQUIRE(o.schema);
  CHECK(o.schema->endpoints[1].outstanding_cap == 5);
  o = bind("string name = 1;", R"(get: "/a" additional_bindings: {get: "/c"})",
           "limits: {maxOutstanding: 1}");
  REQUIRE(o.schema);
  CHECK(o.schema->endpoints[1].outstanding_cap == 1);
}

TEST_CASE("nested fields are reached through their path") {
  auto o = bind("Free f = 1;", R"(get: "/{f.deep.text}")");
  REQUIRE(o.schema);
  const Endpoint& endpoint = o.schema->endpoints[0];
  const FieldPath& path = *endpoint.path[0].variable;
  CHECK(path.proto_path == "f.deep.text");
  CHECK(path.json_path == "f.deep.deepText");
  CHECK(o.schema->field(endpoint.request, path).descriptor->full_name() == "t.Free2.text");
}

TEST_CASE("headers stand by name") {
  auto o = bind("int32 a = 1;", R"(get: "/x")",
                "requestHeaders: [{name: x-b, required: true}, {name: x-a, pattern: \"[0-9]+\"}]\n"
                "responseHeaders: [{name: etag}, {name: cache-control, constant: no-store}]");
  REQUIRE(o.schema);
  const std::string text = dump(*o.schema);
  CHECK(text.substr(text.find("request header")) ==
        "request header x-a pattern=\"[0-9]+\"\nrequest header x-b required\n"
        "response header cache-control constant=\"no-store\"\nresponse header etag\n");
}
