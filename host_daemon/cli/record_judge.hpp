// SPDX-License-Identifier: Apache-2.0
// One way to ask any level for its verdict on whole records: `engine` directly, `lt` and `rtl` by driving a simulated
// device over its three ports and reading its audit events. Records are sent in batches, as many as the device's
// buffers and the image's caps hold, so that no verdict is ever about load.
// It explains nothing (see compiler/symbols.hpp) and does not look at what the device lets through.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/verdict.hpp"
#include "simulator/device_session.hpp"
#include "sluice/layout.hpp"

namespace sluice::cli {

class RecordJudge {
 public:
  // A record to be judged. `endpoint`: for a response, the tag of the endpoint whose request it answers; else 0.
  struct Case {
    layout::Pipeline pipeline = layout::Pipeline::REQUEST;
    std::uint16_t endpoint = 0;
    std::span<const std::uint8_t> record;
  };

  // An accepted request record of that endpoint, if there is one; the symbol map holds it. At `lt` and `rtl` it goes
  // ahead of every response.
  using SampleRequest = std::function<std::optional<std::vector<std::uint8_t>>(std::uint16_t endpoint)>;

  // Checks the image and, at `lt` and `rtl`, makes the process's one device and loads it. Throws std::runtime_error: a
  // damaged image, a level that is not built in, a second device in this process.
  static std::unique_ptr<RecordJudge> create(simulator::Level level, std::span<const std::uint8_t> image,
                                             SampleRequest sample_request);

  virtual ~RecordJudge() = default;
  RecordJudge(const RecordJudge&) = delete;
  RecordJudge& operator=(const RecordJudge&) = delete;

  // The verdicts, in the order of the cases. `steps` is 0 at `lt` and `rtl`. An endpoint that the image does not have:
  // std::invalid_argument. Throws std::runtime_error when the device does not answer as a device must.
  virtual std::vector<engine::Verdict> judge(std::span<const Case> cases) = 0;
  // The image's SHA-256, lower-case hexadecimal digits.
  virtual std::string digest() const = 0;
  engine::Verdict judge(const Case& one) { return judge(std::span(&one, 1)).front(); }

 protected:
  RecordJudge() = default;
};

}  // namespace sluice::cli
