// SPDX-License-Identifier: Apache-2.0
#include "cli/device_judge.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <variant>

#include "cli/hexadecimal.hpp"
#include "link/link_codec.hpp"
#include "link/management_client.hpp"

namespace sluice::cli {
namespace {

using layout::Pipeline;
using layout::Reason;
using simulator::DeviceSession;
using simulator::Port;

engine::Verdict verdict_of(const layout::Event& event) {
  engine::Verdict verdict;
  verdict.reason = event.reason;
  verdict.offset = event.offset;
  verdict.endpoint = event.endpoint;
  verdict.base = event.base;
  verdict.symbol_class = event.symbol_class;
  verdict.frames = event.frames;
  verdict.depth = event.depth;
  verdict.return_bases = event.return_bases;
  verdict.registers = event.registers;
  return verdict;
}

// Of any endpoint, because which one a request names is known only afterwards.
std::size_t transactions_of(const engine::Image& image) {
  std::size_t most = image.max_outstanding();
  for (const layout::Endpoint& endpoint : image.endpoints().subspan(1)) {
    most = std::min<std::size_t>(most, endpoint.outstanding_cap);
  }
  return std::max<std::size_t>(most, 1);
}

}  // namespace

DeviceJudge::DeviceJudge(simulator::Level level, std::span<const std::uint8_t> image_bytes, engine::Image image,
                         SampleRequest sample_request)
    : image_(std::move(image)), sample_request_(std::move(sample_request)), transactions_max_(transactions_of(image_)) {
  DeviceSession::Options options;
  options.level = level;
  options.geometry = image_.geometry();
  session_ = DeviceSession::create(options);
  const std::string error = simulator::load_image(*session_, image_bytes);
  if (!error.empty()) throw std::runtime_error("the device refused the image: " + error);
}

std::vector<engine::Verdict> DeviceJudge::judge(std::span<const Case> cases) {
  std::vector<engine::Verdict> verdicts;
  verdicts.reserve(cases.size());
  while (!cases.empty()) {
    const std::span<const Case> batch = cases.first(batch_of(cases));
    if (batch.front().pipeline == Pipeline::REQUEST) {
      judge_requests(batch, verdicts);
    } else {
      judge_responses(batch, verdicts);
    }
    cases = cases.subspan(batch.size());
    events_.clear();  // what is left over belongs to the empty responses
  }
  return verdicts;
}

std::string DeviceJudge::digest() const { return hexadecimal(image_.digest()); }

// As many cases of one pipeline as find a record buffer and a transaction at once.
std::size_t DeviceJudge::batch_of(std::span<const Case> cases) const {
  const std::size_t most = std::min<std::size_t>(
      {cases.size(), transactions_max_, layout::limits_of(image_.geometry()).record_buffers});
  std::size_t size = 1;
  while (size < most && cases[size].pipeline == cases.front().pipeline) ++size;
  return size;
}

void DeviceJudge::judge_requests(std::span<const Case> cases, std::vector<engine::Verdict>& verdicts) {
  // The old transactions may go along with the new records, if both fit at once.
  const bool crowded = open_.size() + cases.size() > transactions_max_;
  use_up_transactions();
  if (crowded) settle();
  const std::uint32_t first = next_tag_;
  for (const Case& one : cases) send_request(next_tag_++, one.record);
  settle();
  for (std::uint32_t tag = first; tag != next_tag_; ++tag) {
    const layout::Event event = take(Pipeline::REQUEST, tag);
    if (event.reason == Reason::ACCEPTED) open_.push_back(event.transaction);
    verdicts.push_back(verdict_of(event));
  }
}

void DeviceJudge::judge_responses(std::span<const Case> cases, std::vector<engine::Verdict>& verdicts) {
  use_up_transactions();
  settle();
  const std::uint32_t first = next_tag_;
  for (const Case& one : cases) {
    if (one.endpoint == 0 || one.endpoint >= image_.endpoints().size()) {
      throw std::invalid_argument("the image has no endpoint " + std::to_string(one.endpoint));
    }
    send_request(next_tag_++, sample(one.endpoint));
  }
  settle();
  std::vector<std::uint32_t> ids;
  for (std::uint32_t tag = first; tag != next_tag_; ++tag) {
    const layout::Event event = take(Pipeline::REQUEST, tag);
    const std::uint16_t endpoint = cases[tag - first].endpoint;
    if (event.reason != Reason::ACCEPTED || event.endpoint != endpoint) {
      throw std::runtime_error("the sample request of endpoint " + std::to_string(endpoint) + " got " +
                               std::string(layout::name_of(event.reason)) + " for endpoint " +
                               std::to_string(event.endpoint) + ": the symbol map does not belong to this image");
    }
    ids.push_back(event.transaction);
    open_.push_back(event.transaction);
  }
  for (std::size_t i = 0; i < cases.size(); ++i) send_response(ids[i], cases[i].record);
  settle();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const layout::Event event = take(Pipeline::RESPONSE, ids[i]);
    // A response that is too long was never looked up: its transaction is still open.
    if (event.transaction == ids[i]) std::erase(open_, ids[i]);
    verdicts.push_back(verdict_of(event));
  }
}

void DeviceJudge::send_request(std::uint32_t tag, std::span<const std::uint8_t> record) {
  for (const auto& frame : link::to_frames(link::to_device(Port::low), tag, record)) session_->send(Port::low, frame);
}

void DeviceJudge::send_response(std::uint32_t id, std::span<const std::uint8_t> record) {
  for (const auto& frame : link::to_frames(link::to_device(Port::high), id, record)) session_->send(Port::high, frame);
}

void DeviceJudge::use_up_transactions() {
  for (const std::uint32_t id : open_) send_response(id, {});
  open_.clear();
}

void DeviceJudge::settle() {
  session_->settle();
  while (session_->receive(Port::low)) {
  }
  while (session_->receive(Port::high)) {
  }
  while (const auto frame = session_->receive(Port::management)) {
    const link::ManagementMessage message = link::parse_management(*frame);
    const auto* event = std::get_if<layout::Event>(&message);
    if (event == nullptr || event->kind != layout::EventKind::RECORD) continue;
    if (!events_.emplace(Key{event->pipeline, event->tag}, *event).second) {
      throw std::runtime_error("the device gave two verdicts on one record (tag " + std::to_string(event->tag) + ")");
    }
  }
}

layout::Event DeviceJudge::take(Pipeline pipeline, std::uint32_t tag) {
  const auto found = events_.find(Key{pipeline, tag});
  if (found == events_.end()) {
    throw std::runtime_error("the device gave no verdict on a record (tag " + std::to_string(tag) + ")");
  }
  const layout::Event event = found->second;
  events_.erase(found);
  return event;
}

const std::vector<std::uint8_t>& DeviceJudge::sample(std::uint16_t endpoint) {
  auto found = samples_.find(endpoint);
  if (found == samples_.end()) {
    std::optional<std::vector<std::uint8_t>> record;
    if (sample_request_) record = sample_request_(endpoint);
    if (!record) {
      throw std::runtime_error("the symbol map has no request of endpoint " + std::to_string(endpoint) +
                               " to send ahead of its responses");
    }
    found = samples_.emplace(endpoint, std::move(*record)).first;
  }
  return found->second;
}

}  // namespace sluice::cli
