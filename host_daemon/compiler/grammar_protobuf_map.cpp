// SPDX-License-Identifier: Apache-2.0
// Maps in Protobuf bodies: a list of entries, each a frame of its length with both parts, the key first. The list is called with the last byte
// of its tag, so that it is a frame of its own, which keeps the key unit's state of the map around it. A key begins behind its tag, or behind
// its length, and has ended where the value's tag stands, whatever its type.
#include "compiler/binary_language.hpp"
#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

namespace {

int tag_of(const Field& part) { return static_cast<std::uint8_t>(tag_bytes(part.number, wire_type(part.value)).front()); }

bool is_number(const Value& value) { return is_packable(value.kind) && !value.wrapped; }

}  // namespace

GrammarBuilder::Frame GrammarBuilder::map_entry(const Field& field) {
  const Field &key = field.map->key, &value = field.map->value;
  const int owner = routine(RoutineKind::leaf, field.descriptor->full_name() + " entry");
  const int start = state(owner, Place::map_key), colon = state(owner, Place::map_colon), end = state(owner, Place::after_pair);
  finish(end, kEnd, layout::Control::RET);
  Effect begin, end_key;
  begin.key_op = layout::KeyOp::BEGIN;
  end_key.key_op = layout::KeyOp::END_KEY;
  if (is_number(key.value)) {
    call(start, tag_of(key), tag_of(key), number_leaf(key.value), colon, begin);
  } else {
    const int length = state(owner, Place::length);
    next(start, tag_of(key), tag_of(key), length);
    delimited(length, string_frame(key.value), colon, begin, {});
  }
  if (is_number(value.value)) {
    call(colon, tag_of(value), tag_of(value), number_leaf(value.value), end, end_key);
  } else {
    const int length = state(owner, Place::length);
    next(colon, tag_of(value), tag_of(value), length, end_key);
    delimited(length, value_frame(value, {value.value.message}, false), end, {}, {});
  }
  return {start, false, std::nullopt};
}

void GrammarBuilder::binary_map(const BinaryTag& tag, const BinaryLoop& behind, Effect set) {
  const Field& field = *tag.field;
  const std::vector<int> topics{field_subject(field)};
  const int list = routine(RoutineKind::map, field.descriptor->full_name());
  const auto [count, min] = count_of(field, list);
  const int length = state(list, Place::length, topics), after = state(list, Place::after_pair, topics);
  set.key_op = layout::KeyOp::NEW_MAP;
  const int last = static_cast<std::uint8_t>(tag.bytes.back());
  call(tag.at, last, last, length, behind.state, set);
  const auto [known, fresh] = map_entries_.try_emplace(&field, Frame{-1, false, std::nullopt});
  if (fresh) known->second = map_entry(field);
  delimited(length, known->second, after, count, topics);
  leave_list(tag, after, length, behind, min);
}

}  // namespace sluice::compiler
