// SPDX-License-Identifier: Apache-2.0
#include "levels/level_process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace sluice::test {

LevelProcess::LevelProcess(const std::string& name, const std::function<void(simulator::Level, const Send&)>& work) : name_(name) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);  // else the child would write it once more
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ > 0) {
    close(ends[1]);
    answers_ = fdopen(ends[0], "rb");
    return;
  }
  close(ends[0]);
  int status = 2;
  try {
    std::FILE* out = fdopen(ends[1], "wb");
    work(name == "lt" ? simulator::Level::lt : simulator::Level::rtl, [&](const std::vector<engine::Verdict>& verdicts) {
      for (const engine::Verdict& verdict : verdicts) {
        const Answer answer{static_cast<std::uint32_t>(verdict.reason), verdict.offset};
        if (fwrite(&answer, sizeof answer, 1, out) != 1) _exit(2);
      }
    });
    std::fclose(out);
    status = 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "level {}: {}\n", name, e.what());
  }
  _exit(status);
}

LevelProcess::LevelProcess(LevelProcess&& other) noexcept
    : name_(std::move(other.name_)), answers_(std::exchange(other.answers_, nullptr)), pid_(std::exchange(other.pid_, -1)) {}

LevelProcess::~LevelProcess() {
  if (answers_ != nullptr) std::fclose(answers_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

LevelProcess::Answer LevelProcess::next() {
  Answer answer{};
  if (fread(&answer, sizeof answer, 1, answers_) != 1) throw std::runtime_error("level " + name_ + " ended early");
  return answer;
}

void LevelProcess::finish() {
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  if (status != 0) throw std::runtime_error("level " + name_ + " failed");
}

}  // namespace sluice::test
