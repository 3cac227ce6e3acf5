// SPDX-License-Identifier: Apache-2.0
// The control API as HTTP: bad requests get a problem with a clear text; web pages get nothing; bad starts are said.
#include <catch2/catch.hpp>

#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <regex>

#include "daemon/fixture.hpp"
#include "link/management_client.hpp"

using namespace sluice;
namespace asio = boost::asio;
using testing::Process;
using testing::program;
using testing::Setup;

namespace {

// sluiced on a TCP port of its own choice, without a device.
class TcpDaemon {
 public:
  TcpDaemon()
      : process_({program("sluiced"), "--control", "127.0.0.1:0", "--device", folder_ / "nobody", "--state",
                  folder_ / "state"}) {
    const std::regex line("control API on 127\\.0\\.0\\.1:([0-9]+)");
    std::smatch match;
    std::string log;
    REQUIRE(testing::eventually([&] {
      log = process_.errors();
      return std::regex_search(log, match, line);
    }));
    port_ = static_cast<unsigned short>(std::stoi(match[1]));
  }

  unsigned short port() const { return port_; }
  const testing::TemporaryFolder& folder() const { return folder_; }

  std::string ask(const std::string& request) const {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(request), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }
  std::string get(const std::string& target, const std::string& headers = "host: 127.0.0.1\r\n") const {
    return ask("GET " + target + " HTTP/1.1\r\n" + headers + "connection: close\r\n\r\n");
  }
  std::string post(const std::string& target, const std::string& body, const std::string& type = "application/json") const {
    return ask("POST " + target + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: " + type +
               "\r\ncontent-length: " + std::to_string(body.size()) + "\r\nconnection: close\r\n\r\n" + body);
  }

 private:
  testing::TemporaryFolder folder_;
  Process process_;
  unsigned short port_ = 0;
};

}  // namespace

TEST_CASE("requests that mean nothing get a problem that says why") {
  const TcpDaemon daemon;
  CHECK_THAT(daemon.get("/v1/status"), Catch::StartsWith("HTTP/1.1 200") && Catch::Contains("DISCONNECTED"));
  CHECK_THAT(daemon.get("/v1/nothing"), Catch::StartsWith("HTTP/1.1 404") && Catch::Contains("/v1/status") &&
                                            Catch::Contains("application/problem+json"));
  CHECK_THAT(daemon.get("/v1/images:push"), Catch::StartsWith("HTTP/1.1 405"));
  CHECK_THAT(daemon.post("/v1/images:push", "{}", "text/plain"), Catch::StartsWith("HTTP/1.1 415"));
  CHECK_THAT(daemon.post("/v1/images:push", "{"), Catch::StartsWith("HTTP/1.1 400"));
  CHECK_THAT(daemon.post("/v1/images:push", R"({"imagge":""})"), Catch::StartsWith("HTTP/1.1 400") && Catch::Contains("imagge"));
  CHECK_THAT(daemon.post("/v1/policies:push", "{}"), Catch::StartsWith("HTTP/1.1 400") && Catch::Contains("manifest"));
  CHECK_THAT(daemon.get("/v1/events?limit=x"), Catch::StartsWith("HTTP/1.1 400"));
  CHECK_THAT(daemon.get("/v1/events?limit=1&limit=2"), Catch::StartsWith("HTTP/1.1 400") && Catch::Contains("twice"));
  CHECK_THAT(daemon.get("/v1/events?limit=%4"), Catch::StartsWith("HTTP/1.1 400"));
  CHECK_THAT(daemon.get("/v1/events?newest=true&after=4"), Catch::StartsWith("HTTP/1.1 400"));
  CHECK_THAT(daemon.get("/v1/events?newest=true&limit=2"), Catch::StartsWith("HTTP/1.1 200"));
  // Deep nesting and long texts end in an answer, not in a crash.
  CHECK_THAT(daemon.post("/v1/images:push", std::string(100'000, '[')), Catch::StartsWith("HTTP/1.1 400"));
  CHECK_THAT(daemon.get("/v1/" + std::string(10'000, 'x')), Catch::StartsWith("HTTP/1.1 431"));
  CHECK_THAT(daemon.ask("POST /v1/images:push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        "content-length: 99999999\r\nconnection: close\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 413"));
  CHECK_THAT(daemon.get("/v1/status"), Catch::StartsWith("HTTP/1.1 200"));
}

TEST_CASE("what a web page could make a browser send is refused") {
  const TcpDaemon daemon;
  CHECK_THAT(daemon.get("/v1/status", "host: 127.0.0.1\r\norigin: https://evil.example\r\n"), Catch::StartsWith("HTTP/1.1 403"));
  for (const char* host : {"evil.example", "evil.example:7480", "127.evil.example", "192.0.2.1", ""}) {
    CHECK_THAT(daemon.get("/v1/status", "host: " + std::string(host) + "\r\n"), Catch::StartsWith("HTTP/1.1 403"));
  }
  for (const char* host : {"localhost:7480@evil.example", "localhost\r\nhost: evil.example", "[::1]x", "[::1", "localhost:"
                           "7480:1"}) {
    CHECK_THAT(daemon.get("/v1/status", "host: " + std::string(host) + "\r\n"), Catch::StartsWith("HTTP/1.1 403"));
  }
  for (const char* host : {"localhost", "localhost:7480", "127.0.0.1:7480", "[::1]:7480"}) {
    CHECK_THAT(daemon.get("/v1/status", "host: " + std::string(host) + "\r\n"), Catch::StartsWith("HTTP/1.1 200"));
  }
}

TEST_CASE("a HEAD gets no body, which would pass for the next response") {
  const TcpDaemon daemon;
  const std::string both = daemon.ask("HEAD /v1/status HTTP/1.1\r\nhost: localhost\r\n\r\n"
                                      "GET /v1/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  CHECK_THAT(both, Catch::StartsWith("HTTP/1.1 405") && Catch::Contains("\r\n\r\nHTTP/1.1 200"));
}

TEST_CASE("peers that send nothing keep nobody out") {
  const TcpDaemon daemon;
  asio::io_context context;
  std::vector<asio::ip::tcp::socket> silent;
  for (int i = 0; i < 40; ++i) {
    silent.emplace_back(context).connect({asio::ip::address_v4::loopback(), daemon.port()});
    if (i % 2 == 0) asio::write(silent.back(), asio::buffer(std::string("GET /v1/st")));
  }
  CHECK_THAT(daemon.get("/v1/status"), Catch::StartsWith("HTTP/1.1 200"));
}

TEST_CASE("what answers nonsense without end in the device's place does not end the daemon") {
  using Protocol = asio::generic::seq_packet_protocol;
  Setup setup;
  asio::io_context context;
  asio::basic_socket_acceptor<Protocol> acceptor(context);
  const asio::local::stream_protocol::endpoint path(setup.path("management"));
  acceptor.open(Protocol(AF_UNIX, 0));
  acceptor.bind(Protocol::endpoint(path.data(), path.size()));
  acceptor.listen();
  setup.start_daemon();
  for (int round = 0; round < 5; ++round) {
    Protocol::socket device(context);
    acceptor.accept(device);
    boost::system::error_code error;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    // Every sequence number is a refusal of whatever was asked.
    for (unsigned i = 0; !error && std::chrono::steady_clock::now() < end; ++i) {
      const auto frame = link::make_answer({.op = layout::ManagementOp::ERROR, .sequence = static_cast<std::uint8_t>(i)});
      device.send(asio::buffer(frame), 0, error);
    }
    CHECK(error);  // the daemon hung up
  }
  CHECK(setup.daemon().running());
  CHECK(setup.status().state() == v1::DeviceStatus::DISCONNECTED);
}

TEST_CASE("a daemon that cannot start says why and exits with 2") {
  const TcpDaemon daemon;
  const testing::TemporaryFolder folder;
  const auto start = [&](const std::string& control, const std::string& state) {
    return testing::run({program("sluiced"), "--control", control, "--device", folder / "device", "--state", state});
  };
  auto result = start("0.0.0.0:0", folder / "state");
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Catch::Contains("not a local address"));
  result = start("127.0.0.1:" + std::to_string(daemon.port()), folder / "state");
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Catch::Contains("in use"));
  result = start("127.0.0.1:0", daemon.folder() / "state");
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Catch::Contains("another sluiced"));
  CHECK(testing::run({program("sluiced"), "--nonsense"}).status == 2);
  CHECK(testing::run({program("sluiced"), "--help"}).status == 0);
}
