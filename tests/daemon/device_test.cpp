// SPDX-License-Identifier: Apache-2.0
// sluice-device as a process: its sockets, its start and its end.
#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "daemon/process.hpp"
#include "link/management_client.hpp"

using sluice::testing::Process;
using sluice::testing::program;
using sluice::testing::run;
using sluice::testing::TemporaryFolder;

namespace {

std::vector<std::string> device(const TemporaryFolder& folder, const std::vector<std::string>& more = {}) {
  std::vector<std::string> command{program("sluice-device"), "--level", "lt", "--low", folder / "low", "--high",
                                   folder / "high", "--management", folder / "management"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

bool listening(const TemporaryFolder& folder) {
  return sluice::testing::eventually([&] { return std::filesystem::exists(folder / "management"); });
}

// A peer of the management port that reads only when told to. It waits at most half a second for anything.
class ManagementPeer {
 public:
  explicit ManagementPeer(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    const timeval patience{0, 500'000};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~ManagementPeer() { ::close(descriptor_); }
  ManagementPeer(const ManagementPeer&) = delete;
  ManagementPeer& operator=(const ManagementPeer&) = delete;
  bool ask(std::uint8_t sequence) const {
    const auto frame = sluice::link::make_read(sequence, sluice::layout::reg::IDENTITY);
    return ::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size());
  }
  // The answer's sequence number; -1 when none comes.
  int answer() const {
    unsigned char frame[4096];
    return ::recv(descriptor_, frame, sizeof(frame), 0) >= 2 ? frame[1] : -1;
  }

 private:
  int descriptor_;
};

}  // namespace

TEST_CASE("a management peer that does not read is not heard, and leaves no answers behind") {
  const TemporaryFolder folder;
  const Process process(device(folder));
  REQUIRE(listening(folder));
  {
    const ManagementPeer deaf(folder / "management");
    int asked = 0;
    while (asked < 20'000 && deaf.ask(1)) ++asked;
    CHECK(asked > 100);
    CHECK(asked < 20'000);
  }
  // Until everything that the first one sent is read, the port is not free.
  int answer = -1;
  int another = -1;
  CHECK(sluice::testing::eventually([&] {
    const ManagementPeer next(folder / "management");
    if (!next.ask(7) || (answer = next.answer()) < 0) return false;
    another = next.answer();
    return true;
  }));
  CHECK(answer == 7);
  CHECK(another == -1);
}

TEST_CASE("a device stops cleanly and takes its socket files with it") {
  for (const int signal : {SIGTERM, SIGINT}) {
    TemporaryFolder folder;
    Process process(device(folder));
    REQUIRE(listening(folder));
    process.signal(signal);
    CHECK(process.wait() == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "low"));
    CHECK_FALSE(std::filesystem::exists(folder / "high"));
    CHECK_FALSE(std::filesystem::exists(folder / "management"));
    CHECK(process.output().empty());
  }
}

TEST_CASE("sockets of a living device are in use, those of a killed one are taken over") {
  TemporaryFolder folder;
  {
    Process first(device(folder));
    REQUIRE(listening(folder));
    const auto second = run(device(folder));
    CHECK(second.status == 2);
    CHECK_THAT(second.errors, Catch::Contains("in use"));
    CHECK(first.running());
    CHECK(std::filesystem::exists(folder / "low"));
  }
  REQUIRE(std::filesystem::exists(folder / "low"));  // the first one was killed
  Process third(device(folder));
  CHECK(sluice::testing::eventually([&] { return third.errors().find("listening") != std::string::npos; }));
}

TEST_CASE("a device that cannot start says why and exits with 2") {
  TemporaryFolder folder;
  auto result = run(device(folder, {"--trace", folder / "trace.vcd"}));
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Catch::Contains("trace"));
  CHECK_FALSE(std::filesystem::exists(folder / "low"));
  CHECK(run(device(folder, {"--geometry", "huge"})).status == 2);
  CHECK(run(device(folder, {"--trace", "trace.txt"})).status == 2);
  CHECK(run({program("sluice-device"), "--level", "lt"}).status == 2);
  CHECK(run({program("sluice-device"), "--help"}).status == 0);
}
