// SPDX-License-Identifier: Apache-2.0
// repeated.unique in Protobuf bodies, on few values, as in JSON: a state knows which values have stood, so there are as many as sets of them.
// Numbers are packed in one frame; texts stand as literals with their lengths, each behind the list's tag.
#include <bit>
#include <deque>

#include "compiler/binary_language.hpp"
#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

using layout::Control;

namespace {

// The texts of a language; none when there are more than `most`, or when they are long to find.
std::vector<std::string> few_texts(const Dfa& language, std::size_t most) {
  constexpr std::size_t kPatience = 20'000;
  std::vector<std::string> out;
  std::deque<std::pair<int, std::string>> waiting;
  if (!language.empty()) waiting.emplace_back(0, "");
  for (std::size_t steps = 0; !waiting.empty(); ++steps) {
    const auto [state, text] = std::move(waiting.front());
    waiting.pop_front();
    const Dfa::State& at = language.states[static_cast<std::size_t>(state)];
    if (at.accept) out.push_back(text);
    for (const Edge& e : at.edges) {
      for (int byte = e.low; byte <= e.high; ++byte) waiting.emplace_back(e.to, text + static_cast<char>(byte));
    }
    if (out.size() > most || steps + waiting.size() > kPatience) return {};
  }
  return out;
}

std::vector<std::string> few_texts(const Value& value, std::size_t most) {
  if (value.kind == ValueKind::floating && value.floats.nan) return {};  // equal to nothing, not even to itself
  if (is_packable(value.kind)) return few_texts(binary_number_language(value), most);
  if (!value.string.in) return {};
  std::vector<std::string> out = *value.string.in;
  if (value.string.or_empty) out.emplace_back();
  return out.size() > most ? std::vector<std::string>{} : out;
}

}  // namespace

// States by the values that have stood, found as they are asked for.
class DistinctSets {
 public:
  template <typename Make>
  int at(std::uint32_t stood, Make make) {
    const auto [place, fresh] = states_.try_emplace(stood, -1);
    if (fresh) {
      place->second = make();
      waiting_.push_back(stood);
    }
    return place->second;
  }
  std::optional<std::uint32_t> next() { return done_ < waiting_.size() ? std::optional(waiting_[done_++]) : std::nullopt; }

 private:
  std::map<std::uint32_t, int> states_;
  std::vector<std::uint32_t> waiting_;
  std::size_t done_ = 0;
};

GrammarBuilder::Frame GrammarBuilder::distinct_packed_frame(const Field& field) {
  const std::vector<std::string> texts = few_texts(field.value, kMostDistinct);
  const int owner = routine(RoutineKind::array, field.descriptor->full_name());
  const int open = state(owner, Place::array_open);
  const auto longest = distinct_limit(field, texts.size());
  if (!longest) return {open, false, std::nullopt};
  DistinctSets sets;
  sets.at(0, [&] { return open; });
  while (const auto stood = sets.next()) {
    const auto count = static_cast<std::size_t>(std::popcount(*stood));
    const int from = sets.at(*stood, [&] { return open; });
    if (count >= field.min_items) finish(from, kEnd, Control::RET);
    if (count == *longest) continue;
    Trie trie{{"", from}};
    for (std::size_t v = 0; v < texts.size(); ++v) {
      const std::uint32_t now = *stood | (1U << v);
      if (now == *stood) continue;
      const int at = branch(trie, texts[v].substr(0, texts[v].size() - 1), Place::leaf);
      const int last = static_cast<std::uint8_t>(texts[v].back());
      next(at, last, last, sets.at(now, [&] { return state(owner, Place::item); }));
    }
  }
  return {open, false, std::nullopt};
}

void GrammarBuilder::distinct_list(const BinaryTag& tag, const BinaryLoop& behind, Effect set) {
  const Field& field = *tag.field;
  const std::vector<std::string> texts = few_texts(field.value, kMostDistinct);
  const auto longest = distinct_limit(field, texts.size());
  if (!longest) return;
  const std::vector<int> topics{field_subject(field)};
  const int list = routine(RoutineKind::array, field.descriptor->full_name());
  DistinctSets sets;  // places in front of an element's length
  const auto in_front = [&](std::uint32_t stood) {
    return sets.at(stood, [&] { return state(list, Place::length, topics); });
  };
  const int last = static_cast<std::uint8_t>(tag.bytes.back());
  call(tag.at, last, last, in_front(0), behind.state, set);
  std::map<std::uint32_t, int> behind_element;
  while (const auto stood = sets.next()) {
    Trie trie{{"", in_front(*stood)}};
    for (std::size_t v = 0; v < texts.size(); ++v) {
      const std::uint32_t now = *stood | (1U << v);
      if (now == *stood) continue;
      const std::string element = varint_bytes(texts[v].size()) + texts[v];
      const int at = branch(trie, element.substr(0, element.size() - 1), Place::leaf);
      const auto [after, fresh] = behind_element.try_emplace(now, -1);
      if (fresh) {
        after->second = state(list, Place::after_item, topics);
        const auto count = static_cast<std::size_t>(std::popcount(now));
        leave_list(tag, after->second, count < *longest ? in_front(now) : -1, behind, count < field.min_items ? std::nullopt : std::optional<std::uint16_t>(0));
      }
      const int end = static_cast<std::uint8_t>(element.back());
      next(at, end, end, after->second);
    }
  }
}

}  // namespace sluice::compiler
