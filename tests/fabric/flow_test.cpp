// SPDX-License-Identifier: Apache-2.0
// Requests out, responses back: ids, tags, headers, verdict events (docs/fabric.md "Lane", "Gate",
// "Events", "Frames out").
#include <catch2/catch.hpp>
#include <set>

#include "engine/engine.hpp"
#include "support/device_bench.hpp"

using namespace sluice;
using layout::Pipeline;
using layout::Reason;
using support::DeviceBench;
using support::Port;

TEST_CASE("a request crosses, its response comes back under LOW's tag") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.send(Port::low, 0xCAFE0001, "Phello");
  const auto out = bench.records(Port::high);
  REQUIRE(out.size() == 1);
  CHECK(out[0].text == "Phello");
  CHECK(out[0].tag == 1);  // slot 0, generation 1
  auto event = bench.event();
  CHECK(event.kind == layout::EventKind::RECORD);
  CHECK(event.pipeline == Pipeline::REQUEST);
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.endpoint == 1);
  CHECK(event.depth == 1);
  CHECK(event.length == 6);
  CHECK(event.offset == 6);
  CHECK(event.tag == 0xCAFE0001);
  CHECK(event.transaction == 1);
  CHECK(event.frames == 0);
  CHECK(event.base == 0);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 1);

  bench.send(Port::high, 1, "pworld");
  const auto back = bench.records(Port::low);
  REQUIRE(back.size() == 1);
  CHECK(back[0].text == "pworld");
  CHECK(back[0].tag == 0xCAFE0001);
  event = bench.event();
  CHECK(event.pipeline == Pipeline::RESPONSE);
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.endpoint == 1);
  CHECK(event.tag == 1);
  CHECK(event.transaction == 1);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
  CHECK(bench.count(Pipeline::REQUEST, Reason::ACCEPTED) == 1);
  CHECK(bench.count(Pipeline::RESPONSE, Reason::ACCEPTED) == 1);
}

TEST_CASE("invariant 3: outgoing headers do not depend on what the sender chose") {
  DeviceBench bench;
  bench.load(support::letters_image());
  std::set<std::vector<std::uint8_t>> headers;
  for (std::uint32_t i = 0; i < 8; ++i) {
    auto frame = DeviceBench::frames_of(Port::low, 0x11111111 * (i + 1), "Pxyz")[0];
    std::fill(frame.begin(), frame.begin() + 12, static_cast<std::uint8_t>(37 * i));
    bench.send(Port::low, frame);
    const auto out = bench.frames(Port::high);
    REQUIRE(out.size() == 1);
    auto header = link::Frame(out[0].begin(), out[0].begin() + 30);
    const auto link_header =
        layout::LinkHeader::decode(std::span<const std::uint8_t>(header).subspan<14, 16>());
    CHECK(link_header.tag == i + 1);  // slot 0 again, a new generation
    CHECK(link_header.kind == layout::LinkKind::REQUEST);
    std::fill(header.begin() + 18, header.begin() + 22, 0);
    headers.insert(header);
    bench.send(Port::high, link_header.tag, "p");
    bench.frames(Port::low);
  }
  CHECK(headers.size() == 1);
  const auto ethernet =
      layout::EthernetHeader::decode(std::span<const std::uint8_t>(*headers.begin()).first<14>());
  CHECK(ethernet.source == layout::MAC_DEVICE_HIGH);
  CHECK(ethernet.destination == layout::MAC_GATEWAY_HIGH);
}

TEST_CASE("frames to LOW have LOW's constants") {
  DeviceBench bench;
  bench.load(support::letters_image());
  bench.send(Port::high, bench.request(77, "Q"), "q");
  const auto out = bench.frames(Port::low);
  REQUIRE(out.size() == 1);
  const std::span<const std::uint8_t> bytes(out[0]);
  CHECK(layout::EthernetHeader::decode(bytes.first<14>()).source == layout::MAC_DEVICE_LOW);
  CHECK(layout::EthernetHeader::decode(bytes.first<14>()).destination == layout::MAC_GATEWAY_LOW);
  CHECK(layout::LinkHeader::decode(bytes.subspan<14, 16>()).kind == layout::LinkKind::RESPONSE);
  CHECK(layout::LinkHeader::decode(bytes.subspan<14, 16>()).tag == 77);
}

TEST_CASE("a rejected request is reported as the engine reports it, and nothing leaves") {
  auto image = support::letters_image();
  DeviceBench bench;
  bench.load(image);
  for (const std::string text : {"Pab0c", "X", "Q!", "Pa!b"}) {
    bench.send(Port::low, 3, text);
    CHECK(bench.frames(Port::high).empty());
    const auto event = bench.event();
    const auto loaded = engine::Image::load(image.bytes());
    const auto verdict =
        engine::judge_request(std::get<engine::Image>(loaded), support::bytes_of(text));
    CHECK(event.reason == verdict.reason);
    CHECK(event.offset == verdict.offset);
    CHECK(event.endpoint == verdict.endpoint);
    CHECK(event.base == verdict.base);
    CHECK(event.symbol_class == verdict.symbol_class);
    CHECK(event.depth == verdict.depth);
    CHECK(event.frames == verdict.frames);
    CHECK(event.return_bases == verdict.return_bases);
    CHECK(event.registers == verdict.registers);
    CHECK(event.length == text.size());
    CHECK(event.transaction == 0);
  }
  CHECK(bench.count(Pipeline::REQUEST, Reason::NO_TRANSITION) == 4);
  CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
}

TEST_CASE("invariant 4: a response nobody asked for") {
  DeviceBench bench;
  bench.load(support::letters_image());
  for (std::uint32_t id : {0U, 1U, 0x01000001U, 0xFF000001U, 0xFFFFFFFFU}) {
    bench.send(Port::high, id, "p");
    const auto event = bench.event();
    CHECK(event.reason == Reason::NO_REQUEST);
    CHECK(event.tag == id);
    CHECK(event.offset == 0);
    CHECK(event.endpoint == 0);
    CHECK(event.transaction == 0);
    CHECK(bench.frames(Port::low).empty());
  }
  CHECK(bench.count(Pipeline::RESPONSE, Reason::NO_REQUEST) == 5);
}

TEST_CASE(
    "invariant 4: the first complete response uses the request up, even when it is rejected") {
  DeviceBench bench;
  bench.load(support::letters_image());
  {
    INFO("a second response");
    const std::uint32_t id = bench.request(1, "P");
    bench.events();
    bench.send(Port::high, id, "p");
    bench.send(Port::high, id, "p");
    const auto events = bench.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].reason == Reason::ACCEPTED);
    CHECK(events[1].reason == Reason::NO_REQUEST);
    CHECK(bench.records(Port::low).size() == 1);
  }
  {
    INFO("a rejected one");
    const std::uint32_t id = bench.request(1, "P");
    bench.events();
    bench.send(Port::high, id, "pBAD");
    auto event = bench.event();
    CHECK(event.reason == Reason::NO_TRANSITION);
    CHECK(event.endpoint == 1);
    CHECK(event.transaction == id);
    CHECK(event.offset == 1);
    CHECK(bench.read(layout::reg::OUTSTANDING) == 0);
    bench.send(Port::high, id, "p");
    CHECK(bench.event().reason == Reason::NO_REQUEST);
    CHECK(bench.frames(Port::low).empty());
  }
  {
    INFO("an incomplete one does not");
    auto image = support::letters_image();
    image.serial = 2;
    image.max_record_bytes = 2048;
    bench.load(image);
    const std::uint32_t id = bench.request(1, "P");
    bench.send(Port::high, DeviceBench::frames_of(Port::high, id, "p" + std::string(1700, 'a'))[0]);
    bench.settle();
    CHECK(bench.read(layout::reg::OUTSTANDING) == 1);
    bench.send(Port::high, id, "pok");
    CHECK(bench.records(Port::low).size() == 1);
  }
}

TEST_CASE("invariant 4: a response is judged by the grammar of its own endpoint") {
  DeviceBench bench;
  bench.load(support::letters_image());
  const std::uint32_t first = bench.request(1, "P");
  const std::uint32_t second = bench.request(2, "Q");
  bench.events();
  bench.send(Port::high, first, "q");
  CHECK(bench.event().reason == Reason::NO_TRANSITION);
  bench.send(Port::high, second, "q");
  const auto event = bench.event();
  CHECK(event.reason == Reason::ACCEPTED);
  CHECK(event.endpoint == 2);
  CHECK(bench.records(Port::low) == std::vector<DeviceBench::Text>{{2, "q"}});
}

TEST_CASE("an old generation finds nothing") {
  DeviceBench bench;
  bench.load(support::letters_image());
  const std::uint32_t old = bench.request(1, "P");
  bench.send(Port::high, old, "p");
  const std::uint32_t fresh = bench.request(2, "P");
  CHECK((fresh >> 24) == (old >> 24));
  CHECK((fresh & 0xFFFFFF) == (old & 0xFFFFFF) + 1);
  bench.events();
  bench.frames(Port::low);
  bench.send(Port::high, old, "p");
  CHECK(bench.event().reason == Reason::NO_REQUEST);
  CHECK(bench.frames(Port::low).empty());
  bench.send(Port::high, fresh, "p");
  CHECK(bench.records(Port::low) == std::vector<DeviceBench::Text>{{2, "p"}});
}

TEST_CASE("slots are taken from the lowest free one") {
  DeviceBench bench;
  bench.load(support::letters_image());
  CHECK(bench.request(1, "P") == 0x00000001);
  CHECK(bench.request(2, "P") == 0x01000001);
  CHECK(bench.request(3, "P") == 0x02000001);
  bench.send(Port::high, 0x01000001, "p");
  CHECK(bench.request(4, "Q") == 0x01000002);
  CHECK(bench.request(5, "Q") == 0x03000001);
}

TEST_CASE("many records in one go keep their order and their bytes") {
  DeviceBench bench;
  auto image = support::letters_image();
  image.max_outstanding = 200;
  image.endpoints[0].outstanding_cap = 200;
  image.endpoints[1].outstanding_cap = 200;
  bench.load(image);
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 60; ++i) {
    std::string text(1 + i * 7 % 300, static_cast<char>('a' + i % 26));
    text[0] = i % 2 == 0 ? 'P' : 'Q';
    const bool bad = i % 5 == 4;
    if (bad) text += "0";
    bench.send(Port::low, i, text);  // settled one by one: no level may drop one as OVERLOAD
    if (!bad) expected.push_back(text);
  }
  std::vector<std::string> got;
  for (const auto& record : bench.records(Port::high)) got.push_back(record.text);
  CHECK(got == expected);
  const auto events = bench.events();
  REQUIRE(events.size() == 60);
  for (std::uint32_t i = 0; i < 60; ++i) {
    CHECK(events[i].tag == i);
    CHECK(events[i].sequence == i + 2);
  }
}

TEST_CASE("both directions at once") {
  DeviceBench bench;
  bench.load(support::letters_image());
  const std::uint32_t id = bench.request(1, "P");
  bench.events();
  bench.send(Port::high, DeviceBench::frames_of(Port::high, id, "pback")[0]);
  bench.send(Port::low, DeviceBench::frames_of(Port::low, 2, "Qforth")[0]);
  bench.settle();
  CHECK(bench.records(Port::low) == std::vector<DeviceBench::Text>{{1, "pback"}});
  const auto out = bench.records(Port::high);
  REQUIRE(out.size() == 1);
  CHECK(out[0].text == "Qforth");
}
