// SPDX-License-Identifier: Apache-2.0
#include "verify/dump_compare.hpp"

#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::verify {
namespace {

// One line cut at its spaces, with the questions that its words can answer.
class Line {
 public:
  Line(std::string_view text, std::size_t number) : text_(text), number_(number) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      if (end > 0) words_.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  std::size_t size() const { return words_.size(); }
  std::string_view word(std::size_t i) const { return i < words_.size() ? words_[i] : std::string_view(); }
  std::uint32_t number(std::size_t i) const {
    const std::string_view w = word(i);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), value);
    if (w.empty() || error != std::errc() || end != w.data() + w.size()) fail("'" + std::string(w) + "' is no number");
    return value;
  }
  template <typename Enum>
  Enum value(std::size_t i) const {
    const auto found = layout::from_name<Enum>(word(i));
    if (!found) fail("'" + std::string(word(i)) + "' is no name that the layout has");
    return *found;
  }
  void expect(std::size_t i, std::string_view wanted) const {
    if (word(i) != wanted) fail("'" + std::string(wanted) + "' is missing");
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error("the dump's line " + std::to_string(number_) + " is not of `sluice compile --emit=packed`: " + why + ": " +
                             std::string(text_.substr(0, 80)));
  }

 private:
  std::string_view text_;
  std::size_t number_;
  std::vector<std::string_view> words_;
};

struct Dumped {
  std::uint32_t entries = 0, actions = 0;
  std::vector<std::uint32_t> starts;
  std::map<std::uint32_t, layout::Entry> used;
  std::map<std::uint32_t, layout::Action> action;
  std::vector<std::uint8_t> maps[2];
};

// "action N SET k min ACCUMULATOR [group I] [KEY_OP] tag T operand O"
layout::Action read_action(const Line& line) {
  layout::Action a;
  a.register_op = line.value<layout::RegisterOp>(2);
  a.register_arg = static_cast<std::uint16_t>(line.number(3));
  a.register_min = static_cast<std::uint16_t>(line.number(4));
  a.accumulator_op = line.value<layout::AccumulatorOp>(5);
  for (std::size_t i = 6; i < line.size(); i += 2) {
    if (line.word(i) == "group") {
      a.accumulator_group = static_cast<std::uint8_t>(line.number(i + 1));
    } else if (layout::from_name<layout::KeyOp>(line.word(i))) {
      a.key_op = line.value<layout::KeyOp>(i--);
    } else if (line.word(i) == "tag") {
      a.tag = static_cast<std::uint16_t>(line.number(i + 1));
    } else {
      line.expect(i, "operand");
      a.operand = static_cast<std::uint16_t>(line.number(i + 1));
    }
  }
  return a;
}

void read_line(const Line& line, Dumped& out) {
  if (line.word(0) == "table") {
    out.entries = line.number(2);
    out.actions = line.number(6);
  } else if (line.word(0) == "map0" || line.word(0) == "map1") {
    auto& map = out.maps[line.word(0) == "map1" ? 1 : 0];
    for (std::size_t b = 0; b < 256; ++b) map.push_back(static_cast<std::uint8_t>(line.number(b + 1)));
  } else if (line.word(0) == "start") {
    out.starts.push_back(line.number(1));
  } else if (line.word(0) == "entry") {
    layout::Entry e;
    line.expect(2, "label");
    e.label = static_cast<std::uint8_t>(line.number(3));
    e.control = line.value<layout::Control>(4);
    line.expect(5, "next");
    e.next = static_cast<std::uint16_t>(line.number(6));
    line.expect(7, "action");
    e.action = static_cast<std::uint16_t>(line.number(8));
    out.used.emplace(line.number(1), e);
  } else if (line.word(0) == "action") {
    out.action.emplace(line.number(1), read_action(line));
  } else {
    line.fail("unknown line");
  }
}

void compare(const ImageFile& image, layout::Pipeline pipeline, const Dumped& dump, Findings& findings) {
  const Table& table = image.table(pipeline);
  const std::string what = table.request() ? "request " : "response ";
  const auto differs = [&](const std::string& text) { findings.add("dump", what + text + " is not what the automaton's dump says"); };
  if (dump.entries != table.entries.size()) differs("number of entries");
  if (dump.actions != table.actions.size()) differs("number of actions");
  for (std::size_t m = 0; m < 2; ++m) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint8_t here = m == 0 ? table.maps[b].map0 : table.maps[b].map1;
      if (b >= dump.maps[m].size() || dump.maps[m][b] != here) differs("class of byte " + std::to_string(b) + " in map " + std::to_string(m));
    }
  }
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const auto found = dump.used.find(static_cast<std::uint32_t>(i));
    layout::Entry wanted = found == dump.used.end() ? layout::Entry{} : found->second;
    layout::Entry here = table.entries[i];
    wanted.parity = here.parity = 0;
    if (!(wanted == here)) differs("entry " + std::to_string(i));
  }
  for (std::size_t i = 0; i < table.actions.size(); ++i) {
    const auto found = dump.action.find(static_cast<std::uint32_t>(i));
    layout::Action wanted = found == dump.action.end() ? layout::Action{} : found->second;
    layout::Action here = table.actions[i];
    wanted.parity = here.parity = 0;
    if (found == dump.action.end() || !(wanted == here)) differs("action " + std::to_string(i));
  }
  std::vector<std::uint32_t> starts;
  if (table.request()) {
    starts.push_back(image.head4.request_start);
  } else {
    for (std::size_t i = 1; i < image.endpoints.size(); ++i) starts.push_back(image.endpoints[i].response_base);
  }
  if (starts != dump.starts) differs("start");
}

}  // namespace

void compare_with_dump(const ImageFile& image, std::string_view text, Findings& findings) {
  Dumped dumped[2];
  int at = -1;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == "# request pipeline") {
      at = 0;
    } else if (line == "# response pipeline") {
      at = 1;
    } else if (!line.empty()) {
      const Line words(line, number);
      if (at < 0) words.fail("no pipeline is named before it");
      read_line(words, dumped[at]);
    }
  }
  if (at < 0) throw std::runtime_error("the dump is empty: give the output of `sluice compile --emit=packed`");
  compare(image, layout::Pipeline::REQUEST, dumped[0], findings);
  compare(image, layout::Pipeline::RESPONSE, dumped[1], findings);
}

}  // namespace sluice::verify
