// SPDX-License-Identifier: Apache-2.0
// One simulated device, both directions full: how many record bytes a second of processor time are
// simulated, and, where there is a clock, how many cycles a byte takes. Level engine judges the
// same records without a device, for comparison. A session of turns:
//   in:  MESSAGE_BYTES SECONDS
//   out: a JSON object
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <variant>

#include "bench/cpu_time.hpp"
#include "bench/messages.hpp"
#include "engine/engine.hpp"
#include "link/link_codec.hpp"
#include "link/management_client.hpp"
#include "simulator/device_session.hpp"

namespace {

using namespace sluice;
using link::Port;
using simulator::DeviceSession;
using simulator::Level;

/// What one turn has done.
struct Count {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;   ///< of records released, both directions
  std::uint64_t cycles = 0;  ///< between the first and the last verdict of each burst and direction
  std::uint64_t cycle_bytes = 0;  ///< of the records whose verdicts fell into these cycles
};

// Bytes of one burst and direction: long enough for a lane to run full.
constexpr std::size_t burst_bytes = 256 * 1024, burst_least = 4, burst_most = 128;

// Preamble, FCS and the gap between two frames take 24 byte times on a wire. In their place stands
// a frame that is none of ours.
const link::Frame& gap() {
  static const link::Frame frame(24, 0);
  return frame;
}

class Device {
 public:
  Device(Level level, const bench::CompiledPolicy& policy)
      : session_(DeviceSession::create({.level = level, .geometry = policy.image.geometry()})) {
    if (const auto error = simulator::load_image(*session_, policy.bytes); !error.empty())
      throw std::runtime_error(error);
  }

  /// A burst of requests, and beside it the answers to the requests of the burst before.
  void burst(const std::vector<bench::Message>& messages, Count& count) {
    const std::size_t size =
        std::clamp(burst_bytes / messages.front().request.size(), burst_least, burst_most);
    for (std::size_t i = 0; i < size; ++i) {
      send(Port::low, ++tag_, messages[i % messages.size()].request);
      if (i < open_.size()) send(Port::high, open_[i], messages[i % messages.size()].response);
    }
    const std::size_t expected = size + std::min(size, open_.size());
    open_.clear();
    session_->settle();
    while (session_->receive(Port::low)) {
    }
    while (session_->receive(Port::high)) {
    }
    if (take_events(count) != expected)
      throw std::runtime_error("the device did not release every record");
  }

  /// Answers what is open, so that the next burst may be of another size.
  void finish(const std::vector<bench::Message>& messages) {
    for (const std::uint32_t id : std::exchange(open_, {})) {
      send(Port::high, id, messages.front().response);
      session_->settle();
    }
    Count nothing;
    take_events(nothing);
    while (session_->receive(Port::low)) {
    }
  }

 private:
  void send(Port port, std::uint32_t tag, std::span<const std::uint8_t> record) {
    for (const link::Frame& frame : link::to_frames(link::to_device(port), tag, record)) {
      session_->send(port, frame);
      session_->send(port, gap());
    }
  }

  // How many records were released.
  std::size_t take_events(Count& count) {
    std::size_t released = 0;
    std::map<layout::Pipeline, std::uint64_t> first, last;
    while (const auto frame = session_->receive(Port::management)) {
      const auto message = link::parse_management(*frame);
      const auto* event = std::get_if<layout::Event>(&message);
      if (event == nullptr || event->kind != layout::EventKind::RECORD ||
          event->reason != layout::Reason::ACCEPTED) {
        throw std::runtime_error("the device said something else than that a record was released");
      }
      ++released;
      ++count.records;
      count.bytes += event->length;
      if (event->pipeline == layout::Pipeline::REQUEST) open_.push_back(event->transaction);
      if (!first.emplace(event->pipeline, event->cycle).second) {
        last[event->pipeline] = event->cycle;
        count.cycle_bytes += event->length;
      }
    }
    for (const auto& [pipeline, cycle] : last) count.cycles += cycle - first[pipeline];
    return released;
  }

  std::unique_ptr<DeviceSession> session_;
  std::vector<std::uint32_t> open_;  // device ids of requests without an answer
  std::uint32_t tag_ = 0;
};

void judge(const engine::Image& image, const std::vector<bench::Message>& messages, Count& count) {
  for (const auto& message : messages) {
    const auto request = engine::judge_request(image, message.request);
    const auto response = engine::judge_response(image, request.endpoint, message.response);
    if (!request.accepted() || !response.accepted())
      throw std::runtime_error("the engine rejected a record");
    count.records += 2;
    count.bytes += message.request.size() + message.response.size();
  }
}

nlohmann::ordered_json turn(Device* device, const engine::Image& image,
                            const std::vector<bench::Message>& messages, double seconds) {
  Count count;
  const double start = bench::cpu_seconds();
  double taken = 0;
  do {
    if (device != nullptr) {
      device->burst(messages, count);
    } else {
      judge(image, messages, count);
    }
    taken = bench::cpu_seconds() - start;
  } while (taken < seconds);
  if (device != nullptr) device->finish(messages);
  nlohmann::ordered_json out{
      {"records", count.records}, {"bytes", count.bytes}, {"seconds", taken}};
  if (count.cycles != 0)
    out["cycles_per_byte"] =
        static_cast<double>(count.cycles) / static_cast<double>(count.cycle_bytes);
  return out;
}

void serve(Level level, const std::string& policy) {
  const auto compiled = bench::compile_policy(policy);
  const auto device = level == Level::engine ? nullptr : std::make_unique<Device>(level, compiled);
  std::map<std::size_t, std::vector<bench::Message>> messages;
  std::size_t body_bytes = 0;
  double seconds = 0;
  while (std::cin >> body_bytes >> seconds) {
    auto& wanted = messages[body_bytes];
    if (wanted.empty()) {
      wanted = bench::make_messages(body_bytes, 16);
      bench::require_accepted(compiled.image, wanted);
    }
    std::cout << turn(device.get(), compiled.image, wanted, seconds).dump() << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Measures how fast a level simulates; turns come on standard input: MESSAGE_BYTES SECONDS."};
  std::string policy, level;
  app.add_option("--policy", policy, "tests/bench/policy.yaml")->required();
  app.add_option("--level", level, "engine, lt or rtl")
      ->required()
      ->check(CLI::IsMember({"engine", "lt", "rtl"}));
  CLI11_PARSE(app, argc, argv);
  try {
    serve(*simulator::level_from_name(level), policy);
  } catch (const std::exception& error) {
    std::cerr << "device_bench: " << error.what() << '\n';
    return 2;
  }
}
