// SPDX-License-Identifier: Apache-2.0
// Wrappers, Duration and FieldMask in JSON bodies and in queries, and the rules on them.
#include <catch2/catch.hpp>

#include "field.hpp"

namespace sluice::judge::test {
namespace {

const char* const kAll = R"(
  google.protobuf.Int32Value i32 = 1;
  google.protobuf.Int64Value i64 = 2;
  google.protobuf.UInt32Value u32 = 3;
  google.protobuf.UInt64Value u64 = 4;
  google.protobuf.BoolValue flag = 5;
  google.protobuf.StringValue text = 6;
  google.protobuf.BytesValue blob = 7;
  google.protobuf.FloatValue fl = 8;
  google.protobuf.DoubleValue db = 9;
  repeated google.protobuf.Int32Value ints = 10;
  repeated google.protobuf.StringValue texts = 11;
  google.protobuf.Duration span = 12;
  repeated google.protobuf.Duration spans = 13;
  google.protobuf.FieldMask mask = 14;
  repeated google.protobuf.FieldMask masks = 15;
  oneof pick { google.protobuf.BoolValue one = 16; google.protobuf.Duration two = 17; }
)";

void check(const Field& field, const std::vector<std::string>& good,
           const std::vector<std::string>& bad) {
  for (const std::string& body : good) {
    INFO(body);
    CHECK(field(body) == "accepted");
  }
  for (const std::string& body : bad) {
    INFO(body);
    CHECK(field(body) != "accepted");
  }
}

TEST_CASE("wrappers are the scalar alone, with presence") {
  check(Field(kAll), {R"({"i32":0})",          R"({"i32":-2147483648})",
                      R"({"i64":"0"})",        R"({"i64":"-1"})",
                      R"({"u32":4294967295})", R"({"u64":"18446744073709551615"})",
                      R"({"flag":false})",     R"({"flag":true})",
                      R"({"text":""})",        R"({"text":"\"\n"})",
                      R"({"blob":""})",        R"({"blob":"AAE="})",
                      R"({"fl":0})",           R"({"fl":0.1})",
                      R"({"fl":"NaN"})",       R"({"db":0})",
                      R"({"db":1e+21})",       R"({"db":"-Infinity"})",
                      R"({"ints":[0,1,0]})",   R"({"texts":["",""]})",
                      R"({"one":false})",      R"({"i32":0,"i64":"0","db":0})"},
        {R"({"i32":null})",    R"({"i32":{}})",          R"({"i32":{"value":1}})",
         R"({"i32":"1"})",     R"({"i32":1.0})",         R"({"i64":0})",
         R"({"u32":-1})",      R"({"flag":null})",       R"({"text":null})",
         R"({"blob":"AAE"})",  R"({"db":-0})",           R"({"db":1e21})",
         R"({"ints":[null]})", R"({"ints":[]})",         R"({"ints":[1,null]})",
         R"({"text":1})",      R"({"i64":"0","i32":0})", R"({"one":false,"two":"0s"})",
         R"({"one":null})",    R"({"fl":1e+39})"});
  CHECK(Field(kAll)(R"({"db":0.10000000000000001})") == "accepted (float)");
}

TEST_CASE("durations") {
  check(Field(kAll),
        {R"({"span":"0s"})", R"({"span":"3s"})", R"({"span":"-3s"})", R"({"span":"-0.500s"})",
         R"({"span":"1.000001s"})", R"({"span":"-1.000000001s"})", R"({"span":"315576000000s"})",
         R"({"span":"-315576000000s"})", R"({"spans":["0s","1s"]})", R"({"two":"0s"})"},
        {R"({"span":"-0s"})",
         R"({"span":"03s"})",
         R"({"span":"3"})",
         R"({"span":"3S"})",
         R"({"span":"+3s"})",
         R"({"span":"3.5s"})",
         R"({"span":"3.000s"})",
         R"({"span":"3.50s"})",
         R"({"span":"3.500000s"})",
         R"({"span":"3.5000000001s"})",
         R"({"span":".500s"})",
         R"({"span":"-.500s"})",
         R"({"span":"3.s"})",
         R"({"span":" 3s"})",
         R"({"span":"3 s"})",
         R"({"span":"s"})",
         R"({"span":""})",
         R"({"span":"315576000001s"})",
         R"({"span":"-315576000001s"})",
         R"({"span":null})",
         R"({"span":3})",
         R"({"span":{}})",
         R"({"span":"--3s"})",
         R"({"span":"1e3s"})",
         R"({"span":"3.-500s"})",
         R"({"spans":[null]})",
         R"({"span":"99999999999999999999s"})"});
}

TEST_CASE("field masks") {
  check(Field(kAll),
        {R"({"mask":""})", R"({"mask":"a"})", R"({"mask":"a,b"})", R"({"mask":"fooBar.bazQux,b1"})",
         R"({"mask":"*"})", R"({"mask":"a.*.b"})", R"({"mask":"fooBAR"})", R"({"mask":"Foo"})",
         R"({"mask":"FOO.B"})", R"({"mask":"a,a"})", R"({"mask":"b,a"})", R"({"mask":"aB1C"})",
         R"({"masks":["","a"]})"},
        {R"({"mask":"foo_bar"})",   R"({"mask":"_a"})",      R"({"mask":"a_"})",
         R"({"mask":","})",         R"({"mask":"a,"})",      R"({"mask":",a"})",
         R"({"mask":"a,,b"})",      R"({"mask":"a."})",      R"({"mask":".a"})",
         R"({"mask":"a..b"})",      R"({"mask":"1a"})",      R"({"mask":"a.1"})",
         R"({"mask":"**"})",        R"({"mask":"a*"})",      R"({"mask":" a"})",
         R"({"mask":"a, b"})",      "{\"mask\":\"a(b,c)\"}", R"({"mask":"a-b"})",
         "{\"mask\":\"\xC3\xA9\"}", R"({"mask":"\u0061"})",  R"({"mask":"?"})",
         R"({"mask":null})",        R"({"mask":["a"]})",     R"({"mask":{"paths":["a"]}})",
         R"({"mask":1})",           R"({"masks":[null]})"});
  CHECK(Field(kAll)(R"({"mask":"foo_bar"})") == "field_mask.path at mask");
}

TEST_CASE("the same in a query") {
  const Bench bench(std::string("message Q {") + kAll +
                    "}\nservice Api { rpc Do(Q) returns (Q) { option (google.api.http) = "
                    "{get: \"/q\"}; } }\n");
  for (const char* good :
       {"/q", "/q?i32=0", "/q?i64=-1", "/q?flag=false", "/q?text=", "/q?text=%22a%20b",
        "/q?blob=AAE%3D", "/q?db=0", "/q?db=NaN", "/q?db=1e%2B21", "/q?ints=0&ints=1", "/q?span=0s",
        "/q?span=-0.500s", "/q?mask=a%2Cb.c", "/q?mask=", "/q?mask=fooBAR", "/q?spans=1s&spans=0s",
        "/q?i32=0&span=1s&mask=a"}) {
    INFO(good);
    CHECK(shown(bench.get(good)) == "accepted");
  }
  for (const char* bad :
       {"/q?i32=null", "/q?i32.value=1", "/q?i32=01", "/q?text=%22a%22&text=b", "/q?span=-0s",
        "/q?span=%221s%22", "/q?span=1.5s", "/q?mask=a_b", "/q?mask=a,b", "/q?mask=%2C",
        "/q?span=1s&i32=0", "/q?mask.paths=a", "/q?flag=0", "/q?span.seconds=1"}) {
    INFO(bad);
    CHECK_FALSE(bench.get(bad).accepted);
  }
}

TEST_CASE("rules on wrappers are those of the scalar") {
  const Field number(
      "google.protobuf.Int32Value f = 1 [(buf.validate.field).int32 = {gte: 1 lt: 9}];");
  CHECK(number("{}") == "accepted");
  CHECK(number(R"({"f":1})") == "accepted");
  CHECK(number(R"({"f":0})") == "int32.gte at f");
  CHECK(number(R"({"f":9})") == "int32.lt at f");
  const Field text(
      "google.protobuf.StringValue f = 1 [(buf.validate.field) = {required: true string: {pattern: "
      "\"^a*$\" max_len: 2}}];");
  CHECK(text("{}") == "required at f");
  CHECK(text(R"({"f":""})") == "accepted");
  CHECK(text(R"({"f":"aa"})") == "accepted");
  CHECK(text(R"({"f":"aaa"})") == "string.max_len at f");
  CHECK(text(R"({"f":"b"})") == "string.pattern at f");
  const Field list(
      "repeated google.protobuf.Int32Value f = 1 [(buf.validate.field).repeated.items = {int32: "
      "{gt: 1}}];");
  CHECK(list(R"({"f":[2]})") == "accepted");
  CHECK(list(R"({"f":[0]})") == "repeated.items.int32.gt at f[0]");
  const Field ignored(
      "repeated google.protobuf.Int32Value f = 1 [(buf.validate.field).repeated.items = {int32: "
      "{gt: 1} ignore: IGNORE_IF_ZERO_VALUE}];");
  CHECK(ignored(R"({"f":[0,2]})") == "accepted");
  CHECK(ignored(R"({"f":[0,1]})") == "repeated.items.int32.gt at f[1]");
  CHECK_THAT(refusal(api("google.protobuf.Int32Value f = 1 [(buf.validate.field).int64.gt = 1];")),
             Catch::Contains("do not fit a field of type google.protobuf.Int32Value"));
}

TEST_CASE("rules on durations") {
  const auto field = [](const std::string& rules) {
    return Field("google.protobuf.Duration f = 1 [(buf.validate.field).duration = {" + rules +
                 "}];");
  };
  const Field constant = field("const: {seconds: 1 nanos: 500000000}");
  CHECK(constant("{}") == "accepted");
  CHECK(constant(R"({"f":"1.500s"})") == "accepted");
  CHECK(constant(R"({"f":"1s"})") == "duration.const at f");
  const Field range = field("gt: {nanos: -500000000} lte: {seconds: 2}");
  CHECK(range(R"({"f":"-0.499999999s"})") == "accepted");
  CHECK(range(R"({"f":"-0.500s"})") == "duration.gt at f");
  CHECK(range(R"({"f":"-1s"})") == "duration.gt at f");
  CHECK(range(R"({"f":"2s"})") == "accepted");
  CHECK(range(R"({"f":"2.000000001s"})") == "duration.lte at f");
  const Field outside = field("gte: {seconds: 5} lt: {seconds: -5}");
  CHECK(outside(R"({"f":"5s"})") == "accepted");
  CHECK(outside(R"({"f":"-5.001s"})") == "accepted");
  CHECK(outside(R"({"f":"-5s"})") == "duration.gte at f");
  CHECK(outside(R"({"f":"0s"})") == "duration.gte at f");
  const Field listed = field("in: [{seconds: 1}, {nanos: -1}] not_in: {seconds: 1}");
  CHECK(listed(R"({"f":"-0.000000001s"})") == "accepted");
  CHECK(listed(R"({"f":"1s"})") == "duration.not_in at f");
  CHECK(listed(R"({"f":"2s"})") == "duration.in at f");
  const Field items(
      "repeated google.protobuf.Duration f = 1 [(buf.validate.field).repeated.items.duration.gt = "
      "{}];");
  CHECK(items(R"({"f":["1s"]})") == "accepted");
  CHECK(items(R"({"f":["1s","0s"]})") == "repeated.items.duration.gt at f[1]");
}

TEST_CASE("rules on timestamps") {
  const auto field = [](const std::string& rules) {
    return Field("google.protobuf.Timestamp f = 1 [(buf.validate.field).timestamp = {" + rules +
                 "}];");
  };
  const Field constant = field("const: {seconds: 1}");
  CHECK(constant(R"({"f":"1970-01-01T00:00:01Z"})") == "accepted");
  CHECK(constant(R"({"f":"1970-01-01T00:00:01.001Z"})") == "timestamp.const at f");
  const Field range = field("gte: {seconds: -1 nanos: 5} lt: {seconds: 86400}");
  CHECK(range(R"({"f":"1969-12-31T23:59:59.000000005Z"})") == "accepted");
  CHECK(range(R"({"f":"1969-12-31T23:59:59.000000004Z"})") == "timestamp.gte at f");
  CHECK(range(R"({"f":"1970-01-02T00:00:00Z"})") == "timestamp.lt at f");
  for (const char* clock : {"lt_now: true", "gt_now: true", "within: {seconds: 1}"}) {
    CHECK_THAT(refusal(api(std::string("google.protobuf.Timestamp f = 1 "
                                       "[(buf.validate.field).timestamp = {") +
                           clock + "}];")),
               Catch::Contains("cannot check timestamp."));
  }
}

TEST_CASE("rules on field masks") {
  const auto field = [](const std::string& rules) {
    return Field("google.protobuf.FieldMask f = 1 [(buf.validate.field).field_mask = {" + rules +
                 "}];");
  };
  const Field constant = field("const: {paths: [\"foo_bar\", \"a\"]}");
  CHECK(constant("{}") == "accepted");
  CHECK(constant(R"({"f":"fooBar,a"})") == "accepted");
  CHECK(constant(R"({"f":"a,fooBar"})") == "field_mask.const at f");
  CHECK(constant(R"({"f":""})") == "field_mask.const at f");
  const Field in = field("in: [\"foo_bar\", \"a.b\"]");
  for (const char* good : {R"({"f":""})", R"({"f":"fooBar"})", R"({"f":"a.b,fooBar.x.y"})"}) {
    CHECK(in(good) == "accepted");
  }
  for (const char* bad :
       {R"({"f":"a"})", R"({"f":"fooBarX"})", R"({"f":"fooBar,b"})", R"({"f":"*"})"}) {
    CHECK(in(bad) == "field_mask.in at f");
  }
  const Field out = field("not_in: [\"a.b\"]");
  CHECK(out(R"({"f":"a,a.c,ab,a.bc"})") == "accepted");
  CHECK(out(R"({"f":"a.b"})") == "field_mask.not_in at f");
  CHECK(out(R"({"f":"c,a.b.c"})") == "field_mask.not_in at f");
}

}  // namespace
}  // namespace sluice::judge::test
