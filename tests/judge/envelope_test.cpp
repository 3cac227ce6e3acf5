// SPDX-License-Identifier: Apache-2.0
// Every point of the HTTP envelope: a record that has it right, and records that have it wrong.
#include <catch2/catch.hpp>

#include "bench.hpp"

namespace sluice::judge::test {
namespace {

const std::string kSchema = R"(
message Item { string name = 1; int32 count = 2; }
service Api {
  rpc Get(Item) returns (Item) { option (google.api.http) = {get: "/v1/items/{name}"}; }
  rpc Make(Item) returns (google.protobuf.Empty) {
    option (google.api.http) = {post: "/v1/items" body: "*"};
  }
}
)";
const std::string kRest = R"(
requestHeaders:
  - {name: x-request-id, pattern: "[0-9a-f]{8}", required: true}
  - {name: x-fixed, constant: one two}
  - {name: a-first}
responseHeaders:
  - {name: x-answer, constant: "yes", required: true}
statuses:
  - {code: 200}
  - {code: 404, message: google.rpc.Status}
  - {code: 422, message: t.Item}
limits: {maxRecordBytes: 300}
)";

std::string request(const std::string& headers) {
  return "GET /v1/items/a HTTP/1.1\r\n" + headers + "\r\n";
}

TEST_CASE("request line and headers") {
  const Bench bench(kSchema, {"t.Api", kRest});
  const std::string id = "x-request-id: 0123abcd\r\n";
  const std::string host = "host: api.example\r\n";
  const auto judged = [&](const std::string& record) { return shown(bench.raw_request(record)); };

  CHECK(judged(request(host + id)) == "accepted");
  CHECK(bench.raw_request(request(host + id)).endpoint == "t.Api.Get");
  CHECK(judged(request("a-first: any thing\r\n" + host + "x-fixed: one two\r\n" + id)) ==
        "accepted");

  // Lines.
  CHECK(judged("") == "http.line");
  CHECK(judged("GET /v1/items/a HTTP/1.1") == "http.line");
  CHECK(judged("GET  /v1/items/a HTTP/1.1\r\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("GET /v1/items/a\r\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("GET /v1/items/a HTTP/1.0\r\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("GET /v1/items/a HTTP/1.1 \r\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("get /v1/items/a HTTP/1.1\r\n" + host + id + "\r\n") == "http.path");
  CHECK(judged("\r\n" + request(host + id)) == "http.line");
  CHECK(judged("GET /v1/items/a HTTP/1.1\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("GET /v1/items/a HTTP/1.1\r\n" + host + id) == "http.header");
  CHECK(judged("GET /v1/items/\x80 HTTP/1.1\r\n" + host + id + "\r\n") == "http.line");
  CHECK(judged("PUT /v1/items/a HTTP/1.1\r\n" + host + id + "\r\n") == "http.path");

  // Header lines.
  CHECK(judged(request("Host: api.example\r\n" + id)) == "http.header");
  CHECK(judged(request("host:api.example\r\n" + id)) == "http.header");
  CHECK(judged(request("host:  api.example\r\n" + id)) == "http.header");
  CHECK(judged(request("host: api.example \r\n" + id)) == "http.header");
  CHECK(judged(request("host: api.example\r\n more\r\n" + id)) == "http.header");
  CHECK(judged(request("host: api.example\n" + id)) == "http.header");
  CHECK(judged(request(id + host)) == "http.header");         // order
  CHECK(judged(request(host + host + id)) == "http.header");  // twice
  CHECK(judged(request("a-first: \r\n" + host + id)) == "http.header");
  CHECK(judged(request("a-first: \x01\r\n" + host + id)) == "http.header");
  CHECK(judged(request("a-first: a  b\r\n" + host + id)) == "http.header");
  CHECK(judged(request("accept: a\r\n" + host + id)) == "http.header");  // unlisted
  CHECK(judged(request("connection: close\r\n" + host + id)) == "http.header");
  CHECK(judged(request(host + "transfer-encoding: chunked\r\n" + id)) == "http.header");

  // Values.
  CHECK(judged(request(id)) == "http.host");
  CHECK(judged(request("host: other.example\r\n" + id)) == "http.host");
  CHECK(judged(request(host)) == "http.header");  // required
  CHECK(judged(request(host + "x-request-id: 0123abcde\r\n")) == "http.header");
  CHECK(judged(request(host + "x-request-id: 0123abcX\r\n")) == "http.header");
  CHECK(judged(request(host + "x-fixed: one\r\n" + id)) == "http.header");
  CHECK(judged(request(host + "x-answer: yes\r\n" + id)) == "http.header");
}

TEST_CASE("body and its headers") {
  const Bench bench(kSchema, {"t.Api", kRest});
  const auto judged = [&](const std::string& length, const std::string& type,
                          const std::string& body) {
    return shown(bench.raw_request("POST /v1/items HTTP/1.1\r\n" + length + type +
                                   "host: api.example\r\nx-request-id: 0123abcd\r\n\r\n" + body));
  };
  const std::string type = "content-type: application/json\r\n";
  CHECK(judged("content-length: 2\r\n", type, "{}") == "accepted");
  CHECK(judged("", "", "") == "http.body");
  CHECK(judged("content-length: 3\r\n", type, "{}") == "http.content_length");
  CHECK(judged("content-length: 1\r\n", type, "{}") == "http.content_length");
  CHECK(judged("content-length: 02\r\n", type, "{}") == "http.content_length");
  CHECK(judged("content-length: +2\r\n", type, "{}") == "http.content_length");
  CHECK(judged("", type, "{}") == "http.content_length");
  CHECK(judged("content-length: 2\r\n", "", "{}") == "http.content_type");
  CHECK(judged("content-length: 2\r\n", "content-type: application/protobuf\r\n", "{}") ==
        "http.content_type");
  CHECK(judged("content-length: 2\r\n", "content-type: application/json; charset=utf-8\r\n",
               "{}") == "http.content_type");
  CHECK(judged("", "", "{}") == "http.body");
  CHECK(judged("content-length: 0\r\n", type, "") == "json.parse");

  const std::string head = "host: api.example\r\nx-request-id: 0123abcd\r\n\r\n";
  CHECK(shown(bench.raw_request("GET /v1/items/a HTTP/1.1\r\n" + head + "x")) == "http.body");
  CHECK(shown(bench.raw_request("GET /v1/items/a HTTP/1.1\r\ncontent-length: 2\r\n" + type + head +
                                "{}")) == "http.body");
}

TEST_CASE("responses") {
  const Bench bench(kSchema, {"t.Api", kRest});
  const auto judged = [&](const std::string& endpoint, const std::string& status,
                          const std::string& body) {
    return shown(bench.raw_response(
        endpoint, "HTTP/1.1 " + status + "\r\ncontent-length: " + std::to_string(body.size()) +
                      "\r\ncontent-type: application/json\r\n"
                      "x-answer: yes\r\n\r\n" +
                      body));
  };
  CHECK(judged("t.Api.Get", "200 OK", R"({"name":"a"})") == "accepted");
  CHECK(judged("t.Api.Make", "200 OK", "{}") == "accepted");
  CHECK(judged("t.Api.Make", "200 OK", R"({"name":"a"})") == "json.parse");
  CHECK(judged("t.Api.Get", "404 Not Found", R"({"code":5,"message":"no"})") == "accepted");
  CHECK(judged("t.Api.Get", "404 Not Found", R"({"name":"a"})") == "json.parse");
  CHECK(judged("t.Api.Make", "422 Unprocessable Content", R"({"name":"a"})") == "accepted");
  CHECK(judged("t.Api.Get", "404 Not found", "{}") == "canonical");
  CHECK(judged("t.Api.Get", "0404 Not Found", "{}") == "http.status");
  CHECK(judged("t.Api.Get", "500 Internal Server Error", "{}") == "http.status");
  CHECK(judged("t.Api.Other", "200 OK", "{}") == "judge.endpoint");
  CHECK(shown(bench.raw_response("t.Api.Get", "HTTP/1.1 200 OK\r\nx-answer: yes\r\n\r\n")) ==
        "http.body");
  CHECK(shown(bench.answer("t.Api.Get", "{}")) == "http.header");  // x-answer is required
  CHECK(shown(bench.raw_response("t.Api.Get", "HTTP/1.0 200 OK\r\nx-answer: yes\r\n\r\n")) ==
        "http.line");
  CHECK(shown(bench.raw_response(
            "t.Api.Get",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n"
            "host: api.example\r\nx-answer: yes\r\n\r\n{}")) == "http.header");
  // An Any without listed types is absent.
  CHECK(judged("t.Api.Get", "404 Not Found",
               R"({"details":[{"@type":"type.googleapis.com/t.Item","name":"a"}]})") ==
        "any.unlisted at details[0]");
}

TEST_CASE("record limit") {
  const Bench bench(kSchema, {"t.Api", kRest});
  const auto padded = [&](std::size_t size) {
    std::string record = request("host: api.example\r\nx-request-id: 0123abcd\r\n");
    record.replace(record.find("/a ") + 1, 1, std::string(size - record.size() + 1, 'a'));
    REQUIRE(record.size() == size);
    return record;
  };
  CHECK(shown(bench.raw_request(padded(300))) == "accepted");
  CHECK(shown(bench.raw_request(padded(301))) == "record.too_long");
}

}  // namespace
}  // namespace sluice::judge::test
