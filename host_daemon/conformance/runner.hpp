// SPDX-License-Identifier: Apache-2.0
// Runs procedures, each in a process of its own: every one finds a device fresh out of reset, and a device that hangs or
// crashes costs its own procedure alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conformance/procedure.hpp"

namespace sluice::conformance {

struct Result {
  enum class Status : std::uint8_t { passed, failed, error };
  const Procedure* procedure = nullptr;
  Status status = Status::error;
  std::size_t checks = 0;             ///< made, failed ones included
  std::vector<std::string> failures;  ///< what should have been
  std::vector<std::string> notes;
  std::string error;                  ///< why it could not run to its end
  double seconds = 0;                 ///< wall clock
  std::uint64_t cycles = 0;           ///< device time; 0 at levels without a clock
};

/// Makes the device under test. Called once in each process.
using MakeSession = std::function<std::unique_ptr<simulator::DeviceSession>()>;

struct RunOptions {
  std::chrono::seconds timeout{600};  ///< of one procedure
  std::function<void(const Result&)> on_result;
};

/// The results, in the order of `wanted`. The caller must have no threads and no SystemC kernel yet. Throws
/// std::system_error when no process can be made.
std::vector<Result> run(std::span<const Procedure* const> wanted, const Reference& reference, const MakeSession& make_session,
                        const RunOptions& options);

}  // namespace sluice::conformance
