// SPDX-License-Identifier: Apache-2.0
#include "support/random_image.hpp"

namespace sluice::support {

using layout::AccumulatorOp;
using layout::Control;
using layout::KeyOp;
using layout::RegisterOp;

namespace {

constexpr std::uint32_t class_count = 6;

Do random_action(Random& random) {
  Do what;
  switch (random.below(6)) {
    case 0:
      what.register_op = random.one_in(2) ? RegisterOp::SET : RegisterOp::SET_AGAIN;
      what.k = static_cast<std::uint16_t>(random.below(5) + 1);
      what.min = static_cast<std::uint16_t>(random.one_in(6) ? random.below(3) : 0);
      break;
    case 1:
      what.register_op = RegisterOp::INC;
      what.k = static_cast<std::uint16_t>(random.one_in(2) ? layout::INC_UNBOUNDED
                                                           : random.below(12) + 3);
      break;
    default:
      break;
  }
  switch (random.below(8)) {
    case 0:
      what.accumulator_op = AccumulatorOp::DIGIT_FIRST;
      break;
    case 1:
      what.accumulator_op = AccumulatorOp::DIGIT;
      break;
    case 2:
      what.accumulator_op = AccumulatorOp::GROUP;
      what.group = static_cast<std::uint8_t>(random.one_in(3) ? random.below(8) : 0);
      break;
    case 3:
      if (random.one_in(4)) what.accumulator_op = AccumulatorOp::CHECK_END;
      break;
    default:
      break;
  }
  if (random.one_in(4)) what.tag = static_cast<std::uint16_t>(random.below(3) + 1);
  return what;
}

// In a table with keys every state is meant for an open key or not; edges between the kinds begin
// and end keys. Calls and returns break that, so that the operations come at the wrong moment too.
KeyOp random_key_op(Random& random, bool from_open, bool to_open, Control control) {
  if (random.one_in(20)) return static_cast<KeyOp>(random.below(4));
  const bool pushes = control == Control::CALL || control == Control::CALL_LEN;
  if (pushes && random.one_in(3)) return KeyOp::NEW_MAP;
  if (from_open) return to_open ? KeyOp::NONE : KeyOp::END_KEY;
  const bool begins = to_open && (pushes || control == Control::NEXT);
  return begins ? KeyOp::BEGIN : KeyOp::NONE;
}

void random_table(Random& random, TableBuilder& table, bool tiny) {
  const std::uint32_t states =
      tiny ? 4 + random.below(5) : 6 + random.below(30);  // tiny: at most 63 actions
  const bool keys = random.one_in(3);
  std::vector<bool> open(states);
  for (std::uint32_t i = 0; i < states; ++i) {
    table.state(random.below(2));
    open[i] = keys && random.one_in(3);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    table.set_class(0, static_cast<std::uint8_t>(byte),
                    static_cast<std::uint8_t>(random.below(class_count)));
    table.set_class(1, static_cast<std::uint8_t>(byte),
                    static_cast<std::uint8_t>(random.below(class_count)));
  }
  // The first third of the states is meant for the bottom frame, the others for pushed ones; now
  // and then an edge breaks that, so that forbidden pops and ACCEPTs occur too.
  const std::uint32_t bottom = (states + 2) / 3;
  for (State from = 0; from < states; ++from) {
    const bool at_bottom = from < bottom;
    const auto pick = [&](bool low) {
      return low ? random.below(bottom) : bottom + random.below(states - bottom);
    };
    for (std::uint32_t i = 0; i <= class_count; ++i) {
      const bool on_end = i == class_count;
      if (random.one_in(60)) continue;
      const auto symbol_class = static_cast<std::uint8_t>(on_end ? layout::CLASS_END : i);
      Do what = random.one_in(3) ? random_action(random) : Do{};
      State to = pick(at_bottom);
      Control control = Control::NEXT;
      if (on_end) {
        control = at_bottom ? Control::ACCEPT : static_cast<Control>(4 + random.below(3));
        if (random.one_in(40)) control = static_cast<Control>(random.below(8));
      } else {
        const std::uint32_t die = random.below(12);
        if (die < 3) {
          control = die == 0 ? Control::CALL_LEN : Control::CALL;
          to = pick(false);
          if (die == 0 && !random.one_in(8)) what.accumulator_op = AccumulatorOp::DIGIT_FIRST;
        } else if (die < 5 && !at_bottom) {
          control = die == 3 ? Control::RET : random.one_in(2) ? Control::REDO : Control::REDO_TO;
        } else if (random.one_in(200)) {
          control = static_cast<Control>(random.below(8));
        }
      }
      const bool calls = control == Control::CALL || control == Control::CALL_LEN;
      const bool checks = !calls && control != Control::NEXT && control != Control::RESERVED;
      if (checks)
        what.operand = static_cast<std::uint16_t>(random.one_in(12) ? random.below(3) : 0);
      if (keys && !random.one_in(3))
        what.key_op = random_key_op(random, open[from], open[to], control);
      table.on(from, symbol_class, control, to, what,
               calls ? std::optional<State>(pick(at_bottom)) : std::nullopt);
    }
  }
}

}  // namespace

ImageBuilder random_image(std::uint64_t seed) {
  Random random(seed);
  ImageBuilder image;
  const bool tiny = random.one_in(4);
  image.geometry = tiny ? layout::Geometry::TINY : layout::Geometry::SMALL;
  image.max_depth = static_cast<std::uint16_t>(random.one_in(4) ? 1 + random.below(8) : 32);
  image.max_record_bytes = tiny ? 512 : 16 + random.below(497) * 2;
  random_table(random, image.request, tiny);
  random_table(random, image.response, tiny);
  image.request_start = 0;
  for (std::uint32_t i = 0; i < 3; ++i) image.endpoints.push_back({.response_start = i});
  return image;
}

std::vector<std::uint8_t> random_record(Random& random, std::uint32_t longest) {
  std::vector<std::uint8_t> record(random.below(longest + 1));
  // Few values make keys that share their beginning.
  const std::uint32_t values = random.one_in(3) ? 3 : 256;
  const std::uint32_t lowest = random.below(256);
  for (auto& byte : record) byte = static_cast<std::uint8_t>(lowest + random.below(values));
  return record;
}

}  // namespace sluice::support
