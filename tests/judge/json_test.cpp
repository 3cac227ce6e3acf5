// SPDX-License-Identifier: Apache-2.0
// Canonical JSON bodies of every supported type: what is accepted, and every near miss.
#include <catch2/catch.hpp>

#include "bench.hpp"

namespace sluice::judge::test {
namespace {

const std::string kSchema = R"(
enum Color { option allow_alias = true; NONE = 0; RED = 1; ROT = 1; BLUE = -2; }
message All {
  int32 i32 = 1;
  int64 i64 = 2;
  uint32 u32 = 3;
  uint64 u64 = 4;
  sint32 s32 = 5;
  sint64 s64 = 6;
  fixed32 f32 = 7;
  fixed64 f64 = 8;
  sfixed32 sf32 = 9;
  sfixed64 sf64 = 10;
  bool flag = 11;
  string text = 12;
  bytes blob = 13;
  Color color = 14;
  float fl = 15;
  double db = 16;
  All inner = 17;
  optional int32 opt = 18;
  google.protobuf.Timestamp at = 19;
  google.protobuf.Empty nothing = 20;
  google.protobuf.Any any = 21;
  string snake_name = 22;
  string given = 23 [json_name = "a\"b"];
  repeated int32 ints = 30;
  repeated string texts = 31;
  repeated All inners = 32;
  repeated double doubles = 33;
  repeated Color colors = 34;
  repeated float floats = 35;
}
message Choice {
  oneof pick { string late = 5; int32 early = 2; Choice self = 9; }
  string middle = 3;
  string first = 1;
  repeated string end = 4;
}
service Api {
  rpc Do(All) returns (Choice) { option (google.api.http) = {post: "/all" body: "*"}; }
}
)";

const Bench& bench() {
  static const Bench one(kSchema);
  return one;
}

std::string all(const std::string& body) { return shown(bench().post("/all", body)); }
std::string choice(const std::string& body) { return shown(bench().answer("t.Api.Do", body)); }

TEST_CASE("integers") {
  for (const char* good :
       {R"({"i32":1})", R"({"i32":-2147483648})", R"({"i32":2147483647})",
        R"({"i64":"-9223372036854775808"})", R"({"u32":4294967295})",
        R"({"u64":"18446744073709551615"})", R"({"s32":-1,"s64":"-1"})",
        R"({"f32":7,"f64":"7","sf32":-7,"sf64":"-7"})", R"({"ints":[0,-1,2]})"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad :
       {R"({"i32":2147483648})", R"({"i32":-2147483649})", R"({"u32":-1})", R"({"u32":4294967296})",
        R"({"u64":"18446744073709551616"})", R"({"i64":"9223372036854775808"})", R"({"i32":true})",
        R"({"i32":"x"})", R"({"i32":1.5})"}) {
    INFO(bad);
    CHECK(all(bad) == "json.parse");
  }
  for (const char* bad :
       {R"({"i32":0})", R"({"i32":"1"})", R"({"i32":1.0})", R"({"i32":1e0})", R"({"i32":1E1})",
        R"({"i32":-0})", R"({"i64":1})", R"({"i64":"01"})", R"({"i64":"0"})", R"({"ints":[-0]})",
        R"({"ints":[1,null]})", R"({"ints":[]})", R"({"i32":null})", R"({"i64":"1.0"})",
        R"({"i64":" 1"})"}) {
    INFO(bad);
    CHECK_FALSE(bench().post("/all", bad).accepted);
  }
}

TEST_CASE("other scalars") {
  for (const char* good :
       {R"({"flag":true})", R"({"color":"RED"})", R"({"color":"BLUE"})",
        R"({"colors":["NONE","RED"]})", R"({"blob":"AAE="})", R"({"blob":"+/+/"})",
        R"({"text":"a"})", R"({"texts":[""]})", R"({"snakeName":"x"})", R"({"a\"b":"x"})",
        "{\"text\":\"\x7F\xC3\xA9\"}", R"({"text":"\"\\\b\f\n\r\t\u0000\u001f/"})"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad : {R"({"flag":false})",    R"({"flag":"true"})",
                          R"({"flag":1})",        R"({"color":"ROT"})",
                          R"({"color":1})",       R"({"color":7})",
                          R"({"colors":[7]})",    R"({"color":"NONE"})",
                          R"({"color":"GREEN"})", R"({"color":"red"})",
                          R"({"blob":"AAE"})",    R"({"blob":"AAF="})",
                          R"({"blob":"-_-_"})",   R"({"blob":""})",
                          R"({"text":""})",       R"({"text":"\/"})",
                          R"({"text":"\u0041"})", R"({"text":"\u001F"})",
                          R"({"text":"\u007f"})", R"({"text":"\u0008"})",
                          "{\"text\":\"\t\"}",    R"({"text":"\ud83d\ude00"})",
                          R"({"text":"\ud83d"})", R"({"snake_name":"x"})",
                          R"({"text":1})",        R"({"text":null})"}) {
    INFO(bad);
    CHECK_FALSE(bench().post("/all", bad).accepted);
  }
  CHECK(all("{\"text\":\"\xFF\"}") == "json.utf8");
  CHECK(all("{\"text\":\"\xED\xA0\x80\"}") == "json.utf8");
  CHECK(all(R"({"color":7})") == "enum.unknown at color");
  CHECK(all(R"({"inners":[{"colors":["RED",9]}]})") == "enum.unknown at inners[0].colors[1]");
}

TEST_CASE("floats") {
  for (const char* good :
       {R"({"db":1})", R"({"db":0.1})", R"({"db":1e+21})", R"({"db":-1.5e-7})", R"({"db":5e-324})",
        R"({"db":1.7976931348623157e+308})", R"({"db":"NaN"})", R"({"db":"Infinity"})",
        R"({"db":"-Infinity"})", R"({"fl":3.4028235e+38})", R"({"fl":1e-45})", R"({"fl":0.1})",
        R"({"doubles":[0,1,123456789012345680000]})", R"({"floats":[0,16777216]})"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* longer : {R"({"db":0.10000000000000001})", R"({"fl":0.100000001})",
                             R"({"fl":16777217})", R"({"db":3e-324})", R"({"db":9007199254740993})",
                             R"({"fl":3.40282356e+38})", R"({"doubles":[1,0.30000000000000003]})",
                             R"({"db":1.7976931348623158e+308})", R"({"fl":8e-46})"}) {
    INFO(longer);
    CHECK(all(longer) == "accepted (float)");
  }
  for (const char* bad : {R"({"db":0})",
                          R"({"db":-0})",
                          R"({"db":-0.0})",
                          R"({"db":1.0})",
                          R"({"db":1e5})",
                          R"({"db":1E+21})",
                          R"({"db":1e21})",
                          R"({"db":"1"})",
                          R"({"db":0.100000000000000001})",
                          R"({"db":2e-324})",
                          R"({"db":1e-400})",
                          R"({"db":1e+400})",
                          R"({"db":1.7976931348623159e+308})",
                          R"({"fl":3.40282357e+38})",
                          R"({"fl":1e+39})",
                          R"({"fl":7e-46})",
                          R"({"fl":0.1000000001})",
                          R"({"fl":0.10000000149011612})",
                          R"({"db":NaN})",
                          R"({"db":"nan"})",
                          R"({"db":"+Infinity"})",
                          R"({"doubles":[-0]})",
                          R"({"doubles":[-0.0]})",
                          R"({"doubles":[2e-324]})",
                          R"({"floats":[7e-46]})",
                          R"({"db":00.1})",
                          R"({"db":.5})",
                          R"({"db":5.})",
                          R"({"db":+1})",
                          R"({"db":1000000000000000000000})",
                          R"({"db":0.0000001})"}) {
    INFO(bad);
    CHECK_FALSE(bench().post("/all", bad).accepted);
  }
}

TEST_CASE("messages and well-known types") {
  for (const char* good :
       {"{}", R"({"inner":{}})", R"({"inner":{"inner":{"i32":1}}})", R"({"inners":[{},{"i32":1}]})",
        R"({"opt":0})", R"({"opt":1})", R"({"nothing":{}})", R"({"at":"1970-01-01T00:00:00Z"})",
        R"({"at":"2024-02-29T23:59:59Z"})", R"({"at":"2024-01-01T00:00:00.100Z"})",
        R"({"at":"2024-01-01T00:00:00.000001Z"})", R"({"at":"2024-01-01T00:00:00.000000001Z"})",
        R"({"at":"0001-01-01T00:00:00Z"})", R"({"at":"9999-12-31T23:59:59.999999999Z"})",
        R"({"at":"1969-12-31T23:59:59.999Z"})"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad : {R"({"inner":null})",
                          R"({"inners":[]})",
                          R"({"inners":[null]})",
                          R"({"inners":{}})",
                          R"({"inner":[]})",
                          R"({"opt":null})",
                          R"({"nothing":{"a":1}})",
                          R"({"nothing":null})",
                          R"({"at":"2023-02-29T00:00:00Z"})",
                          R"({"at":"2024-01-01T00:00:00.1Z"})",
                          R"({"at":"2024-01-01T00:00:00.000Z"})",
                          R"({"at":"2024-01-01T00:00:00.100000Z"})",
                          R"({"at":"2024-01-01T00:00:00+00:00"})",
                          R"({"at":"2024-01-01T01:00:00+01:00"})",
                          R"({"at":"2024-01-01t00:00:00z"})",
                          R"({"at":"2024-01-01T00:00:60Z"})",
                          R"({"at":"2024-01-01T24:00:00Z"})",
                          R"({"at":"0000-01-01T00:00:00Z"})",
                          R"({"at":{"seconds":"1"}})",
                          R"({"at":"2024-13-01T00:00:00Z"})",
                          R"({"at":"2024-01-01 00:00:00Z"})",
                          R"({"any":null})"}) {
    INFO(bad);
    CHECK_FALSE(bench().post("/all", bad).accepted);
  }
  CHECK(all(R"({"any":{}})") == "any.unlisted at any");
  CHECK(all(R"({"any":{"@type":"type.googleapis.com/t.Choice","first":"a"}})") ==
        "any.unlisted at any");
}

TEST_CASE("members") {
  CHECK(all(R"({"i32":1,"i64":"2","inners":[{}]})") == "accepted");
  for (const char* bad : {R"({"i64":"2","i32":1})",
                          R"({"i32":1,"i32":1})",
                          R"({"i32":1,"i32":2})",
                          R"({"i32":1,"other":2})",
                          R"({"i32":1,})",
                          R"({"i32" :1})",
                          R"({"i32": 1})",
                          R"( {"i32":1})",
                          "{\"i32\":1}\n",
                          R"({"i32":1}{})",
                          R"({"i32":1)",
                          R"({i32:1})",
                          R"({'i32':1})",
                          R"(["i32"])",
                          R"("i32")",
                          "null",
                          "1",
                          "",
                          "\xEF\xBB\xBF{}",
                          R"({"inner":{"i32":1},"inner":{"i64":"2"}})",
                          R"({"ints":[1],"ints":[2]})",
                          R"({"ints":[1,]})",
                          R"({"ints":[1 ,2]})",
                          R"({"ints":1})",
                          R"({"texts":["a" "b"]})",
                          R"({"/*x*/i32":1})",
                          R"({"i32":1/*x*/})"}) {
    INFO(bad);
    CHECK_FALSE(bench().post("/all", bad).accepted);
  }
  CHECK(all(R"({"i32":1,"other":2})") == "json.parse");
  CHECK(all(R"({"i64":"2","i32":1})") == "canonical");
}

TEST_CASE("oneofs stand at their lowest number") {
  // early = 2, middle = 3, late = 5, self = 9: whichever is set stands between first and middle.
  CHECK(choice(R"({"first":"a","early":0,"middle":"b"})") == "accepted");
  CHECK(choice(R"({"first":"a","late":"","middle":"b","end":["c"]})") == "accepted");
  CHECK(choice(R"({"first":"a","self":{"late":"x"},"middle":"b"})") == "accepted");
  CHECK(choice(R"({"first":"a","middle":"b","late":"x"})") == "canonical");
  CHECK(choice(R"({"middle":"b","end":["c"],"late":"x"})") == "canonical");
  CHECK_FALSE(bench().answer("t.Api.Do", R"({"early":1,"late":"x"})").accepted);
  CHECK_FALSE(bench().answer("t.Api.Do", R"({"late":"x","early":1})").accepted);
  CHECK_FALSE(bench().answer("t.Api.Do", R"({"early":1,"late":null})").accepted);
}

TEST_CASE("depth") {
  const auto nested = [](int levels) {
    std::string body;
    for (int i = 0; i < levels; ++i) body += R"({"inner":)";
    body += "{}";
    return body + std::string(static_cast<std::size_t>(levels), '}');
  };
  CHECK(all(nested(60)) == "accepted");
  CHECK(all(nested(99)) == "accepted");
  CHECK(all(nested(100)) == "judge.depth");
  CHECK(all(nested(5000)) == "judge.depth");
  // Braces in strings are no levels, and hostile nesting of other kinds ends in a rejection.
  CHECK(all(R"({"text":")" + std::string(500, '{') + R"("})") == "accepted");
  CHECK_FALSE(bench().post("/all", std::string(30000, '[')).accepted);
  CHECK_FALSE(bench().post("/all", R"({"ints":)" + std::string(30000, '[')).accepted);
  CHECK_FALSE(bench().post("/all", "{'a':'" + std::string(9000, '{')).accepted);
  std::string quotes;
  for (int i = 0; i < 300; ++i) quotes += "{'inner':";
  CHECK_FALSE(bench().post("/all", quotes).accepted);
}

TEST_CASE("defaults: PRINT and int64: BARE") {
  const Bench printing(R"(
message M {
  int32 a = 1; string b = 2; optional int32 c = 3; repeated int32 d = 4; M e = 5; uint64 f = 6;
  oneof o { int32 g = 7; string h = 8; }
  google.protobuf.Timestamp t = 9;
}
message Q { int32 a = 1; uint64 f = 6; }
service Api {
  rpc Do(M) returns (M) { option (google.api.http) = {post: "/m/{b}" body: "*"}; }
  rpc List(Q) returns (M) { option (google.api.http) = {get: "/m"}; }
}
)",
                       {"t.Api", "json: {defaults: PRINT, int64: BARE}\n"});
  const auto answered = [&](const std::string& body) {
    return shown(printing.answer("t.Api.Do", body));
  };
  CHECK(answered(R"({"a":0,"b":"","f":0})") == "accepted");
  CHECK(
      answered(
          R"({"a":0,"b":"","c":0,"d":[1],"e":{"a":0,"b":"","f":0},"f":18446744073709551615,"g":0})") ==
      "accepted");
  CHECK(answered(R"({"a":0,"b":"","d":[],"f":0})") == "canonical");
  CHECK(answered(R"({"b":"","f":0})") == "canonical");
  CHECK(answered(R"({"a":0,"b":"","f":"0"})") == "canonical");
  CHECK(answered(R"({"a":0,"b":"","e":{},"f":0})") == "canonical");
  // A path field stands in the path alone, and a query has no defaults.
  CHECK(shown(printing.post("/m/x", R"({"a":0,"f":0})")) == "accepted");
  CHECK(shown(printing.post("/m/x", R"({"a":0,"b":"x","f":0})")) == "canonical");
  CHECK(shown(printing.get("/m")) == "accepted");
  CHECK(shown(printing.get("/m?a=0")) == "canonical");
  CHECK(shown(printing.get("/m?f=7")) == "accepted");
}

TEST_CASE("enums: NUMBERS and names: ORIGINAL") {
  const std::string schema = R"(
enum E { NONE = 0; ONE = 1; MINUS = -1; }
message M {
  E one_e = 1; repeated E many_e = 2; google.protobuf.NullValue null_v = 3;
  optional google.protobuf.NullValue null_o = 4; M my_m = 5; string given = 6 [json_name = "other"];
  google.protobuf.FieldMask the_mask = 7;
}
service Api {
  rpc Do(M) returns (M) { option (google.api.http) = {post: "/m/{one_e}" body: "*"}; }
  rpc List(N) returns (M) { option (google.api.http) = {get: "/n"}; }
}
message N { E one_e = 1; repeated E many_e = 2; O my_o = 3; }
message O { E in_o = 1; }
)";
  const Bench numbers(schema, {"t.Api", "json: {enums: NUMBERS}\n"});
  const auto answered = [](const Bench& bench, const std::string& body) {
    return shown(bench.answer("t.Api.Do", body));
  };
  CHECK(answered(numbers, R"({"oneE":1,"manyE":[0,-1,1],"nullO":null})") == "accepted");
  CHECK(answered(numbers, R"({"oneE":"ONE"})") == "canonical");
  CHECK(answered(numbers, R"({"oneE":"1"})") != "accepted");
  CHECK(answered(numbers, R"({"oneE":1.0})") != "accepted");
  CHECK(answered(numbers, R"({"oneE":0})") == "canonical");
  CHECK(answered(numbers, R"({"oneE":2})") == "enum.unknown at one_e");
  CHECK(answered(numbers, R"({"nullO":0})") != "accepted");
  CHECK(shown(numbers.post("/m/-1", "{}")) == "accepted");
  CHECK(shown(numbers.post("/m/ONE", "{}")) == "canonical");
  CHECK(shown(numbers.get("/n?oneE=1&manyE=0&manyE=-1&myO.inO=1")) == "accepted");
  CHECK_FALSE(numbers.get("/n?oneE=2").accepted);
  CHECK_FALSE(numbers.get("/n?oneE=ONE").accepted);

  const Bench names(schema, {"t.Api", "json: {names: ORIGINAL}\n"});
  CHECK(
      answered(names, R"({"one_e":"ONE","my_m":{"many_e":["ONE"],"given":"x"},"the_mask":"aB"})") ==
      "accepted");
  CHECK(answered(names, R"({"oneE":"ONE"})") == "canonical");
  CHECK(answered(names, R"({"other":"x"})") == "canonical");
  CHECK(answered(names, R"({"the_mask":"a_b"})") != "accepted");
  CHECK(shown(names.get("/n?one_e=ONE&my_o.in_o=ONE")) == "accepted");
  CHECK_FALSE(names.get("/n?oneE=ONE").accepted);
  // Where nothing is said, a number is no canonical spelling of an enum.
  const Bench plain(schema);
  CHECK_FALSE(plain.get("/n?oneE=1").accepted);
}

}  // namespace
}  // namespace sluice::judge::test
