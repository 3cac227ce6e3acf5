// SPDX-License-Identifier: Apache-2.0
#include "device/device_loop.hpp"

#include <ctime>
#include <optional>
#include <vector>

#include <spdlog/spdlog.h>

#include "sluice/layout.hpp"

namespace sluice::device {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::nanoseconds kTick{1'000'000'000 / layout::TICKS_PER_SECOND};
// After a pause (a stopped process, a slow simulation) at most this many ticks are made up for.
constexpr std::int64_t kCatchUpTicks = 20;
// Frames taken from one port before the others get their turn.
constexpr int kFramesPerTurn = 32;
// A management frame holds at most a header and a full BLOCK.
constexpr std::size_t kManagementFrameMax =
    layout::ManagementHeader::bytes + 8 * layout::MANAGEMENT_BLOCK_WORDS_MAX;

PortServer::Options port(const char* name, const std::string& path, std::size_t frame_max) {
  PortServer::Options options;
  options.name = name;
  options.path = path;
  options.frame_max = frame_max;
  return options;
}

PortServer::Options management_port(const std::string& path) {
  PortServer::Options options = port("management", path, kManagementFrameMax);
  options.answers = true;
  return options;
}

}  // namespace

DeviceLoop::DeviceLoop(simulator::DeviceSession& session, const Paths& paths)
    : session_(session),
      low_(port("low", paths.low, layout::FRAME_MAX_BYTES)),
      high_(port("high", paths.high, layout::FRAME_MAX_BYTES)),
      management_(management_port(paths.management)) {}

void DeviceLoop::run(int stop_descriptor) {
  next_tick_ = Clock::now() + kTick;
  std::vector<pollfd> wanted;
  for (;;) {
    wanted.assign(1, {stop_descriptor, POLLIN, 0});
    const std::size_t low = low_.add_to(wanted);
    const std::size_t high = high_.add_to(wanted);
    const std::size_t management = management_.add_to(wanted);
    const auto left = std::max(next_tick_ - Clock::now(), Clock::duration::zero());
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    const timespec timeout{0, static_cast<long>(nanoseconds)};  // always below one tick
    ::ppoll(wanted.data(), wanted.size(), &timeout, nullptr);
    if (wanted.front().revents != 0) break;

    low_.serve(wanted[low].revents != 0);
    high_.serve(wanted[high].revents != 0);
    management_.serve(wanted[management].revents != 0);
    if (management_.writable() != management_ready_) {
      management_ready_ = !management_ready_;
      session_.set_ready(simulator::Port::management, management_ready_);
    }
    if (management_.peers() != management_peers_) drop_old_answers();
    bool taken = move_in(management_, simulator::Port::management);
    taken |= move_in(low_, simulator::Port::low);
    taken |= move_in(high_, simulator::Port::high);
    if (taken) session_.settle();
    // After the frames, and one at a time: what was sent before a tick is seen before it, however late this process is.
    tick();
    move_out(low_, simulator::Port::low);
    move_out(high_, simulator::Port::high);
    move_answers_out();
  }
  spdlog::info("stopping: low {}/{}/{}, high {}/{}/{}, management {}/{}/{} frames in/out/dropped",
               low_.frames_in(), low_.frames_out(), low_.frames_dropped(), high_.frames_in(),
               high_.frames_out(), high_.frames_dropped(), management_.frames_in(),
               management_.frames_out(), management_.frames_dropped());
  if (ticks_skipped_ != 0) spdlog::info("{} ticks were skipped: slower than real time", ticks_skipped_);
}

bool DeviceLoop::move_in(PortServer& server, simulator::Port port) {
  bool taken = false;
  for (int i = 0; i < kFramesPerTurn; ++i) {
    const auto frame = server.receive();
    if (!frame) break;
    session_.send(port, *frame);
    taken = true;
  }
  return taken;
}

void DeviceLoop::move_out(PortServer& server, simulator::Port port) {
  while (const std::optional<simulator::Frame> frame = session_.receive(port)) {
    // Whoever connected before the record was sent gets it, also if both came after this turn had looked for peers.
    if (!server.connected()) server.serve(true);
    server.send(*frame);
  }
}

// Events are not dropped here: without a reader they wait in the device and fill its audit slots (set_ready above).
// What left it before the queue filled up waits in the session.
void DeviceLoop::move_answers_out() {
  while (management_.writable()) {
    if (!events_.empty()) {
      management_.send(events_.front());
      events_.pop_front();
      continue;
    }
    const std::optional<simulator::Frame> frame = session_.receive(simulator::Port::management);
    if (!frame) break;
    management_.send(*frame);
  }
}

// A new peer must not take the answers to its predecessor's questions for its own. Events are for whoever comes. What
// the device held back for want of a reader has come out by now (set_ready).
void DeviceLoop::drop_old_answers() {
  management_peers_ = management_.peers();
  while (std::optional<simulator::Frame> frame = session_.receive(simulator::Port::management)) {
    if (frame->size() == layout::ManagementHeader::bytes + layout::Event::bytes) events_.push_back(std::move(*frame));
  }
}

void DeviceLoop::tick() {
  const auto now = Clock::now();
  if (now < next_tick_) return;
  const auto late = (now - next_tick_) / kTick;
  if (late > kCatchUpTicks) {
    const auto skipped = late - kCatchUpTicks;
    ticks_skipped_ += static_cast<std::uint64_t>(skipped);
    next_tick_ += skipped * kTick;
  }
  next_tick_ += kTick;
  session_.tick();
}

}  // namespace sluice::device
