// SPDX-License-Identifier: Apache-2.0
#include "support/device_bench.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace sluice::support {

simulator::Level level_under_test() {
  const char* name = std::getenv("SLUICE_TEST_LEVEL");
  const auto level = simulator::level_from_name(name != nullptr ? name : "lt");
  if (!level) throw std::runtime_error("SLUICE_TEST_LEVEL is lt or rtl");
  return *level;
}

layout::Geometry smallest_geometry() {
  return level_under_test() == simulator::Level::rtl ? layout::Geometry::SMALL
                                                     : layout::Geometry::TINY;
}

DeviceBench::DeviceBench(layout::Geometry geometry, fabric::SeededFault fault)
    : session_(simulator::DeviceSession::create(
          {.level = level_under_test(), .geometry = geometry, .fault = fault})) {}

void DeviceBench::load(const ImageBuilder& image) {
  const std::string error = simulator::load_image(
      *session_, image.bytes(), [this](const layout::Event& event) { events_.push_back(event); });
  if (!error.empty()) throw std::runtime_error("load: " + error);
  if (events_.empty() || events_.back().kind != layout::EventKind::IMAGE)
    throw std::runtime_error("no IMAGE event");
  events_.pop_back();
}

std::vector<link::Frame> DeviceBench::frames_of(Port port, std::uint32_t tag,
                                                const std::string& text) {
  return link::to_frames(link::to_device(port), tag, bytes_of(text));
}

void DeviceBench::send(Port port, std::uint32_t tag, const std::string& text) {
  for (const auto& frame : frames_of(port, tag, text)) session_->send(port, frame);
  session_->settle();
}

std::vector<link::Frame> DeviceBench::frames(Port port) {
  session_->settle();
  std::vector<link::Frame> result;
  while (auto frame = session_->receive(port)) result.push_back(std::move(*frame));
  return result;
}

std::vector<DeviceBench::Text> DeviceBench::records(Port port) {
  link::Reassembler reassembler(link::from_device(port).kind, 1U << 20);
  std::vector<Text> result;
  for (const auto& frame : frames(port)) {
    auto step = reassembler.feed(frame);
    using Status = link::Reassembler::Status;
    if (step.status == Status::complete) {
      result.push_back(
          {step.record->tag, std::string(step.record->bytes.begin(), step.record->bytes.end())});
    } else if (step.status != Status::incomplete || step.aborted) {
      throw std::runtime_error("the device sent a frame that is not canonical: " +
                               std::string(step.what));
    }
  }
  if (reassembler.open()) throw std::runtime_error("the device sent an incomplete record");
  return result;
}

void DeviceBench::collect() {
  session_->settle();
  while (auto frame = session_->receive(Port::management)) {
    auto message = link::parse_management(*frame);
    if (auto* event = std::get_if<layout::Event>(&message)) {
      events_.push_back(*event);
    } else if (auto* answer = std::get_if<layout::ManagementHeader>(&message)) {
      answers_.push_back(*answer);
    } else {
      throw std::runtime_error("the device sent at the management port: " +
                               std::get<std::string>(message));
    }
  }
}

std::vector<layout::Event> DeviceBench::events() {
  collect();
  return std::exchange(events_, {});
}

layout::Event DeviceBench::event() {
  const auto all = events();
  if (all.size() != 1)
    throw std::runtime_error("expected one event, there are " + std::to_string(all.size()));
  return all.front();
}

layout::ManagementHeader DeviceBench::ask(const link::Frame& frame) {
  session_->send(Port::management, frame);
  collect();
  if (answers_.size() != 1)
    throw std::runtime_error("expected one answer, there are " + std::to_string(answers_.size()));
  const auto answer = answers_.front();
  answers_.clear();
  return answer;
}

std::uint32_t DeviceBench::read(std::uint16_t address) {
  const auto answer = ask(link::make_read(++sequence_, address));
  if (answer.op != layout::ManagementOp::VALUE || answer.sequence != sequence_ ||
      answer.address != address) {
    throw std::runtime_error("no VALUE for register " + std::to_string(address));
  }
  return answer.value;
}

layout::LoadStatus DeviceBench::command(layout::Command command) {
  const auto answer =
      ask(link::make_write(++sequence_, layout::reg::COMMAND, static_cast<std::uint32_t>(command)));
  if (answer.op != layout::ManagementOp::DONE)
    throw std::runtime_error("a command was not answered with DONE");
  return static_cast<layout::LoadStatus>(answer.value);
}

std::uint32_t DeviceBench::count(layout::Pipeline pipeline, layout::Reason reason) {
  const auto first = pipeline == layout::Pipeline::REQUEST ? layout::reg::REQUEST_COUNT
                                                           : layout::reg::RESPONSE_COUNT;
  return read(static_cast<std::uint16_t>(first + static_cast<unsigned>(reason)));
}

layout::LoadStatus DeviceBench::send_blocks(const std::vector<std::uint8_t>& image,
                                            std::uint32_t first_word) {
  layout::LoadStatus status = layout::LoadStatus::OK;
  constexpr std::size_t block = 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX;
  for (std::size_t at = 8 * std::size_t{first_word}; at < image.size(); at += block) {
    const std::span<const std::uint8_t> bytes(image.data() + at,
                                              std::min(block, image.size() - at));
    const auto answer =
        ask(link::make_block(++sequence_, static_cast<std::uint32_t>(at / 8), bytes));
    if (answer.op != layout::ManagementOp::DONE)
      throw std::runtime_error("a block was not answered with DONE");
    status = static_cast<layout::LoadStatus>(answer.value);
    if (status != layout::LoadStatus::OK) break;
  }
  return status;
}

std::uint32_t DeviceBench::request(std::uint32_t tag, const std::string& text) {
  send(Port::low, tag, text);
  const auto sent = records(Port::high);
  if (sent.size() != 1 || sent.front().text != text)
    throw std::runtime_error("the request '" + text + "' did not pass");
  return sent.front().tag;
}

}  // namespace sluice::support
