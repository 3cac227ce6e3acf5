// SPDX-License-Identifier: Apache-2.0
// The host's end of the management port (docs/fabric.md "Management port"), whatever carries the
// frames. One request is in flight at a time; the others wait in a queue. It does not judge images
// and has no clock: who uses it decides when to give up and calls reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "link/port.hpp"
#include "sluice/layout.hpp"

namespace sluice::link {

Frame make_read(std::uint8_t sequence, std::uint16_t address);
Frame make_write(std::uint8_t sequence, std::uint16_t address, std::uint32_t value);
/// `bytes`: those of the image file from word `first_word` on; whole words, at most
/// MANAGEMENT_BLOCK_WORDS_MAX (std::invalid_argument otherwise).
Frame make_block(std::uint8_t sequence, std::uint32_t first_word,
                 std::span<const std::uint8_t> bytes);
/// Device side, used by models.
Frame make_answer(const layout::ManagementHeader& header);
Frame make_event(const layout::Event& event);

/// What a device sent: an answer, an event, or a frame that is neither (in words).
using ManagementMessage = std::variant<layout::ManagementHeader, layout::Event, std::string>;
ManagementMessage parse_management(std::span<const std::uint8_t> frame);

/// How a request ended.
struct ManagementResult {
  bool ok = false;                                     ///< VALUE, or DONE with status OK
  std::uint32_t value = 0;                             ///< of VALUE
  layout::LoadStatus status = layout::LoadStatus::OK;  ///< of DONE
  std::string error;                                   ///< in words, when not ok
};

class ManagementClient {
 public:
  using Done = std::function<void(const ManagementResult&)>;
  using OnEvent = std::function<void(const layout::Event&)>;

  explicit ManagementClient(OnEvent on_event = {});

  void read(std::uint16_t address, Done done);
  void write(std::uint16_t address, std::uint32_t value, Done done);
  /// BEGIN, all blocks, ACTIVATE when `activate`. The first answer that is not OK ends it, and
  /// ABORT is sent. `done` is called once.
  void load_image(std::vector<std::uint8_t> image, bool activate, Done done);

  /// The next frame to send now, if there is one; call it after each request and after each take().
  std::optional<Frame> next_frame();
  /// A frame that came from the device. Calls back. Returns an error in words for a frame that fits
  /// nothing.
  std::optional<std::string> take(std::span<const std::uint8_t> frame);
  /// Fails everything that waits, with this text (lost connection, time-out).
  void reset(const std::string& why);
  /// True while a request waits or is in flight.
  [[nodiscard]] bool busy() const { return in_flight_.has_value() || !queue_.empty(); }

 private:
  struct Request {
    layout::ManagementHeader header;
    std::vector<std::uint8_t> payload;
    Done done;
  };
  struct Upload;

  void push(Request request);
  void continue_upload(const std::shared_ptr<Upload>& upload);

  OnEvent on_event_;
  std::deque<Request> queue_;
  std::optional<Request> in_flight_;
  std::uint8_t sequence_ = 0;
};

}  // namespace sluice::link
