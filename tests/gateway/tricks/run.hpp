// SPDX-License-Identifier: Apache-2.0
// Runs tricks: the bytes through the whole chain of real programs and sockets, and the same bytes
// as one record through the tables and past the judge. Says what happened and what should have.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend.hpp"
#include "device_process.hpp"
#include "engine/engine.hpp"
#include "gateway/bench.hpp"
#include "trick.hpp"

namespace sluice::tricks {

struct Outcome {
  std::vector<std::string> answers, reached;  // as in Trick
  std::string logged;
  engine::Verdict device;
  std::vector<std::string> findings;  // every difference, in words; none: as expected
};

class Runner {
 public:
  struct Options {
    std::string folder;  // of policy.yaml
    std::string device;  // program
    bool lenient =
        false;  // the seeded fault: bytes are mended on their way, as lenient software does
  };
  /// Throws std::runtime_error.
  explicit Runner(const Options& options);
  ~Runner();
  Outcome run(const Trick& trick);

 private:
  void run_request(const Trick& trick, Outcome& outcome);
  void run_response(const Trick& trick, Outcome& outcome);
  void check_record(const Trick& trick, Outcome& outcome) const;
  void check_crossed(const std::vector<std::string>& records, Outcome& outcome) const;

  bool lenient_;
  std::shared_ptr<const gateway::PolicyState> policy_;
  std::optional<engine::Image> image_;
  int endpoint_ = 0;  // of the scripted request
  Backend backend_;
  std::unique_ptr<gateway::test::Chain> chain_;
  std::unique_ptr<DeviceProcess> device_;
};

}  // namespace sluice::tricks
