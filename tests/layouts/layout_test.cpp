// SPDX-License-Identifier: Apache-2.0
// The generated header against positions and values written out by hand: a generator that shifts a
// field is found here.
#include "sluice/layout.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

using namespace sluice::layout;

TEST_CASE("entry fields stand at their documented bits") {
  Entry entry{
      .label = 0xA5, .control = Control::REDO_TO, .next = 0x5432, .action = 0x701, .parity = 1};
  CHECK(entry.pack() == (0xA5ULL | 6ULL << 8 | 0x5432ULL << 11 | 0x701ULL << 26 | 1ULL << 37));
  CHECK(Entry::unpack(entry.pack()) == entry);
  CHECK(Entry::reserved_clear(entry.pack()));
  CHECK_FALSE(Entry::reserved_clear(entry.pack() | 1ULL << 38));
}

TEST_CASE("the last action field straddles the two storage words") {
  Action action{.register_op = RegisterOp::SET_AGAIN,
                .accumulator_op = AccumulatorOp::GROUP,
                .accumulator_group = 5,
                .key_op = KeyOp::END_KEY,
                .tag = 1023,
                .operand = 0xBEEF,
                .register_arg = 0x1234,
                .register_min = 0xFACE};
  auto words = action.pack();
  CHECK(words[0] == (2ULL | 3ULL << 2 | 5ULL << 5 | 3ULL << 8 | 1023ULL << 10 | 0xBEEFULL << 21 |
                     0x1234ULL << 37 | (0xFACEULL & 0x7FF) << 53));
  CHECK(words[1] == 0xFACEULL >> 11);
  CHECK(Action::unpack(words) == action);
  words[1] |= 1ULL << 5;
  CHECK_FALSE(Action::reserved_clear(words));
}

TEST_CASE("parity is odd over word and index, for every single flipped bit") {
  const Entry entry =
      Entry{.label = 17, .control = Control::NEXT, .next = 77, .action = 3}.with_parity(1234);
  CHECK(Entry::parity_ok(entry.pack(), 1234));
  for (unsigned bit = 0; bit < Entry::used_bits; ++bit)
    CHECK_FALSE(Entry::parity_ok(entry.pack() ^ 1ULL << bit, 1234));
  for (unsigned bit = 0; bit < 15; ++bit)
    CHECK_FALSE(Entry::parity_ok(entry.pack(), 1234U ^ 1U << bit));
  const Entry empty = Entry{}.with_parity(0);
  CHECK(empty.parity == 1);
  CHECK(Entry{}.with_parity(1).parity == 0);
}

TEST_CASE("frames are big-endian") {
  std::array<std::uint8_t, LinkHeader::bytes> bytes{};
  LinkHeader{.magic = LINK_MAGIC,
             .version = LINK_VERSION,
             .kind = LinkKind::RESPONSE,
             .tag = 0x01020304,
             .record_length = 0x0A0B0C0D,
             .fragment_offset = 0x11121314}
      .encode(bytes);
  CHECK(std::vector<int>(bytes.begin(), bytes.end()) ==
        std::vector<int>{'S', 'L', 1, 2, 1, 2, 3, 4, 10, 11, 12, 13, 0x11, 0x12, 0x13, 0x14});
  CHECK(LinkHeader::decode(bytes).tag == 0x01020304);
  CHECK(EthernetHeader::bytes == ETHERNET_HEADER_BYTES);
  CHECK(LinkHeader::bytes == LINK_HEADER_BYTES);
}

TEST_CASE("an event comes back from its bytes") {
  Event event;
  event.kind = EventKind::RECORD;
  event.reason = Reason::TOO_FEW;
  event.cycle = 0x1122334455667788;
  for (std::uint16_t i = 0; i < 8; ++i) {
    event.return_bases[i] = static_cast<std::uint16_t>(0x100 + i);
    event.registers[i] = static_cast<std::uint16_t>(0x200 + i);
  }
  std::array<std::uint8_t, Event::bytes> bytes{};
  event.encode(bytes);
  CHECK(Event::decode(bytes) == event);
  CHECK(bytes[2] == static_cast<std::uint8_t>(Reason::TOO_FEW));
  CHECK(bytes[16] == 0x11);
}

TEST_CASE("names and numbers of enumerations") {
  CHECK(name_of(Reason::NO_TRANSITION) == "NO_TRANSITION");
  CHECK(from_name<Reason>("KEY_ORDER") == Reason::KEY_ORDER);
  CHECK_FALSE(from_name<Reason>("nonsense").has_value());
  CHECK(name_of(static_cast<Reason>(31)) == "UNDEFINED");
  CHECK_FALSE(is_defined(static_cast<AccumulatorOp>(7)));
  CHECK(count_of<Control> == 8);
  for (std::size_t i = 0; i < count_of<Reason>; ++i) {
    const auto reason = static_cast<Reason>(i);
    CHECK(from_name<Reason>(name_of(reason)) == reason);
  }
}

TEST_CASE("geometries") {
  CHECK(limits_of(Geometry::SMALL).record_bytes == 2048);
  CHECK(limits_of(Geometry::RESERVED).record_bytes == 0);
  for (auto g : {Geometry::TINY, Geometry::SMALL, Geometry::LARGE, Geometry::SIMULATION}) {
    CHECK((limits_of(g).request_entries & (limits_of(g).request_entries - 1)) == 0);
    CHECK(limits_of(g).request_entries >= 256);
    CHECK((limits_of(g).response_entries & (limits_of(g).response_entries - 1)) == 0);
  }
}
