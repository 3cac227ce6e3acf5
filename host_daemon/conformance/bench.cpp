// SPDX-License-Identifier: Apache-2.0
#include "conformance/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "link/management_client.hpp"

namespace sluice::conformance {
namespace {

constexpr std::size_t longest_record = 1U << 20;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string shown(std::string_view record) {
  std::string out;
  for (const char c : record.substr(0, 90)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  if (record.size() > 90) out += fmt::format(".. ({} bytes)", record.size());
  return out;
}

Bench::Bench(simulator::DeviceSession& session, const Reference& reference)
    : session_(session),
      reference_(reference),
      low_(link::from_device(Port::low).kind, longest_record),
      high_(link::from_device(Port::high).kind, longest_record) {}

bool Bench::expect(bool good, std::string_view what) {
  ++checks_;
  if (good) return true;
  if (failures_.size() < failures_max) {
    failures_.emplace_back(what);
  } else if (failures_.size() == failures_max) {
    failures_.emplace_back("more failures, not listed");
  }
  return false;
}

void Bench::require(bool good, std::string_view what) {
  if (!expect(good, what)) throw Stop{};
}

void Bench::note(std::string text) { notes_.push_back(std::move(text)); }

std::vector<Frame> Bench::frames_of(Port port, std::uint32_t tag, std::string_view record) {
  return link::to_frames(link::to_device(port), tag, bytes_of(record));
}

void Bench::send_record(Port port, std::uint32_t tag, std::string_view record) {
  for (const Frame& frame : frames_of(port, tag, record)) session_.send(port, frame);
}

std::vector<Frame> Bench::frames(Port port) {
  session_.settle();
  std::vector<Frame> out;
  while (auto frame = session_.receive(port)) out.push_back(std::move(*frame));
  return out;
}

std::vector<Left> Bench::records(Port port) {
  using Status = link::Reassembler::Status;
  link::Reassembler& reassembler = port == Port::low ? low_ : high_;
  const link::Direction direction = link::from_device(port);
  std::vector<Left> out;
  for (const Frame& frame : frames(port)) {
    auto step = reassembler.feed(frame);
    if (step.status != Status::complete && step.status != Status::incomplete) {
      expect(false, fmt::format("a frame that left at {} is not a canonical link frame: {}", link::name_of(port), step.what));
      continue;
    }
    expect(!step.aborted, fmt::format("a record that left at {} was not finished", link::name_of(port)));
    const auto header = layout::EthernetHeader::decode(std::span<const std::uint8_t>(frame).first<layout::EthernetHeader::bytes>());
    expect(header.destination == direction.destination && header.source == direction.source,
           fmt::format("a frame that left at {} has addresses of its own", link::name_of(port)));
    if (step.record) out.push_back({step.record->tag, std::string(step.record->bytes.begin(), step.record->bytes.end())});
  }
  if (!expect(!reassembler.open(), fmt::format("an incomplete record left at {}", link::name_of(port)))) reassembler.reset();
  return out;
}

bool Bench::expect_silence(Port port, std::string_view when) {
  const auto left = frames(port);
  return expect(left.empty(), fmt::format("{} left at {} {}",
                                          left.size() == 1 ? "a frame" : std::to_string(left.size()) + " frames",
                                          link::name_of(port), when));
}

void Bench::collect() {
  session_.settle();
  while (const auto frame = session_.receive(Port::management)) {
    link::ManagementMessage message = link::parse_management(*frame);
    if (const auto* event = std::get_if<Event>(&message)) {
      events_.push_back(*event);
    } else if (const auto* answer = std::get_if<layout::ManagementHeader>(&message)) {
      answers_.push_back(*answer);
    } else {
      expect(false, "the management port sent " + std::get<std::string>(message));
    }
  }
}

std::vector<Event> Bench::events() {
  collect();
  return std::exchange(events_, {});
}

std::optional<Event> Bench::event(std::string_view of) {
  const auto all = events();
  if (expect(all.size() == 1, fmt::format("{}: one event is due, {} came", of, all.size()))) return all.front();
  return std::nullopt;
}

std::optional<layout::ManagementHeader> Bench::take_answer() {
  collect();
  if (answers_.empty()) return std::nullopt;
  const layout::ManagementHeader answer = answers_.front();
  answers_.erase(answers_.begin());
  return answer;
}

std::uint32_t Bench::read(std::uint16_t address) {
  send_management(link::make_read(++sequence_, address));
  const auto answer = take_answer();
  require(answer && answer->op == layout::ManagementOp::VALUE && answer->sequence == sequence_ && answer->address == address,
          fmt::format("READ of register {:#04x} is answered by its VALUE", address));
  return answer->value;
}

std::uint32_t Bench::count(Pipeline pipeline, Reason reason) {
  const auto first = pipeline == Pipeline::REQUEST ? layout::reg::REQUEST_COUNT : layout::reg::RESPONSE_COUNT;
  return read(static_cast<std::uint16_t>(first + static_cast<unsigned>(reason)));
}

layout::LoadStatus Bench::command(layout::Command command) {
  send_management(link::make_write(++sequence_, layout::reg::COMMAND, static_cast<std::uint32_t>(command)));
  const auto answer = take_answer();
  require(answer && answer->op == layout::ManagementOp::DONE && answer->sequence == sequence_,
          fmt::format("command {} is answered by DONE", layout::name_of(command)));
  return static_cast<layout::LoadStatus>(answer->value);
}

layout::LoadStatus Bench::upload(std::span<const std::uint8_t> image) {
  if (const auto status = command(layout::Command::BEGIN); status != layout::LoadStatus::OK) return status;
  constexpr std::size_t block = 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX;
  for (std::size_t at = 0; at < image.size(); at += block) {
    send_management(link::make_block(++sequence_, static_cast<std::uint32_t>(at / 8),
                                     image.subspan(at, std::min(block, image.size() - at))));
    const auto answer = take_answer();
    require(answer && answer->op == layout::ManagementOp::DONE && answer->sequence == sequence_, "BLOCK is answered by DONE");
    const auto status = static_cast<layout::LoadStatus>(answer->value);
    if (status != layout::LoadStatus::OK) return status;
  }
  return layout::LoadStatus::OK;
}

void Bench::activate(std::span<const std::uint8_t> image) {
  auto status = upload(image);
  require(status == layout::LoadStatus::OK, fmt::format("a good image loads; it got {}", layout::name_of(status)));
  status = command(layout::Command::ACTIVATE);
  require(status == layout::LoadStatus::OK, fmt::format("a good image becomes active; it got {}", layout::name_of(status)));
  const auto all = events();
  expect(!all.empty() && all.back().kind == layout::EventKind::IMAGE, "an activation is audited by an IMAGE event");
}

Outcome Bench::judged(Pipeline pipeline, Port out, std::uint32_t tag) {
  Outcome outcome;
  outcome.left = records(out);
  for (const Event& event : events()) {
    const bool mine = event.kind == layout::EventKind::RECORD && event.pipeline == pipeline && event.tag == tag;
    if (!expect(mine, fmt::format("an event ({} {}) that belongs to no record sent", layout::name_of(event.kind),
                                  layout::name_of(event.reason)))) {
      continue;
    }
    expect(!outcome.event, "one record has one event");
    outcome.event = event;
  }
  expect(outcome.event.has_value(), "every record has an event");
  return outcome;
}

Outcome Bench::request(std::string_view record) {
  const std::uint32_t tag = next_tag();
  send_record(Port::low, tag, record);
  return judged(Pipeline::REQUEST, Port::high, tag);
}

Outcome Bench::response(std::uint32_t id, std::string_view record) {
  send_record(Port::high, id, record);
  return judged(Pipeline::RESPONSE, Port::low, id);
}

std::uint32_t Bench::pass(std::string_view record) {
  const Outcome outcome = request(record);
  require(outcome.accepted() && outcome.left.size() == 1,
          fmt::format("a good request passes: {} ({})", shown(record),
                      outcome.event ? layout::name_of(outcome.event->reason) : "no event"));
  return outcome.left.front().tag;
}

void Bench::free(std::uint32_t id) {
  send_record(Port::high, id, {});
  session_.settle();
  frames(Port::low);
  events();
}

}  // namespace sluice::conformance
