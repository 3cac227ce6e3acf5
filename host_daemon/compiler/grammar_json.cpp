// SPDX-License-Identifier: Apache-2.0
// JSON bodies. An object is a loop over a trie of its keys; the register holds the rank of the last member, so one SET checks order,
// duplicates and required members. An array counts its items when a rule wants it. Nested messages are queued, never recursed into.
#include <algorithm>
#include <bit>

#include "compiler/grammar_builder.hpp"
#include "compiler/grammar_guard.hpp"
#include "compiler/grammar_message.hpp"

namespace sluice::compiler {

namespace {

using layout::Control;
using layout::RegisterOp;

// The key as it stands between quotes: json names may hold any character.
std::string json_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      static constexpr std::string_view hex = "0123456789abcdef";
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

GrammarBuilder::ObjectForm GrammarBuilder::ObjectForm::below(const Field& field) const {
  auto strip = [&](const std::set<std::string>& paths) {
    std::set<std::string> out;
    for (const auto& path : paths) {
      if (path.rfind(field.name + ".", 0) == 0) out.insert(path.substr(field.name.size() + 1));
    }
    return out;
  };
  return {field.value.message, reached.count(field.name) != 0, false, strip(excluded), strip(reached), strip(needed)};
}

void GrammarBuilder::json_value(int from, const Field& field, int return_to, Effect effect, Ending bare) {
  const Value& value = field.value;
  const std::string name = field.descriptor ? field.descriptor->full_name() : field.name;
  // A bare value has no opening byte of its own: its first byte makes the call, straight to the state behind it.
  auto call_into = [&](int leaf_start) {
    const auto transitions = grammar_.states[static_cast<std::size_t>(leaf_start)].transitions;
    for (const Transition& t : transitions) {
      if (t.control == Control::NEXT) call(from, t.low, t.high, t.target, return_to, effect);
    }
  };
  auto quoted = [&](int leaf_start) { call(from, '"', '"', leaf_start, return_to, effect); };
  guarded("field " + name, field.span, [&] {
    switch (value.kind) {
      case ValueKind::boolean:
        call_into(leaf("bool", value_texts(value, &field), Encoding::plain, bare));
        break;
      case ValueKind::integer:
        if (value.quoted) {
          quoted(leaf("integer", value_texts(value, &field), Encoding::plain, Ending::quote));
        } else {
          call_into(leaf("integer", value_texts(value, &field), Encoding::plain, bare));
        }
        break;
      case ValueKind::floating:
        if (auto digits = value_texts(value, &field); !digits.language.empty()) call_into(leaf("number", digits, Encoding::plain, bare));
        if (const Dfa names = number_names(value.floats); !names.empty()) quoted(leaf("number name", names, Ending::quote));
        break;
      case ValueKind::string:
        quoted(leaf("string", value_texts(value, &field), Encoding::json, Ending::quote));
        break;
      case ValueKind::bytes:
        quoted(leaf("bytes", value_texts(value, &field), Encoding::plain, Ending::quote));
        break;
      case ValueKind::enumeration:
        if (value.quoted) {
          quoted(leaf("enum", value_texts(value, &field), Encoding::json, Ending::quote));
        } else {
          call_into(leaf("enum", value_texts(value, &field), Encoding::plain, bare));
        }
        break;
      case ValueKind::timestamp:
        quoted(leaf("timestamp", value_texts(value, &field), Encoding::plain, Ending::quote));
        break;
      case ValueKind::duration:
        quoted(leaf("duration", value_texts(value, &field), Encoding::plain, Ending::quote));
        break;
      case ValueKind::field_mask:
        quoted(leaf("field mask", value_texts(value, &field), Encoding::plain, Ending::quote));
        break;
      case ValueKind::message:
        call(from, '{', '{', object({value.message}), return_to, effect);
        break;
      case ValueKind::any:
        call(from, '{', '{', any(value), return_to, effect);
        break;
      case ValueKind::null:
        call_into(leaf("null", value_texts(value, &field), Encoding::plain, bare));
        break;
      case ValueKind::dynamic:
        dynamic_value(from, return_to, effect, bare);
        break;
      case ValueKind::structure:
        structure(from, return_to, effect, false);
        break;
      case ValueKind::list_value:
        list_value(from, return_to, effect, false);
        break;
    }
  });
}

void GrammarBuilder::json_field(int from, const Field& field, ObjectForm form, int return_to, Ending bare) {
  form.message = field.value.message;
  if (field.map) {
    Effect fresh;
    fresh.key_op = layout::KeyOp::NEW_MAP;
    call(from, '{', '{', map(field), return_to, fresh);
  } else if (field.repeated) {
    call(from, '[', '[', array(field), return_to);
  } else if (field.value.kind == ValueKind::message) {
    call(from, '{', '{', object(form), return_to);
  } else if (form.nonempty && field.value.kind == ValueKind::structure) {
    structure(from, return_to, {}, true);
  } else if (form.nonempty && field.value.kind == ValueKind::list_value) {
    list_value(from, return_to, {}, true);
  } else {
    json_value(from, field, return_to, {}, bare);
  }
}

GrammarBuilder::Count GrammarBuilder::count_of(const Field& field, int owner) {
  if (field.min_items <= 1 && !field.max_items) return {{}, 0};
  grammar_.routines[static_cast<std::size_t>(owner)].counted = true;
  const std::uint64_t unbounded = layout::INC_UNBOUNDED;
  Effect count;
  count.register_op = RegisterOp::INC;
  count.register_arg = static_cast<std::uint16_t>(field.max_items ? std::min(*field.max_items, unbounded) : unbounded);
  return {count, static_cast<std::uint16_t>(std::min(field.min_items, unbounded))};
}

// The key unit ensures that keys ascend. A pair is counted where it begins.
int GrammarBuilder::map(const Field& field) {
  if (const auto known = arrays_.find(&field); known != arrays_.end()) return known->second;
  const int owner = routine(RoutineKind::map, field.descriptor->full_name());
  Count pairs = count_of(field, owner);
  pairs.effect.key_op = layout::KeyOp::BEGIN;
  const int open = state(owner, Place::map_open);
  arrays_.emplace(&field, open);
  const int key = state(owner, Place::map_key);
  const int colon = state(owner, Place::map_colon);
  const int value = state(owner, Place::map_value);
  const int after = state(owner, Place::after_pair);
  guarded("field " + field.descriptor->full_name() + ", its keys", field.span, [&] {
    const Field& part = field.map->key;
    const auto encoding = part.value.kind == ValueKind::string ? Encoding::json : Encoding::plain;
    const int spelled = leaf("map key", value_texts(part.value, &part), encoding, Ending::key);
    for (const int from : {open, key}) call(from, '"', '"', spelled, colon, pairs.effect);
  });
  next(colon, ':', ':', value);
  json_value(value, field.map->value, after, {});
  next(after, ',', ',', key);
  finish(after, '}', Control::RET, pairs.min);
  return open;
}

int GrammarBuilder::array(const Field& field) {
  if (const auto known = arrays_.find(&field); known != arrays_.end()) return known->second;
  const int owner = routine(RoutineKind::array, field.descriptor->full_name());
  // At least one item is ensured by the first state, which has no ']'.
  const auto [count, min] = count_of(field, owner);
  const int open = state(owner, Place::array_open);
  arrays_.emplace(&field, open);
  if (field.unique) {
    grammar_.routines[static_cast<std::size_t>(owner)].counted = false;
    distinct_items(field, owner, open);
    return open;
  }
  const int after = state(owner, Place::after_item);
  const int item = state(owner, Place::item);
  json_value(open, field, after, count);
  json_value(item, field, after, count);
  next(after, ',', ',', item);
  finish(after, ']', Control::RET, min);
  return open;
}

int GrammarBuilder::object(const ObjectForm& form) {
  if (const auto known = objects_.find(form); known != objects_.end()) return known->second;
  const int owner = routine(RoutineKind::object, schema_.message(form.message).name);
  const int open = state(owner, Place::object_open);
  objects_.emplace(form, open);
  pending_.push_back({form, open, owner});
  return open;
}

unsigned GrammarBuilder::exclusive_bits(const Message& message, const Field& field) {
  const int index = static_cast<int>(&field - message.fields.data());
  unsigned bits = 0;
  for (const ExclusiveGroup& group : message.groups) {
    if (group.bit >= 0 && std::find(group.fields.begin(), group.fields.end(), index) != group.fields.end()) bits |= 1U << group.bit;
  }
  return bits;
}

unsigned GrammarBuilder::exclusive_groups(const Message& message, const ObjectForm& form) {
  for (const Field& field : message.fields) {
    if (exclusive_bits(message, field) == 0 || (!form.excluded.count(field.name) && !form.reached.count(field.name))) continue;
    diagnostics_.error(load::Code::kRuleUnsupported, field.span,
                       "field " + field.descriptor->full_name() + " travels in a path, but stands in a rule oneof of fields that are no neighbours")
        .mend("give the fields of the rule neighbouring numbers");
  }
  unsigned required = 0;
  for (const ExclusiveGroup& group : message.groups) {
    if (group.required && group.bit >= 0) required |= 1U << group.bit;
  }
  return required;
}

int GrammarBuilder::field_subject(const Field& field) {
  if (const auto known = field_subjects_.find(&field); known != field_subjects_.end()) return known->second;
  const int topic = subject(subject_of(field.json_name, field));
  field_subjects_.emplace(&field, topic);
  return topic;
}

void GrammarBuilder::build_pending() {
  while (!pending_.empty()) {
    const PendingObject job = std::move(pending_.back());
    pending_.pop_back();
    const Message& message = schema_.message(job.form.message);

    std::vector<const Field*> members;
    for (const Field& field : message.fields) {
      if (!job.form.excluded.count(field.name)) members.push_back(&field);
    }
    const std::set<int> required = required_ranks(message, job.form, [](const Field& field) { return field.required; });
    auto required_before = [&](int rank) {
      const auto it = required.lower_bound(rank);
      return static_cast<std::uint16_t>(it == required.begin() ? 0 : *std::prev(it));
    };
    const int least = required.empty() ? 0 : *required.rbegin();
    const auto required_all = static_cast<std::uint16_t>(std::max(least, job.form.nonempty ? 1 : 0));

    {
      Routine& info = grammar_.routines[static_cast<std::size_t>(job.routine)];
      info.subjects.resize(static_cast<std::size_t>(message.ranks) + 1);
      info.required_ranks.assign(required.begin(), required.end());
    }
    // A rule `oneof` on fields that do not stand side by side: which of them have been met is kept in the state, by a bit a group. Most
    // messages have none, and one copy of everything.
    const unsigned required_groups = exclusive_groups(message, job.form);
    // An Any's members stand behind its `@type`, and the '}' is read again by the caller.
    const Control closing = job.form.tail ? Control::REDO : Control::RET;
    const auto close = [&](int state, unsigned met) {
      if ((met & required_groups) == required_groups) finish(state, '}', closing, required_all);
    };
    close(job.open, 0);
    if (members.empty()) continue;
    std::map<unsigned, int> after_states;
    std::vector<unsigned> waiting;
    const auto behind_member = [&](unsigned met) {
      const auto [place, fresh] = after_states.try_emplace(met, -1);
      if (fresh) {
        place->second = state(job.routine, Place::after_member);
        waiting.push_back(met);
      }
      return place->second;
    };
    behind_member(0);
    for (std::size_t done = 0; done < waiting.size(); ++done) {
      const unsigned met = waiting[done];
      const int after = after_states.at(met);
      const int comma = state(job.routine, Place::member_name);
      const int key_root = state(job.routine, Place::member_name);
      if (done == 0) {
        if (job.form.tail) {
          next(job.open, ',', ',', comma);
        } else {
          next(job.open, '"', '"', key_root);
        }
      }
      close(after, met);
      next(after, ',', ',', comma);
      next(comma, '"', '"', key_root);

      Trie trie{{"", key_root}};
      for (const Field* field : members) {
        const unsigned bits = exclusive_bits(message, *field);
        if ((bits & met) != 0) continue;
        const int topic = field_subject(*field);
        if (done == 0) grammar_.routines[static_cast<std::size_t>(job.routine)].subjects[static_cast<std::size_t>(field->rank)].push_back(topic);

        const std::string key = json_escape(field->json_name);
        const int at = branch(trie, key, Place::member_name);
        grammar_.states[static_cast<std::size_t>(at)].subjects.push_back(topic);
        const int colon = state(job.routine, Place::member_colon, {topic});
        Effect set;
        set.register_op = RegisterOp::SET;
        set.register_arg = static_cast<std::uint16_t>(field->rank);
        set.register_min = required_before(field->rank);
        next(at, '"', '"', colon, set);
        const int value = state(job.routine, Place::value, {topic});
        next(colon, ':', ':', value);
        json_field(value, *field, job.form.below(*field), behind_member(met | bits));
      }
    }
  }
}

namespace {

// As they stand in JSON, without quotes; empty when there are more than `most` of them.
std::vector<std::string> few_texts(const Value& value, std::size_t most) {
  std::vector<std::string> out;
  switch (value.kind) {
    case ValueKind::boolean:
      for (const bool b : value.booleans) out.emplace_back(b ? "true" : "false");
      break;
    case ValueKind::enumeration:
      for (const EnumValue& e : value.enumeration) out.push_back(e.name);
      break;
    case ValueKind::string:
      if (value.string.in) out = *value.string.in;
      if (value.string.in && value.string.or_empty) out.emplace_back();
      for (std::string& text : out) text = json_escape(text);
      break;
    case ValueKind::integer:
      for (const auto& [low, high] : value.integers.intervals) {
        for (Int i = low; i <= high; ++i) {
          if (out.size() == most) return {};
          out.push_back(decimal(i));
        }
      }
      break;
    default:
      break;
  }
  return out.size() > most ? std::vector<std::string>{} : out;
}

}  // namespace

// The most items of a list of distinct values, of which there are so many (0: too many); none and a diagnostic when they have too many sets.
std::optional<std::size_t> GrammarBuilder::distinct_limit(const Field& field, std::size_t values) {
  constexpr std::size_t kMostSets = 300;
  const std::size_t longest = std::min<std::uint64_t>(field.max_items.value_or(values), values);
  // Sets of up to `longest` values.
  std::size_t sets = 0, of_size = 1;
  for (std::size_t i = 0; i <= longest && values != 0; ++i) {
    sets += of_size;
    of_size = of_size * (values - i) / (i + 1);
  }
  if (values != 0 && sets <= kMostSets && field.min_items <= longest) return longest;
  const std::string why = values == 0 ? "its items may have more than " + std::to_string(kMostDistinct) + " values, and a table remembers which have stood by its state alone"
                          : field.min_items > longest ? "there are fewer values than repeated.min_items wants"
                                                      : std::to_string(values) + " values have " + std::to_string(sets) + " sets of up to " + std::to_string(longest) +
                                                            ", each a state with all names still free; the budget is " + std::to_string(kMostSets);
  diagnostics_.error(load::Code::kRuleUnsupported, field.span, "field " + field.descriptor->full_name() + ": rule repeated.unique cannot be enforced: " + why)
      .mend("list few values (`in`; up to 8 always fit), or bound the list: repeated.max_items = 2 fits with up to 16 values");
  return std::nullopt;
}

// repeated.unique: a state knows which values have stood, so there are as many as sets of them.
void GrammarBuilder::distinct_items(const Field& field, int owner, int open) {
  const std::vector<std::string> texts = few_texts(field.value, kMostDistinct);
  const auto limit = distinct_limit(field, texts.size());
  if (!limit) return;
  const std::size_t longest = *limit;
  const bool quoted = field.value.kind == ValueKind::string || field.value.quoted;
  std::map<std::uint32_t, int> item_states;  // by the values that have stood
  std::vector<std::uint32_t> waiting;
  const auto item = [&](std::uint32_t stood) {
    const auto [place, fresh] = item_states.try_emplace(stood, -1);
    if (fresh) {
      place->second = stood == 0 ? open : state(owner, Place::item);
      waiting.push_back(stood);
    }
    return place->second;
  };
  item(0);
  for (std::size_t done = 0; done < waiting.size(); ++done) {
    const std::uint32_t stood = waiting[done];
    int from = item_states.at(stood);
    if (quoted) {
      const int inside = state(owner, Place::value);
      next(from, '"', '"', inside);
      from = inside;
    }
    Trie trie{{"", from}};
    for (std::size_t v = 0; v < texts.size(); ++v) {
      const std::uint32_t now = stood | (1U << v);
      if (now == stood) continue;
      int at = branch(trie, texts[v], Place::value);
      if (quoted) {
        const int after = state(owner, Place::after_item);
        next(at, '"', '"', after);
        at = after;
      }
      const auto count = static_cast<std::size_t>(std::popcount(now));
      if (count < longest) next(at, ',', ',', item(now));
      if (count >= field.min_items) finish(at, ']', Control::RET);
    }
  }
}

// `{"@type":"` and a listed URL; then the members of the message, or the member `value`.
int GrammarBuilder::any(const Value& value) {
  if (const auto known = anys_.find(value.any); known != anys_.end()) return known->second;
  const int owner = routine(RoutineKind::object, "google.protobuf.Any");
  const int open = state(owner, Place::object_open);
  anys_.emplace(value.any, open);
  const int close = state(owner, Place::after_member);
  finish(close, '}', Control::RET);
  Trie urls{{"", text(open, "\"@type\":\"", Place::member_name)}};
  for (const int index : value.any) {
    const AnyType& type = schema_.any_types[static_cast<std::size_t>(index)];
    const int at = branch(urls, json_escape(type.url), Place::value);
    if (type.value.value.kind == ValueKind::message) {
      call(at, '"', '"', object({.message = type.value.value.message, .tail = true}), close);
    } else {
      const int behind = state(owner, Place::after_member);
      next(at, '"', '"', behind);
      json_value(text(behind, ",\"value\":", Place::member_name), type.value, close, {});
    }
  }
  return open;
}

}  // namespace sluice::compiler
