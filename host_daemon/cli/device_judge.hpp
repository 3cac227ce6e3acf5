// SPDX-License-Identifier: Apache-2.0
// The record judge of the levels that have a device. Requests go in at LOW; the transaction of an accepted one is used
// up by an empty response, which is never reported. A response goes in at HIGH behind an accepted request of its endpoint.
// Verdicts are the device's audit events, matched by tag.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "cli/record_judge.hpp"
#include "engine/image.hpp"

namespace sluice::cli {

class DeviceJudge : public RecordJudge {
 public:
  DeviceJudge(simulator::Level level, std::span<const std::uint8_t> image_bytes, engine::Image image,
              SampleRequest sample_request);

  std::vector<engine::Verdict> judge(std::span<const Case> cases) override;
  std::string digest() const override;

 private:
  using Key = std::pair<layout::Pipeline, std::uint32_t>;  // a record on its way: pipeline and tag

  void judge_requests(std::span<const Case> cases, std::vector<engine::Verdict>& verdicts);
  void judge_responses(std::span<const Case> cases, std::vector<engine::Verdict>& verdicts);
  std::size_t batch_of(std::span<const Case> cases) const;
  void send_request(std::uint32_t tag, std::span<const std::uint8_t> record);
  void send_response(std::uint32_t id, std::span<const std::uint8_t> record);
  void use_up_transactions();
  void settle();
  layout::Event take(layout::Pipeline pipeline, std::uint32_t tag);
  const std::vector<std::uint8_t>& sample(std::uint16_t endpoint);

  engine::Image image_;
  SampleRequest sample_request_;
  std::unique_ptr<simulator::DeviceSession> session_;
  std::size_t transactions_max_;  // in use at once, whatever their endpoints
  std::uint32_t next_tag_ = 1;
  std::vector<std::uint32_t> open_;  // device ids that wait for a response
  std::map<Key, layout::Event> events_;
  std::map<std::uint16_t, std::vector<std::uint8_t>> samples_;
};

}  // namespace sluice::cli
