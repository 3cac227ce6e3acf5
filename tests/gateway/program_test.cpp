// SPDX-License-Identifier: Apache-2.0
// The program itself: exit statuses, messages, SIGHUP, SIGTERM. The rest of the chain is in this
// process.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "gateway/bench.hpp"

extern char** environ;

using namespace sluice::gateway::test;

namespace {

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class Program {
 public:
  Program(std::vector<std::string> arguments, std::string log) : log_(std::move(log)) {
    arguments.insert(arguments.begin(), SLUICE_BINARY_DIR "/bin/sluice-gateway");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&files);
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  void signal(int number) { ::kill(pid_, number); }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string log() const { return read_file(log_); }
  bool says(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }
  unsigned short port() const {
    REQUIRE(says("listening on 127.0.0.1:"));
    const std::string text = log();
    return static_cast<unsigned short>(std::stoi(text.substr(text.find("127.0.0.1:") + 10)));
  }

 private:
  std::string log_;
  pid_t pid_ = -1;
};

std::string policy_with(const std::string& host) {
  std::string text = read_file(std::string(SLUICE_SOURCE_DIR) + "/tests/gateway/data/policy.yaml");
  text.replace(text.find("importPaths: [.]"), 16,
               "importPaths: [" + std::string(SLUICE_SOURCE_DIR) + "/tests/gateway/data]");
  return text.replace(text.find("notes.example"), 13, host);
}

void write_file(const std::string& name, const std::string& text) {
  std::ofstream(name, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("the program serves, reloads on SIGHUP, and stops on SIGTERM", "[program]") {
  Folder folder;
  write_file(folder.file("policy.yaml"), policy_with("one.example"));
  std::string host;
  std::mutex mutex;
  BackendServer backend([&](const Request& request) -> BackendServer::Answer {
    const std::lock_guard lock(mutex);
    host = std::string(request["host"]);
    return json(200, "{}");
  });
  ForwardingDevice device(folder.file("low.sock"), folder.file("high.sock"));
  Program low({"--side", "low", "--policy", folder.file("policy.yaml"), "--device",
               folder.file("low.sock"), "--listen", "127.0.0.1:0"},
              folder.file("low.log"));
  Program high(
      {"--side", "high", "--policy", folder.file("policy.yaml"), "--device",
       folder.file("high.sock"), "--backend", "http://127.0.0.1:" + std::to_string(backend.port())},
      folder.file("high.log"));
  REQUIRE(low.says("device connected"));
  REQUIRE(high.says("device connected"));
  Client client(low.port());
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
  CHECK(host == "one.example");

  write_file(folder.file("policy.yaml"), "name: broken\nserail: 2\n");
  low.signal(SIGHUP);
  high.signal(SIGHUP);
  REQUIRE(low.says("the old one stays"));
  REQUIRE(high.says("the old one stays"));
  CHECK(low.log().find("serail") != std::string::npos);
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);

  write_file(folder.file("policy.yaml"), policy_with("two.example"));
  low.signal(SIGHUP);
  high.signal(SIGHUP);
  const auto taken = [](const Program& program) {
    return eventually([&] {
      const std::string text = program.log();
      return text.find("is in use") != text.rfind("is in use");
    });
  };
  REQUIRE(taken(low));
  REQUIRE(taken(high));
  CHECK(client.call(get("/v1/notes/a")).result_int() == 200);
  CHECK(host == "two.example");

  low.signal(SIGTERM);
  high.signal(SIGTERM);
  CHECK(low.wait() == 0);
  CHECK(high.wait() == 0);
}

TEST_CASE("what cannot work is said, with exit status 2", "[program]") {
  Folder folder;
  write_file(folder.file("policy.yaml"), policy_with("one.example"));
  const auto fails = [&](std::vector<std::string> arguments) {
    Program program(std::move(arguments), folder.file("log"));
    CHECK(program.wait() == 2);
    return program.log();
  };
  const std::vector<std::string> low = {"--side", "low", "--device", folder.file("low.sock")};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = low;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  CHECK(fails(with({"--policy", folder.file("nothing.yaml"), "--listen", "127.0.0.1:0"}))
            .find("nothing.yaml") != std::string::npos);
  CHECK(fails(with({"--policy", folder.file("policy.yaml"), "--listen", "127.0.0.1"}))
            .find("ADDRESS:PORT") != std::string::npos);
  CHECK(fails(with({"--policy", folder.file("policy.yaml")})).find("--listen") !=
        std::string::npos);
  CHECK(fails({"--side", "high", "--policy", folder.file("policy.yaml"), "--device", "x",
               "--backend", "ftp://x"})
            .find("http://HOST:PORT") != std::string::npos);
  CHECK(fails({"--side", "low", "--policy", folder.file("policy.yaml"), "--device",
               std::string(200, 'x'), "--listen", "127.0.0.1:0"})
            .find("cannot name a socket") != std::string::npos);
  BackendServer taken([](const Request&) -> BackendServer::Answer { return std::monostate{}; });
  CHECK(fails(with({"--policy", folder.file("policy.yaml"), "--listen",
                    "127.0.0.1:" + std::to_string(taken.port())}))
            .find("in use") != std::string::npos);
}

TEST_CASE("more connections than open files are refused at the start", "[program]") {
  Folder folder;
  write_file(folder.file("policy.yaml"), policy_with("one.example"));
  const auto start = [&](const std::string& connections) {
    const std::string command =
        "ulimit -n 100; exec " SLUICE_BINARY_DIR "/bin/sluice-gateway --side low --policy " +
        folder.file("policy.yaml") + " --device " + folder.file("low") +
        " --listen 192.0.2.1:1 --max-connections " + connections + " 2> " + folder.file("log");
    const int status = std::system(command.c_str());
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 2));
    return read_file(folder.file("log"));
  };
  CHECK_THAT(start("100"), Catch::Contains("open files") && Catch::Contains("ulimit -n"));
  CHECK_THAT(start("60"), Catch::Contains("cannot listen"));
}
