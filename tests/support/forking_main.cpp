// SPDX-License-Identifier: Apache-2.0
// Catch2's main for tests that create a device session: a SystemC kernel lives once in a process,
// so every test case runs in a process of its own. Arguments are Catch2's.
#define CATCH_CONFIG_RUNNER
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <string>
#include <vector>

namespace {

/// A test specification that matches exactly this name.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\' || c == ',' || c == '[') text += '\\';
    text += c;
  }
  return text + "\"";
}

}  // namespace

int main(int argc, char** argv) {
  Catch::Session session;
  if (const int error = session.applyCommandLine(argc, argv); error != 0) return error;
  auto& data = session.configData();
  if (data.listTests || data.listTags || data.listReporters || data.listTestNamesOnly ||
      data.showHelp)
    return session.run();

  std::vector<std::string> names;
  const auto& config = session.config();
  for (const auto& test :
       Catch::filterTests(Catch::getAllTestCasesSorted(config), config.testSpec(), config)) {
    names.push_back(test.name);
  }
  if (names.empty()) {
    std::cerr << "no test case matches\n";
    return 1;
  }
  int failed = 0;
  for (const std::string& name : names) {
    std::cout.flush();
    const pid_t child = fork();
    if (child < 0) {
      std::perror("fork");
      return 2;
    }
    if (child == 0) {
      data.testsOrTags = {quoted(name)};
      data.warnings =
          static_cast<Catch::WarnAbout::What>(data.warnings | Catch::WarnAbout::NoTests);
      session.useConfigData(data);
      const int result = session.run();
      std::cout.flush();
      // The kernel's objects are not torn down in a defined order at exit; the verdict is already
      // known.
      _exit(result == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      ++failed;
      std::cout << "FAILED: " << name;
      if (WIFSIGNALED(status)) std::cout << " (signal " << WTERMSIG(status) << ")";
      std::cout << "\n";
    }
  }
  std::cout << names.size() << " test cases, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
