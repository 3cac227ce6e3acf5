// SPDX-License-Identifier: Apache-2.0
// Events that meet within one clock cycle, or within one frame: what a test that settles between
// its steps never sees.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "hdl/bench.hpp"

using namespace sluice;
using hdl_test::Bench;
using layout::Reason;
using link::Frame;
using link::Port;
using support::bytes_of;

namespace {

support::ImageBuilder roomy_letters() {
  auto image = support::letters_image();
  image.max_record_bytes = 2048;
  image.max_outstanding = 256;
  image.endpoints[0].outstanding_cap = 256;
  return image;
}

struct Racing : Bench {
  Racing() : Bench(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, "")) {
    const auto result = load(roomy_letters().bytes());
    INFO(result.error);
    REQUIRE(result.ok);
    clear();
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) device->run(1);
  }
  std::vector<Frame> frames(Port port, std::uint32_t tag, std::size_t length) {
    std::vector<std::uint8_t> record(length, 'a');
    record[0] = 'P';
    return link::to_frames(link::to_device(port), tag, record);
  }
};

}  // namespace

TEST_CASE("an answer that falls due while the last byte of an event leaves is sent all the same") {
  Racing bench;
  bool before = false;
  bool behind = false;
  for (unsigned delay = 100; delay < 330; ++delay) {
    bench.clear();
    bench.send(Port::low, 2, bytes_of("no"));
    bench.run(delay);
    bench.device->send(Port::management,
                       link::make_read(static_cast<std::uint8_t>(delay), layout::reg::IDENTITY));
    INFO("delay " << delay);
    REQUIRE(bench.device->settle(10'000));
    CHECK(bench.events.size() == 1);
    REQUIRE(bench.management.size() == 2);
    const bool first =
        bench.management[0][0] == static_cast<std::uint8_t>(layout::ManagementOp::VALUE);
    (first ? before : behind) = true;
    if (!first)
      CHECK(bench.management[1][0] == static_cast<std::uint8_t>(layout::ManagementOp::VALUE));
  }
  CHECK(before);
  CHECK(behind);
}

TEST_CASE("a record whose time is over while its successor comes in takes nothing from it") {
  Racing bench;
  for (const unsigned taken :
       {20u, 29u, 30u, 31u, 32u, 40u, 59u}) {  // bytes of the successor at the eleventh tick
    INFO(taken);
    bench.clear();
    bench.send_frame(Port::low, bench.frames(Port::low, 1, 1600)[0]);
    bench.tick(10);
    bench.send(Port::low, 2, bytes_of("Pabc"));
    bench.run(taken);
    bench.device->tick();
    bench.settle();
    REQUIRE(bench.events.size() == 2);
    CHECK(bench.events[0].tag == 1);
    CHECK(
        (bench.events[0].reason == Reason::TIMEOUT || bench.events[0].reason == Reason::BAD_FRAME));
    CHECK(bench.events[1].tag == 2);
    CHECK(bench.events[1].reason == Reason::ACCEPTED);
    REQUIRE(bench.high.size() == 1);
    bench.response(bench.events[1].transaction, bytes_of("p"));
  }
}

TEST_CASE("a first fragment that comes in while the banks change is SWAPPED, whenever it began") {
  for (const bool before : {true, false}) {
    Racing bench;
    auto next = roomy_letters();
    next.serial = 2;
    REQUIRE(bench.load(next.bytes(), false).ok);
    bench.clear();
    const auto swapped = bench.frames(Port::low, 5, 1484)[0];  // longer than the swap takes
    bench.send_frame(Port::high,
                     bench.frames(Port::high, 1, 1600)[0]);  // an open record holds the swap
    if (before) {
      bench.device->send(Port::low, swapped);
      bench.run(40);
    }
    bench.device->send(Port::management,
                       link::make_write(1, layout::reg::COMMAND,
                                        static_cast<std::uint32_t>(layout::Command::ACTIVATE)));
    bench.run(20);
    if (!before) bench.device->send(Port::low, swapped);
    for (unsigned i = 0; i < 10; ++i) {
      bench.run(6);
      bench.device->tick();
    }
    bench.settle();
    REQUIRE(bench.events.size() == 3);
    CHECK(bench.events[0].reason == Reason::SWAPPED);
    CHECK(bench.events[0].tag == 1);
    CHECK(bench.events[1].kind == layout::EventKind::IMAGE);
    CHECK(bench.events[2].tag == 5);
    CHECK(bench.events[2].reason == Reason::SWAPPED);
    bench.clear();
    bench.request(6, bytes_of("Pabc"));
    REQUIRE(bench.events.size() == 1);
    CHECK(bench.events[0].reason == Reason::ACCEPTED);
  }
}

TEST_CASE("a request never waits long for the lowest free slot") {
  Racing bench;
  std::uint64_t usual = 0;
  const auto judge = [&](std::uint32_t tag) {
    const auto start = bench.device->cycles();
    bench.request(tag, bytes_of("Pabc"));
    REQUIRE(bench.events.size() == 1);
    const auto event = bench.events[0];
    bench.clear();
    usual = event.cycle - start;
    return event;
  };
  for (std::uint32_t i = 0; i < 256; ++i) REQUIRE(judge(i).transaction == (i << 24 | 1));
  CHECK(judge(256).reason == Reason::OVERLOAD);
  for (const std::uint32_t slot : {0u, 255u}) bench.response(slot << 24 | 1, bytes_of("p"));
  bench.clear();
  const auto start = bench.device->cycles();
  bench.send(Port::low, 300, bytes_of("Pabc"));
  bench.send(Port::low, 301, bytes_of("Pabc"));
  bench.settle();
  REQUIRE(bench.events.size() == 2);
  CHECK(bench.events[0].transaction == 2);
  CHECK(bench.events[1].transaction == (255u << 24 | 2));
  // The second follows the first one frame later: the search for its slot is over by then.
  CHECK(bench.events[1].cycle - bench.events[0].cycle < 110);
  CHECK(bench.events[0].cycle - start < usual + 40);
}
