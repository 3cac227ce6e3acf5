// SPDX-License-Identifier: Apache-2.0
// sluice-device as a process: its sockets, its start and its end.
#include <catch2/catch.hpp>

#include <signal.h>

#include <filesystem>

#include "daemon/process.hpp"

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

}  // namespace

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
