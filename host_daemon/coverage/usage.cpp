// SPDX-License-Identifier: Apache-2.0
// Following needs stack and accumulator, as the lengths of frames come from it; registers and key unit
// only ever refuse, and what is followed was accepted.
#include "coverage/usage.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace sluice::coverage {

using layout::AccumulatorOp;
using layout::Control;

Usage::Usage(const room::Machine& machine) : machine_(machine), letter_of_(256) {
  for (std::size_t letter = 0; letter < machine.letters.size(); ++letter) {
    for (std::uint8_t byte : machine.letters[letter]) letter_of_[byte] = static_cast<std::uint16_t>(letter);
  }
  for (const room::State& state : machine.states) used_.emplace_back(state.edges.size(), 0);
}

void Usage::follow(int start, std::span<const std::uint8_t> record) {
  struct Frame {
    int back;
    std::size_t end;
  };
  std::vector<Frame> frames{{-1, record.size()}};
  std::size_t offset = 0;
  std::uint64_t accumulator = 0;
  int state = start;
  // Invariant 11: at most 3n + 1 steps.
  for (std::size_t steps = 0; steps <= 3 * record.size() + 1; ++steps) {
    const bool end = offset == frames.back().end;
    const room::State& here = machine_.states.at(static_cast<std::size_t>(state));
    const int letter = end ? machine_.end : letter_of_[record[offset]];
    const int number = here.edge_of[static_cast<std::size_t>(letter)];
    if (number < 0) break;
    const room::Edge& edge = here.edges[static_cast<std::size_t>(number)];
    ++used_[static_cast<std::size_t>(state)][static_cast<std::size_t>(number)];
    if (edge.control == Control::ACCEPT) return;
    if (!end) {
      const std::uint8_t byte = record[offset];
      const std::uint64_t group = (std::uint64_t{byte} & 0x7F) << (7U * edge.group);
      if (edge.accumulator_op == AccumulatorOp::DIGIT_FIRST) accumulator = byte & 0x0FU;
      if (edge.accumulator_op == AccumulatorOp::DIGIT) accumulator = 10 * accumulator + (byte & 0x0FU);
      if (edge.accumulator_op == AccumulatorOp::GROUP) accumulator = group + (edge.group == 0 ? 0 : accumulator);
      accumulator = std::min<std::uint64_t>(accumulator, layout::ACCUMULATOR_SATURATED);
    }
    if (edge.calls()) {
      const bool by_length = edge.control == Control::CALL_LEN;
      frames.push_back({edge.back, by_length ? offset + 1 + accumulator : frames.back().end});
      if (frames.back().end > record.size()) break;
      state = edge.next;
      ++offset;
    } else if (edge.pops()) {
      if (frames.size() == 1) break;
      state = edge.control == Control::REDO_TO ? edge.next : frames.back().back;
      frames.pop_back();
      if (edge.control == Control::RET && !end) ++offset;
    } else {
      state = edge.next;
      ++offset;
    }
  }
  throw std::logic_error("coverage: a record that the engine accepts does not fit the table");
}

std::vector<Usage::Row> Usage::rows(const compiler::SymbolMap& symbols) const {
  std::vector<Row> out;
  std::map<std::string, std::size_t> numbers;
  std::vector<std::map<std::string, bool>> named;  // by row: subject, and whether a record was about it
  Row sum{"all", 0, 0};
  for (std::size_t s = 0; s < machine_.states.size(); ++s) {
    const std::uint16_t base = machine_.states[s].base;
    const auto [it, fresh] = numbers.try_emplace(symbols.routine(machine_.pipeline, base), out.size());
    if (fresh) {
      out.push_back({it->first, 0, 0});
      named.emplace_back();
    }
    Row& row = out[it->second];
    const auto used = static_cast<std::size_t>(
        std::count_if(used_[s].begin(), used_[s].end(), [](std::uint64_t times) { return times != 0; }));
    row.used += used;
    row.all += used_[s].size();
    sum.used += used;
    sum.all += used_[s].size();
    for (const std::string& subject : symbols.subjects(machine_.pipeline, base)) {
      bool& seen = named[it->second][subject];
      seen = seen || used != 0;
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const auto& [subject, seen] : named[i]) {
      if (!seen) out[i].unused.push_back(subject);
    }
  }
  out.push_back(std::move(sum));
  return out;
}

}  // namespace sluice::coverage
