// SPDX-License-Identifier: Apache-2.0
// Struct, Value, ListValue and NullValue; and google.protobuf.Any, which may hold them.
#include <catch2/catch.hpp>
#include <functional>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

using Verdicts = std::function<std::string(const std::string&)>;

void check(const Verdicts& verdict, const std::vector<std::string>& good,
           const std::vector<std::string>& bad) {
  for (const std::string& body : good) {
    INFO(body);
    CHECK(verdict(body) == "accepted");
  }
  for (const std::string& body : bad) {
    INFO(body);
    CHECK(verdict(body) != "accepted");
  }
}

TEST_CASE("struct, value and list") {
  const Field field(R"(
    google.protobuf.Struct s = 1;
    google.protobuf.Value v = 2;
    google.protobuf.ListValue l = 3;
    repeated google.protobuf.Value vs = 4;
    repeated google.protobuf.Struct ss = 5;
    oneof pick { google.protobuf.Value a = 6; google.protobuf.Struct b = 7; }
  )");
  check(std::cref(field),
        {R"({"s":{}})",
         R"({"l":[]})",
         R"({"v":null})",
         R"({"v":true})",
         R"({"v":false})",
         R"({"v":0})",
         R"({"v":-1.5e-7})",
         R"({"v":1e+21})",
         R"({"v":"NaN"})",
         R"({"v":""})",
         R"({"v":"\u0000\"é"})",
         R"({"v":{}})",
         R"({"v":[]})",
         R"({"v":[[],{},null,[null]]})",
         R"({"v":{"a":{"b":[1,"x",{"c":null}]}}})",
         R"({"s":{"a":null,"b":1}})",
         R"({"s":{"":0}})",
         R"({"s":{"":0," ":1,"!":2,"A":3,"\"":4,"\\":5,"a":6}})",
         R"({"s":{"a":1,"a ":2,"a!":3,"aa":4}})",
         R"({"s":{"\n":1,"\u0000":2,"]":3,"é":4}})",
         R"({"l":[1,[2,[3]],{}]})",
         R"({"vs":[null,1,"a"]})",
         R"({"ss":[{},{"a":1}]})",
         R"({"a":null})",
         R"({"b":{}})",
         R"({"v":{"fields":{}}})",
         R"({"v":123456789012345680000})"},
        {R"({"s":null})",
         R"({"l":null})",
         R"({"s":[]})",
         R"({"l":{}})",
         R"({"s":{"b":1,"a":2}})",
         R"({"s":{"a":1,"a":1}})",
         R"({"s":{"a":1,"a":2}})",
         R"({"v":{"b":1,"a":1}})",
         R"({"v":[{"b":1,"a":1}]})",
         R"({"v":-0})",
         R"({"v":-0.0})",
         R"({"v":1.0})",
         R"({"v":1e21})",
         R"({"v":01})",
         R"({"v":1e400})",
         R"({"v":NaN})",
         R"({"v":Infinity})",
         R"({"v":nul})",
         R"({"v":[1,]})",
         R"({"v":[ ]})",
         R"({"v":{ }})",
         R"({"v":"\/"})",
         R"({"vs":[]})",
         R"({"ss":[null]})",
         R"({"v":})",
         R"({"v":[1 ,2]})",
         R"({"v":'a'})",
         R"({"a":1,"b":{}})",
         R"({"v":0.10000000000000000001})",
         R"({"s":{"a ":2,"a":1}})",
         R"({"s":{"\"":4,"!":2}})",
         R"({"s":{a:1}})",
         R"({"v":100000000000000000000000})",
         R"({"v":5e-325})"});
  CHECK(field(R"({"v":0.10000000000000001})") == "accepted (float)");
  const auto nested = [](int levels, const std::string& open, const std::string& close) {
    std::string body = "{\"v\":";
    for (int i = 0; i < levels; ++i) body += open;
    body += "1";
    for (int i = 0; i < levels; ++i) body += close;
    return body + "}";
  };
  for (int levels : {1, 30, 64, 90}) {
    INFO(levels);
    CHECK(field(nested(levels, "[", "]")) == "accepted");
    CHECK(field(nested(levels, "{\"a\":", "}")) == "accepted");
  }
  CHECK(field(nested(200, "{\"a\":", "}")) == "judge.depth");
  CHECK(field(nested(500, "[", "]")) == "judge.depth");
  CHECK(field(nested(20000, "[", "]")) == "judge.depth");
}

TEST_CASE("null values") {
  const Field field(R"(
    google.protobuf.NullValue plain = 1;
    optional google.protobuf.NullValue given = 2;
    repeated google.protobuf.NullValue list = 3;
    oneof pick { google.protobuf.NullValue none = 4; int32 some = 5; }
  )");
  check(std::cref(field),
        {"{}", R"({"given":null})", R"({"list":[null,null]})", R"({"none":null})",
         R"({"given":null,"none":null})"},
        {R"({"plain":null})", R"({"given":"NULL_VALUE"})", R"({"given":0})", R"({"list":[]})",
         R"({"list":[0]})", R"({"none":null,"some":1})", R"({"list":null})"});
}

TEST_CASE("bodies of one field") {
  const std::string fields =
      "google.protobuf.Struct s = 1; google.protobuf.Value v = 2; google.protobuf.ListValue l = 3; "
      "google.protobuf.Int32Value w = 4; google.protobuf.Duration d = 5;";
  const auto answer = [&](const std::string& field, const std::string& body) {
    const Bench bench("message M {" + fields +
                      "}\nservice Api { rpc Do(M) returns (M) { option (google.api.http) = {post: "
                      "\"/m\" body: \"*\" response_body: \"" +
                      field + "\"}; } }\n");
    if (body.empty()) return shown(bench.raw_response("t.Api.Do", "HTTP/1.1 200 OK\r\n\r\n"));
    return shown(bench.answer("t.Api.Do", body));
  };
  CHECK(answer("s", "") == "accepted");
  CHECK(answer("s", "{}") == "canonical");
  CHECK(answer("s", R"({"a":1})") == "accepted");
  CHECK(answer("l", "[]") == "canonical");
  CHECK(answer("l", "[null]") == "accepted");
  for (const char* value : {"null", "{}", "[]", "0", "\"\""})
    CHECK(answer("v", value) == "accepted");
  CHECK(answer("v", "") == "accepted");
  CHECK(answer("w", "0") == "accepted");
  CHECK(answer("w", "null") != "accepted");
  CHECK(answer("d", "\"0s\"") == "accepted");
}

TEST_CASE("any of listed types") {
  const Bench bench(
      R"(
message N { int32 a = 1 [(buf.validate.field).int32.gt = 5]; string b = 2; google.protobuf.Any c = 3; google.protobuf.FieldMask m = 4; }
message Unlisted { int32 a = 1; }
message M { google.protobuf.Any any = 1; repeated google.protobuf.Any list = 2; }
service Api { rpc Do(M) returns (M) { option (google.api.http) = {post: "/m" body: "*"}; } }
)",
      {"t.Api",
       "anyTypes: [t.N, google.protobuf.Timestamp, google.protobuf.Duration, "
       "google.protobuf.FieldMask, google.protobuf.Int64Value, google.protobuf.Struct, "
       "google.protobuf.Any, "
       "google.protobuf.Empty]\n"});
  const auto any = [&](const std::string& rest) {
    return shown(bench.post("/m", R"({"any":{"@type":"type.googleapis.com/)" + rest + "}"));
  };
  check(
      any,
      {R"(t.N"})", R"(t.N","a":1})", R"(t.N","a":1,"b":"x"})", R"(t.N","m":"fooBAR,Ab"})",
       R"(t.N","c":{"@type":"type.googleapis.com/t.N","a":2,"m":"FOO.b"}})",
       R"(google.protobuf.Empty"})",
       R"(google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"})",
       R"(google.protobuf.Duration","value":"-0.500s"})",
       R"(google.protobuf.FieldMask","value":"fooBar,a.b"})",
       R"(google.protobuf.FieldMask","value":""})", R"(google.protobuf.Int64Value","value":"0"})",
       R"(google.protobuf.Struct","value":{}})", R"(google.protobuf.Struct","value":{"a":[null]}})",

       R"(google.protobuf.Any","value":{"@type":"type.googleapis.com/t.N","a":1}})",
       R"(google.protobuf.Any","value":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}})"},
      {R"(t.Unlisted"})", R"(t.Unlisted","a":1})", R"(t.M"})", R"(t.X"})", R"(t.N","a":0})",
       R"(t.N","b":"x","a":1})", R"(t.N","value":{"a":1}})", R"(t.N","x":1})",
       R"(google.protobuf.Duration","value":"0.5s"})", R"(google.protobuf.Duration"})",
       R"(google.protobuf.Empty","value":{}})", R"(google.protobuf.Int64Value","value":0})",
       R"(google.protobuf.Struct","value":{"b":1,"a":1}})", R"(t.N" })",
       R"(google.protobuf.StringValue","value":""})",
       R"(google.protobuf.Any","value":{"@type":"type.googleapis.com/t.Unlisted"}})"});
  check(
      [&](const std::string& body) { return shown(bench.post("/m", body)); },
      {R"({"list":[{"@type":"type.googleapis.com/t.N"},{"@type":"type.googleapis.com/t.N","a":1}]})"},
      {R"({"any":{}})", R"({"any":null})", R"({"any":{"@type":""}})", R"({"any":{"@type":"t.N"}})",
       R"({"any":{"@type":"type.googleapis.com/t.N/"}})",
       R"({"any":{"@type":"http://type.googleapis.com/t.N"}})",
       R"({"any":{"@type":"other.example/t.N"}})",
       R"({"any":{"a":1,"@type":"type.googleapis.com/t.N"}})",
       R"({"any":{"@type":"type.googleapis.com\/t.N"}})", R"({"list":[{}]})"});
  CHECK(any(R"(t.Unlisted","a":1})") == "any.unlisted at any");
}

TEST_CASE("rules on any") {
  const auto field = [](const std::string& rules) {
    return Bench(api("google.protobuf.Any f = 1 [(buf.validate.field).any = {" + rules + "}];",
                     "message N {}\nmessage O {}\n"),
                 {"t.Api", "anyTypes: [t.N, t.O]\n"});
  };
  const std::string n = R"({"f":{"@type":"type.googleapis.com/t.N"}})";
  const std::string o = R"({"f":{"@type":"type.googleapis.com/t.O"}})";
  const Bench in = field("in: \"type.googleapis.com/t.N\"");
  CHECK(shown(in.post("/m", "{}")) == "accepted");
  CHECK(shown(in.post("/m", n)) == "accepted");
  CHECK(shown(in.post("/m", o)) == "any.in at f");
  const Bench out = field("not_in: \"type.googleapis.com/t.N\"");
  CHECK(shown(out.post("/m", n)) == "any.not_in at f");
  CHECK(shown(out.post("/m", o)) == "accepted");
}

}  // namespace
}  // namespace sluice::judge::test
