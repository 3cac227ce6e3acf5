// SPDX-License-Identifier: Apache-2.0
// A device level in a process of its own: a SystemC kernel cannot be started twice in one process. The child inherits what the parent
// knows when it starts; verdicts come back through a pipe, in the order of the records.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "engine/verdict.hpp"
#include "simulator/device_session.hpp"

namespace sluice::test {

class LevelProcess {
 public:
  struct Answer {
    std::uint32_t reason;
    std::uint32_t offset;
    bool operator==(const Answer&) const = default;
  };
  using Send = std::function<void(const std::vector<engine::Verdict>&)>;

  // `work` runs in the child and hands over its verdicts. "lt" or "rtl". Throws std::runtime_error where there is no process to be had.
  LevelProcess(const std::string& name, const std::function<void(simulator::Level, const Send&)>& work);
  ~LevelProcess();
  LevelProcess(LevelProcess&& other) noexcept;
  LevelProcess(const LevelProcess&) = delete;
  LevelProcess& operator=(const LevelProcess&) = delete;

  const std::string& name() const { return name_; }
  // The next verdict. Throws std::runtime_error when the child ended early.
  Answer next();
  // Waits for the end. Throws std::runtime_error when the child failed.
  void finish();

 private:
  std::string name_;
  std::FILE* answers_ = nullptr;
  pid_t pid_ = -1;
};

}  // namespace sluice::test
