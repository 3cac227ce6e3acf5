// SPDX-License-Identifier: Apache-2.0
// Altered table memories are found when they are used; the devices with a seeded fault show it, so that a check can find it.
#include <VFabricFaulty.h>
#include <VFabricFaulty___024root.h>

#include <catch2/catch.hpp>

#include <string>
#include <utility>

#include "hdl/bench.hpp"
#include "rtl_cosim/model_driver.hpp"

using namespace sluice;
using hdl_test::Bench;
using layout::Reason;
using link::Port;
using support::bytes_of;

namespace {

using Driver = rtl_cosim::ModelDriver<VFabricFaulty>;

/// The letters policy in the model whose memories are open.
struct OpenBench : Bench {
  OpenBench() : OpenBench(new Driver("")) {}
  layout::Event judge(const std::string& text) {
    clear();
    request(1, bytes_of(text));
    REQUIRE(events.size() == 1);
    return events.front();
  }
  VFabricFaulty___024root& root;

 private:
  /// Takes the driver over.
  explicit OpenBench(Driver* driver) : Bench(std::unique_ptr<Driver>(driver)), root(*driver->model().rootp) {
    const auto result = load(support::letters_image().bytes());
    INFO(result.error);
    REQUIRE(result.ok);
    clear();
  }
};

/// Inverts bit `bit` of a memory word, whatever Verilator made of it.
[[maybe_unused]] void flip(std::uint8_t& word, unsigned bit) { word = static_cast<std::uint8_t>(word ^ (1u << bit)); }
[[maybe_unused]] void flip(std::uint32_t& word, unsigned bit) { word ^= 1u << bit; }
[[maybe_unused]] void flip(std::uint64_t& word, unsigned bit) { word ^= std::uint64_t{1} << bit; }
template <std::size_t n>
void flip(VlWide<n>& word, unsigned bit) {
  word[bit / 32] ^= 1u << (bit % 32);
}
template <typename Memory>
void flip_all(Memory& memory, std::size_t depth, unsigned bit) {
  for (std::size_t i = 0; i < depth; ++i) flip(memory[i], bit);
}

}  // namespace

TEST_CASE("one wrong bit of a table word is TABLE_PARITY, whichever bit it is") {
  OpenBench bench;
  REQUIRE(bench.judge("Pabc").reason == Reason::ACCEPTED);
  const auto check = [&](auto& memory, std::size_t depth, unsigned bits, const std::string& what) {
    for (unsigned bit = 0; bit < bits; ++bit) {
      INFO(what << " bit " << bit);
      flip_all(memory, depth, bit);
      const auto event = bench.judge("Pabc");
      CHECK(event.reason == Reason::TABLE_PARITY);
      CHECK(event.offset == 0);
      CHECK(bench.high.empty());
      flip_all(memory, depth, bit);
    }
    CHECK(bench.judge("Qabc").reason == Reason::ACCEPTED);
    bench.response(bench.events[0].transaction, bytes_of("q"));
  };
  check(bench.root.fabric__DOT__u_request__DOT__u_table_bank__DOT__u_map__DOT__memory, 512, 17, "class map");
  check(bench.root.fabric__DOT__u_request__DOT__u_table_bank__DOT__u_entry__DOT__memory, 8192, 33, "entry");
  check(bench.root.fabric__DOT__u_request__DOT__u_table_bank__DOT__u_action__DOT__memory, 1024, 65, "action");
  check(bench.root.fabric__DOT__u_transaction_table__DOT__u_endpoints__DOT__memory, 512, 28, "endpoint");
}

TEST_CASE("a right word in a wrong slot, or of the other bank, is TABLE_PARITY") {
  OpenBench bench;
  auto second = support::letters_image();  // now both banks hold words
  second.serial = 2;
  REQUIRE(bench.load(second.bytes()).ok);
  auto& entries = bench.root.fabric__DOT__u_request__DOT__u_table_bank__DOT__u_entry__DOT__memory;
  for (const std::size_t distance : {1, 2, 2048, 4096}) {  // 4096: the bank bit
    INFO(distance);
    const auto exchange = [&] {
      for (std::size_t i = 0; i < 8192; ++i) {
        if ((i & distance) == 0) std::swap(entries[i], entries[i | distance]);
      }
    };
    exchange();
    CHECK(bench.judge("Pabc").reason == Reason::TABLE_PARITY);
    CHECK(bench.high.empty());
    exchange();
    CHECK(bench.judge("Pabc").reason == Reason::ACCEPTED);
  }
}

TEST_CASE("a wrong endpoint word stops the response, and the transaction is used up") {
  OpenBench bench;
  const auto id = bench.judge("Pabc").transaction;
  flip_all(bench.root.fabric__DOT__u_transaction_table__DOT__u_endpoints__DOT__memory, 512, 3);
  bench.clear();
  bench.response(id, bytes_of("p"));
  REQUIRE(bench.events.size() == 1);
  CHECK(bench.events[0].reason == Reason::TABLE_PARITY);
  CHECK(bench.events[0].transaction == id);
  CHECK(bench.low.empty());
  bench.response(id, bytes_of("p"));
  REQUIRE(bench.events.size() == 2);
  CHECK(bench.events[1].reason == Reason::NO_REQUEST);
}

TEST_CASE("the seeded faults do what they are named after") {
  const auto make = [](fabric::SeededFault fault) {
    auto bench = std::make_unique<Bench>(rtl_cosim::make_verilated_fabric(layout::Geometry::SMALL, "", fault));
    REQUIRE(bench->load(support::letters_image().bytes()).ok);
    bench->clear();
    return bench;
  };
  SECTION("cut-through: a rejected record leaves") {
    const auto bench = make(fabric::SeededFault::cut_through);
    bench->request(1, bytes_of("Pab?c"));
    REQUIRE(bench->events.size() == 1);
    CHECK(bench->events[0].reason == Reason::NO_TRANSITION);
    CHECK(bench->high.size() == 1);
    bench->request(1, bytes_of("Pabc"));
    CHECK(bench->high.size() == 2);
  }
  SECTION("orphan response: nobody asked") {
    const auto bench = make(fabric::SeededFault::orphan_response);
    bench->response(77, bytes_of("pxyz"));
    REQUIRE(bench->events.size() == 1);
    CHECK(bench->events[0].reason == Reason::ACCEPTED);
    CHECK(bench->low.size() == 1);
  }
  SECTION("stale byte: the last byte is the record's before") {
    const auto bench = make(fabric::SeededFault::stale_byte);
    bench->request(1, bytes_of("Pabx"));
    bench->request(1, bytes_of("Pabcdefy"));
    REQUIRE(bench->high.size() == 2);
    CHECK(bench->high[1].bytes == link::to_frames(link::from_device(Port::high), 1u << 24 | 1, bytes_of("Pabcdefx")).front());
  }
}
