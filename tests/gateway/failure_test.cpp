// SPDX-License-Identifier: Apache-2.0
// Everything that can fail around the gateways: the device, the backend, the filter's silence, a
// hostile device.
#include <catch2/catch.hpp>

#include "gateway/bench.hpp"

using namespace sluice;
using namespace sluice::gateway::test;

namespace {

BackendServer::Answer echo_id(const Request& request) {
  const std::string target(request.target());
  return json(200, R"({"id":")" + target.substr(target.rfind('/') + 1) + R"("})");
}

}  // namespace

TEST_CASE("64 parallel connections each get their own answers", "[gateway]") {
  BackendServer backend(echo_id);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  std::atomic<int> right = 0, wrong = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 64; ++c) {
    clients.emplace_back([&, c] {
      Client client(chain.port());
      for (int i = 0; i < 20; ++i) {
        const std::string id = "c" + std::to_string(c) + "i" + std::to_string(i);
        Response response = client.call(get("/v1/notes/" + id));
        // On a busy machine a place or an answer may come too late, and the gateway says so; what
        // it must not do is to mix them up.
        for (int again = 0; again < 100 && response.result_int() >= 503; ++again) {
          response = client.call(get("/v1/notes/" + id));
        }
        ++(response.result_int() == 200 && response.body() == R"({"id":")" + id + R"("})" ? right
                                                                                          : wrong);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(right == 64 * 20);
  CHECK(wrong == 0);
  // The policy allows eight at once; the gateway lets the others wait instead of letting the device
  // drop them.
  CHECK(chain.device().most_outstanding() <= 8);
  CHECK(chain.device().most_outstanding() > 1);
  CHECK(chain.device().bad_frames() == 0);
}

TEST_CASE("without a device 503; when it comes back, so do the answers", "[gateway]") {
  BackendServer backend(echo_id);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
  chain.stop_device();
  REQUIRE(chain.wait_disconnected());
  const Response gone = client.call(get("/v1/notes/a"));
  CHECK(gone.result_int() == 503);
  CHECK(gone["retry-after"] == "1");
  chain.start_device();
  REQUIRE(chain.wait_connected());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
}

TEST_CASE("a device that dies during a request ends it with 503 at once", "[gateway]") {
  BackendServer backend([](const Request&) -> BackendServer::Answer {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return json(200, "{}");
  });
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  client.send(get("/v1/notes/a"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto start = std::chrono::steady_clock::now();
  chain.stop_device();
  CHECK(client.read().result_int() == 503);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
}

TEST_CASE("what the device drops is 504", "[gateway]") {
  BackendServer backend(echo_id);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  chain.device().change_requests([](std::string) { return std::nullopt; });
  Client client(chain.port());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 504);
  chain.device().change_requests(nullptr);
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
}

TEST_CASE("a backend that fails becomes the policy's 502", "[gateway]") {
  std::atomic<int> kind = 0;
  BackendServer backend([&](const Request& request) -> BackendServer::Answer {
    switch (kind) {
      case 1:
        return std::monostate{};  // closes
      case 2:
        return std::string("HTTP/1.1 200 OK\nnot http");  // no HTTP
      case 3:
        return json(200, R"({"id": "a", "secret": 1})");  // unknown field
      case 4:
        return json(500, "{}");  // status not listed
      case 5: {                  // header not listed
        Response response = json(200, "{}");
        response.set("x-leak", "1");
        return response;
      }
      case 6:
        return std::string(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: "
            "close\r\ncontent-length: 50\r\n\r\n{");  // cut short
      case 7:
        return std::string(
            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.0 200 OK\r\nDate: "
            "now\r\ncontent-type: application/json\r\n\r\n{\"id\":\"z\"}");
      case 8:
        return std::string(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: "
            "close\r\ntransfer-encoding: "
            "chunked\r\n\r\n3\r\n{\"i\r\n6\r\nd\":\"y\"\r\n1\r\n}\r\n0\r\n\r\n");
      case 9:
        return json(200, R"({"text":")" + std::string(100'000, 'x') +
                             R"("})");  // longer than a record may be
      default:
        return echo_id(request);
    }
  });
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  for (const int failure : {1, 2, 3, 4, 5, 6, 9}) {
    INFO(failure);
    kind = failure;
    const Response response = client.call(get("/v1/notes/a"));
    CHECK(response.result_int() == 502);
    CHECK(response.body() == R"({"code":14,"message":"the backend did not answer as it should"})");
  }
  kind = 7;
  CHECK(client.call(get("/v1/notes/a")).body() == R"({"id":"z"})");
  kind = 8;
  CHECK(client.call(get("/v1/notes/a")).body() == R"({"id":"y"})");
  kind = 0;
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
}

TEST_CASE("a backend that is down is 502, one that is slow is 504, and both recover", "[gateway]") {
  unsigned short port = 0;
  {
    BackendServer once(echo_id);
    port = once.port();
  }
  Chain chain(port);
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 502);
  std::atomic<bool> slow = true;
  BackendServer backend(
      [&](const Request& request) -> BackendServer::Answer {
        if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        return echo_id(request);
      },
      port);
  CHECK(client.call(get("/v1/notes/a")).result_int() == 504);
  slow = false;
  CHECK(client.call(get("/v1/notes/b")).body() == R"({"id":"b"})");
}

TEST_CASE("the second check stops what a broken device lets through", "[gateway]") {
  std::atomic<int> calls = 0;
  BackendServer backend([&](const Request& request) {
    ++calls;
    return echo_id(request);
  });
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  Client client(chain.port());
  const auto replace = [](std::string from, std::string to) {
    return [from, to](std::string record) -> std::optional<std::string> {
      const auto at = record.find(from);
      if (at != std::string::npos) record.replace(at, from.size(), to);
      return record;
    };
  };
  SECTION("requests: the backend never sees them") {
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"/v1/notes/a", "/v1/notes/A"},
             {"GET", "PUT"},
             {"host: notes.example", "host: other.example"},
             {"\r\nhost", "\r\nevil: 1\r\nhost"},
             {"HTTP/1.1\r\n", "HTTP/1.1\n"}}) {
      chain.device().change_requests(replace(from, to));
      CHECK(client.call(get("/v1/notes/a")).result_int() == 504);
    }
    CHECK(calls == 0);
  }
  SECTION("responses: the client never sees them") {
    for (const auto& [from, to] :
         std::vector<std::pair<std::string, std::string>>{{"\"id\"", "\"ix\""},
                                                          {"200 OK", "200 Ok"},
                                                          {"{\"", "{ \""},
                                                          {"content-type", "Content-Type"}}) {
      chain.device().change_responses(replace(from, to));
      const Response response = client.call(get("/v1/notes/a"));
      CHECK(response.result_int() == 502);
      CHECK(response["content-type"] == "application/problem+json");
    }
  }
}

TEST_CASE("frames that nobody asked for change nothing", "[gateway]") {
  BackendServer backend(echo_id);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  const std::vector<std::uint8_t> record(100, 'x');
  auto frames = link::to_frames(link::from_device(link::Port::low), 77,
                                record);  // no outstanding request has this tag
  frames.push_back(link::Frame(3000, 0xFF));
  frames.push_back(link::Frame(10, 0));
  frames.push_back(
      link::to_frames(link::to_device(link::Port::low), 1, record)[0]);  // the wrong kind
  chain.device().inject_low(frames);
  Client client(chain.port());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
}
