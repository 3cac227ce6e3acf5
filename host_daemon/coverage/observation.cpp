// SPDX-License-Identifier: Apache-2.0
// A rule judges the default of a field without presence too, so an absent one counts as its default.
#include "coverage/observation.hpp"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <limits>

#include "load/options.hpp"

namespace sluice::coverage {

using buf::validate::FieldRules;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

std::uint64_t code_points(const std::string& text) {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void note(Observation& seen, std::int64_t value) {
  seen.least = std::min(seen.least.value_or(value), value);
  seen.most = std::max(seen.most.value_or(value), value);
}

void note(Observation& seen, std::uint64_t value) {
  seen.least_unsigned = std::min(seen.least_unsigned.value_or(value), value);
  seen.most_unsigned = std::max(seen.most_unsigned.value_or(value), value);
}

void note(Observation& seen, const std::string& value, bool text) {
  seen.longest = std::max<std::uint64_t>(seen.longest, text ? code_points(value) : value.size());
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      seen.characters.set(byte);
    } else {
      seen.plain = false;
    }
  }
}

// The value of a field, or its element `index`.
void look(const Message& message, const FieldDescriptor* field, int index, Observation& seen) {
  const Reflection& r = *message.GetReflection();
  const bool list = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return note(seen, std::int64_t{list ? r.GetRepeatedInt32(message, field, index) : r.GetInt32(message, field)});
    case FieldDescriptor::CPPTYPE_INT64:
      return note(seen, static_cast<std::int64_t>(list ? r.GetRepeatedInt64(message, field, index) : r.GetInt64(message, field)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return note(seen, std::uint64_t{list ? r.GetRepeatedUInt32(message, field, index) : r.GetUInt32(message, field)});
    case FieldDescriptor::CPPTYPE_UINT64:
      return note(seen, static_cast<std::uint64_t>(list ? r.GetRepeatedUInt64(message, field, index) : r.GetUInt64(message, field)));
    case FieldDescriptor::CPPTYPE_ENUM:
      seen.numbers.insert(list ? r.GetRepeatedEnumValue(message, field, index) : r.GetEnumValue(message, field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      seen.any_true = seen.any_true || (list ? r.GetRepeatedBool(message, field, index) : r.GetBool(message, field));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      return note(seen, list ? r.GetRepeatedString(message, field, index) : r.GetString(message, field),
                  field->type() == FieldDescriptor::TYPE_STRING);
    default:
      return;
  }
}

// Characters as a class of a pattern; letters and digits by their whole kind.
std::string pattern_of(const std::bitset<128>& characters) {
  std::string out;
  const auto range = [&](char first, char last) {
    for (char c = first; c <= last; ++c) {
      if (!characters.test(static_cast<std::size_t>(c))) continue;
      out += std::string(1, first) + "-" + last;
      return;
    }
  };
  range('a', 'z');
  range('A', 'Z');
  range('0', '9');
  for (std::size_t c = 0x20; c < 0x7F; ++c) {
    const char text = static_cast<char>(c);
    const bool alphanumeric = (text >= 'a' && text <= 'z') || (text >= 'A' && text <= 'Z') || (text >= '0' && text <= '9');
    if (!characters.test(c) || alphanumeric || text == '-') continue;
    if (text == '\\' || text == ']' || text == '[' || text == '^') out += '\\';
    out += text;
  }
  if (characters.test('-')) out += '-';
  return "^[" + out + "]*$";
}

using Changes = std::vector<std::string>;

template <class Value>
std::string was(const std::optional<Value>& old) {
  return old ? " (was " + std::to_string(*old) + ")" : "";
}

template <class Rules>
void tighten_length(Rules& rules, const std::string& type, const Observation& seen, Changes& changes) {
  const std::optional<std::uint64_t> old = rules.has_max_len() ? std::optional(rules.max_len()) : std::nullopt;
  if (rules.has_len() || (old && *old <= seen.longest)) return;
  rules.set_max_len(std::max<std::uint64_t>(seen.longest, rules.min_len()));
  changes.push_back(type + ".max_len = " + std::to_string(rules.max_len()) + was(old));
}

void tighten(buf::validate::StringRules& rules, const Observation& seen, bool patterns, Changes& changes) {
  if (rules.has_const_() || rules.in_size() != 0) return;
  const bool bytes = rules.has_len_bytes() || rules.has_min_bytes() || rules.has_max_bytes();
  if (!bytes) tighten_length(rules, "string", seen, changes);
  const bool named = rules.well_known_case() != buf::validate::StringRules::WELL_KNOWN_NOT_SET;
  if (patterns && !named && !rules.has_pattern() && seen.plain && seen.characters.any()) {
    rules.set_pattern(pattern_of(seen.characters));
    changes.push_back("string.pattern = \"" + rules.pattern() + "\"");
  }
}

void tighten(buf::validate::BytesRules& rules, const Observation& seen, Changes& changes) {
  if (rules.has_const_() || rules.in_size() != 0) return;
  tighten_length(rules, "bytes", seen, changes);
}

template <class Rules, class Value>
void tighten(Rules& rules, const std::string& type, const std::optional<Value>& least, const std::optional<Value>& most, Value lowest,
             Changes& changes) {
  if (!least || !most || rules.has_const_() || rules.in_size() != 0) return;
  std::optional<Value> low, high;
  if (rules.has_gte()) low = static_cast<Value>(rules.gte());
  if (rules.has_gt()) low = static_cast<Value>(rules.gt());
  if (rules.has_lte()) high = static_cast<Value>(rules.lte());
  if (rules.has_lt()) high = static_cast<Value>(rules.lt());
  if (low && high && *high < *low) return;  // all but a range
  if (!high || *most < (rules.has_lt() ? *high - 1 : *high)) {
    rules.set_lte(static_cast<decltype(rules.lte())>(*most));
    changes.push_back(type + ".lte = " + std::to_string(*most) + was(high));
  }
  if (*least != lowest && (!low || *least > (rules.has_gt() ? *low + 1 : *low))) {
    rules.set_gte(static_cast<decltype(rules.gte())>(*least));
    changes.push_back(type + ".gte = " + std::to_string(*least) + was(low));
  }
}

void tighten(buf::validate::EnumRules& rules, const FieldDescriptor* field, const Observation& seen, Changes& changes) {
  if (rules.has_const_()) return;
  std::set<int> allowed;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) allowed.insert(field->enum_type()->value(i)->number());
  if (rules.in_size() != 0) allowed = {rules.in().begin(), rules.in().end()};
  for (int number : rules.not_in()) allowed.erase(number);
  if (seen.numbers.size() >= allowed.size()) return;
  rules.clear_in();
  std::string names;
  for (int number : seen.numbers) {
    rules.add_in(number);
    names += (names.empty() ? "" : ", ") + std::to_string(number);
  }
  changes.push_back("enum.in = [" + names + "]");
}

void tighten_value(FieldRules& rules, const FieldDescriptor* field, const Observation& seen, bool patterns, Changes& changes) {
  using T = FieldDescriptor;
  const auto signed_value = [&](auto* part, const char* type, std::int64_t lowest) {
    tighten(*part, type, seen.least, seen.most, lowest, changes);
  };
  const auto unsigned_value = [&](auto* part, const char* type) {
    tighten(*part, type, seen.least_unsigned, seen.most_unsigned, std::uint64_t{0}, changes);
  };
  constexpr std::int64_t low32 = std::numeric_limits<std::int32_t>::min(), low64 = std::numeric_limits<std::int64_t>::min();
  switch (field->type()) {
    case T::TYPE_STRING: return tighten(*rules.mutable_string(), seen, patterns, changes);
    case T::TYPE_BYTES: return tighten(*rules.mutable_bytes(), seen, changes);
    case T::TYPE_ENUM: return tighten(*rules.mutable_enum_(), field, seen, changes);
    case T::TYPE_INT32: return signed_value(rules.mutable_int32(), "int32", low32);
    case T::TYPE_SINT32: return signed_value(rules.mutable_sint32(), "sint32", low32);
    case T::TYPE_SFIXED32: return signed_value(rules.mutable_sfixed32(), "sfixed32", low32);
    case T::TYPE_INT64: return signed_value(rules.mutable_int64(), "int64", low64);
    case T::TYPE_SINT64: return signed_value(rules.mutable_sint64(), "sint64", low64);
    case T::TYPE_SFIXED64: return signed_value(rules.mutable_sfixed64(), "sfixed64", low64);
    case T::TYPE_UINT32: return unsigned_value(rules.mutable_uint32(), "uint32");
    case T::TYPE_FIXED32: return unsigned_value(rules.mutable_fixed32(), "fixed32");
    case T::TYPE_UINT64: return unsigned_value(rules.mutable_uint64(), "uint64");
    case T::TYPE_FIXED64: return unsigned_value(rules.mutable_fixed64(), "fixed64");
    case T::TYPE_BOOL:
      if (seen.any_true || rules.bool_().has_const_()) return;
      rules.mutable_bool_()->set_const_(false);
      changes.emplace_back("bool.const = false");
      return;
    default: return;
  }
}

bool later(const FieldDescriptor* a, const FieldDescriptor* b) {
  if (a->file() != b->file()) return a->file()->name() < b->file()->name();
  if (a->containing_type() != b->containing_type()) return a->containing_type()->full_name() < b->containing_type()->full_name();
  return a->index() < b->index();
}

}  // namespace

void Observer::see(const Message& message) {
  std::vector<const Message*> work{&message};
  while (!work.empty()) {
    const Message& here = *work.back();
    work.pop_back();
    const Reflection& r = *here.GetReflection();
    const auto* type = here.GetDescriptor();
    if (type->full_name().starts_with("google.protobuf.")) continue;
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      Field& seen = fields_[field];
      const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
      if (field->is_repeated()) {
        const int size = r.FieldSize(here, field);
        ++(size == 0 ? seen.value.absent : seen.value.present);
        seen.value.longest = std::max(seen.value.longest, static_cast<std::uint64_t>(size));
        for (int item = 0; item < size; ++item) {
          ++seen.element.present;
          if (is_message) {
            work.push_back(&r.GetRepeatedMessage(here, field, item));
          } else {
            look(here, field, item, seen.element);
          }
        }
        continue;
      }
      const bool stands = r.HasField(here, field);
      ++(stands ? seen.value.present : seen.value.absent);
      if (is_message) {
        if (stands) work.push_back(&r.GetMessage(here, field));
      } else if (stands || !field->has_presence()) {
        look(here, field, -1, seen.value);
      }
    }
  }
}

std::vector<Proposal> propose(const Observer& observer, std::uint64_t least, bool patterns) {
  std::vector<const FieldDescriptor*> order;
  for (const auto& [field, seen] : observer.fields()) order.push_back(field);
  std::sort(order.begin(), order.end(), later);
  std::vector<Proposal> out;
  for (const FieldDescriptor* field : order) {
    const Observer::Field& seen = observer.fields().at(field);
    const std::uint64_t values = seen.value.present + (field->type() == FieldDescriptor::TYPE_BOOL ? seen.value.absent : 0);
    if (values < least || field->is_map() || !load::unknown_rules(field).empty()) continue;
    Proposal made{field, load::field_rules(field), {}};
    if (field->is_repeated()) {
      auto& list = *made.rules.mutable_repeated();
      const std::optional<std::uint64_t> old = list.has_max_items() ? std::optional(list.max_items()) : std::nullopt;
      if (!old || *old > seen.value.longest) {
        list.set_max_items(std::max(seen.value.longest, list.min_items()));
        made.changes.push_back("repeated.max_items = " + std::to_string(list.max_items()) + was(old));
      }
      Changes items;
      FieldRules tighter = list.items();
      tighten_value(tighter, field, seen.element, patterns, items);
      if (!items.empty()) *list.mutable_items() = tighter;
      for (const std::string& change : items) made.changes.push_back("repeated.items." + change);
    } else {
      tighten_value(made.rules, field, seen.value, patterns, made.changes);
    }
    if (!made.changes.empty()) out.push_back(std::move(made));
  }
  return out;
}

std::string text_of(const FieldRules& rules) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string out;
  printer.PrintToString(rules, &out);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace sluice::coverage
