// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Value, Struct and ListValue: any JSON, in its one spelling. Two routines that call each other, shared by all fields of these
// types; how deep they go is the policy's maxDepth. Keys ascend as in a map.
#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

using layout::Control;

void GrammarBuilder::dynamic_value(int from, int return_to, const Effect& effect, Ending bare) {
  static const Dfa plain = unite(any_of({"null", "true", "false"}), float_language(FloatWidth::binary64, FloatSet::finite(FloatWidth::binary64)));
  const int scalar = leaf("scalar", StringLanguage{plain}, Encoding::plain, bare);
  const auto opening = grammar_.states[static_cast<std::size_t>(scalar)].transitions;
  for (const Transition& t : opening) {
    if (t.control == Control::NEXT) call(from, t.low, t.high, t.target, return_to, effect);
  }
  call(from, '"', '"', leaf("string", StringLanguage{utf8_text()}, Encoding::json, Ending::quote), return_to, effect);
  structure(from, return_to, effect, false);
  list_value(from, return_to, effect, false);
}

void GrammarBuilder::structure(int from, int return_to, Effect effect, bool nonempty) {
  effect.key_op = layout::KeyOp::NEW_MAP;
  int& open = structures_[nonempty ? 1 : 0];
  if (open >= 0) return call(from, '{', '{', open, return_to, effect);
  const int owner = routine(RoutineKind::map, "google.protobuf.Struct");
  open = state(owner, Place::map_open);
  call(from, '{', '{', open, return_to, effect);
  const int first = open;  // the reference may not outlive what follows
  const int key = state(owner, Place::map_key);
  const int colon = state(owner, Place::map_colon);
  const int value = state(owner, Place::map_value);
  const int after = state(owner, Place::after_pair);
  Effect begin;
  begin.key_op = layout::KeyOp::BEGIN;
  const int spelled = leaf("map key", StringLanguage{utf8_text()}, Encoding::json, Ending::key);
  for (const int at : {first, key}) call(at, '"', '"', spelled, colon, begin);
  next(colon, ':', ':', value);
  dynamic_value(value, after, {}, Ending::json_value);
  next(after, ',', ',', key);
  finish(after, '}', Control::RET);
  if (!nonempty) finish(first, '}', Control::RET);
}

void GrammarBuilder::list_value(int from, int return_to, const Effect& effect, bool nonempty) {
  int& open = list_values_[nonempty ? 1 : 0];
  if (open >= 0) return call(from, '[', '[', open, return_to, effect);
  const int owner = routine(RoutineKind::array, "google.protobuf.ListValue");
  open = state(owner, Place::array_open);
  call(from, '[', '[', open, return_to, effect);
  const int first = open;
  const int item = state(owner, Place::item);
  const int after = state(owner, Place::after_item);
  for (const int at : {first, item}) dynamic_value(at, after, {}, Ending::json_value);
  next(after, ',', ',', item);
  finish(after, ']', Control::RET);
  if (!nonempty) finish(first, ']', Control::RET);
}

}  // namespace sluice::compiler
