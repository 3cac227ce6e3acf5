// SPDX-License-Identifier: Apache-2.0
// Classes first: structural states (few bytes each) and "any byte" states want different maps. The split between them is tried at
// several widths, the cheapest is improved by moving kinds of states between them. Then states are placed widest first into the lowest base where all their slots are free.
#include "compiler/pack.hpp"

#include <algorithm>
#include <bitset>
#include <map>
#include <memory>
#include <numeric>

namespace sluice::compiler {

using layout::Control;

namespace {

// For each state: the transition index of every byte value, -1 for none.
using Row = std::array<std::int16_t, 256>;

std::vector<Row> rows_of(const Automaton& automaton) {
  std::vector<Row> rows(automaton.states.size());
  for (std::size_t s = 0; s < rows.size(); ++s) {
    rows[s].fill(-1);
    const auto& transitions = automaton.states[s].transitions;
    for (std::size_t t = 0; t < transitions.size(); ++t) {
      if (transitions[t].low == kEnd) continue;
      for (int b = transitions[t].low; b <= transitions[t].high; ++b) rows[s][static_cast<std::size_t>(b)] = static_cast<std::int16_t>(t);
    }
  }
  return rows;
}

struct Maps {
  std::array<std::array<int, 256>, 2> class_of{};
  std::array<int, 2> count{};
};

// States whose transitions cut the byte values alike, whatever they lead to.
struct Shape {
  Row row;
  std::vector<std::uint8_t> bytes;  // those with a transition; most shapes have few
  std::size_t weight = 0;           // how many states
  int width() const { return static_cast<int>(bytes.size()); }
};

// The assignment of shapes to maps, with its cost: how long the table must be at least. Its slots hold the transitions (END not counted), and every
// state wants a base of its own among the half of the slots that has its map's parity. A byte's class in a map is named by the sum of what every
// shape of the map says about the byte, so moving a shape costs one addition a byte.
class Split {
 public:
  Split(const std::vector<Shape>& shapes, int threshold) : shapes_(shapes), map_of_(shapes.size(), 0) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      map_of_[i] = shapes[i].width() > threshold ? 1 : 0;
      add(i, static_cast<std::size_t>(map_of_[i]), 1);
    }
    cost_ = cost();
  }

  std::size_t total() const { return cost_; }
  const std::vector<char>& maps() const { return map_of_; }

  // Moves shapes to the other map as long as that saves entries, at most `rounds` times over all of them: each alone, and all together that
  // tell one byte from the next (a class disappears only when the last of them leaves).
  void improve(int rounds) {
    for (bool better = true; better && rounds-- > 0;) {
      better = false;
      for (std::size_t b = 0; b + 1 < 256; ++b) {
        for (char map : {0, 1}) {
          std::vector<std::size_t> group;
          for (std::size_t i = 0; i < shapes_.size(); ++i) {
            if (map_of_[i] == map && shapes_[i].row[b] != shapes_[i].row[b + 1]) group.push_back(i);
          }
          better = try_moving(group) || better;
        }
      }
      for (std::size_t i = 0; i < shapes_.size(); ++i) better = try_moving({i}) || better;
    }
  }

  Maps maps_of() const {
    Maps out;
    for (std::size_t m = 0; m < 2; ++m) {
      // Bytes that no shape uses are class 0; the others are numbered in order of their first byte.
      std::map<std::uint64_t, int> numbers;
      for (std::size_t b = 0; b < 256; ++b) {
        out.class_of[m][b] = sums_[m][b] == 0 ? 0 : numbers.try_emplace(sums_[m][b], static_cast<int>(numbers.size()) + 1).first->second;
      }
      out.count[m] = static_cast<int>(numbers.size()) + 1;
    }
    return out;
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {  // splitmix64
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }
  void add(std::size_t shape, std::size_t map, std::uint64_t sign) {
    for (const std::uint8_t b : shapes_[shape].bytes) {
      const auto value = static_cast<std::uint64_t>(shapes_[shape].row[b]);
      sums_[map][b] += sign * mix(shape << 16 | value);
    }
  }
  bool try_moving(const std::vector<std::size_t>& group) {
    if (group.empty()) return false;
    for (std::size_t i : group) move(i);
    const std::size_t now = cost();
    if (now < cost_) {
      cost_ = now;
      return true;
    }
    for (std::size_t i : group) move(i);
    return false;
  }
  void move(std::size_t i) {
    const auto from = static_cast<std::size_t>(map_of_[i]);
    add(i, from, ~std::uint64_t{0});
    add(i, 1 - from, 1);
    map_of_[i] = static_cast<char>(1 - from);
  }
  std::size_t cost() const {
    // Class numbers first, so that counting distinct classes of a shape is a bit test.
    const Maps maps = maps_of();
    std::size_t sum = 0;
    std::array<std::size_t, 2> states{};
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
      states[static_cast<std::size_t>(map_of_[i])] += shapes_[i].weight;
      const auto& class_of = maps.class_of[static_cast<std::size_t>(map_of_[i])];
      std::bitset<257> seen;
      std::size_t classes = 0;
      for (const std::uint8_t b : shapes_[i].bytes) {
        const auto number = static_cast<std::size_t>(class_of[b]);
        if (seen.test(number)) continue;
        seen.set(number);
        ++classes;
      }
      sum += classes * shapes_[i].weight;
    }
    // More than 255 byte classes cannot be; any split within the bound is better.
    const bool fits = maps.count[0] <= static_cast<int>(layout::CLASS_END) && maps.count[1] <= static_cast<int>(layout::CLASS_END);
    // Of two tables of one length the one with fewer transitions.
    const std::size_t length = std::max({sum, 2 * states[0], 2 * states[1]});
    return length * 4 + sum + (fits ? 0 : kTooMany);
  }

 public:
  static constexpr std::size_t kTooMany = std::size_t{1} << 50;

 private:
  const std::vector<Shape>& shapes_;
  std::vector<char> map_of_;
  std::array<std::array<std::uint64_t, 256>, 2> sums_{};
  std::size_t cost_ = 0;
};

struct Slot {
  int label;
  int transition;
};

}  // namespace

std::optional<PackedTable> pack(const Automaton& automaton, const TableLimits& limits, const Schema& schema, Diagnostics& diagnostics) {
  const std::string pipeline = automaton.pipeline == layout::Pipeline::REQUEST ? "request" : "response";
  const load::Span place = schema.loaded->policy_spans.at("geometry");
  const std::vector<Row> rows = rows_of(automaton);

  // --- which map
  std::map<Row, std::size_t> shape_numbers;
  std::vector<Shape> shapes;
  std::vector<std::size_t> shape_of(rows.size());
  for (std::size_t s = 0; s < rows.size(); ++s) {
    const auto [it, fresh] = shape_numbers.try_emplace(rows[s], shapes.size());
    if (fresh) {
      shapes.push_back({rows[s], {}, 0});
      for (std::size_t b = 0; b < 256; ++b) {
        if (rows[s][b] >= 0) shapes.back().bytes.push_back(static_cast<std::uint8_t>(b));
      }
    }
    shape_of[s] = it->second;
    ++shapes[it->second].weight;
  }
  std::unique_ptr<Split> split;
  for (int threshold : {0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 26, 32, 40, 52, 64, 96, 128, 192, 256}) {
    auto candidate = std::make_unique<Split>(shapes, threshold);
    if (!split || candidate->total() < split->total()) split = std::move(candidate);
  }
  split->improve(8);
  if (split->total() >= Split::kTooMany) {
    diagnostics.error(load::Code::kDoesNotFit, place, "the " + pipeline + " table wants more than 255 byte classes")
        .mend("patterns that tell every byte value apart need fewer distinct character sets");
    return std::nullopt;
  }
  const Maps maps = split->maps_of();
  std::vector<char> map_of(rows.size());
  for (std::size_t s = 0; s < rows.size(); ++s) map_of[s] = split->maps()[shape_of[s]];

  // --- what each state needs
  std::vector<std::vector<Slot>> wanted(rows.size());
  std::size_t total = 0;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    std::map<int, int> by_class;
    const auto& class_of = maps.class_of[static_cast<std::size_t>(map_of[s])];
    for (std::size_t b = 0; b < 256; ++b) {
      if (rows[s][b] >= 0) by_class.try_emplace(class_of[b], rows[s][b]);
    }
    const auto& transitions = automaton.states[s].transitions;
    if (!transitions.empty() && transitions.back().low == kEnd) {
      by_class.emplace(layout::CLASS_END, static_cast<int>(transitions.size()) - 1);
    }
    for (auto [label, t] : by_class) wanted[s].push_back({label, t});
    total += wanted[s].size();
  }
  // A state with one transition costs one slot under either map, if its byte is alone in its class there. Bases of one parity are scarce (half
  // of the slots), so such states go where bases are left.
  std::vector<char> flexible(rows.size(), 0);
  for (std::size_t s = 0; s < rows.size(); ++s) {
    if (wanted[s].size() != 1 || wanted[s][0].label == layout::CLASS_END) continue;
    for (std::size_t b = 0; b < 256; ++b) {
      if (rows[s][b] < 0) continue;
      const auto& other = maps.class_of[static_cast<std::size_t>(1 - map_of[s])];
      const auto same = std::count(other.begin(), other.end(), other[b]);
      flexible[s] = shapes[shape_of[s]].width() == 1 && same == 1;
    }
  }

  // --- placement
  std::vector<int> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return wanted[static_cast<std::size_t>(a)].size() > wanted[static_cast<std::size_t>(b)].size();
  });
  PackedTable table;
  table.bases.assign(rows.size(), 0);
  std::vector<char> slot_used(limits.entries, 0), base_used(limits.entries, 0);
  std::array<std::size_t, 2> lowest{0, 1};  // no free base below it
  std::vector<int> owner_state(limits.entries, -1), owner_slot(limits.entries, -1);
  bool fits = true;
  auto find_base = [&](std::size_t s, std::size_t map, const std::vector<Slot>& slots) -> std::optional<std::size_t> {
    (void)s;
    for (std::size_t& low = lowest[map]; low < limits.entries && base_used[low];) low += 2;
    for (std::size_t base = lowest[map]; base < limits.entries; base += 2) {
      if (base_used[base]) continue;
      const bool free = std::all_of(slots.begin(), slots.end(), [&](const Slot& slot) {
        return !slot_used[base ^ static_cast<std::size_t>(slot.label)];
      });
      if (free) return base;
    }
    return std::nullopt;
  };
  for (int state : order) {
    const auto s = static_cast<std::size_t>(state);
    auto map = static_cast<std::size_t>(map_of[s]);
    std::vector<Slot> slots = wanted[s];
    auto base = find_base(s, map, slots);
    if (flexible[s]) {
      const std::size_t other = 1 - map;
      std::vector<Slot> moved = slots;
      for (std::size_t b = 0; b < 256; ++b) {
        if (rows[s][b] >= 0) moved[0].label = maps.class_of[other][b];
      }
      const auto second = find_base(s, other, moved);
      if (second && (!base || (*second ^ static_cast<std::size_t>(moved[0].label)) < (*base ^ static_cast<std::size_t>(slots[0].label)))) {
        base = second;
        slots = moved;
      }
    }
    if (!base) {
      fits = false;
      break;
    }
    base_used[*base] = 1;
    table.bases[s] = static_cast<std::uint16_t>(*base);
    for (const Slot& slot : slots) {
      const std::size_t place_of = *base ^ static_cast<std::size_t>(slot.label);
      slot_used[place_of] = 1;
      owner_state[place_of] = state;
      owner_slot[place_of] = slot.label << 16 | slot.transition;
    }
  }
  if (!fits) {
    diagnostics
        .error(load::Code::kDoesNotFit, place,
               "the " + pipeline + " table does not fit: " + std::to_string(total) + " transitions in " + std::to_string(rows.size()) +
                   " states, and the geometry has " + std::to_string(limits.entries) + " slots")
        .mend("choose a larger geometry, or a policy with fewer methods");
    return std::nullopt;
  }

  // --- entries and actions
  std::map<std::array<std::uint64_t, 2>, std::uint16_t> action_numbers;
  auto action_number = [&](layout::Action action) {
    const auto [it, fresh] = action_numbers.try_emplace(action.pack(), static_cast<std::uint16_t>(table.actions.size()));
    if (fresh) table.actions.push_back(action);
    return it->second;
  };
  action_number({});
  const std::size_t last = static_cast<std::size_t>(std::find(slot_used.rbegin(), slot_used.rend(), 1).base() - slot_used.begin());
  table.entries.resize(last);
  for (std::size_t slot = 0; slot < last; ++slot) {
    if (owner_state[slot] >= 0) {
      const auto& transition = automaton.states[static_cast<std::size_t>(owner_state[slot])]
                                   .transitions[static_cast<std::size_t>(owner_slot[slot] & 0xFFFF)];
      layout::Action action;
      action.register_op = transition.effect.register_op;
      action.register_arg = transition.effect.register_arg;
      action.register_min = transition.effect.register_min;
      action.accumulator_op = transition.effect.accumulator_op;
      action.key_op = transition.effect.key_op;
      action.accumulator_group = transition.effect.accumulator_group;
      action.tag = transition.effect.tag;
      action.operand = calls(transition.control) ? table.bases[static_cast<std::size_t>(transition.target)] : transition.min;
      layout::Entry& entry = table.entries[slot];
      entry.label = static_cast<std::uint8_t>(owner_slot[slot] >> 16);
      entry.control = transition.control;
      const int next = calls(transition.control) ? transition.callee : transition.target;
      entry.next = next < 0 ? std::uint16_t{0} : table.bases[static_cast<std::size_t>(next)];
      entry.action = action_number(action);
      ++table.used;
    }
    table.entries[slot] = table.entries[slot].with_parity(static_cast<std::uint32_t>(slot));
  }
  if (table.actions.size() > limits.actions) {
    diagnostics
        .error(load::Code::kDoesNotFit, place,
               "the " + pipeline + " table wants " + std::to_string(table.actions.size()) + " actions, and the geometry has " +
                   std::to_string(limits.actions))
        .mend("choose a larger geometry, or a policy with fewer methods");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    table.actions[i] = table.actions[i].with_parity(static_cast<std::uint32_t>(i));
  }
  for (std::size_t m = 0; m < 2; ++m) {
    for (std::size_t b = 0; b < 256; ++b) table.class_maps[m][b] = static_cast<std::uint8_t>(maps.class_of[m][b]);
    table.classes[m] = maps.count[m];
  }
  for (int start : automaton.starts) table.starts.push_back(table.bases[static_cast<std::size_t>(start)]);
  return table;
}

std::string dump(const PackedTable& table) {
  std::string out = "table entries " + std::to_string(table.entries.size()) + " used " + std::to_string(table.used) + " actions " +
                    std::to_string(table.actions.size()) + "\n";
  for (std::size_t m = 0; m < 2; ++m) {
    out += "map" + std::to_string(m);
    for (std::size_t b = 0; b < 256; ++b) out += " " + std::to_string(table.class_maps[m][b]);
    out += "\n";
  }
  for (std::uint16_t start : table.starts) out += "start " + std::to_string(start) + "\n";
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const layout::Entry& e = table.entries[i];
    if (e.control == Control::RESERVED) continue;
    out += "entry " + std::to_string(i) + " label " + std::to_string(e.label) + " " + std::string(layout::name_of(e.control)) + " next " +
           std::to_string(e.next) + " action " + std::to_string(e.action) + "\n";
  }
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    const layout::Action& a = table.actions[i];
    out += "action " + std::to_string(i) + " " + std::string(layout::name_of(a.register_op)) + " " + std::to_string(a.register_arg) + " " +
           std::to_string(a.register_min) + " " + std::string(layout::name_of(a.accumulator_op)) +
           (a.accumulator_op == layout::AccumulatorOp::GROUP ? " group " + std::to_string(a.accumulator_group) : "") + " " +
           std::string(layout::name_of(a.key_op)) + " tag " + std::to_string(a.tag) +
           " operand " + std::to_string(a.operand) + "\n";
  }
  return out;
}

}  // namespace sluice::compiler
