// SPDX-License-Identifier: Apache-2.0
// Child processes, temporary folders and waiting for a condition, for tests that run the real programs.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::testing {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A running program; killed with its owner. Standard output and error go to files.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command, const std::string& input = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  // The exit status, 128 + n for signal n; nothing when it still runs after that time.
  std::optional<int> wait(std::chrono::milliseconds time = std::chrono::seconds(20));
  bool running();
  std::string output() const;
  std::string errors() const;

 private:
  int pid_ = -1;
  std::optional<int> status_;
  TemporaryFolder files_;
};

struct Finished {
  int status;
  std::string output;
  std::string errors;
};

// Runs a program to its end (at most 60 s, else status -1).
Finished run(const std::vector<std::string>& command, const std::string& input = {});

// A program of this build, by name.
std::string program(const std::string& name);

// True as soon as the condition is, false after that time.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds time = std::chrono::seconds(20));

void write_file(const std::string& path, const std::string& text);
std::string read_file(const std::string& path);

}  // namespace sluice::testing
