// SPDX-License-Identifier: Apache-2.0
// The TLM model and the Verilated HDL, side by side in one kernel, take the same frames: everything that leaves must be
// equal, byte for byte, but for the clock cycle in the events. Random tables, records, fragments, garbage, ticks, loads and
// ports that are not ready. SLUICE_DIFFERENTIAL_STEPS and SLUICE_DIFFERENTIAL_SEED make longer or other runs.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "fabric/fabric.hpp"
#include "link/link_codec.hpp"
#include "link/management_client.hpp"
#include "rtl_cosim/make_device.hpp"
#include "rtl_cosim/verilated_device.hpp"
#include "simulator/session_bench.hpp"
#include "support/random_image.hpp"

using namespace sluice;
using link::Frame;
using link::Port;

// libsystemc refers to it; the kernel is elaborated and run from the test case.
int sc_main(int, char**) { return 2; }

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr std::size_t cycle_at = 8 + 16;  // management header, then the event's field `cycle`

/// Both devices and one stream of frames for them.
class Pair {
 public:
  Pair()
      : lt_("lt", layout::Geometry::SMALL),
        rtl_("rtl", rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, "")),
        lt_bench_("lt_bench", lt_),
        rtl_bench_("rtl_bench", rtl_) {}

  void send(Port port, const Frame& frame) {
    lt_bench_.push(port, frame);
    rtl_bench_.push(port, frame);
    settle();
  }
  void tick() {
    lt_bench_.push_tick();
    rtl_bench_.push_tick();
    settle();
  }
  void set_ready(Port port, bool ready) {
    lt_.set_ready(port, ready);
    rtl_.set_ready(port, ready);
    settle();
  }

  /// What left since the last call; throws when the levels differ. Events are collected, ids of released requests too.
  void compare() {
    for (const Port port : {Port::low, Port::high}) {
      for (;;) {
        const auto lt = lt_bench_.pop(port);
        const auto rtl = rtl_bench_.pop(port);
        if (!lt && !rtl) break;
        expect_equal(port, lt, rtl);
      }
    }
    // Events and answers have an order each, but none between them.
    for (const bool events : {true, false}) {
      auto& lt = events ? lt_events_ : lt_answers_;
      auto& rtl = events ? rtl_events_ : rtl_answers_;
      sort_out(lt_bench_, lt_events_, lt_answers_);
      sort_out(rtl_bench_, rtl_events_, rtl_answers_);
      for (; !lt.empty() || !rtl.empty(); lt.pop_front(), rtl.pop_front()) {
        const auto front = [](const std::deque<Frame>& queue) {
          return queue.empty() ? std::nullopt : std::optional<Frame>(queue.front());
        };
        expect_equal(Port::management, front(lt), front(rtl));
        note(lt.front());
      }
    }
  }

  std::map<layout::Reason, std::uint64_t> seen;
  std::deque<std::uint32_t> outstanding;  // device ids that were issued lately
  std::uint64_t frames_left = 0;
  std::uint64_t answers = 0;
  std::map<layout::LoadStatus, std::uint64_t> statuses;

 private:
  static void expect_equal(Port port, const std::optional<Frame>& lt, const std::optional<Frame>& rtl) {
    if (lt != rtl) FAIL("port " << name_of(port) << "\n  lt:  " << text_of(lt) << "\n  rtl: " << text_of(rtl));
  }
  static void sort_out(simulator::SessionBench& bench, std::deque<Frame>& events, std::deque<Frame>& answers) {
    while (auto frame = bench.pop(Port::management)) {
      if (frame->front() == static_cast<std::uint8_t>(layout::ManagementOp::EVENT)) {
        std::fill_n(frame->begin() + cycle_at, 8, std::uint8_t{0});
        events.push_back(std::move(*frame));
      } else {
        answers.push_back(std::move(*frame));
      }
    }
  }

  // What is due at the same time happens in one run of the kernel.
  void settle() { lt_bench_.run(); }

  static std::string text_of(const std::optional<Frame>& frame) {
    if (!frame) return "nothing";
    const auto message = link::parse_management(*frame);
    if (const auto* event = std::get_if<layout::Event>(&message); event != nullptr && frame->size() == 88) {
      return "event " + std::string(layout::name_of(event->kind)) + " " + std::string(layout::name_of(event->reason)) +
             " sequence " + std::to_string(event->sequence) + " pipeline " + std::to_string(static_cast<int>(event->pipeline)) +
             " offset " + std::to_string(event->offset) + " length " + std::to_string(event->length) + " tag " +
             std::to_string(event->tag) + " endpoint " + std::to_string(event->endpoint) + " depth " +
             std::to_string(event->depth) + " epoch " + std::to_string(event->epoch) + " tick " + std::to_string(event->tick) +
             " transaction " + std::to_string(event->transaction) + " frames " + std::to_string(event->frames);
    }
    std::string text = std::to_string(frame->size()) + " bytes:";
    for (const std::uint8_t byte : *frame) text += " " + std::to_string(byte);
    return text;
  }

  void note(const Frame& frame) {
    const auto message = link::parse_management(frame);
    if (const auto* event = std::get_if<layout::Event>(&message)) {
      if (event->kind == layout::EventKind::RECORD) ++seen[event->reason];
      if (event->kind == layout::EventKind::TRANSACTION) ++seen[layout::Reason::TIMEOUT];
      if (event->reason == layout::Reason::ACCEPTED && event->transaction != 0) outstanding.push_back(event->transaction);
      if (outstanding.size() > 40) outstanding.pop_front();
    } else if (const auto* header = std::get_if<layout::ManagementHeader>(&message)) {
      ++answers;
      if (header->op == layout::ManagementOp::DONE) ++statuses[static_cast<layout::LoadStatus>(header->value)];
    }
  }

  fabric::Fabric lt_;
  rtl_cosim::VerilatedDevice rtl_;
  simulator::SessionBench lt_bench_;
  simulator::SessionBench rtl_bench_;
  std::deque<Frame> lt_events_, rtl_events_, lt_answers_, rtl_answers_;
};

/// A stream of mostly sensible and sometimes mad things to do.
class Traffic {
 public:
  Traffic(Pair& pair, std::uint64_t seed) : pair_(pair), random_(seed) {}

  void step() {
    const std::uint32_t die = random_.below(1000);
    if (die < 480) {
      request();
    } else if (die < 700) {
      response();
    } else if (die < 800) {
      garbage();
    } else if (die < 870) {
      for (std::uint32_t i = 1 + random_.below(random_.one_in(4) ? 14 : 3); i > 0; --i) pair_.tick();
    } else if (die < 940) {
      registers();
    } else if (die < 955) {
      ready_[random_.below(3)] ^= true;
      for (const Port port : {Port::low, Port::high, Port::management}) {
        pair_.set_ready(port, ready_[static_cast<std::size_t>(port)]);
      }
    } else if (die < 965) {
      load();
    } else if (die < 985) {
      management_garbage();
    } else {
      for (bool& ready : ready_) ready = true;
      for (const Port port : {Port::low, Port::high, Port::management}) pair_.set_ready(port, true);
    }
  }

  void load() {
    support::ImageBuilder image = support::random_image(random_.next());
    image.geometry = layout::Geometry::SMALL;
    image.serial = ++serial_;
    image.max_record_bytes = random_.one_in(3) ? 2048 : image.max_record_bytes;
    image.max_outstanding = static_cast<std::uint16_t>(1 + random_.below(20));
    for (auto& endpoint : image.endpoints) endpoint.outstanding_cap = static_cast<std::uint16_t>(random_.below(12));
    image.response_timeout_ticks = 1 + random_.below(40);
    longest_ = std::min<std::uint32_t>(image.max_record_bytes, 1000);
    auto words = image.words();
    if (random_.one_in(4)) {  // a broken one
      for (std::uint32_t i = 1 + random_.below(3); i > 0; --i) {
        // Not the serial: an active image with a great one would be the last.
        const auto at = random_.one_in(2) ? random_.below(12) : random_.below(static_cast<std::uint32_t>(words.size()));
        auto& word = words[at == 1 ? 0 : at];
        word ^= std::uint64_t{1} << random_.below(64);
      }
    }
    const auto bytes = support::ImageBuilder::to_bytes(words);
    command(layout::Command::BEGIN);
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random_.below(128), words.size() - at);
      pair_.send(Port::management, link::make_block(sequence_++, static_cast<std::uint32_t>(at),
                                                    std::span(bytes).subspan(8 * at, 8 * count)));
      at += count;
      if (random_.one_in(200)) ++at;
      if (random_.one_in(10)) request();  // traffic goes on meanwhile
    }
    if (!random_.one_in(10)) command(layout::Command::ACTIVATE);
  }

 private:
  void command(layout::Command what) {
    pair_.send(Port::management, link::make_write(sequence_++, layout::reg::COMMAND, static_cast<std::uint32_t>(what)));
  }

  std::vector<std::uint8_t> record() {
    return support::random_record(random_, random_.one_in(10) ? 2100 : random_.one_in(4) ? longest_ : 24);
  }

  /// The frames of a record, now and then not all of them, or not as they should be.
  void send_record(Port port, std::uint32_t tag) {
    auto frames = link::to_frames(link::to_device(port), tag, record());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (random_.one_in(12)) mutate(frames[i]);
      if (!random_.one_in(25)) pair_.send(port, frames[i]);
      if (random_.one_in(25)) pair_.send(port, frames[i]);
      if (frames.size() > 1 && random_.one_in(10)) pair_.tick();
    }
  }
  void request() { send_record(Port::low, random_.below(1000)); }
  void response() {
    std::uint32_t id = random_.below(4) << 24 | random_.below(4);
    if (!pair_.outstanding.empty() && !random_.one_in(6)) {
      id = pair_.outstanding[pair_.outstanding.size() - 1 - random_.below(std::min<std::uint32_t>(4, static_cast<std::uint32_t>(pair_.outstanding.size())))];
    }
    send_record(Port::high, id);
  }

  void mutate(Frame& frame) {
    switch (random_.below(4)) {
      case 0:
        frame.resize(1 + random_.below(1600));
        break;
      case 1:
        frame.resize(frame.size() + 1 + random_.below(3));
        break;
      case 2:
        if (frame.size() >= 30) frame[12 + random_.below(18)] ^= static_cast<std::uint8_t>(1u << random_.below(8));
        break;
      default:
        frame[random_.below(static_cast<std::uint32_t>(frame.size()))] ^= static_cast<std::uint8_t>(1u << random_.below(8));
        break;
    }
  }
  void garbage() {
    const Port port = random_.one_in(2) ? Port::low : Port::high;
    Frame frame = random_.one_in(3) ? support::random_record(random_, 2000)
                                    : link::to_frames(link::to_device(port), random_.below(4), record()).back();
    if (frame.empty()) frame.push_back(1);
    mutate(frame);
    if (random_.one_in(2) && frame.size() > 13) {
      frame[12] = 0x88;
      frame[13] = 0xB5;
    }
    pair_.send(port, frame);
  }
  void registers() { pair_.send(Port::management, link::make_read(sequence_++, static_cast<std::uint16_t>(random_.below(0x84)))); }
  void management_garbage() {
    Frame frame = support::random_record(random_, 60);
    if (frame.empty()) frame.push_back(0);
    frame[0] = static_cast<std::uint8_t>(random_.below(9));
    if (frame.size() > 7 && random_.one_in(2)) {  // near a command, but no BEGIN out of the blue while a load is worth something
      frame.resize(8);
      frame[2] = 0;
      frame[3] = static_cast<std::uint8_t>(layout::reg::COMMAND);
      frame[4] = frame[5] = frame[6] = 0;
      frame[7] = static_cast<std::uint8_t>(random_.below(6));
    }
    pair_.send(Port::management, frame);
  }

  Pair& pair_;
  support::Random random_;
  std::uint64_t serial_ = 0;
  std::uint32_t longest_ = 40;
  std::uint8_t sequence_ = 0;
  bool ready_[3] = {true, true, true};
};

}  // namespace

TEST_CASE("lt and rtl say and send the same, whatever comes") {
  const std::uint64_t steps = setting("SLUICE_DIFFERENTIAL_STEPS", 6000);
  const std::uint64_t seed = setting("SLUICE_DIFFERENTIAL_SEED", 3);
  Pair pair;
  Traffic traffic(pair, seed);
  pair.compare();
  traffic.load();
  for (std::uint64_t i = 0; i < steps; ++i) {
    INFO("seed " << seed << " step " << i);
    traffic.step();
    pair.compare();
  }
  std::string found;
  for (const auto& [reason, count] : pair.seen) found += std::string(layout::name_of(reason)) + " " + std::to_string(count) + ", ";
  for (const auto& [status, count] : pair.statuses) found += std::string(layout::name_of(status)) + " " + std::to_string(count) + ", ";
  WARN(found);
  using layout::Reason;
  for (const Reason reason : {Reason::ACCEPTED, Reason::NO_TRANSITION, Reason::ORDER, Reason::TOO_FEW, Reason::LENGTH, Reason::KEY_ORDER, Reason::BAD_FRAME,
                              Reason::TOO_LONG, Reason::NO_REQUEST, Reason::TIMEOUT, Reason::OVERLOAD, Reason::SWAPPED}) {
    INFO(layout::name_of(reason));
    CHECK(pair.seen[reason] > 0);
  }
}
