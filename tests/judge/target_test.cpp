// SPDX-License-Identifier: Apache-2.0
// Paths, queries, and which field travels where.
#include <catch2/catch.hpp>

#include "bench.hpp"
#include "judge/path_template.hpp"

namespace sluice::judge::test {
namespace {

TEST_CASE("templates") {
  const auto error_of = [](const std::string& text) {
    std::string error;
    return PathTemplate::parse(text, error) ? "" : error;
  };
  for (const char* good :
       {"/v1", "/v1/{a}", "/v1/{a=*}", "/v1/{a.b_c=x/*/y/**}:verb", "/{a}/{b}", "/v1/a:b"}) {
    INFO(good);
    CHECK(error_of(good) == "");
  }
  for (const char* bad :
       {"", "v1", "/", "/v1/", "/v1//a", "/v1/*", "/v1/**", "/v1/{a", "/v1/a}", "/v1/{}",
        "/v1/{a=}", "/v1/{a=b//c}", "/v1/x{a}", "/v1/{1a}", "/v1/{a..b}", "/v1/a:", "/v1/a:b:c",
        "/v1/{a=**}/{b=**}", "/v1/{a={b}}"}) {
    INFO(bad);
    CHECK(error_of(bad) != "");
  }
}

const std::string kSchema = R"(
enum Kind { NONE = 0; BIG = 1; }
message Book { string name = 1; string title = 2; Book sequel = 3; }
message Sub { int32 x = 1; string y = 2; repeated int32 z = 3; google.protobuf.Empty none = 4; }
message Req {
  string name = 1;
  int64 id = 2;
  Kind kind = 3;
  bool flag = 4;
  double db = 5;
  bytes blob = 6;
  repeated string tags = 7;
  optional int32 opt = 8;
  Sub sub = 9;
  google.protobuf.Timestamp at = 10;
  oneof pick { int32 late = 14; string early = 11; }
  string between = 12;
  google.protobuf.Any any = 13;
  float fl = 15;
  string weird_name = 16 [json_name = "a b"];
  repeated google.protobuf.Timestamp times = 17;
  repeated Kind kinds = 18;
}
message Update { Book book = 1; string mask = 2; Sub sub = 3; }
message Parts { repeated int32 list = 1; string text = 2; optional string maybe = 3; }
service Api {
  rpc Get(Req) returns (Book) { option (google.api.http) = {get: "/v1/{name=shelves/*/books/*}"}; }
  rpc Special(Req) returns (Book) { option (google.api.http) = {get: "/v1/shelves/s/books/{name}"}; }
  rpc Verb(Req) returns (Book) {
    option (google.api.http) = {post: "/v1/{name=shelves/*}:archive" body: "*"
      additional_bindings {get: "/v1/rest/{name=**}"}
      additional_bindings {custom {kind: "HEAD" path: "/v1/head"}}};
  }
  rpc One(Req) returns (Book) { option (google.api.http) = {get: "/v1/one/{name}/end"}; }
  rpc Id(Req) returns (Book) { option (google.api.http) = {get: "/v1/id/{id}/{kind}/{flag}/{sub.x}"}; }
  rpc Float(Req) returns (Book) { option (google.api.http) = {get: "/v1/float/{db}/{fl}"}; }
  rpc List(Req) returns (Book) { option (google.api.http) = {get: "/v1/list"}; }
  rpc Patch(Update) returns (Book) {
    option (google.api.http) = {patch: "/v1/{book.name=books/*}" body: "book"};
  }
  rpc Whole(Update) returns (Book) {
    option (google.api.http) = {put: "/v1/{book.name=books/*}" body: "*"};
  }
  rpc Items(Parts) returns (Parts) {
    option (google.api.http) = {post: "/v1/items" body: "list" response_body: "list"};
  }
  rpc Text(Parts) returns (Parts) {
    option (google.api.http) = {post: "/v1/text" body: "text" response_body: "maybe"};
  }
}
)";

const Bench& bench() {
  static const Bench one(kSchema);
  return one;
}

std::string get(const std::string& target) { return shown(bench().get(target)); }

TEST_CASE("paths") {
  CHECK(get("/v1/shelves/a/books/b") == "accepted");
  CHECK(bench().get("/v1/shelves/a/books/b").endpoint == "t.Api.Get");
  CHECK(bench().get("/v1/shelves/s/books/b").endpoint == "t.Api.Special");  // the literal wins
  CHECK(bench().get("/v1/rest/a").endpoint == "t.Api.Verb#1");
  CHECK(bench().call("HEAD", "/v1/head").endpoint == "t.Api.Verb#2");
  CHECK(get("/v1/rest/a/b/c") == "accepted");
  CHECK(get("/v1/shelves/%C3%A9/books/a%20b") == "accepted");
  CHECK(get("/v1/one/a%2Fb/end") == "accepted");  // '/' within one segment
  CHECK(get("/v1/one/.../end") == "accepted");
  CHECK(shown(bench().post("/v1/shelves/a:archive", "{}")) == "accepted");

  for (const char* bad : {"/",
                          "",
                          "v1",
                          "/v1",
                          "/v1/shelves/a/books",
                          "/v1/shelves/a/books/",
                          "/v1/shelves//books/b",
                          "/v1/shelves/a/books/b/c",
                          "/v2/shelves/a/books/b",
                          "/v1/shelves/./books/b",
                          "/v1/shelves/../books/b",
                          "/v1/shelves/a/books/..",
                          "/v1/shelves/%2E%2E/books/b",
                          "/v1/shelves/a%2Fx/books/b",
                          "/v1/shelves/%c3%a9/books/b",
                          "/v1/shelves/%C3/books/b",
                          "/v1/shelves/a%/books/b",
                          "/v1/shelves/a+b/books/b",
                          "/v1/shelves/%61/books/b",
                          "/v1/shelves/a:b/books/c",
                          "/v1/rest",
                          "/v1/rest/",
                          "/v1/rest/a//b",
                          "/v1/rest/a/../b",
                          "/v1/rest/a%2Fb",
                          "/v1/one//end",
                          "/v1/one/../end",
                          "/v1/shelves/a/books/b#x",
                          "http://api.example/v1/shelves/a/books/b",
                          "/V1/shelves/a/books/b",
                          "/v1/shelves/a/books/b:archive",
                          "*"}) {
    INFO(bad);
    CHECK_FALSE(bench().get(bad).accepted);
  }
  CHECK(shown(bench().post("/v1/shelves/a:Archive", "{}")) == "http.path");
  CHECK(shown(bench().post("/v1/shelves/a%3Aarchive", "{}")) == "http.path");
  CHECK(shown(bench().call("POST", "/v1/shelves/a:archive")) == "http.body");
}

TEST_CASE("typed path variables") {
  CHECK(get("/v1/id/-5/BIG/true/7") == "accepted");
  CHECK(get("/v1/id/0/NONE/false/0") == "accepted");
  CHECK(get("/v1/id/-5/BIG/true/7?sub.y=a") == "accepted");
  for (const char* bad :
       {"/v1/id/05/BIG/true/7", "/v1/id/5.0/BIG/true/7", "/v1/id/-0/BIG/true/7",
        "/v1/id/5/1/true/7", "/v1/id/5/BIG/1/7", "/v1/id/9223372036854775808/BIG/true/7",
        "/v1/id/5/BIG/true/7?sub.x=7", "/v1/id/5/BIG/true/7?id=5"}) {
    INFO(bad);
    CHECK_FALSE(bench().get(bad).accepted);
  }
  CHECK(get("/v1/float/1.5/1e%2B30") == "accepted");
  CHECK(get("/v1/float/0.10000000000000001/NaN") == "accepted (float)");
  CHECK(get("/v1/float/0/0") == "accepted");
  CHECK_FALSE(bench().get("/v1/float/-0/0").accepted);
  CHECK_FALSE(bench().get("/v1/float/1.5/1e+30").accepted);
  CHECK_FALSE(bench().get("/v1/float/1.50/1").accepted);
  CHECK_FALSE(bench().get("/v1/float/inf/1").accepted);
  CHECK_FALSE(bench().get("/v1/float/nan/1").accepted);
}

TEST_CASE("queries") {
  for (const char* good :
       {"/v1/list",
        "/v1/list?name=a",
        "/v1/list?name=a%20%2F%26%3D%3F",
        "/v1/list?name=a%22%5C",
        "/v1/list?id=-7",
        "/v1/list?kind=BIG",
        "/v1/list?flag=true",
        "/v1/list?db=1.5",
        "/v1/list?db=NaN",
        "/v1/list?db=-Infinity",
        "/v1/list?db=1e%2B21",
        "/v1/list?blob=AAE%3D",
        "/v1/list?blob=%2B%2F%2B%2F",
        "/v1/list?tags=a&tags=",
        "/v1/list?tags=b&tags=a",
        "/v1/list?opt=0",
        "/v1/list?sub.x=1&sub.y=b&sub.z=0&sub.z=1",
        "/v1/list?at=2024-01-01T00%3A00%3A00Z",
        "/v1/list?at=1970-01-01T00%3A00%3A00Z",
        "/v1/list?early=",
        "/v1/list?late=0&between=a",
        "/v1/list?a%20b=x",
        "/v1/"
        "list?times=1970-01-01T00%3A00%3A00Z&times=1970-01-01T00%3A00%3A01Z&kinds=NONE&kinds=BIG",
        "/v1/list?name=a&id=1&sub.y=c&between=d"}) {
    INFO(good);
    CHECK(get(good) == "accepted");
  }
  CHECK(get("/v1/list?db=0.10000000000000001") == "accepted (float)");
  for (const char* bad : {"/v1/list?",
                          "/v1/list?name",
                          "/v1/list?name=",
                          "/v1/list?=a",
                          "/v1/list?&name=a",
                          "/v1/list?name=a&",
                          "/v1/list?name=a&name=b",
                          "/v1/list?name=a&name=a",
                          "/v1/list?id=1&name=a",
                          "/v1/list?name=a+b",
                          "/v1/list?name=a%2f",
                          "/v1/list?name=%41",
                          "/v1/list?name=a/b",
                          "/v1/list?name=a?b",
                          "/v1/list?name=a=b",
                          "/v1/list?name=%FF",

                          "/v1/list?id=0",
                          "/v1/list?id=07",
                          "/v1/list?id=%2B7",
                          "/v1/list?id=%227%22",
                          "/v1/list?kind=NONE",
                          "/v1/list?kind=1",
                          "/v1/list?flag=false",
                          "/v1/list?flag=1",
                          "/v1/list?db=1e21",
                          "/v1/list?db=-0",
                          "/v1/list?db=inf",
                          "/v1/list?db=0",
                          "/v1/list?blob=AAE",
                          "/v1/list?blob=AAF%3D",
                          "/v1/list?blob=AAE=",
                          "/v1/list?tags=a&id=1",
                          "/v1/list?sub=x",
                          "/v1/list?sub.x=0",
                          "/v1/list?sub.w=1",
                          "/v1/list?sub.none=",
                          "/v1/list?sub.y=b&sub.x=1",
                          "/v1/list?sub%2Ex=1",
                          "/v1/list?any=",
                          "/v1/list?weird_name=x",
                          "/v1/list?weirdName=x",
                          "/v1/list?a+b=x",
                          "/v1/list?at=2024-01-01T00:00:00Z",
                          "/v1/list?at=2024-01-01T01%3A00%3A00%2B01%3A00",
                          "/v1/list?at=",
                          "/v1/list?between=a&late=0",
                          "/v1/list?early=a&late=1",
                          "/v1/list?late=1&early=a",
                          "/v1/list?unknown=1",
                          "/v1/list?name=a#b",
                          "/v1/list?Name=a",
                          "/v1/list?opt="}) {
    INFO(bad);
    CHECK_FALSE(bench().get(bad).accepted);
  }
  CHECK(get("/v1/list?unknown=1") == "http.query");
  CHECK(get("/v1/list?id=x") == "http.query at id");
  CHECK(get("/v1/list?sub.y=b&sub.x=1") == "canonical");
  // The path has the field already.
  CHECK(get("/v1/rest/a?name=b") == "http.query");
}

TEST_CASE("a field travels in one place") {
  const auto patch = [](const std::string& target, const std::string& body) {
    return shown(bench().call("PATCH", target, body));
  };
  CHECK(patch("/v1/books/b", R"({"title":"t"})") == "accepted");
  CHECK(patch("/v1/books/b?mask=m&sub.x=1", R"({"title":"t","sequel":{"name":"c"}})") ==
        "accepted");
  CHECK(shown(bench().call("PATCH", "/v1/books/b")) ==
        "accepted");  // no more of the book than its name
  CHECK(patch("/v1/books/b", "{}") == "canonical");
  CHECK(patch("/v1/books/b", R"({"name":"books/b","title":"t"})") == "canonical");
  CHECK(patch("/v1/books/b", R"({"name":"","title":"t"})") == "canonical");
  CHECK(patch("/v1/books/b", R"({"title":"t"},"mask":"m")") == "canonical");  // out of the wrapping
  CHECK(patch("/v1/books/b", R"(null)") == "canonical");
  CHECK(patch("/v1/books/b?book.title=t", R"({"title":"t"})") == "http.query");

  const auto put = [](const std::string& body) {
    return shown(bench().call("PUT", "/v1/books/b", body));
  };
  CHECK(put("{}") == "accepted");
  CHECK(put(R"({"book":{"title":"t"},"mask":"m"})") == "accepted");
  CHECK(put(R"({"book":{}})") == "canonical");
  CHECK(put(R"({"book":{"name":"books/b"}})") == "canonical");
  CHECK(put(R"({"book":{"title":"t","sequel":{"name":"x"}}})") == "accepted");
  CHECK_FALSE(bench().call("PUT", "/v1/books/b?mask=m", "{}").accepted);
}

TEST_CASE("bodies that are no messages") {
  CHECK(shown(bench().post("/v1/items", "[1,2]")) == "accepted");
  CHECK(shown(bench().post("/v1/items?text=a", "[0]")) == "accepted");
  CHECK(shown(bench().call("POST", "/v1/items")) == "accepted");
  CHECK(shown(bench().post("/v1/items", "[]")) == "canonical");
  CHECK(shown(bench().post("/v1/items", "{}")) != "accepted");
  CHECK(shown(bench().answer("t.Api.Items", "[1]")) == "accepted");
  CHECK(shown(bench().raw_response("t.Api.Items", "HTTP/1.1 200 OK\r\n\r\n")) == "accepted");
  CHECK(shown(bench().answer("t.Api.Items", "[]")) == "canonical");
  CHECK(shown(bench().post("/v1/text", R"("a")")) == "accepted");
  CHECK(shown(bench().post("/v1/text", R"("")")) == "canonical");
  CHECK(shown(bench().post("/v1/text", R"(null)")) == "canonical");
  CHECK(shown(bench().answer("t.Api.Text", R"("")")) == "accepted");  // explicit presence
  CHECK(shown(bench().raw_response("t.Api.Text", "HTTP/1.1 200 OK\r\n\r\n")) == "accepted");
}

TEST_CASE("a oneof between path and body") {
  const Bench own(R"(
message M { oneof o { string a = 1; string b = 2; } string c = 3; }
service Api { rpc Do(M) returns (M) { option (google.api.http) = {post: "/{a}" body: "*"}; } }
)");
  CHECK(shown(own.post("/x", R"({"c":"y"})")) == "accepted");
  CHECK(shown(own.post("/x", R"({"b":"y"})")) == "canonical");
}

TEST_CASE("ambiguous templates") {
  const Bench own(R"(
message M { string a = 1; string b = 2; }
service Api {
  rpc Any(M) returns (M) { option (google.api.http) = {get: "/{a}/x"}; }
  rpc Rest(M) returns (M) { option (google.api.http) = {get: "/{a=*/*}"}; }
  rpc Lit(M) returns (M) { option (google.api.http) = {get: "/y/{b}"}; }
  rpc Same(M) returns (M) { option (google.api.http) = {get: "/{b=*/*/*}"}; }
  rpc Again(M) returns (M) { option (google.api.http) = {get: "/{a=*/*/*}"}; }
}
)");
  CHECK(own.get("/1/2").endpoint == "t.Api.Rest");
  CHECK(own.get("/1/x").endpoint == "t.Api.Any");
  CHECK(own.get("/y/2").endpoint == "t.Api.Lit");
  CHECK(own.get("/y/x").endpoint == "t.Api.Lit");  // the first segment that differs decides
  CHECK(shown(own.get("/1/2/3")) == "judge.ambiguous");
}

}  // namespace
}  // namespace sluice::judge::test
