// SPDX-License-Identifier: Apache-2.0
// Canonical Protobuf bodies of every supported type: what is accepted, and every near miss. Bytes
// are written here by hand, from the encoding's own description.
#include <catch2/catch.hpp>
#include <random>

#include "bench.hpp"
#include "support/hex.hpp"

namespace sluice::judge::test {
namespace {

using sluice::test::from_hex;

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
  optional double maybe = 22;
  repeated int32 ints = 30 [packed = false];
  repeated string texts = 31;
  repeated All inners = 32;
  repeated double doubles = 33;
  repeated Color colors = 34;
}
message Choice {
  oneof pick { string late = 5; int32 early = 2; Choice self = 9; }
  string middle = 3;
  string first = 1;
  repeated string end = 4;
}
message Boxed { string name = 1; All all = 2; string more = 3; }
message Named { string name = 1; All all = 2; string more = 3; Choice part = 4; }
service Api {
  rpc Do(All) returns (Choice) { option (google.api.http) = {post: "/all" body: "*"}; }
  rpc Put(Boxed) returns (Boxed) { option (google.api.http) = {put: "/x/{name}" body: "all" response_body: "all"}; }
  rpc Set(Named) returns (Named) { option (google.api.http) = {post: "/y/{name}/{part.first}" body: "*"}; }
}
message Fault { int32 code = 1 [(buf.validate.field).int32.gte = 1]; string message = 2; }
)";

const Bench& bench() {
  static const Bench one(
      kSchema, {"t.Api", "statuses: [{code: 200}, {code: 404, message: t.Fault}]\n", "PROTOBUF"});
  return one;
}

std::string with_body(const std::string& line, const std::string& host, const std::string& body,
                      const std::string& type = "application/protobuf") {
  return line + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\ncontent-type: " + type +
         "\r\n" + host + "\r\n" + body;
}

std::string post(const std::string& target, const std::string& body) {
  return shown(bench().raw_request(
      with_body("POST " + target + " HTTP/1.1", "host: api.example\r\n", body)));
}
std::string all(std::string_view hex) { return post("/all", from_hex(hex)); }
std::string answer(const std::string& endpoint, int status, std::string_view hex) {
  const std::string line = status == 200 ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found";
  return shown(bench().raw_response(endpoint, with_body(line, "", from_hex(hex))));
}
std::string choice(std::string_view hex) { return answer("t.Api.Do", 200, hex); }

TEST_CASE("binary: integers") {
  for (const char* good : {"",
                           "0801",
                           "08 FFFFFFFF07",
                           "08 80808080F8FFFFFFFF01",
                           "10 FFFFFFFFFFFFFFFF7F",
                           "10 FFFFFFFFFFFFFFFFFF01",
                           "18 FFFFFFFF0F",
                           "20 FFFFFFFFFFFFFFFFFF01",
                           "28 01 30 01",
                           "28 FFFFFFFF0F",
                           "30 FFFFFFFFFFFFFFFFFF01",
                           "3D 01000000 41 0000000000000080",
                           "4D FFFFFFFF 51 FEFFFFFFFFFFFFFF",
                           "58 01",
                           "70 01",
                           "70 FEFFFFFFFFFFFFFFFF01",
                           "900100" /* explicit presence */,
                           "F201 03 000102",
                           "F201 0B 00 FFFFFFFFFFFFFFFFFF01",
                           "9202 0B 00 FEFFFFFFFFFFFFFFFF01"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad : {"0800" /* default */,
                          "08 8100" /* long varint */,
                          "08 81808000",
                          "8800 01",
                          "08 FFFFFFFF0F",
                          "08 80808080F8FFFFFFFF00",
                          "08 8080808010",
                          "18 8080808010",
                          "3D 00000000",
                          "58 00",
                          "58 02",
                          "58 8100",
                          "70 00",
                          "F001 00" /* not packed */,
                          "F201 00",
                          "F201 02 8000",
                          "0801 0801" /* twice */,
                          "1001 0801" /* order */,
                          "F201 01 00 F201 01 00",
                          "30 8000",
                          "09 01",
                          "0D 01000000" /* other wire types */,
                          "08",
                          "08 80",
                          "0A 01 01",
                          "0B 0C" /* group */,
                          "00 01",
                          "28 8080808010",
                          "A03F 01" /* no such field */,
                          "07",
                          "FFFFFFFFFF01"}) {
    INFO(bad);
    CHECK_FALSE(all(bad).starts_with("accepted"));
  }
  CHECK(all("70 05") == "enum.unknown at color");
  CHECK(all("9202 02 00 07") == "enum.unknown at colors[1]");
  CHECK(all("0800") == "canonical");
  CHECK(all("08") == "protobuf.parse");
}

TEST_CASE("binary: floats") {
  for (const char* good : {"7D 0000803F", "7D 0000C07F" /* NaN */, "7D 0000807F", "7D 000080FF",
                           "7D 01000000", "8101 000000000000F03F", "8101 000000000000F87F"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad :
       {"7D 00000000", "7D 00000080" /* minus zero */, "7D 0100C07F", "7D 0000C0FF", "7D 0100807F",
        "8101 0000000000000080", "8101 010000000000F87F", "8101 000000000000F8FF",
        "B101 0000000000000080", "8A02 08 0000000000000080"}) {
    INFO(bad);
    CHECK_FALSE(all(bad).starts_with("accepted"));
  }
  CHECK(all("B101 0000000000000000") == "accepted");  // explicit presence
  CHECK(all("8A02 10 0000000000000000 000000000000F87F") == "accepted");
}

TEST_CASE("binary: texts and messages") {
  for (const char* good : {"62 02 C3A9", "62 01 00", "6A 02 FF00", "FA01 00", "FA01 01 'a' FA01 00",
                           "8A01 00", "8A01 02 0801", "8202 00 8202 02 0802", "9A01 00",
                           "9A01 02 0801", "9A01 0B 08 FFFFFFFFFFFFFFFFFF01",
                           "9A01 06 10 FF93EBDC03", "A201 00", "8A01 05 8A01 02 0801"}) {
    INFO(good);
    CHECK(all(good) == "accepted");
  }
  for (const char* bad : {"62 00", "62 8100 'a'", "62 02 'a'", "6A 00", "8A01 02 0800",
                          "8A01 01 08", "8A01 03 0801", "8A01 00 8A01 00", "9A01 02 0800",
                          "9A01 06 10 8094EBDC03" /* nanos 10^9 */, "A201 02 0801", "AA01 00"}) {
    INFO(bad);
    CHECK_FALSE(all(bad).starts_with("accepted"));
  }
  CHECK_FALSE(all("62 01 FF").starts_with("accepted"));
  CHECK(all("9A01 0B 10 FFFFFFFFFFFFFFFFFF01") == "timestamp.range at at");
  CHECK(all("9A01 07 08 8083D1FFAF07") == "timestamp.range at at");  // one second beyond 9999
  CHECK(all("9A01 07 08 FF82D1FFAF07") == "accepted");
  CHECK(all("AA01 00") == "any.unlisted at any");
}

TEST_CASE("binary: a oneof stands at its lowest number") {
  for (const char* good : {"", "0A 01 'a' 1000 1A 01 'b'", "0A 01 'a' 2A 00 1A 01 'b' 22 00 22 00",
                           "4A 00 1A 01 'b'", "2A 01 'x'"}) {
    INFO(good);
    CHECK(choice(good) == "accepted");
  }
  for (const char* bad : {"1A 01 'b' 2A 00", "1A 01 'b' 4A 00", "1000 2A 00", "2A 00 1000",
                          "2A 00 2A 00", "1000 0A 01 'a'", "22 00 1A 01 'b'"}) {
    INFO(bad);
    CHECK_FALSE(choice(bad).starts_with("accepted"));
  }
}

TEST_CASE("binary: bodies in their envelope") {
  const std::string get_head = "PUT /x/n HTTP/1.1\r\nhost: api.example\r\n\r\n";
  CHECK(shown(bench().raw_request(get_head)) == "accepted");
  const auto put = [](const std::string& body) {
    return shown(
        bench().raw_request(with_body("PUT /x/n HTTP/1.1", "host: api.example\r\n", body)));
  };
  CHECK(put("\x08\x01") == "accepted");
  CHECK(put("") == "http.body");
  CHECK(put("\x08") == "protobuf.parse");
  CHECK(put("\xA0\x3F\x01") == "canonical");
  // A message whose one field travels in the path is not there; what travels in the path is not in
  // the body.
  CHECK(post("/y/n/p", "") == "accepted");
  CHECK(post("/y/n/p", from_hex("22 00")) == "canonical");
  CHECK(post("/y/n/p", from_hex("0A 01 'n'")) == "canonical");
  CHECK(post("/y/n/p", from_hex("1A 01 'n' 22 03 1A 01 'm'")) == "accepted");
  // The whole message always has a body, and a length.
  CHECK(shown(bench().raw_request("POST /all HTTP/1.1\r\nhost: api.example\r\n\r\n")) ==
        "http.body");
  CHECK(shown(bench().raw_request(with_body("POST /all HTTP/1.1", "host: api.example\r\n", "",
                                            "application/json"))) == "http.content_type");
  CHECK(answer("t.Api.Put", 200, "0801") == "accepted");
  CHECK(answer("t.Api.Put", 200, "") == "http.body");
  CHECK(shown(bench().raw_response("t.Api.Put", "HTTP/1.1 200 OK\r\n\r\n")) == "accepted");
  CHECK(answer("t.Api.Do", 404, "0805 12 02 'no'") == "accepted");
  CHECK(answer("t.Api.Do", 404, "12 02 'no'") == "int32.gte at code");
}

TEST_CASE("binary: nesting beyond libprotobuf's readers has a name of its own") {
  std::string body;
  for (int i = 0; i < 150; ++i) {
    std::string length;
    std::size_t n = body.size();
    for (; n > 0x7F; n >>= 7) length += static_cast<char>(0x80 | (n & 0x7F));
    length += static_cast<char>(n);
    body = from_hex("8A01") + length + body;
  }
  CHECK(post("/all", body) == "judge.depth");
}

TEST_CASE("binary: only messages are bodies of a field") {
  CHECK(refusal("message M { repeated int32 a = 1; }\nservice Api { rpc Do(M) returns (M) "
                "{ option (google.api.http) = {post: \"/m\" body: \"a\"}; } }\n",
                {"t.Api", "", "PROTOBUF"})
            .find("is no message") != std::string::npos);
}

// Every field has one allowed value, every field must be there: each neighbour of the one record is
// refused.
TEST_CASE("binary: a language of one record") {
  const Bench one(R"(
message Part {
  sint64 x = 1 [(buf.validate.field).sint64.const = -12];
  repeated string tags = 2 [(buf.validate.field).repeated = {min_items: 2, max_items: 2, items: {string: {const: "a"}}}];
}
message Whole {
  Part part = 1 [(buf.validate.field).required = true];
  bytes blob = 3 [(buf.validate.field).bytes.const = "\001"];
  oneof pick {
    option (buf.validate.oneof).required = true;
    string text = 7 [(buf.validate.field).string.const = "\303\251"];
  }
  repeated fixed32 list = 300 [(buf.validate.field).repeated = {min_items: 1, max_items: 1, items: {fixed32: {const: 5}}}];
  double half = 6 [(buf.validate.field).double.const = 0.5];
}
service Api { rpc Do(Whole) returns (Whole) { option (google.api.http) = {post: "/v" body: "*"}; } }
)",
                  {"t.Api", "", "PROTOBUF"});
  const auto judged = [&](const std::string& body) {
    return one.raw_request(with_body("POST /v HTTP/1.1", "host: api.example\r\n", body)).accepted;
  };
  const std::string body =
      from_hex("0A 08 0817 1201'a' 1201'a' 1A0101 31 000000000000E03F 3A02C3A9 E212 04 05000000");
  REQUIRE(judged(body));
  std::size_t wrong = 0;
  const auto must_fail = [&](const std::string& other) { wrong += other != body && judged(other); };
  for (std::size_t i = 0; i <= body.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      must_fail(body.substr(0, i) + static_cast<char>(byte) + body.substr(i));
      if (i < body.size())
        must_fail(body.substr(0, i) + static_cast<char>(byte) + body.substr(i + 1));
    }
    for (std::size_t length = 1; i + length <= body.size(); ++length) {
      must_fail(body.substr(0, i) + body.substr(i + length));
      must_fail(body.substr(0, i + length) + body.substr(i, length) + body.substr(i + length));
    }
  }
  CHECK(wrong == 0);
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string other = body;
    for (unsigned n = 1 + random() % 4; n > 0; --n)
      other[random() % other.size()] = static_cast<char>(random());
    must_fail(other);
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace sluice::judge::test
