// SPDX-License-Identifier: Apache-2.0
// The envelope: raw bytes, headers, and every ambiguity that a smuggler could use.
#include "canonical/support.hpp"

using namespace sluice::canonical;
using namespace sluice::canonical::test;
using sluice::layout::Pipeline;

namespace {

std::string request(const std::string& raw) {
  const auto result = types().canonicalize_http(Pipeline::REQUEST, raw);
  return result ? result->bytes : result.refusal().code;
}

std::string response(const std::string& raw) {
  const auto result = types().canonicalize_http(Pipeline::RESPONSE, raw, tag("Echo"));
  return result ? result->bytes : result.refusal().code;
}

std::string headers(std::vector<HttpHeader> list) {
  list.push_back({"Host", "a"});
  const auto result =
      types().canonicalize_request({"GET", "/v1/shelves/featured/books", std::move(list), ""});
  if (!result) return result.refusal().code + " " + result.refusal().field;
  const auto start = result->bytes.find("\r\n") + 2;
  return result->bytes.substr(start, result->bytes.size() - start - 2);
}

}  // namespace

TEST_CASE("a whole request becomes a record", "[http]") {
  CHECK(request("POST /v1/echo HTTP/1.1\r\nUser-Agent: curl\r\nX-API: 1\r\nHost: "
                "127.0.0.1:80\r\nContent-Type: application/json\r\n"
                "Content-Length: 15\r\nConnection: keep-alive\r\n\r\n{ \"small\" : 1 }") ==
        "POST /v1/echo HTTP/1.1\r\ncontent-length: 11\r\ncontent-type: application/json\r\nhost: "
        "types.example\r\nx-api: 1\r\n\r\n{\"small\":1}");
  CHECK(request("POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: "
                "application/json\r\ntransfer-encoding: Chunked\r\n\r\n"
                "3;x=y\r\n{\"s\r\n8\r\nmall\":1}\r\n0\r\nx-trailer: 1\r\n\r\n") ==
        "POST /v1/echo HTTP/1.1\r\ncontent-length: 11\r\ncontent-type: application/json\r\nhost: "
        "types.example\r\n\r\n{\"small\":1}");
  CHECK(request("POST /v1/echo HTTP/1.1\r\nhost: a\r\n\r\n") ==
        "POST /v1/echo HTTP/1.1\r\ncontent-length: 2\r\ncontent-type: application/json\r\nhost: "
        "types.example\r\n\r\n{}");
  CHECK(request("GET /v1/shelves/featured/books HTTP/1.1\r\nhost: a\r\n\r\n") ==
        "GET /v1/shelves/featured/books HTTP/1.1\r\nhost: types.example\r\n\r\n");
}

TEST_CASE("raw bytes that HTTP forbids or that two programs could read in two ways", "[http]") {
  const std::string ok = "POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
  CHECK(request(ok + "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}") == "smuggling");
  CHECK(
      request(ok + "transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n") ==
      "smuggling");
  CHECK(request(ok + "content-length: 2\r\ncontent-length: 2\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: 2, 2\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: +2\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: 02\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: 0x2\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: \r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: 99999999999999999999\r\n\r\n{}") == "content_length");
  CHECK(request(ok + "content-length: 999999999\r\n\r\n{}") == "body_too_long");
  CHECK(request(ok + "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n") == "transfer_encoding");
  CHECK(request(ok + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n") ==
        "transfer_encoding");
  CHECK(request(ok + "transfer-encoding:\x0b"
                     "chunked\r\n\r\n0\r\n\r\n") == "control_character");
  CHECK(request(ok + "transfer-encoding : chunked\r\n\r\n0\r\n\r\n") == "header_line");
  CHECK(request(ok + "content-length: 2\r\n x\r\n\r\n{}") == "obs_fold");
  CHECK(request(ok + "content-length: 2\n\r\n{}") == "bare_lf");
  CHECK(request(ok + "x: a\rb\r\n\r\n") == "bare_cr");
  CHECK(request(ok + std::string("x: a\0b\r\n\r\n", 11)) == "control_character");
  CHECK(request(ok + "content-length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n") == "trailing_bytes");
  CHECK(request(ok + "content-length: 3\r\n\r\n{}") == "incomplete");
  CHECK(request(ok + "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n") == "incomplete");
  CHECK(request(ok + "transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n") == "bad_http");
  CHECK(request(ok + "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n") ==
        "bad_http");
  CHECK(request(ok + "host: b\r\ncontent-length: 2\r\n\r\n{}") == "host");
  CHECK(request("POST /v1/echo HTTP/1.1\r\n\r\n") == "host");
  for (const char* host : {"a b", "a/b", "user@a", "\xC3\xA4", "a?b", "a#b", "a\"b"}) {
    CHECK(request("POST /v1/echo HTTP/1.1\r\nhost: " + std::string(host) + "\r\n\r\n") == "host");
  }
  CHECK(request("GET /v1/shelves/featured/books HTTP/1.1\r\nhost: [::1]:80\r\n\r\n")
            .starts_with("GET"));
  CHECK(request("POST /v1/echo HTTP/1.0\r\nhost: a\r\n\r\n") == "http_version");
  CHECK(request("POST /v1/echo HTTP/2.0\r\nhost: a\r\n\r\n") == "http_version");
  CHECK(request("POST /v1/echo\r\nhost: a\r\n\r\n") == "request_line");
  CHECK(request("POST  /v1/echo HTTP/1.1\r\nhost: a\r\n\r\n") == "request_line");
  CHECK(request("POST /v1/echo HTTP/1.1 \r\nhost: a\r\n\r\n") == "request_line");
  CHECK(request("PO(ST /v1/echo HTTP/1.1\r\nhost: a\r\n\r\n") == "request_line");
  CHECK(request("\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n") == "start_line");
  CHECK(request(" GET / HTTP/1.1\r\nhost: a\r\n\r\n") == "request_line");
  CHECK(request("GET / HTTP/1.1\r\nhost a\r\n\r\n") == "header_line");
  CHECK(request("GET / HTTP/1.1\r\n: a\r\n\r\n") == "header_line");
  CHECK(request("GET / HTTP/1.1\r\nhost: a\r\n") == "incomplete");
  CHECK(request("") == "incomplete");
  CHECK(request("GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nhost: a\r\n\r\n") ==
        "head_too_long");
}

TEST_CASE("request headers", "[http]") {
  CHECK(headers({}) == "host: types.example\r\n");
  CHECK(headers({{"X-Request-Id", "00ff"}, {"x-api", "1"}}) ==
        "host: types.example\r\nx-api: 1\r\nx-request-id: 00ff\r\n");
  CHECK(headers({{"User-Agent", "\xFF"},
                 {"ACCEPT", "*/*"},
                 {"Proxy-Authorization", "x"},
                 {"TE", "trailers"},
                 {"Upgrade", "h2c"},
                 {"Connection", "Upgrade, HTTP2-Settings"},
                 {"HTTP2-Settings", "x"},
                 {"Keep-Alive", "5"},
                 {"Trailer", "x"},
                 {"Expect", "100-continue"}}) == "host: types.example\r\n");
  CHECK(headers({{"Cookie", "a=b"}}) == "header_not_listed cookie");
  CHECK(headers({{"Connection", "content-length"}}) == "connection connection");
  CHECK(headers({{"Connection", "x-api"}, {"x-api", "1"}}) == "host: types.example\r\n");
  CHECK(headers({{"Expect", "tea"}}) == "expect expect");
  CHECK(headers({{"x-api", "2"}}) == "rule x-api");
  CHECK(headers({{"x-api", "1"}, {"X-Api", "1"}}) == "duplicate_header x-api");
  CHECK(headers({{"x-request-id", "00FF"}}) == "rule x-request-id");
  CHECK(headers({{"x-request-id", "000ff"}}) == "rule x-request-id");
  CHECK(headers({{"x-request-id", ""}}) == "header_value x-request-id");
  CHECK(headers({{"Content-Length", "5"}}) == "content_length content-length");
  CHECK(headers({{"Content-Encoding", "gzip"}}) == "content_encoding content-encoding");
}

TEST_CASE("content types", "[http]") {
  const auto with_type = [](const char* type) {
    const auto result = types().canonicalize_request(
        {"POST", "/v1/echo", {{"Host", "a"}, {"Content-Type", type}}, "{}"});
    return result ? 200 : result.refusal().http_status;
  };
  CHECK(with_type("application/json") == 200);
  CHECK(with_type("Application/JSON ; charset=\"UTF-8\"") == 200);
  CHECK(with_type("application/json; charset=latin1") == 415);
  CHECK(with_type("application/json; charset=utf-8; x=y") == 415);
  CHECK(with_type("text/plain") == 415);
  CHECK(with_type("application/jsonx") == 415);
  CHECK(types()
            .canonicalize_request({"POST", "/v1/echo", {{"Host", "a"}}, "{}"})
            .refusal()
            .http_status == 415);
  const auto get_with_body =
      types().canonicalize_request({"GET",
                                    "/v1/shelves/featured/books",
                                    {{"Host", "a"}, {"Content-Type", "application/json"}},
                                    "{}"});
  CHECK(get_with_body.refusal().code == "unexpected_body");
}

TEST_CASE("responses", "[http]") {
  CHECK(response("HTTP/1.1 200 Fine\r\nETag: \"1\"\r\nContent-Type: "
                 "application/json\r\nContent-Length: 13\r\n\r\n{\"small\": 01}") == "json_syntax");
  CHECK(response("HTTP/1.1 200 Fine\r\nETag: \"1\"\r\nContent-Type: "
                 "application/json\r\nContent-Length: 12\r\n\r\n{\"small\": 1}") ==
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-type: application/json\r\netag: "
        "\"1\"\r\n\r\n{\"small\":1}");
  CHECK(response("HTTP/1.0 200 OK\r\nETag: a b\r\nContent-Type: application/json\r\n\r\n{}")
            .ends_with("etag: a b\r\n\r\n{}"));
  CHECK(response("HTTP/1.1 404 Gone\r\nETag: a\r\nContent-Type: "
                 "application/json\r\n\r\n{\"message\":\"no\",\"code\":5}")
            .ends_with("{\"code\":5,\"message\":\"no\"}"));
  CHECK(response("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}") == "rule");
  CHECK(response("HTTP/1.1 200 OK\r\nETag: a  b\r\nContent-Type: application/json\r\n\r\n{}") ==
        "header_value");
  CHECK(response("HTTP/1.1 200 OK\r\nETag: a\r\nSet-Cookie: a=b\r\nContent-Type: "
                 "application/json\r\n\r\n{}") == "header_not_listed");
  CHECK(response("HTTP/1.1 500 Oops\r\nETag: a\r\n\r\n") == "status_not_listed");
  for (const char* code : {"2000", "099", "000", "20", "-20"}) {
    CHECK(response("HTTP/1.1 " + std::string(code) + " OK\r\n\r\n") == "status_line");
  }
  CHECK(response("HTTP/3 200 OK\r\n\r\n") == "status_line");
  CHECK(response("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n") ==
        "smuggling");
  const auto refusal =
      types()
          .canonicalize_http(Pipeline::RESPONSE, "HTTP/1.1 500 Oops\r\n\r\n", tag("Echo"))
          .refusal();
  CHECK(refusal.http_status == 502);
  CHECK(
      types().canonicalize_http(Pipeline::RESPONSE, "HTTP/1.1 200 OK\r\n\r\n", 99).refusal().code ==
      "no_endpoint");
}

TEST_CASE("bodies that are one field", "[http]") {
  const auto label = [](std::string body) {
    const auto result = types().canonicalize_response(
        tag("Update"),
        {200, {{"etag", "a"}, {"content-type", "application/json"}}, std::move(body)});
    return result ? result->bytes : result.refusal().code;
  };
  CHECK(label("\"x\"").ends_with("\r\n\r\n\"x\""));
  CHECK(label("\"\"") == "rule");
  CHECK(label("null") == "rule");
  const auto tags = [](std::string body, bool typed = true) {
    HttpRequest http{"PUT", "/v1/tags/RED", {{"host", "a"}}, std::move(body)};
    if (typed) http.headers.push_back({"content-type", "application/json"});
    const auto result = types().canonicalize_request(http);
    return result ? result->bytes.substr(result->bytes.find("\r\n") + 2) : result.refusal().code;
  };
  CHECK(tags(R"([ "a" , "" ])").ends_with("\r\n\r\n[\"a\",\"\"]"));
  CHECK(tags("[]") == "host: types.example\r\n\r\n");
  CHECK(tags("null") == "host: types.example\r\n\r\n");
  CHECK(tags("", false) == "host: types.example\r\n\r\n");
  CHECK(tags("{}") == "wrong_type");
}

TEST_CASE("a record above the limit is 413", "[http]") {
  const auto result =
      types().canonicalize_request(post_echo("{\"snakeCase\":\"" + std::string(8200, 'a') + "\"}"));
  REQUIRE_FALSE(result);
  CHECK(result.refusal().http_status == 413);
}
