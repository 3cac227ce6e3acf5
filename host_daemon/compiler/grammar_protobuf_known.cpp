// SPDX-License-Identifier: Apache-2.0
// What stands behind a length in Protobuf bodies, but for messages of the schema: texts, times, wrappers, FieldMask, Any. The same stands at the
// bottom, without a length, where it is a body of its own.
#include "compiler/binary_language.hpp"
#include "compiler/field_mask.hpp"
#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

using layout::Control;

namespace {

StringLanguage texts_of_string(const Value& value) {
  return value.kind == ValueKind::string ? string_language(value.string) : raw_bytes_language(value.string);
}

Dfa mask_path_language(const MaskRules& rules) {
  const auto with_what_is_below = [](const std::vector<std::string>& listed) {
    static const Dfa below = concat(text_language("."), utf8_text());
    Dfa out = any_of(listed);
    return listed.empty() ? out : unite(out, concat(out, below));
  };
  const Dfa allowed = rules.in ? with_what_is_below(*rules.in) : utf8_text();
  return rules.not_in.empty() ? allowed : subtract(allowed, with_what_is_below(rules.not_in));
}

}  // namespace

// The frame of a value that is no number: what stands behind its length.
GrammarBuilder::Frame GrammarBuilder::value_frame(const Field& field, const ObjectForm& form, bool implicit) {
  const Value value = implicit ? value_without_default(field) : field.value;
  if (is_binary_message(value.kind)) return {binary_message({form, BinaryForm::In::frame}), !form.nonempty, std::nullopt};
  const bool string = value.kind == ValueKind::string || value.kind == ValueKind::bytes;
  if (string) require_some(texts_of_string(value), field);
  if (string && !value.wrapped) return string_frame(value);
  return known_frame(value, BinaryForm::In::frame);
}

GrammarBuilder::Frame GrammarBuilder::string_frame(const Value& value) {
  return text_frame(value.kind == ValueKind::string ? "string" : "bytes", texts_of_string(value));
}

// A well-known message. In a body of its own no bytes mean "unset", where that is allowed.
GrammarBuilder::Frame GrammarBuilder::known_frame(const Value& value, BinaryForm::In in) {
  switch (value.kind) {
    case ValueKind::any:
      return any_frame(value, in);
    case ValueKind::field_mask:
      return mask_frame(value, in);
    case ValueKind::string:
    case ValueKind::bytes:
      return string_wrapper_frame(value, in);
    default:
      break;
  }
  const bool time = value.kind == ValueKind::timestamp || value.kind == ValueKind::duration;
  const Dfa language = time ? binary_time_language(value.kind, value.integers) : binary_wrapper_language(value);
  if (in == BinaryForm::In::frame) return text_frame(time ? "time" : "wrapper", {language});
  std::vector<int> states;
  for (std::size_t s = 0; s < language.states.size(); ++s) states.push_back(state(main_, s == 0 ? Place::body : Place::leaf));
  for (std::size_t s = 0; s < language.states.size(); ++s) {
    for (const Edge& e : language.states[s].edges) next(states[s], e.low, e.high, states[static_cast<std::size_t>(e.to)]);
    if (s == 0 ? in == BinaryForm::In::optional_body : language.states[s].accept) finish(states[s], kEnd, Control::ACCEPT);
  }
  return {states.empty() ? -1 : states.front(), false, std::nullopt};
}

// The first state of a well-known message. `empty`: in a frame it may have no bytes.
int GrammarBuilder::open_known(const std::string& name, BinaryForm::In in, bool empty) {
  using In = BinaryForm::In;
  const int start = in == In::frame ? state(routine(RoutineKind::leaf, name), Place::leaf) : state(main_, Place::body);
  if (in == In::frame ? empty : in == In::optional_body) close_known(start, in);
  return start;
}

void GrammarBuilder::close_known(int at, BinaryForm::In in) { finish(at, kEnd, in == BinaryForm::In::frame ? Control::RET : Control::ACCEPT); }

// A member of a well-known message behind its tag and before its length.
int GrammarBuilder::known_member(int from, int number) {
  const int length = state(grammar_.states[static_cast<std::size_t>(from)].routine, Place::length);
  const int tag = static_cast<std::uint8_t>(tag_bytes(number, 2).front());
  next(from, tag, tag, length);
  return length;
}

// The wrapper's member stands unless it is empty.
GrammarBuilder::Frame GrammarBuilder::string_wrapper_frame(const Value& value, BinaryForm::In in) {
  const Frame inner = string_frame(value);
  const int start = open_known("wrapper", in, inner.empty);
  const int end = state(grammar_.states[static_cast<std::size_t>(start)].routine, Place::leaf);
  delimited(known_member(start, 1), {inner.first, false, inner.longest}, end, {}, {});
  close_known(end, in);
  return {start, inner.empty, std::nullopt};
}

// Paths in the order that the sender chose.
GrammarBuilder::Frame GrammarBuilder::mask_frame(const Value& value, BinaryForm::In in) {
  const MaskRules rules = mask_rules(value.rules);
  const Dfa allowed = mask_path_language(rules);
  const int start = open_known("field mask", in, !rules.constant || rules.constant->empty());
  const bool empty = !rules.constant || rules.constant->empty();
  if (rules.constant) {
    int at = start;
    for (const std::string& path : *rules.constant) {
      const int behind = state(grammar_.states[static_cast<std::size_t>(start)].routine, Place::leaf);
      delimited(known_member(at, 1), text_frame("path", {intersect(allowed, text_language(path))}), behind, {}, {});
      at = behind;
    }
    if (!rules.constant->empty()) close_known(at, in);
    return {start, empty, std::nullopt};
  }
  const int again = state(grammar_.states[static_cast<std::size_t>(start)].routine, Place::leaf);
  const Frame path = text_frame("path", {allowed});
  for (const int at : {start, again}) delimited(known_member(at, 1), path, again, {}, {});
  close_known(again, in);
  return {start, empty, std::nullopt};
}

// The URLs have known lengths, so they are spelled with them, as one trie; behind a URL the message of its type.
GrammarBuilder::Frame GrammarBuilder::any_frame(const Value& value, BinaryForm::In in) {
  const auto [known, fresh] = binary_anys_.try_emplace({value.any, in}, -1);
  if (!fresh) return {known->second, false, std::nullopt};
  const int start = open_known("google.protobuf.Any", in, false);
  known->second = start;
  const int end = state(grammar_.states[static_cast<std::size_t>(start)].routine, Place::leaf);
  close_known(end, in);
  Trie urls{{"", start}};
  for (const int index : value.any) {
    const AnyType& type = schema_.any_types[static_cast<std::size_t>(index)];
    const int behind = branch(urls, tag_bytes(1, 2) + varint_bytes(type.url.size()) + type.url, Place::leaf);
    const Frame inner = value_frame(type.value, {type.value.value.message}, false);
    if (inner.empty) close_known(behind, in);
    // A message without fields has no bytes, and then no member `value`.
    if (is_binary_message(type.value.value.kind) && schema_.message(type.value.value.message).fields.empty()) continue;
    delimited(known_member(behind, 2), {inner.first, false, inner.longest}, end, {}, {});
  }
  return {start, false, std::nullopt};
}

// A body that is a well-known message.
int GrammarBuilder::binary_value_body(const Field& field, bool optional) {
  return known_frame(field.value, optional ? BinaryForm::In::optional_body : BinaryForm::In::body).first;
}

}  // namespace sluice::compiler
