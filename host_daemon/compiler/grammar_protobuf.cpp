// SPDX-License-Identifier: Apache-2.0
// Protobuf bodies. A message is a loop over a trie of its tags; as in JSON, one SET checks order, duplicates and required members. Numbers
// are leaves that end with their last byte. What has a length is read in a frame of that length, which only END leaves: GROUP adds the
// length up, CALL_LEN enters. A list that has to count is a frame around its elements; its last element shows only when another tag has
// begun, so it is left by REDO, or by REDO_TO in the middle of that tag. The body's own message stands in the bottom frame.
#include <algorithm>

#include "compiler/binary_language.hpp"
#include "compiler/grammar_builder.hpp"
#include "compiler/grammar_guard.hpp"
#include "compiler/grammar_message.hpp"

namespace sluice::compiler {

using layout::AccumulatorOp;
using layout::Control;
using layout::RegisterOp;

namespace {

int byte_of(const std::string& text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// Bytes of the longest text of a leaf, as far as that is known.
std::optional<std::uint64_t> longest_of(const StringLanguage& text) {
  auto longest = length_bounds(text.language, Counted::bytes).longest;
  if (text.max && (text.counted == Counted::bytes || text.counted == Counted::code_points)) {
    const std::uint64_t counted = *text.max * (text.counted == Counted::bytes ? 1 : 4);
    longest = std::min(longest.value_or(counted), counted);
  }
  return longest;
}

}  // namespace

// The varint of a length, then the frame. `first` takes effect with the varint's last byte.
void GrammarBuilder::delimited(int from, const Frame& frame, int return_to, Effect effect, const std::vector<int>& topics) {
  const std::uint64_t limit = std::min<std::uint64_t>(schema_.loaded->policy.limits().max_record_bytes(), layout::ACCUMULATOR_SATURATED);
  const std::uint64_t longest = std::min(frame.longest.value_or(limit), limit);
  const int owner = grammar_.states[static_cast<std::size_t>(from)].routine;
  const auto enter = [&](int at, int low, int high, std::uint8_t group) {
    Transition t;
    t.effect = effect;
    t.effect.accumulator_op = AccumulatorOp::GROUP;
    t.effect.accumulator_group = group;
    t.control = Control::CALL_LEN;
    t.target = return_to;
    t.callee = frame.first;
    add(at, low, high, t);
  };
  const auto more = [&](int at, std::uint8_t group) {
    const int to = state(owner, Place::length, topics);
    Effect add_group;
    add_group.accumulator_op = AccumulatorOp::GROUP;
    add_group.accumulator_group = group;
    next(at, 0x80, 0xFF, to, add_group);
    return to;
  };
  enter(from, frame.empty ? 0 : 1, static_cast<int>(std::min<std::uint64_t>(longest, 0x7F)), 0);
  if (longest <= 0x7F) return;
  const int second = more(from, 0);
  enter(second, 1, 0x7F, 1);
  if (longest < 1U << 14) return;
  enter(more(second, 1), 1, 3, 2);  // 16 bits
}

GrammarBuilder::Frame GrammarBuilder::text_frame(const std::string& name, const StringLanguage& text) {
  const LengthBounds bounds = length_bounds(text.language, Counted::bytes);
  return {leaf(name, text, Encoding::plain, Ending::record), bounds.shortest == 0 && text.min == 0, longest_of(text)};
}

// The elements of a packed list, in a frame of its length.
GrammarBuilder::Frame GrammarBuilder::packed_frame(const Field& field) {
  const Dfa language = binary_number_language(field.value);
  const int owner = routine(RoutineKind::array, field.descriptor->full_name());
  const auto [count, min] = count_of(field, owner);
  // There is at least one element: only behind one the list may end, or the next begin.
  const int first = state(owner, Place::array_open), again = state(owner, Place::item);
  std::vector<int> states;
  for (std::size_t s = 0; s < language.states.size(); ++s) {
    states.push_back(s == 0 ? first : language.states[s].accept ? again : state(owner, Place::leaf));
  }
  for (std::size_t s = 0; s < language.states.size(); ++s) {
    for (const Edge& e : language.states[s].edges) {
      const int to = states[static_cast<std::size_t>(e.to)];
      next(states[s], e.low, e.high, to, s == 0 ? count : Effect{});
      if (s == 0) next(again, e.low, e.high, to, count);
    }
  }
  finish(again, kEnd, Control::RET, min);
  std::optional<std::uint64_t> longest;
  if (field.max_items && !language.empty()) {
    const auto element = length_bounds(language, Counted::bytes).longest;
    if (element && *field.max_items <= layout::ACCUMULATOR_SATURATED) longest = *element * *field.max_items;
  }
  return {first, false, longest};
}

int GrammarBuilder::binary_message(const BinaryForm& form) {
  if (const auto known = binary_messages_.find(form); known != binary_messages_.end()) return known->second;
  const int owner = routine(RoutineKind::object, schema_.message(form.object.message).name);
  const int start = state(owner, form.in == BinaryForm::In::frame ? Place::object_open : Place::body);
  binary_messages_.emplace(form, start);
  binary_pending_.push_back({form, start, owner});
  return start;
}

void GrammarBuilder::build_binary_pending() {
  while (!binary_pending_.empty()) {
    const PendingBinary job = std::move(binary_pending_.back());
    binary_pending_.pop_back();
    build_binary_message(job);
  }
}

void GrammarBuilder::build_binary_message(const PendingBinary& job) {
  const ObjectForm& form = job.form.object;
  const Message& message = schema_.message(form.message);
  const std::set<int> required = required_ranks(message, form, [](const Field& field) { return required_by_rules(field); });
  const int least = required.empty() ? 0 : *required.rbegin();
  const auto required_all = static_cast<std::uint16_t>(std::max(least, form.nonempty ? 1 : 0));
  {
    Routine& info = grammar_.routines[static_cast<std::size_t>(job.routine)];
    info.subjects.resize(static_cast<std::size_t>(message.ranks) + 1);
    info.required_ranks.assign(required.begin(), required.end());
  }
  const unsigned required_groups = exclusive_groups(message, form);

  // A loop for each set of exclusive groups that have been met (grammar_json.cpp); mostly there is one. First all tags, so that a list can
  // go on in the middle of any of them.
  std::map<unsigned, BinaryLoop> loops;
  std::vector<unsigned> waiting;
  const auto loop_with = [&](unsigned met) {
    const auto [place, fresh] = loops.try_emplace(met);
    if (fresh) {
      const bool is_start = met == 0 && job.form.in != BinaryForm::In::optional_body;
      place->second.state = is_start ? job.start : state(job.routine, Place::member_name);
      place->second.trie.emplace("", place->second.state);
      waiting.push_back(met);
    }
  };
  loop_with(0);
  for (std::size_t done = 0; done < waiting.size(); ++done) {
    const unsigned met = waiting[done];
    for (const Field& field : message.fields) {
      const unsigned bits = exclusive_bits(message, field);
      // NullValue without presence is always at its default.
      const bool never = field.implicit && field.value.kind == ValueKind::null;
      if ((bits & met) != 0 || never || form.excluded.count(field.name) != 0) continue;
      loop_with(met | bits);
      const std::string tag = tag_bytes(field.number, field.repeated ? 2 : wire_type(field.value));
      BinaryLoop& loop = loops.at(met);
      const int at = branch(loop.trie, tag.substr(0, tag.size() - 1), Place::member_name);
      loop.tags.push_back({tag, &field, at, met | bits});
    }
  }
  const Control closing = job.form.in == BinaryForm::In::frame ? Control::RET : Control::ACCEPT;
  for (const unsigned met : waiting) {
    const BinaryLoop& loop = loops.at(met);
    if ((met & required_groups) == required_groups) finish(loop.state, kEnd, closing, required_all);
    for (const BinaryTag& tag : loop.tags) {
      const Field& field = *tag.field;
      const int topic = field_subject(field);
      if (met == 0) grammar_.routines[static_cast<std::size_t>(job.routine)].subjects[static_cast<std::size_t>(field.rank)].push_back(topic);
      grammar_.states[static_cast<std::size_t>(tag.at)].subjects.push_back(topic);
      Effect set;
      set.register_op = RegisterOp::SET;
      set.register_arg = static_cast<std::uint16_t>(field.rank);
      const auto before = required.lower_bound(field.rank);
      set.register_min = static_cast<std::uint16_t>(before == required.begin() ? 0 : *std::prev(before));
      guarded("field " + field.descriptor->full_name(), field.span,
              [&] { binary_member(tag, form, loops.at(tag.met), set, tag.met != met); });
    }
  }
  if (job.form.in != BinaryForm::In::optional_body) return;
  // No bytes: the field is unset, whatever its message would require. Else as in the loop.
  const auto first = grammar_.states[static_cast<std::size_t>(loops.at(0).state)].transitions;
  for (const Transition& t : first) {
    if (t.low != kEnd) add(job.start, t.low, t.high, t);
  }
  finish(job.start, kEnd, Control::ACCEPT);
}

// What stands behind a tag; `behind` is the loop that goes on.
void GrammarBuilder::binary_member(const BinaryTag& tag, const ObjectForm& form, const BinaryLoop& behind, Effect set, bool exclusive) {
  const Field& field = *tag.field;
  const int last = byte_of(tag.bytes, tag.bytes.size() - 1);
  const int owner = grammar_.states[static_cast<std::size_t>(tag.at)].routine;
  const std::vector<int> topics{field_subject(field)};
  const bool packable = is_packable(field.value.kind) && !field.value.wrapped;
  if (field.map) return binary_map(tag, behind, set);
  if (!field.repeated && packable) {
    const Value value = field.implicit ? value_without_default(field) : field.value;
    call(tag.at, last, last, number_leaf(value), behind.state, set);
    return;
  }
  const auto behind_length = [&](const Frame& frame) {
    const int length = state(owner, Place::length, topics);
    next(tag.at, last, last, length, set);
    delimited(length, frame, behind.state, {}, topics);
  };
  if (!field.repeated) return behind_length(value_frame(field, form.below(field), field.implicit));
  if (packable) return behind_length(field.unique ? distinct_packed_frame(field) : packed_frame(field));
  if (field.unique) return distinct_list(tag, behind, set);
  const Frame element = value_frame(field, {field.value.message}, false);
  if (field.min_items <= 1 && !field.max_items && !exclusive) {
    set.register_op = RegisterOp::SET_AGAIN;
    return behind_length(element);
  }
  const int list = routine(RoutineKind::array, field.descriptor->full_name());
  const auto [count, min] = count_of(field, list);
  const int length = state(list, Place::length, topics), after = state(list, Place::after_item, topics);
  call(tag.at, last, last, length, behind.state, set);
  delimited(length, element, after, count, topics);
  leave_list(tag, after, length, behind, min);
}

// Behind an element: the same tag again leads to `length` (-1: there may be no more), END and the tags of later members to the message. Without
// `min` the list has to go on.
void GrammarBuilder::leave_list(const BinaryTag& tag, int after, int length, const BinaryLoop& behind, std::optional<std::uint16_t> min) {
  if (min) finish(after, kEnd, Control::REDO, *min);
  int at = after;
  for (std::size_t i = 0; i < tag.bytes.size(); ++i) {
    const std::string prefix = tag.bytes.substr(0, i);
    std::set<int> others;
    for (const BinaryTag& other : behind.tags) {
      const bool follows = other.bytes.size() > i && other.bytes.compare(0, i, prefix) == 0 && other.field->rank > tag.field->rank;
      if (min && follows && other.bytes[i] != tag.bytes[i]) others.insert(byte_of(other.bytes, i));
    }
    for (const int other : others) {
      finish(at, other, i == 0 ? Control::REDO : Control::REDO_TO, *min);
      if (i > 0) target_of(at, other, behind.trie.at(prefix));
    }
    const bool last = i + 1 == tag.bytes.size();
    const int to = last ? length : state(grammar_.states[static_cast<std::size_t>(after)].routine, Place::member_name);
    if (to >= 0) next(at, byte_of(tag.bytes, i), byte_of(tag.bytes, i), to);
    at = to;
  }
}

void GrammarBuilder::target_of(int from, int symbol, int target) {
  for (Transition& t : grammar_.states[static_cast<std::size_t>(from)].transitions) {
    if (t.low == symbol) t.target = target;
  }
}

int GrammarBuilder::number_leaf(const Value& value) {
  const Dfa language = binary_number_language(value);
  const std::string key = "number\n" + dump(language);
  if (const auto known = leaves_.find(key); known != leaves_.end()) return known->second;
  const int first = spell(routine(RoutineKind::leaf, "number"), StringLanguage{language}, Encoding::plain, std::nullopt);
  leaves_.emplace(key, first);
  return first;
}

// The body of a record: the bottom frame reads the message itself.
int GrammarBuilder::binary_body(const Body& body) {
  using In = BinaryForm::In;
  if (body.kind == Body::Kind::message) return binary_message({{body.message, false, false, body.excluded, body.reached, body.needed}, In::body});
  const Field& field = schema_.message(body.message).fields[static_cast<std::size_t>(body.field)];
  const int topic = field_subject(field);
  int start = -1;
  if (is_binary_message(field.value.kind)) {
    start = binary_message({{field.value.message, true, false, body.excluded, body.reached, body.needed}, body.optional ? In::optional_body : In::body});
  } else {
    guarded("field " + field.descriptor->full_name(), field.span, [&] { start = binary_value_body(field, body.optional); });
  }
  if (start >= 0) grammar_.states[static_cast<std::size_t>(start)].subjects.push_back(topic);
  return start;
}

}  // namespace sluice::compiler
