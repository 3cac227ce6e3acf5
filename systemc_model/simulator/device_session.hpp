// SPDX-License-Identifier: Apache-2.0
// One simulated device in this process: frames in, frames out, ticks; the same at every level that
// has frames. A SystemC kernel cannot be restarted, so a process creates one session in its life
// (the second create() throws). Not thread-safe: one thread owns the session. It does no framing:
// see link/link_codec.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fabric/seeded_fault.hpp"
#include "link/port.hpp"
#include "sluice/layout.hpp"

namespace sluice::simulator {

using link::Frame;
using link::Port;

/// `engine` is untimed C++ without frames: no session, see engine/engine.hpp.
enum class Level : std::uint8_t { engine, lt, rtl };

/// "engine", "lt", "rtl"; nullopt for another word.
std::optional<Level> level_from_name(std::string_view name);
std::string_view name_of(Level level);
/// Whether this build can create a session of that level.
bool level_available(Level level);

class DeviceSession {
 public:
  struct Options {
    Level level = Level::lt;
    layout::Geometry geometry = layout::Geometry::SMALL;
    std::string trace_file = {};  ///< .vcd or .fst, level rtl only; empty = none
    fabric::SeededFault fault =
        fabric::SeededFault::none;  ///< a deliberately broken device, to test checks of devices
  };

  /// Throws std::runtime_error with a clear message: level, geometry or fault not built in, a
  /// second session, a trace at lt.
  static std::unique_ptr<DeviceSession> create(const Options& options);

  virtual ~DeviceSession() = default;
  DeviceSession(const DeviceSession&) = delete;
  DeviceSession& operator=(const DeviceSession&) = delete;

  /// Queues one frame into a port; nothing happens before settle() or tick(). Frames of different
  /// ports may overtake each other, those of one port never. 1 to link::max_frame_bytes bytes, else
  /// std::invalid_argument.
  virtual void send(Port port, std::span<const std::uint8_t> frame) = 0;
  /// Device time in ms: settles, then one tick and settles again, `count` times.
  virtual void tick(unsigned count = 1) = 0;
  /// Runs until there is no work left (what waits for ticks or for a port that is not ready is no
  /// work).
  virtual void settle() = 0;
  /// The next frame that left that port, in order.
  virtual std::optional<Frame> receive(Port port) = 0;
  /// Whether the outside takes frames from that port; true at first. Not ready, the device holds
  /// them back: records fill its buffers, events its audit slots.
  virtual void set_ready(Port port, bool ready) = 0;
  /// Clock cycles since reset; 0 at lt.
  [[nodiscard]] virtual std::uint64_t cycles() const = 0;

 protected:
  DeviceSession() = default;
};

/// Loads and activates an image over the management port. Returns an empty string, or what went
/// wrong in words. Takes every frame that leaves the management port meanwhile; events go to
/// `on_event`. Settles; when ACTIVATE has to wait for open records it ticks, at most
/// RECORD_TIMEOUT_TICKS + 1 times.
std::string load_image(DeviceSession& session, std::span<const std::uint8_t> image,
                       const std::function<void(const layout::Event&)>& on_event = {});

}  // namespace sluice::simulator
