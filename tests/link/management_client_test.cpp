// SPDX-License-Identifier: Apache-2.0
// The host's end of the management port against answers written by hand.
#include "link/management_client.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using layout::LoadStatus;
using layout::ManagementHeader;
using layout::ManagementOp;
using link::Frame;
using link::ManagementClient;
using link::ManagementResult;

namespace {

ManagementHeader header_of(const Frame& frame) {
  return ManagementHeader::decode(
      std::span<const std::uint8_t>(frame).first<ManagementHeader::bytes>());
}

Frame answer(const Frame& asked, ManagementOp op, std::uint32_t value) {
  ManagementHeader header = header_of(asked);
  header.op = op;
  header.value = value;
  return link::make_answer(header);
}

}  // namespace

TEST_CASE("one request at a time") {
  ManagementClient client;
  std::vector<std::uint32_t> values;
  for (std::uint16_t address : {3, 4})
    client.read(address, [&](const ManagementResult& r) { values.push_back(r.value); });
  const auto first = client.next_frame();
  REQUIRE(first);
  CHECK(header_of(*first).op == ManagementOp::READ);
  CHECK(header_of(*first).address == 3);
  CHECK_FALSE(client.next_frame());
  CHECK_FALSE(client.take(answer(*first, ManagementOp::VALUE, 30)));
  const auto second = client.next_frame();
  REQUIRE(second);
  CHECK(header_of(*second).sequence != header_of(*first).sequence);
  CHECK_FALSE(client.take(answer(*second, ManagementOp::VALUE, 40)));
  CHECK(values == std::vector<std::uint32_t>{30, 40});
  CHECK_FALSE(client.busy());
}

TEST_CASE("answers that fit nothing are reported and change nothing") {
  ManagementClient client;
  bool done = false;
  client.read(3, [&](const ManagementResult&) { done = true; });
  const auto asked = client.next_frame();
  Frame wrong = answer(*asked, ManagementOp::VALUE, 1);
  wrong[1] ^= 1;
  CHECK(client.take(wrong));
  CHECK(client.take(Frame{1, 2, 3}));
  CHECK(client.take(link::make_read(1, 1)));
  Frame cut = link::make_event({});
  cut.pop_back();
  CHECK(client.take(cut));
  CHECK_FALSE(done);
  client.take(answer(*asked, ManagementOp::VALUE, 1));
  CHECK(done);
  CHECK(client.take(answer(*asked, ManagementOp::VALUE, 1)));  // twice
}

TEST_CASE("errors come back in words") {
  ManagementClient client;
  ManagementResult result;
  const auto keep = [&](const ManagementResult& r) { result = r; };
  client.read(0x999, keep);
  client.take(answer(*client.next_frame(), ManagementOp::ERROR, 0));
  CHECK_FALSE(result.ok);
  CHECK(result.error.find("did not understand") != std::string::npos);
  client.write(3, 1, keep);
  client.take(answer(*client.next_frame(), ManagementOp::DONE,
                     static_cast<std::uint32_t>(LoadStatus::READ_ONLY)));
  CHECK_FALSE(result.ok);
  CHECK(result.status == LoadStatus::READ_ONLY);
  client.read(3, keep);
  client.take(answer(*client.next_frame(), ManagementOp::DONE, 0));
  CHECK_FALSE(result.ok);
  client.read(3, keep);
  client.next_frame();
  client.read(4, {});
  client.reset("the connection was lost");
  CHECK(result.error == "the connection was lost");
  CHECK_FALSE(client.busy());
}

TEST_CASE("events are handed on at any time") {
  std::vector<std::uint32_t> sequences;
  ManagementClient client([&](const layout::Event& event) { sequences.push_back(event.sequence); });
  layout::Event event;
  event.sequence = 5;
  CHECK_FALSE(client.take(link::make_event(event)));
  client.read(3, {});
  client.next_frame();
  event.sequence = 6;
  CHECK_FALSE(client.take(link::make_event(event)));
  CHECK(sequences == std::vector<std::uint32_t>{5, 6});
  CHECK(client.busy());
}

TEST_CASE("an image goes out in order, and nothing comes between") {
  std::vector<std::uint8_t> image(8 * 300);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i * 13);
  ManagementClient client;
  int done = 0;
  ManagementResult result;
  client.load_image(image, true, [&](const ManagementResult& r) {
    ++done;
    result = r;
  });
  bool read_done = false;
  client.read(3, [&](const ManagementResult&) { read_done = true; });
  std::vector<std::uint8_t> got;
  std::vector<std::uint32_t> commands;
  while (const auto frame = client.next_frame()) {
    const auto header = header_of(*frame);
    if (header.op == ManagementOp::READ) {
      CHECK(done == 1);  // after the load
      client.take(answer(*frame, ManagementOp::VALUE, 0));
      continue;
    }
    if (header.op == ManagementOp::BLOCK) {
      CHECK(header.value == got.size() / 8);
      CHECK(frame->size() <= 8 + 8 * 128);
      got.insert(got.end(), frame->begin() + 8, frame->end());
    } else {
      commands.push_back(header.value);
    }
    client.take(answer(*frame, ManagementOp::DONE, 0));
  }
  CHECK(got == image);
  CHECK(commands == std::vector<std::uint32_t>{1, 2});
  CHECK(done == 1);
  CHECK(result.ok);
  CHECK(read_done);
}

TEST_CASE("a refused block ends the load and leaves nothing open") {
  ManagementClient client;
  ManagementResult result;
  int done = 0;
  client.load_image(std::vector<std::uint8_t>(8 * 300), true, [&](const ManagementResult& r) {
    ++done;
    result = r;
  });
  client.take(answer(*client.next_frame(), ManagementOp::DONE, 0));  // BEGIN
  client.take(answer(*client.next_frame(), ManagementOp::DONE, 0));  // first block
  client.take(answer(*client.next_frame(), ManagementOp::DONE,
                     static_cast<std::uint32_t>(LoadStatus::BAD_PARITY)));
  CHECK(done == 1);
  CHECK(result.status == LoadStatus::BAD_PARITY);
  CHECK(result.error.find("word 128") != std::string::npos);
  const auto abort = client.next_frame();
  REQUIRE(abort);
  CHECK(header_of(*abort).value == static_cast<std::uint32_t>(layout::Command::ABORT));
  client.take(answer(*abort, ManagementOp::DONE, 0));
  CHECK_FALSE(client.busy());
  CHECK(done == 1);
}

TEST_CASE("what is no image never reaches the device") {
  ManagementClient client;
  ManagementResult result;
  client.load_image(std::vector<std::uint8_t>(13), true,
                    [&](const ManagementResult& r) { result = r; });
  CHECK_FALSE(result.ok);
  CHECK_FALSE(client.busy());
}

TEST_CASE("blocks of the wrong size are not made") {
  CHECK_THROWS_AS(link::make_block(0, 0, std::vector<std::uint8_t>(9)), std::invalid_argument);
  CHECK_THROWS_AS(link::make_block(0, 0, std::vector<std::uint8_t>(8 * 129)),
                  std::invalid_argument);
  CHECK_THROWS_AS(link::make_block(0, 0, {}), std::invalid_argument);
}
