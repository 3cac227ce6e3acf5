// SPDX-License-Identifier: Apache-2.0
// Clients and backends that mean harm by their timing or by what HTTP allows, not by their content.
#include <atomic>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include "gateway/backend.hpp"
#include "gateway/bench.hpp"

using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::gateway::test;

namespace {

BackendServer::Answer slow_or_not(const Request& request) {
  if (request.target().ends_with("slow"))
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
  return json(200, "{}");
}

// A backend that answers every request with interim responses and nothing else, for three seconds.
class InterimFlood {
 public:
  InterimFlood() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this] {
      tcp::socket socket(io_);
      error_code error;
      acceptor_.accept(socket, error);
      std::string interim;
      for (int i = 0; i < 200; ++i) interim += "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
      const auto end = Clock::now() + std::chrono::seconds(3);
      while (!error && Clock::now() < end) asio::write(socket, asio::buffer(interim), error);
    });
  }
  ~InterimFlood() { thread_.join(); }
  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("slow clients take no place from others", "[hostile]") {
  constexpr std::size_t kConnections = 6;
  BackendServer backend(slow_or_not);
  Chain chain(backend.port(), {.max_connections = kConnections});
  REQUIRE(chain.wait_connected());
  Client answered(chain.port());  // waits for the filter, so it stays
  answered.send(get("/v1/notes/slow"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::vector<std::string> starts = {
      "", "GET /v1/no",
      "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
      "30\r\n\r\n{"};
  for (const std::string& start : starts) {
    INFO(start);
    std::vector<std::unique_ptr<Client>> slow;
    for (std::size_t i = 0; i < kConnections + 2; ++i) {
      slow.push_back(std::make_unique<Client>(chain.port()));
      slow.back()->send(start);
    }
    const auto before = Clock::now();
    Client client(chain.port());
    CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
    CHECK(Clock::now() - before < std::chrono::seconds(4));
    CHECK(slow.front()->closed());
  }
  CHECK(answered.read().result_int() == 200);
}

TEST_CASE("a body that does not come in time is answered, and the connection ends", "[hostile]") {
  BackendServer backend(slow_or_not);
  Chain chain(backend.port(), {.body_timeout = std::chrono::milliseconds(300)});
  REQUIRE(chain.wait_connected());
  const std::string head =
      "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  for (const std::string& start : {head + "Content-Length: 30\r\n\r\n{",
                                   head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"}) {
    INFO(start);
    Client silent(chain.port());
    const Response response = silent.call(start);
    CHECK(response.result_int() == 408);
    CHECK(response["content-type"] == "application/problem+json");
    CHECK(silent.closed());
  }
  // A client that never stops sending gains no time.
  Client dripping(chain.port());
  dripping.send(head + "Content-Length: 3000\r\n\r\n{");
  std::atomic<bool> done = false;
  std::thread drip([&] {
    while (!done) {
      dripping.send(" ");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  CHECK(dripping.read().result_int() == 408);
  done = true;
  drip.join();
  Client good(chain.port());
  CHECK(good.call(post("/v1/notes", "{}")).result_int() == 200);
}

TEST_CASE("a HEAD gets no body, which would pass for the next response", "[hostile]") {
  BackendServer backend(slow_or_not);
  Chain chain(backend.port());
  REQUIRE(chain.wait_connected());
  const std::string both =
      raw_call(chain.port(),
               "HEAD /v1/notes/a HTTP/1.1\r\nHost: a\r\n\r\n"
               "GET /v1/notes/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK_THAT(both,
             Catch::StartsWith("HTTP/1.1 405 ") && Catch::Contains("\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_CASE("interim responses without end do not hold a request beyond its time", "[hostile]") {
  InterimFlood flood;
  asio::io_context io;
  const auto backend =
      std::make_shared<Backend>(io, Backend::Options{.address = {"127.0.0.1", flood.port()}});
  const auto start = Clock::now();
  const canonical::HttpRequest request{"GET", "/", {}, ""};
  std::optional<BackendFailure> failure;
  asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        auto answer = co_await backend->call(request, 1000, start + std::chrono::milliseconds(300));
        if (const auto* failed = std::get_if<BackendFailure>(&answer)) failure = *failed;
      },
      asio::detached);
  io.run();
  REQUIRE(failure);
  CHECK(failure->timed_out());
  CHECK(Clock::now() - start < std::chrono::seconds(2));
}
