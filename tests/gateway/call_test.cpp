// SPDX-License-Identifier: Apache-2.0
// Calls through the whole chain: what crosses, and what the client is told when it does not.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "gateway/bench.hpp"

using namespace sluice::gateway::test;

namespace {

// Answers a GET with a note whose id is the path's, and a POST with the note that it got.
BackendServer::Answer notes(const Request& request) {
  const std::string target(request.target());
  if (request.method_string() == "POST") return json(200, request.body());
  const std::string id = target.substr(target.rfind('/') + 1);
  if (id == "missing") return json(404, R"({"code": 5, "message": "no such note"})");
  return json(200, R"({ "pages" : 3, "id" : ")" + id + R"(" })");
}

nlohmann::json problem_of(const Response& response) {
  CHECK(response["content-type"] == "application/problem+json");
  return nlohmann::json::parse(response.body());
}

}  // namespace

TEST_CASE("calls cross and come back in canonical form", "[gateway]") {
  std::string seen_host, seen_agent, seen_body;
  BackendServer backend([&](const Request& request) {
    seen_host = std::string(request["host"]);
    seen_agent = std::string(request["user-agent"]);
    seen_body = request.body();
    return notes(request);
  });
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());

  Response response = client.call(get("/v1/notes/abc"));
  CHECK(response.result_int() == 200);
  CHECK(response.body() == R"({"id":"abc","pages":3})");
  CHECK(response["server"].empty());
  CHECK(seen_host == "notes.example");
  CHECK(seen_agent.empty());

  response = client.call(post("/v1/notes", R"({ "text": "\u00e4", "pages": "7" })"));
  CHECK(response.result_int() == 200);
  CHECK(response.body() == "{\"text\":\"\xC3\xA4\",\"pages\":7}");
  CHECK(seen_body == response.body());

  response = client.call(get("/v1/notes/missing"));
  CHECK(response.result_int() == 404);
  CHECK(response.body() == R"({"code":5,"message":"no such note"})");
  CHECK(backend.connections() == 1);  // kept alive
}

TEST_CASE("a record of several link frames crosses whole", "[gateway]") {
  BackendServer backend(notes);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  const std::string body = R"({"text":")" + std::string(4000, 'x') + R"("})";
  CHECK(client.call(post("/v1/notes", body)).body() == body);
}

TEST_CASE("refusals name field, rule and place as RFC 9457 problems", "[gateway]") {
  BackendServer backend(notes);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());

  Response response = client.call(post("/v1/notes", "{\n \"pages\": 501}"));
  CHECK(response.result_int() == 422);
  nlohmann::json problem = problem_of(response);
  CHECK(problem["status"] == 422);
  CHECK(problem["title"] == "Unprocessable Content");
  CHECK(problem["code"] == "rule");
  CHECK(problem["field"] == "pages");
  CHECK(problem["rule"] == "uint32.lte");
  CHECK(problem["constraint"] == "uint32.lte = 500");
  CHECK(problem["line"] == 2);
  CHECK(problem["column"] == 11);

  problem = problem_of(client.call(get("/v1/notes/UPPER")));
  CHECK(problem["field"] == "id");
  CHECK(problem["rule"] == "string.pattern");

  CHECK(client.call(get("/v1/other")).result_int() == 404);
  response = client.call("DELETE /v1/notes HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(response.result_int() == 405);
  CHECK(response["allow"] == "POST");
  CHECK(client
            .call("POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: "
                  "text/plain\r\nContent-Length: 2\r\n\r\n{}")
            .result_int() == 415);
  CHECK(problem_of(client.call(
            "GET /v1/notes/a HTTP/1.1\r\nHost: a\r\nCookie: a\r\n\r\n"))["field"] == "cookie");
  CHECK(client.call(post("/v1/notes", R"({"text":")" + std::string(9000, 'x') + R"("})"))
            .result_int() == 422);
  // All of that on one connection, which still works.
  CHECK(client.call(get("/v1/notes/abc")).result_int() == 200);
}

TEST_CASE("chunked bodies are joined, 100-continue is answered", "[gateway]") {
  BackendServer backend(notes);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  Response response = client.call(
      "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n"
      "4\r\n{\"id\r\n5;x=\"y\"\r\n\":\"a\"\r\n1\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n");
  CHECK(response.result_int() == 200);
  CHECK(response.body() == R"({"id":"a"})");

  client.send(
      "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
      "10\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read().result_int() == 100);
  client.send(R"({"id":"b"})");
  response = client.read();
  CHECK(response.result_int() == 200);
  CHECK(response.body() == R"({"id":"b"})");
}

TEST_CASE("pipelined requests are answered in order, and close is honoured", "[gateway]") {
  BackendServer backend(notes);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  client.send(get("/v1/notes/a") + post("/v1/notes", R"({"id":"b"})") +
              "GET /v1/notes/c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.read().body() == R"({"id":"a","pages":3})");
  CHECK(client.read().body() == R"({"id":"b"})");
  const Response last = client.read();
  CHECK(last.body() == R"({"id":"c","pages":3})");
  CHECK_FALSE(last.keep_alive());
  CHECK(client.closed());
}

TEST_CASE("what HTTP forbids is 400 and ends the connection", "[gateway]") {
  BackendServer backend(notes);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  const std::string head =
      "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  const std::vector<std::pair<std::string, int>> bad = {
      {head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET "
              "/v1/notes/smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
       400},
      {head + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", 400},
      {head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
      {head + "Content-Length: 2,2\r\n\r\n{}", 400},
      {head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
      {head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {head + "X: a\r\n b\r\n\r\n", 400},
      {head + "X: a\n\r\n", 400},
      {head + "Host: b\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET /v1/notes/a HTTP/1.1\n\n", 400},
      {"GET /v1/notes/a HTTP/1.1\r\n\r\n", 400},
      {"GET /v1/notes/a HTTP/1.0\r\n\r\n", 505},
      {"nonsense\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x01", 400},
      {"GET /" + std::string(20000, 'a'), 431},
      {head + "Content-Length: 99999999\r\n\r\n", 413},
  };
  for (const auto& [bytes, status] : bad) {
    INFO(bytes.substr(0, 200));
    Client client(chain.port());
    const Response response = client.call(bytes);
    CHECK(response.result_int() == static_cast<unsigned>(status));
    CHECK_FALSE(response.keep_alive());
    CHECK(client.closed());
  }
  CHECK(backend.connections() == 0);  // nothing of it reached the other side
}
