// SPDX-License-Identifier: Apache-2.0
#include "support/traffic.hpp"

#include <algorithm>
#include <variant>

#include "engine/engine.hpp"

namespace sluice::support {

using layout::Reason;

namespace {

constexpr std::uint32_t longest = 1700;

ImageBuilder image_with_serial(std::uint64_t serial) {
  auto image = letters_image();
  image.serial = serial;
  image.max_record_bytes = longest;
  image.max_outstanding = 12;
  image.endpoints[0].outstanding_cap = 9;
  image.endpoints[1].outstanding_cap = 5;
  image.response_timeout_ticks = 40;
  return image;
}

engine::Image loaded(const ImageBuilder& builder) {
  auto result = engine::Image::load(builder.bytes());
  return std::move(std::get<engine::Image>(result));
}

std::string hash_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3ULL;
  return std::to_string(hash);
}

}  // namespace

Traffic::Traffic(DeviceBench& bench, std::uint64_t seed)
    : bench_(bench), random_(seed), builder_(image_with_serial(1)), image_(loaded(builder_)) {
  reassemblers_.emplace(Port::low, link::Reassembler(layout::LinkKind::RESPONSE, longest));
  reassemblers_.emplace(Port::high, link::Reassembler(layout::LinkKind::REQUEST, longest));
}

void Traffic::violation(const std::string& what) {
  violations_.push_back(what);
  transcript_ += "VIOLATION " + what + "\n";
}

void Traffic::play(unsigned steps) {
  load();
  for (unsigned i = 0; i < steps; ++i) step();
  // Leave nothing behind, then compare the counters with what was seen.
  for (Port port : {Port::low, Port::high, Port::management})
    bench_.session().set_ready(port, true);
  bench_.tick(60);
  take_output(true);
  std::uint32_t accepted = 0;
  for (auto pipeline : {layout::Pipeline::REQUEST, layout::Pipeline::RESPONSE}) {
    for (unsigned reason = 0; reason < layout::count_of<Reason>; ++reason) {
      const std::uint32_t count = bench_.count(pipeline, static_cast<Reason>(reason));
      transcript_ += "count " + std::to_string(static_cast<int>(pipeline)) + " " +
                     std::to_string(reason) + " " + std::to_string(count) + "\n";
      if (reason == 0) accepted += count;
    }
  }
  if (accepted != released_ || accepted_events_ != released_) {
    violation("released " + std::to_string(released_) + " records, counted " +
              std::to_string(accepted) + ", reported " + std::to_string(accepted_events_));
  }
}

void Traffic::step() {
  const std::uint32_t die = random_.below(100);
  bool ticks = false;
  if (die < 42) {
    send_request();
  } else if (die < 68) {
    send_response();
  } else if (die < 80) {
    send_garbage();
  } else if (die < 93) {
    const std::uint32_t count = random_.one_in(10) ? 12 : 1 + random_.below(2);
    transcript_ += "tick " + std::to_string(count) + "\n";
    // One by one: only the order within one tick is free.
    for (std::uint32_t i = 0; i < count; ++i) {
      bench_.tick(1);
      take_output(true);
    }
    ticks = true;
  } else if (die < 98) {
    const Port port = std::array{Port::low, Port::high, Port::management}[random_.below(3)];
    const bool ready = not_ready_[port] != 0 || random_.one_in(3);
    not_ready_[port] = ready ? 0 : 1;
    transcript_ += "ready " + std::string(name_of(port)) + " " + std::to_string(ready) + "\n";
    bench_.session().set_ready(port, ready);
  } else if (die < 99) {
    bench_.send(Port::management,
                link::make_read(++sequence_, static_cast<std::uint16_t>(random_.below(16))));
  } else {
    load();
  }
  take_output(ticks);
}

std::string Traffic::text_for(char first) {
  std::string text(1, first);
  const std::uint32_t length = random_.one_in(4) ? random_.below(longest) : random_.below(60);
  for (std::uint32_t i = 0; i < length; ++i) text += static_cast<char>('a' + random_.below(26));
  if (random_.one_in(6))
    text[random_.below(static_cast<std::uint32_t>(text.size()))] =
        static_cast<char>(random_.next());
  if (random_.one_in(40)) text += std::string(longest, 'a');
  return text;
}

void Traffic::send_frames(Port port, const std::vector<link::Frame>& frames, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    bench_.send(port, frames[i]);
    take_output(false);
  }
}

void Traffic::send_request() {
  const std::uint32_t tag = next_tag_++ * 0x10001;
  const std::string text = text_for(random_.one_in(3) ? 'Q' : 'P');
  const auto frames = DeviceBench::frames_of(Port::low, tag, text);
  const std::size_t count =
      random_.one_in(12) ? random_.below(static_cast<std::uint32_t>(frames.size())) : frames.size();
  if (count == frames.size()) requests_.push_back({tag, bytes_of(text)});
  send_frames(Port::low, frames, count);
}

void Traffic::send_response() {
  std::uint32_t id =
      random_.one_in(2) ? random_.below(20) << 24 | (1 + random_.below(30)) : random_.below(8);
  char first = 'p';
  if (!outstanding_.empty() && !random_.one_in(7)) {
    auto pick = outstanding_.begin();
    std::advance(pick, random_.below(static_cast<std::uint32_t>(outstanding_.size())));
    id = pick->first;
    first = pick->second == 2 && !random_.one_in(8) ? 'q' : 'p';
  }
  const std::string text = text_for(first);
  const auto frames = DeviceBench::frames_of(Port::high, id, text);
  const std::size_t count =
      random_.one_in(12) ? random_.below(static_cast<std::uint32_t>(frames.size())) : frames.size();
  if (count == frames.size()) responses_.push_back({id, bytes_of(text)});
  send_frames(Port::high, frames, count);
}

void Traffic::send_garbage() {
  const Port port = random_.one_in(2) ? Port::low : Port::high;
  // A changed frame may still be a record of another tag; what it says is what went in.
  auto frame =
      DeviceBench::frames_of(port, next_tag_++, text_for(port == Port::low ? 'P' : 'p'))[0];
  switch (random_.below(4)) {
    case 0:
      frame.resize(1 + random_.below(80), static_cast<std::uint8_t>(random_.below(2)));
      break;
    case 1:
      frame.resize(frame.size() + 1 + random_.below(40), 0);
      break;
    case 2:
      for (auto& byte : frame) byte = static_cast<std::uint8_t>(random_.next());
      break;
    default:
      frame[12 + random_.below(30)] ^= static_cast<std::uint8_t>(1U << random_.below(8));
      break;
  }
  const auto kind = link::to_device(port).kind;
  const auto parsed = link::parse_frame(frame, kind);
  if (parsed.status == link::ParsedFrame::Status::good && parsed.header.fragment_offset == 0 &&
      parsed.header.record_length == parsed.fragment.size()) {
    (port == Port::low ? requests_ : responses_)
        .push_back({parsed.header.tag, {parsed.fragment.begin(), parsed.fragment.end()}});
  }
  bench_.send(port, frame);
}

void Traffic::load() {
  builder_ = image_with_serial(serial_++);
  const auto bytes = builder_.bytes();
  transcript_ += "load " + std::to_string(builder_.serial) + "\n";
  const auto send = [&](const link::Frame& frame) { bench_.send(Port::management, frame); };
  send(link::make_write(++sequence_, layout::reg::COMMAND,
                        static_cast<std::uint32_t>(layout::Command::BEGIN)));
  constexpr std::size_t block = 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX;
  for (std::size_t at = 0; at < bytes.size(); at += block) {
    send(link::make_block(++sequence_, static_cast<std::uint32_t>(at / 8),
                          std::span(bytes).subspan(at, std::min(block, bytes.size() - at))));
  }
  send(link::make_write(++sequence_, layout::reg::COMMAND,
                        static_cast<std::uint32_t>(layout::Command::ACTIVATE)));
}

void Traffic::take_output(bool sorted) {
  bench_.settle();
  for (Port port : {Port::low, Port::high}) {
    for (const auto& frame : bench_.frames(port)) {
      transcript_ += std::string(name_of(port)) + " " + std::to_string(frame.size()) + " " +
                     hash_of(frame) + "\n";
      const auto result = reassemblers_.at(port).feed(frame);
      using Status = link::Reassembler::Status;
      if (result.status == Status::complete) {
        take_record(port, {result.record->tag,
                           std::string(result.record->bytes.begin(), result.record->bytes.end())});
      } else if (result.status != Status::incomplete || result.aborted) {
        violation("a frame that is not canonical left at " + std::string(name_of(port)));
      }
    }
  }
  std::vector<std::string> events;
  std::vector<std::string> answers;
  for (const auto& frame : bench_.frames(Port::management)) {
    const auto message = link::parse_management(frame);
    if (const auto* event = std::get_if<layout::Event>(&message)) {
      take_event(*event, events);
    } else if (const auto* answer = std::get_if<layout::ManagementHeader>(&message)) {
      answers.push_back("answer " + std::to_string(static_cast<int>(answer->op)) + " " +
                        std::to_string(answer->sequence) + " " + std::to_string(answer->address) +
                        " " + std::to_string(answer->value));
    } else {
      violation("a management frame that is none");
    }
  }
  if (sorted) std::sort(events.begin(), events.end());
  for (const auto& line : events) transcript_ += line + "\n";
  for (const auto& line : answers) transcript_ += line + "\n";
}

// Invariants 1, 2 and 4 on one record that left.
void Traffic::take_record(Port port, const DeviceBench::Text& record) {
  ++released_;
  const auto bytes = bytes_of(record.text);
  auto& sent = port == Port::high ? requests_ : responses_;
  // Records leave in the order in which they came; what was before it was rejected or dropped.
  const auto matches = [&](const Sent& s) {
    if (s.bytes != bytes) return false;
    if (port == Port::high) return true;
    const auto request = issued_.find(s.tag);
    return request != issued_.end() && !request->second.answered &&
           request->second.low_tag == record.tag;
  };
  const auto found = std::find_if(sent.begin(), sent.end(), matches);
  if (found == sent.end()) {
    violation("a record left at " + std::string(name_of(port)) +
              " that nobody sent, or without an outstanding request");
    return;
  }
  const Sent origin = *found;
  sent.erase(sent.begin(), found + 1);
  if (port == Port::high) {
    const auto verdict = engine::judge_request(image_, origin.bytes);
    if (!verdict.accepted()) violation("a request left that the engine rejects");
    if (issued_.count(record.tag) != 0) violation("a device id was issued twice");
    issued_[record.tag] = {origin.tag, verdict.endpoint, false};
    outstanding_[record.tag] = verdict.endpoint;
  } else {
    const auto verdict =
        engine::judge_response(image_, issued_.at(origin.tag).endpoint, origin.bytes);
    if (!verdict.accepted()) violation("a response left that the engine rejects");
    issued_.at(origin.tag).answered = true;
    outstanding_.erase(origin.tag);
  }
}

void Traffic::take_event(const layout::Event& event, std::vector<std::string>& lines) {
  if (event_sequence_known_ && event.sequence != event_sequence_ + 1)
    violation("an event's sequence number is missing");
  event_sequence_known_ = true;
  event_sequence_ = event.sequence;
  std::string line = "event " + std::string(name_of(event.kind)) + " " +
                     std::to_string(static_cast<int>(event.pipeline)) + " " +
                     std::string(name_of(event.reason));
  for (std::uint32_t value :
       {std::uint32_t{event.flags}, event.epoch, event.tick, std::uint32_t{event.endpoint},
        std::uint32_t{event.depth}, event.length, event.offset, event.tag, event.transaction,
        std::uint32_t{event.base}, std::uint32_t{event.symbol_class},
        std::uint32_t{event.frames}}) {
    line += " " + std::to_string(value);
  }
  for (std::uint16_t value : event.return_bases) line += " " + std::to_string(value);
  for (std::uint16_t value : event.registers) line += " " + std::to_string(value);
  lines.push_back(line);
  ++reasons_[event.reason];
  if (event.kind == layout::EventKind::RECORD && event.reason == Reason::ACCEPTED)
    ++accepted_events_;
  // Events may come late, so they only tell which ids are not worth another response.
  if (event.transaction != 0 && event.pipeline == layout::Pipeline::RESPONSE)
    outstanding_.erase(event.transaction);
  if (event.reason == Reason::NO_REQUEST) outstanding_.erase(event.tag);
}

}  // namespace sluice::support
