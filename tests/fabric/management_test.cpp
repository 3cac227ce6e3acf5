// SPDX-License-Identifier: Apache-2.0
// Frames and registers of the management port (docs/fabric.md "Management port").
#include <catch2/catch.hpp>

#include "support/device_bench.hpp"

using namespace sluice;
using layout::ManagementOp;
using support::DeviceBench;
using support::Port;
namespace reg = layout::reg;

TEST_CASE("who it is") {
  DeviceBench bench(support::smallest_geometry());
  CHECK(bench.read(reg::IDENTITY) == layout::DEVICE_IDENTITY);
  CHECK(bench.read(reg::HARDWARE_VERSION) == layout::HARDWARE_VERSION);
  CHECK(bench.read(reg::GEOMETRY) == static_cast<std::uint32_t>(support::smallest_geometry()));
  for (std::uint16_t address :
       {reg::EPOCH, reg::SERIAL_LOW, reg::SERIAL_HIGH, reg::MAX_RECORD_BYTES, reg::OUTSTANDING,
        reg::DIGEST, reg::NAME, reg::EVENTS_LOST, reg::FRAMES_IGNORED}) {
    CHECK(bench.read(address) == 0);
  }
}

TEST_CASE("every readable register answers, no other address does") {
  DeviceBench bench(support::smallest_geometry());
  for (std::uint32_t address = 0; address < 0x200; ++address) {
    bool readable = false;
    for (const auto& info : layout::registers) {
      readable |= info.readable && address >= info.address &&
                  address < std::uint32_t{info.address} + info.count;
    }
    const auto answer = bench.ask(link::make_read(5, static_cast<std::uint16_t>(address)));
    INFO("address " << address);
    CHECK(answer.op == (readable ? ManagementOp::VALUE : ManagementOp::ERROR));
    CHECK(answer.sequence == 5);
    CHECK(answer.address == address);
    if (!readable) CHECK(answer.value == 0);
  }
  for (std::uint32_t address : {0x240U, 0x1003U, 0x8000U, 0xFFFFU}) {
    CHECK(bench.ask(link::make_read(5, static_cast<std::uint16_t>(address))).op ==
          ManagementOp::ERROR);
  }
}

TEST_CASE("registers other than COMMAND are read-only") {
  DeviceBench bench(support::smallest_geometry());
  for (std::uint16_t address :
       {reg::IDENTITY, reg::STATUS, reg::EVENTS_LOST, reg::REQUEST_COUNT, std::uint16_t{0x999}}) {
    const auto answer = bench.ask(link::make_write(6, address, 1));
    CHECK(answer.op == ManagementOp::DONE);
    CHECK(answer.value == static_cast<std::uint32_t>(layout::LoadStatus::READ_ONLY));
    CHECK(answer.sequence == 6);
    CHECK(answer.address == address);
  }
}

TEST_CASE("frames that are not understood") {
  DeviceBench bench(support::smallest_geometry());
  const auto expect_error = [&](const link::Frame& frame, std::uint8_t sequence,
                                std::uint16_t address) {
    INFO("frame of " << frame.size() << " bytes, op " << int{frame[0]});
    const auto answer = bench.ask(frame);
    CHECK(answer.op == ManagementOp::ERROR);
    CHECK(answer.sequence == sequence);
    CHECK(answer.address == address);
    CHECK(answer.value == 0);
  };
  const link::Frame read = link::make_read(0x77, reg::EPOCH);
  expect_error({1}, 0, 0);
  expect_error({1, 0x77}, 0x77, 0);
  expect_error({1, 0x77, 0}, 0x77, 0);
  expect_error({1, 0x77, 0x12, 0x34}, 0x77, 0x1234);
  expect_error(link::Frame(read.begin(), read.begin() + 7), 0x77, reg::EPOCH);
  link::Frame longer = read;
  longer.push_back(0);
  expect_error(longer, 0x77, reg::EPOCH);
  for (std::uint8_t op : {0, 4, 5, 6, 7, 8, 200, 255}) {
    link::Frame frame = read;
    frame[0] = op;
    expect_error(frame, 0x77, reg::EPOCH);
  }
  for (std::uint32_t command : {4U, 255U, 256U, 0x01000001U, 0xFFFFFFFFU}) {
    expect_error(link::make_write(0x78, reg::COMMAND, command), 0x78, reg::COMMAND);
  }
  link::Frame long_write = link::make_write(0x79, reg::COMMAND, 1);
  long_write.push_back(0);
  expect_error(long_write, 0x79, reg::COMMAND);
  CHECK(bench.read(reg::STATUS) == 0);  // no BEGIN was taken
}

TEST_CASE("one answer for every frame, in order, while events go out") {
  DeviceBench bench;
  bench.load(support::letters_image());
  for (std::uint8_t i = 1; i <= 20; ++i) {
    bench.send(Port::management, link::make_read(i, reg::TICKS));
    bench.send(Port::low, i,
               "0");  // settles: at a level with time a record may not find a free buffer
  }
  unsigned answers = 0;
  unsigned events = 0;
  for (const auto& frame : bench.frames(Port::management)) {
    const auto message = link::parse_management(frame);
    if (const auto* header = std::get_if<layout::ManagementHeader>(&message)) {
      CHECK(header->sequence == ++answers);
    } else if (const auto* event = std::get_if<layout::Event>(&message)) {
      CHECK(event->tag == ++events);
    } else {
      FAIL(std::get<std::string>(message));
    }
  }
  CHECK(answers == 20);
  CHECK(events == 20);
}

TEST_CASE("answers wait for a port that is not ready") {
  DeviceBench bench;
  bench.session().set_ready(Port::management, false);
  bench.send(Port::management, link::make_read(1, reg::IDENTITY));
  bench.send(Port::management, link::make_read(2, reg::GEOMETRY));
  bench.settle();
  CHECK(bench.frames(Port::management).empty());
  bench.tick(3);
  CHECK(bench.frames(Port::management).empty());
  bench.session().set_ready(Port::management, true);
  CHECK(bench.frames(Port::management).size() == 2);
}
