// SPDX-License-Identifier: Apache-2.0
// Invariant 10 on whole devices: the same random traffic gives the same transcript at lt and at
// rtl: every frame that left, every event field but sequence and cycle, every answer, every
// counter. Each level runs in a process of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <sstream>

#include "support/traffic.hpp"

using namespace sluice;

namespace {

/// The transcript at that level, played by a child process; empty when it failed.
std::string transcript_at(const char* level, std::uint64_t seed, unsigned steps) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    int status = 1;
    try {
      setenv("SLUICE_TEST_LEVEL", level, 1);
      support::DeviceBench bench;
      support::Traffic traffic(bench, seed);
      traffic.play(steps);
      const std::string& text = traffic.transcript();
      std::size_t at = 0;
      while (at < text.size()) {
        const ssize_t written = write(ends[1], text.data() + at, text.size() - at);
        if (written <= 0) _exit(1);
        at += static_cast<std::size_t>(written);
      }
      status = 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "level %s: %s\n", level, error.what());
    }
    _exit(status);
  }
  close(ends[1]);
  std::string text;
  char buffer[65536];
  ssize_t size = 0;
  while ((size = read(ends[0], buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? text : std::string();
}

}  // namespace

TEST_CASE("lt and rtl leave the same transcript") {
  const char* wanted = std::getenv("SLUICE_AGREEMENT_SEEDS");
  const unsigned seeds = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 4;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string lt = transcript_at("lt", seed, 250);
    const std::string rtl = transcript_at("rtl", seed, 250);
    REQUIRE_FALSE(lt.empty());
    REQUIRE_FALSE(rtl.empty());
    if (lt == rtl) continue;
    // The first difference, with what led to it.
    std::istringstream a(lt);
    std::istringstream b(rtl);
    std::string line_a;
    std::string line_b;
    std::deque<std::string> before;
    for (;;) {
      const bool more_a = static_cast<bool>(std::getline(a, line_a));
      const bool more_b = static_cast<bool>(std::getline(b, line_b));
      if (!more_a && !more_b) break;
      if (more_a != more_b || line_a != line_b) break;
      before.push_back(line_a);
      if (before.size() > 8) before.pop_front();
    }
    std::string context;
    for (const auto& line : before) context += "  " + line + "\n";
    FAIL_CHECK("seed " << seed << "\n" << context << "lt:  " << line_a << "\nrtl: " << line_b);
  }
}
