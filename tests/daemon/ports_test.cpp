// SPDX-License-Identifier: Apache-2.0
// The device's ports without a device: peers that come, go, crowd and do not read; socket files of the living and dead.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "daemon/process.hpp"
#include "device/port_server.hpp"

using sluice::device::ListeningSocket;
using sluice::device::PortServer;
using sluice::device::SocketError;
using sluice::testing::TemporaryFolder;

namespace {

class Peer {
 public:
  explicit Peer(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Peer() { ::close(descriptor_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  bool connected() const { return connected_; }
  bool send(const std::string& text) const {
    return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Empty: the other side closed. "-": nothing there.
  std::string receive() const {
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN ? "-" : "";
    return std::string(buffer, static_cast<std::size_t>(got));
  }

 private:
  int descriptor_;
  bool connected_ = false;
};

PortServer::Options options(const std::string& path, std::size_t queue = 4) {
  PortServer::Options out;
  out.name = "low";
  out.path = path;
  out.frame_max = 100;
  out.queue_frames = queue;
  return out;
}

std::string text(std::span<const std::uint8_t> frame) { return {frame.begin(), frame.end()}; }
std::vector<std::uint8_t> frame(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("a peer's frames come in order, and those sent before it left are still there") {
  TemporaryFolder folder;
  PortServer server(options(folder / "low"));
  {
    Peer peer(folder / "low");
    REQUIRE(peer.connected());
    server.serve(true);
    REQUIRE(server.connected());
    CHECK_FALSE(server.receive());
    REQUIRE(peer.send("one"));
    REQUIRE(peer.send("two"));
    server.send(frame("unread"));  // the peer leaves without reading: a reset, not a loss of what it sent
  }
  REQUIRE(text(server.receive().value()) == "one");
  REQUIRE(text(server.receive().value()) == "two");
  CHECK_FALSE(server.receive());
  CHECK_FALSE(server.connected());
  Peer again(folder / "low");
  server.serve(true);
  CHECK(server.connected());
}

TEST_CASE("a second peer is refused until the first has gone") {
  TemporaryFolder folder;
  PortServer server(options(folder / "low"));
  auto first = std::make_unique<Peer>(folder / "low");
  server.serve(true);
  Peer second(folder / "low");
  server.serve(true);
  CHECK(second.receive().empty());
  REQUIRE(first->send("still mine"));
  CHECK(text(server.receive().value()) == "still mine");
  first.reset();
  Peer third(folder / "low");
  server.serve(true);
  REQUIRE(third.send("mine now"));
  CHECK(text(server.receive().value()) == "mine now");
}

TEST_CASE("peers that come and go without end neither fill the log nor hold the port") {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(log)));
  {
    TemporaryFolder folder;
    PortServer server(options(folder / "low"));
    for (int i = 0; i < 300; ++i) {
      const Peer peer(folder / "low");  // every other one finds the port taken
      server.serve(true);
      if (i % 2 == 1) (void)server.receive();
    }
    const Peer last(folder / "low");
    server.serve(true);
    (void)server.receive();
    server.serve(true);
    CHECK(last.connected());
  }
  spdlog::set_default_logger(before);
  const std::string lines = log.str();
  CHECK_THAT(lines, Catch::Contains("peer connected"));
  CHECK(std::count(lines.begin(), lines.end(), '\n') < 100);
}

TEST_CASE("frames for nobody and for a peer that does not read are dropped whole and counted") {
  TemporaryFolder folder;
  PortServer server(options(folder / "low"));
  server.send(frame("nobody"));
  CHECK(server.frames_dropped() == 1);
  Peer peer(folder / "low");
  server.serve(true);
  for (int i = 0; i < 5000; ++i) server.send(frame(std::to_string(i)));
  CHECK_FALSE(server.writable());
  const std::uint64_t dropped = server.frames_dropped();
  REQUIRE(dropped > 1);
  // What was not dropped arrives whole and in order.
  int received = 0;
  for (int next = 0; next < 5000; ++received, ++next) {
    const std::string got = peer.receive();
    server.serve(true);
    if (got == "-") break;
    REQUIRE(got == std::to_string(next));
  }
  CHECK(static_cast<std::uint64_t>(received) + dropped - 1 == 5000);
}

TEST_CASE("a message longer than any frame keeps one byte too many") {
  TemporaryFolder folder;
  PortServer server(options(folder / "low"));
  Peer peer(folder / "low");
  server.serve(true);
  REQUIRE(peer.send(std::string(3000, 'x')));
  CHECK(server.receive().value().size() == 101);
  CHECK_FALSE(server.receive());
}

TEST_CASE("socket files: the living keep theirs, the dead lose it, other files stay") {
  TemporaryFolder folder;
  const std::string path = folder / "low";
  {
    ListeningSocket owner(path, SOCK_SEQPACKET);
    CHECK_THROWS_WITH(ListeningSocket(path, SOCK_SEQPACKET), Catch::Contains("in use"));
    CHECK_THROWS_WITH(ListeningSocket(path, SOCK_STREAM), Catch::Contains("in use"));
    CHECK(Peer(path).connected());
  }
  CHECK_FALSE(std::filesystem::exists(path));

  // A process that died leaves its file.
  const int dead = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ::close(dead);
  {
    ListeningSocket heir(path, SOCK_SEQPACKET);
    CHECK(Peer(path).connected());
  }

  sluice::testing::write_file(path, "a letter");
  CHECK_THROWS_WITH(ListeningSocket(path, SOCK_SEQPACKET), Catch::Contains("not a socket"));
  CHECK(sluice::testing::read_file(path) == "a letter");
  CHECK_THROWS_AS(ListeningSocket(folder / "no/such/folder", SOCK_SEQPACKET), SocketError);
  CHECK_THROWS_WITH(ListeningSocket(std::string(200, 'x'), SOCK_SEQPACKET), Catch::Contains("107"));
}
