// SPDX-License-Identifier: Apache-2.0
// Sections of the image, then every state that a start base reaches.
#include "room/machine.hpp"

#include <array>
#include <map>
#include <tuple>

namespace sluice::room {

using layout::Control;
using layout::Pipeline;

namespace {

class Words {
 public:
  explicit Words(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t at(std::size_t index) const {
    if (8 * index + 8 > bytes_.size()) throw std::out_of_range("the image ends early");
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= std::uint64_t{bytes_[8 * index + j]} << (8 * j);
    return word;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

// The words of one pipeline.
struct Section {
  std::array<layout::ClassMap, 256> maps;
  std::vector<layout::Entry> entries;
  std::vector<layout::Action> actions;
  std::uint32_t mask = 0;

  std::uint8_t class_of(std::uint32_t base, std::uint8_t byte) const {
    return (base & 1) != 0 ? maps[byte].map1 : maps[byte].map0;
  }
  const layout::Entry* find(std::uint32_t base, std::uint8_t symbol_class) const {
    const std::size_t slot = (base ^ symbol_class) & mask;
    if (slot >= entries.size() || entries[slot].label != symbol_class ||
        entries[slot].control == Control::RESERVED) {
      return nullptr;
    }
    return &entries[slot];
  }
};

Section read_section(const Words& words, std::size_t at, std::size_t entries, std::size_t actions,
                     std::uint32_t slots) {
  Section out;
  out.mask = slots - 1;
  for (auto& map : out.maps) map = layout::ClassMap::unpack(words.at(at++));
  for (std::size_t i = 0; i < entries; ++i) {
    out.entries.push_back(layout::Entry::unpack(words.at(at++)));
  }
  for (std::size_t i = 0; i < actions; ++i, at += 2) {
    out.actions.push_back(layout::Action::unpack({words.at(at), words.at(at + 1)}));
  }
  return out;
}

class Reader {
 public:
  Reader(const Section& section, Pipeline pipeline) : section_(section) {
    machine_.pipeline = pipeline;
    std::map<std::pair<int, int>, int> letters;
    for (int byte = 0; byte < 256; ++byte) {
      const auto& map = section.maps[static_cast<std::size_t>(byte)];
      const int next = static_cast<int>(machine_.letters.size());
      const auto [it, fresh] = letters.try_emplace({map.map0, map.map1}, next);
      if (fresh) machine_.letters.emplace_back();
      machine_.letters[static_cast<std::size_t>(it->second)].push_back(
          static_cast<std::uint8_t>(byte));
    }
    machine_.end = static_cast<int>(machine_.letters.size());
  }

  int state(std::uint32_t base) {
    base &= section_.mask;
    const int next = static_cast<int>(machine_.states.size());
    const auto [it, fresh] = numbers_.try_emplace(base, next);
    if (fresh) {
      machine_.states.emplace_back();
      machine_.states.back().base = static_cast<std::uint16_t>(base);
    }
    return it->second;
  }

  Machine finish() {
    for (std::size_t i = 0; i < machine_.states.size(); ++i) read_state(i);
    return std::move(machine_);
  }

  Machine& machine() { return machine_; }

 private:
  void read_state(std::size_t index) {
    const std::uint32_t base = machine_.states[index].base;
    std::vector<Edge> edges;
    std::vector<int> edge_of(machine_.letters.size() + 1, -1);
    std::map<std::tuple<int, int, int>, int> same;  // control, next, action -> edge
    for (int letter = 0; letter <= machine_.end; ++letter) {
      const bool end = letter == machine_.end;
      const auto* bytes = end ? nullptr : &machine_.letters[static_cast<std::size_t>(letter)];
      const auto* entry = section_.find(
          base, end ? layout::CLASS_END : section_.class_of(base, bytes->front()));
      if (entry == nullptr) continue;
      const Control control = entry->control;
      const bool pops =
          control == Control::RET || control == Control::REDO || control == Control::REDO_TO;
      if (end ? !pops && control != Control::ACCEPT : control == Control::ACCEPT) continue;
      const int next = static_cast<int>(edges.size());
      // END has an edge of its own: it consumes nothing.
      const auto key = std::make_tuple(static_cast<int>(control) + (end ? 100 : 0),
                                       int{entry->next}, int{entry->action});
      const auto [it, fresh] = same.try_emplace(key, next);
      if (fresh) edges.push_back(edge(*entry));
      Edge& out = edges[static_cast<std::size_t>(it->second)];
      out.letters.push_back(letter);
      if (!end) out.bytes += static_cast<std::uint32_t>(bytes->size());
      edge_of[static_cast<std::size_t>(letter)] = it->second;
    }
    machine_.states[index].edges = std::move(edges);
    machine_.states[index].edge_of = std::move(edge_of);
  }

  Edge edge(const layout::Entry& entry) {
    const layout::Action& action = section_.actions.at(entry.action);
    Edge out;
    out.control = entry.control;
    out.register_op = action.register_op;
    out.register_arg = action.register_arg;
    out.register_min = action.register_min;
    out.accumulator_op = action.accumulator_op;
    out.group = action.accumulator_group;
    out.key_op = action.key_op;
    if (machine_.pipeline == Pipeline::REQUEST) out.tag = action.tag;
    const bool goes_on = out.control == Control::NEXT || out.calls() || out.control == Control::REDO_TO;
    if (goes_on) out.next = state(entry.next);
    if (out.calls()) {
      out.back = state(action.operand);
    } else {
      out.min = action.operand;
    }
    return out;
  }

  const Section& section_;
  Machine machine_;
  std::map<std::uint32_t, int> numbers_;
};

}  // namespace

Machine read_machine(std::span<const std::uint8_t> image, Pipeline pipeline) {
  const Words words(image);
  const auto head0 = layout::ImageHead0::unpack(words.at(0));
  const auto head2 = layout::ImageHead2::unpack(words.at(2));
  const auto head3 = layout::ImageHead3::unpack(words.at(3));
  const auto head4 = layout::ImageHead4::unpack(words.at(4));
  const auto head5 = layout::ImageHead5::unpack(words.at(5));
  const auto limits = layout::limits_of(head0.geometry);
  // The entries' field holds one less than there are.
  const std::size_t request_entries = std::size_t{head4.request_entries} + 1;
  const std::size_t response_entries = std::size_t{head5.response_entries} + 1;
  const std::size_t request_at = layout::IMAGE_HEADER_WORDS;
  const std::size_t response_at =
      request_at + layout::CLASS_MAP_WORDS + request_entries + 2 * std::size_t{head4.request_actions};
  const std::size_t endpoints_at = response_at + layout::CLASS_MAP_WORDS + response_entries +
                                   2 * std::size_t{head5.response_actions};

  const bool request = pipeline == Pipeline::REQUEST;
  const Section section =
      request ? read_section(words, request_at, request_entries, head4.request_actions,
                             limits.request_entries)
              : read_section(words, response_at, response_entries, head5.response_actions,
                             limits.response_entries);
  Reader reader(section, pipeline);
  reader.machine().max_depth = head3.max_depth;
  reader.machine().max_record_bytes = head2.max_record_bytes;
  std::vector<int> starts;
  if (request) {
    starts.push_back(reader.state(head4.request_start));
  } else {
    for (std::size_t tag = 1; tag < head5.endpoints; ++tag) {
      const auto endpoint = layout::Endpoint::unpack(words.at(endpoints_at + tag));
      starts.push_back(reader.state(endpoint.response_base));
    }
  }
  reader.machine().starts = std::move(starts);
  return reader.finish();
}

}  // namespace sluice::room
