// SPDX-License-Identifier: Apache-2.0
// Frames of the management port and the queue of requests.
#include "link/management_client.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace sluice::link {

using layout::Command;
using layout::Event;
using layout::LoadStatus;
using layout::ManagementHeader;
using layout::ManagementOp;

namespace {

Frame make(const ManagementHeader& header, std::span<const std::uint8_t> payload) {
  Frame frame(ManagementHeader::bytes + payload.size());
  header.encode(std::span<std::uint8_t>(frame).first<ManagementHeader::bytes>());
  std::copy(payload.begin(), payload.end(), frame.begin() + ManagementHeader::bytes);
  return frame;
}

}  // namespace

Frame make_read(std::uint8_t sequence, std::uint16_t address) {
  return make({.op = ManagementOp::READ, .sequence = sequence, .address = address}, {});
}

Frame make_write(std::uint8_t sequence, std::uint16_t address, std::uint32_t value) {
  return make({.op = ManagementOp::WRITE, .sequence = sequence, .address = address, .value = value},
              {});
}

Frame make_block(std::uint8_t sequence, std::uint32_t first_word,
                 std::span<const std::uint8_t> bytes) {
  if (bytes.empty() || bytes.size() % 8 != 0 ||
      bytes.size() > 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX) {
    throw std::invalid_argument("a block carries 1 to 128 whole words");
  }
  return make({.op = ManagementOp::BLOCK, .sequence = sequence, .address = 0, .value = first_word},
              bytes);
}

Frame make_answer(const ManagementHeader& header) { return make(header, {}); }

Frame make_event(const Event& event) {
  Frame payload(Event::bytes);
  event.encode(std::span<std::uint8_t>(payload).first<Event::bytes>());
  return make({.op = ManagementOp::EVENT}, payload);
}

ManagementMessage parse_management(std::span<const std::uint8_t> frame) {
  if (frame.size() < ManagementHeader::bytes) {
    return "a management frame of " + std::to_string(frame.size()) + " bytes is too short";
  }
  const auto header = ManagementHeader::decode(frame.first<ManagementHeader::bytes>());
  switch (header.op) {
    case ManagementOp::VALUE:
    case ManagementOp::DONE:
    case ManagementOp::ERROR:
      if (frame.size() != ManagementHeader::bytes) break;
      return header;
    case ManagementOp::EVENT:
      if (frame.size() != ManagementHeader::bytes + Event::bytes) break;
      return Event::decode(frame.subspan<ManagementHeader::bytes, Event::bytes>());
    default:
      return "op " + std::to_string(static_cast<int>(header.op)) +
             " is not one that a device sends";
  }
  return std::string(name_of(header.op)) + " of " + std::to_string(frame.size()) +
         " bytes has the wrong length";
}

struct ManagementClient::Upload {
  std::vector<std::uint8_t> image;
  std::size_t sent = 0;
  bool begun = false;
  bool activate = true;
  Done done;
};

ManagementClient::ManagementClient(OnEvent on_event) : on_event_(std::move(on_event)) {}

void ManagementClient::push(Request request) { queue_.push_back(std::move(request)); }

void ManagementClient::read(std::uint16_t address, Done done) {
  push({{.op = ManagementOp::READ, .address = address}, {}, std::move(done)});
}

void ManagementClient::write(std::uint16_t address, std::uint32_t value, Done done) {
  push({{.op = ManagementOp::WRITE, .address = address, .value = value}, {}, std::move(done)});
}

void ManagementClient::load_image(std::vector<std::uint8_t> image, bool activate, Done done) {
  auto upload = std::make_shared<Upload>();
  upload->image = std::move(image);
  upload->activate = activate;
  upload->done = std::move(done);
  if (upload->image.empty() || upload->image.size() % 8 != 0) {
    upload->done({.ok = false,
                  .value = 0,
                  .status = LoadStatus::BAD_LENGTH,
                  .error = "an image has whole 64-bit words, this one has " +
                           std::to_string(upload->image.size()) + " bytes"});
    return;
  }
  continue_upload(upload);
}

// Each answer pushes the next step to the front, so that no other request comes between BEGIN and
// ACTIVATE.
void ManagementClient::continue_upload(const std::shared_ptr<Upload>& upload) {
  Request request;
  bool last = false;
  if (!upload->begun) {
    upload->begun = true;
    request.header = {.op = ManagementOp::WRITE,
                      .address = layout::reg::COMMAND,
                      .value = static_cast<std::uint32_t>(Command::BEGIN)};
  } else if (upload->sent < upload->image.size()) {
    const std::size_t size = std::min<std::size_t>(upload->image.size() - upload->sent,
                                                   8 * layout::MANAGEMENT_BLOCK_WORDS_MAX);
    request.header = {.op = ManagementOp::BLOCK,
                      .value = static_cast<std::uint32_t>(upload->sent / 8)};
    const auto from = upload->image.begin() + static_cast<std::ptrdiff_t>(upload->sent);
    request.payload.assign(from, from + static_cast<std::ptrdiff_t>(size));
    upload->sent += size;
    last = !upload->activate && upload->sent == upload->image.size();
  } else {
    request.header = {.op = ManagementOp::WRITE,
                      .address = layout::reg::COMMAND,
                      .value = static_cast<std::uint32_t>(Command::ACTIVATE)};
    last = true;
  }
  request.done = [this, upload, last](const ManagementResult& result) {
    if (result.ok && !last) {
      continue_upload(upload);
      return;
    }
    if (!result.ok) {
      // Leave nothing half-done in the device; its answer says nothing new.
      queue_.push_front({{.op = ManagementOp::WRITE,
                          .address = layout::reg::COMMAND,
                          .value = static_cast<std::uint32_t>(Command::ABORT)},
                         {},
                         {}});
    }
    if (upload->done) upload->done(result);
  };
  if (request.header.value == static_cast<std::uint32_t>(Command::BEGIN) && upload->sent == 0) {
    queue_.push_back(std::move(request));
  } else {
    queue_.push_front(std::move(request));
  }
}

std::optional<Frame> ManagementClient::next_frame() {
  if (in_flight_ || queue_.empty()) return std::nullopt;
  in_flight_ = std::move(queue_.front());
  queue_.pop_front();
  in_flight_->header.sequence = ++sequence_;
  return make(in_flight_->header, in_flight_->payload);
}

std::optional<std::string> ManagementClient::take(std::span<const std::uint8_t> frame) {
  const ManagementMessage message = parse_management(frame);
  if (const auto* error = std::get_if<std::string>(&message)) return *error;
  if (const auto* event = std::get_if<Event>(&message)) {
    if (on_event_) on_event_(*event);
    return std::nullopt;
  }
  const auto& header = std::get<ManagementHeader>(message);
  if (!in_flight_ || header.sequence != in_flight_->header.sequence) {
    return "an answer (sequence " + std::to_string(header.sequence) + ") that nobody waits for";
  }
  const ManagementOp asked = in_flight_->header.op;
  ManagementResult result;
  if (header.op == ManagementOp::ERROR) {
    result.error = "the device did not understand " + std::string(name_of(asked)) + " at address " +
                   std::to_string(in_flight_->header.address);
  } else if ((header.op == ManagementOp::VALUE) != (asked == ManagementOp::READ)) {
    result.error = "the device answered " + std::string(name_of(asked)) + " with " +
                   std::string(name_of(header.op));
  } else if (header.op == ManagementOp::VALUE) {
    result.ok = true;
    result.value = header.value;
  } else {
    result.status = static_cast<LoadStatus>(header.value & 0xFFU);
    result.ok = header.value == static_cast<std::uint32_t>(LoadStatus::OK);
    if (!result.ok) {
      result.error =
          std::string(name_of(result.status)) + ": " + std::string(text_of(result.status));
      if (asked == ManagementOp::BLOCK) {
        result.error +=
            " (in the block from image word " + std::to_string(in_flight_->header.value) + " on)";
      }
    }
  }
  // The callback may push the next request: forget this one first.
  const Done done = std::move(in_flight_->done);
  in_flight_.reset();
  if (done) done(result);
  return std::nullopt;
}

void ManagementClient::reset(const std::string& why) {
  std::deque<Request> failed;
  if (in_flight_) failed.push_back(std::move(*in_flight_));
  in_flight_.reset();
  for (Request& request : queue_) failed.push_back(std::move(request));
  queue_.clear();
  for (Request& request : failed) {
    if (request.done)
      request.done({.ok = false, .value = 0, .status = LoadStatus::IDLE, .error = why});
  }
}

}  // namespace sluice::link
