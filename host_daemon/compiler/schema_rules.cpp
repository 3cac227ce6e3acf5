// SPDX-License-Identifier: Apache-2.0
// protovalidate's rules on one value, turned into the exact set of values that they allow. Rules
// are read by reflection, so that a rule nobody handles here is refused by its name and can never
// be skipped. It does not know presence: what absence means is schema_message.cpp's.
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "compiler/base64.hpp"
#include "compiler/civil_time.hpp"
#include "compiler/field_mask.hpp"
#include "compiler/schema_internal.hpp"
#include "compiler/string_format.hpp"

namespace sluice::compiler {
namespace {

using buf::validate::FieldRules;
using google::protobuf::EnumDescriptor;
using RuleMessage = google::protobuf::Message;

template <typename T>
IntegerSet whole_range() {
  return IntegerSet::range(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

// Values of an enum without rules: of aliases the first declared.
std::vector<EnumValue> enum_values(const EnumDescriptor* type, bool by_number) {
  std::vector<EnumValue> values;
  std::set<int> seen;
  for (int i = 0; i < type->value_count(); ++i) {
    if (seen.insert(type->value(i)->number()).second) {
      const int number = type->value(i)->number();
      values.push_back({by_number ? std::to_string(number) : type->value(i)->name(), number});
    }
  }
  return values;
}

// Everything that the type itself allows.
Value free_value(const Resolution& resolution, const FieldDescriptor* field) {
  Value value{};
  value.type = field->type();
  value.message = -1;
  const bool quote = resolution.loaded.policy.json().int64() != sluice::v1::Policy::Json::BARE;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      value.kind = ValueKind::integer;
      value.integers = whole_range<std::int32_t>();
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      value.kind = ValueKind::integer;
      value.integers = whole_range<std::uint32_t>();
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      value.kind = ValueKind::integer;
      value.integers = whole_range<std::int64_t>();
      value.quoted = quote;
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      value.kind = ValueKind::integer;
      value.integers = whole_range<std::uint64_t>();
      value.quoted = quote;
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      value.kind = ValueKind::floating;
      value.floats = FloatSet::everything();
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      value.kind = ValueKind::boolean;
      value.booleans = {false, true};
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field->enum_type()->full_name() == "google.protobuf.NullValue") {
        value.kind = ValueKind::null;
        break;
      }
      value.kind = ValueKind::enumeration;
      value.quoted = resolution.loaded.policy.json().enums() != sluice::v1::Policy::Json::NUMBERS;
      value.enumeration = enum_values(field->enum_type(), !value.quoted);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      value.kind =
          field->type() == FieldDescriptor::TYPE_BYTES ? ValueKind::bytes : ValueKind::string;
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return free_value_of(resolution, field->message_type());
  }
  return value;
}

}  // namespace

Value free_value_of(const Resolution& resolution, const Descriptor* message) {
  const FieldDescriptor* wrapped = wrapped_field(message);
  Value value = wrapped != nullptr ? free_value(resolution, wrapped) : free_message_value(message);
  value.wrapped = wrapped != nullptr;
  if (value.kind == ValueKind::any) {
    for (std::size_t i = 0; i < resolution.schema.any_types.size(); ++i) value.any.push_back(static_cast<int>(i));
  }
  return value;
}

namespace {

// Element `i` of a repeated member, or the singular member itself for -1.
Int integer_at(const RuleMessage& rules, const FieldDescriptor* member, int i) {
  const auto* r = rules.GetReflection();
  switch (member->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return i < 0 ? r->GetInt32(rules, member) : r->GetRepeatedInt32(rules, member, i);
    case FieldDescriptor::CPPTYPE_UINT32:
      return i < 0 ? r->GetUInt32(rules, member) : r->GetRepeatedUInt32(rules, member, i);
    case FieldDescriptor::CPPTYPE_INT64:
      return i < 0 ? r->GetInt64(rules, member) : r->GetRepeatedInt64(rules, member, i);
    case FieldDescriptor::CPPTYPE_UINT64:
      return i < 0 ? r->GetUInt64(rules, member) : r->GetRepeatedUInt64(rules, member, i);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return nanoseconds_of(i < 0 ? r->GetMessage(rules, member) : r->GetRepeatedMessage(rules, member, i));
    default:
      return 0;  // not asked for
  }
}

template <typename Float>
std::string shortest(Float value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string text_at(const RuleMessage& rules, const FieldDescriptor* member, int i) {
  const auto* r = rules.GetReflection();
  switch (member->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return (i < 0 ? r->GetBool(rules, member) : r->GetRepeatedBool(rules, member, i)) ? "true"
                                                                                        : "false";
    case FieldDescriptor::CPPTYPE_STRING:
      return quote_text(i < 0 ? r->GetString(rules, member)
                              : r->GetRepeatedString(rules, member, i));
    case FieldDescriptor::CPPTYPE_ENUM:
      return (i < 0 ? r->GetEnum(rules, member) : r->GetRepeatedEnum(rules, member, i))->name();
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64: {
      return std::to_string(static_cast<std::int64_t>(integer_at(rules, member, i)));
    }
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: {
      return std::to_string(static_cast<std::uint64_t>(integer_at(rules, member, i)));
    }
    case FieldDescriptor::CPPTYPE_FLOAT:
      return shortest(i < 0 ? r->GetFloat(rules, member) : r->GetRepeatedFloat(rules, member, i));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return shortest(i < 0 ? r->GetDouble(rules, member) : r->GetRepeatedDouble(rules, member, i));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const std::string& name = member->message_type()->full_name();
      if (name == "google.protobuf.Duration") return duration_text(integer_at(rules, member, i));
      if (name == "google.protobuf.Timestamp") return timestamp_text(integer_at(rules, member, i));
      if (name != "google.protobuf.FieldMask" || i >= 0) break;
      std::string joined;
      for (const std::string& path : mask_paths(r->GetMessage(rules, member))) joined += (joined.empty() ? "" : ",") + path;
      return quote_text(joined);
    }
  }
  return "{...}";
}

std::vector<Int> integers_of(const RuleMessage& rules, const FieldDescriptor* member) {
  if (!member->is_repeated()) return {integer_at(rules, member, -1)};
  std::vector<Int> values;
  for (int i = 0; i < rules.GetReflection()->FieldSize(rules, member); ++i) {
    values.push_back(integer_at(rules, member, i));
  }
  return values;
}

std::vector<double> floats_of(const RuleMessage& rules, const FieldDescriptor* member) {
  const auto* r = rules.GetReflection();
  const auto at = [&](int i) {
    if (member->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
      return static_cast<double>(i < 0 ? r->GetFloat(rules, member) : r->GetRepeatedFloat(rules, member, i));
    }
    if (member->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      return i < 0 ? r->GetDouble(rules, member) : r->GetRepeatedDouble(rules, member, i);
    }
    return 0.0;  // a switch: not asked for
  };
  if (!member->is_repeated()) return {at(-1)};
  std::vector<double> values;
  for (int i = 0; i < r->FieldSize(rules, member); ++i) values.push_back(at(i));
  return values;
}

std::vector<std::string> strings_of(const RuleMessage& rules, const FieldDescriptor* member) {
  const auto* r = rules.GetReflection();
  if (!member->is_repeated()) return {r->GetString(rules, member)};
  std::vector<std::string> values;
  for (int i = 0; i < r->FieldSize(rules, member); ++i) {
    values.push_back(r->GetRepeatedString(rules, member, i));
  }
  return values;
}

// The rule's value alone, one text for each value of a list.
std::vector<std::string> arguments_of(const RuleMessage& rules, const FieldDescriptor* member) {
  if (member->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    auto texts = strings_of(rules, member);
    if (member->type() == FieldDescriptor::TYPE_BYTES) {
      for (std::string& text : texts) text = to_base64(text);
    }
    return texts;
  }
  const bool message = member->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (message && member->message_type()->full_name() == "google.protobuf.FieldMask") {
    return mask_paths(rules.GetReflection()->GetMessage(rules, member));
  }
  const auto one = [&](int i) { return message ? decimal(integer_at(rules, member, i)) : text_at(rules, member, i); };
  if (!member->is_repeated()) return {one(-1)};
  std::vector<std::string> values;
  for (int i = 0; i < rules.GetReflection()->FieldSize(rules, member); ++i) {
    values.push_back(one(i));
  }
  return values;
}

// Name in FieldRules of the group for the field's type; empty if it has none.
std::string group_name(const FieldDescriptor* field) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return field->type_name();
  if (const FieldDescriptor* wrapped = wrapped_field(field->message_type())) return wrapped->type_name();
  static const std::map<std::string, std::string> groups = {{"google.protobuf.Timestamp", "timestamp"},
                                                            {"google.protobuf.Duration", "duration"},
                                                            {"google.protobuf.FieldMask", "field_mask"},
                                                            {"google.protobuf.Any", "any"}};
  const auto known = groups.find(field->message_type()->full_name());
  return known == groups.end() ? "" : known->second;
}

// Collects the rules of one group and narrows the value by them.
class Narrowing {
 public:
  Narrowing(Resolution& resolution, const FieldDescriptor* field, Value& value)
      : resolution_(resolution), field_(field), value_(value) {}

  // One set member of the group; false: nobody handles it here.
  bool add(const std::string& rule, const RuleMessage& group, const FieldDescriptor* member) {
    switch (value_.kind) {
      case ValueKind::timestamp:
        if (member->name() == "within" || member->name().ends_with("_now")) return false;  // wants a clock
        return add_integer(group, member);
      case ValueKind::integer:
      case ValueKind::duration:
        return add_integer(group, member);
      case ValueKind::field_mask:
        return add_mask(group, member);
      case ValueKind::any: {
        if (member->name() != "in" && member->name() != "not_in") return false;
        const auto urls = strings_of(group, member);
        std::erase_if(value_.any, [&](int type) {
          const std::string& url = resolution_.schema.any_types[static_cast<std::size_t>(type)].url;
          return (std::find(urls.begin(), urls.end(), url) != urls.end()) != (member->name() == "in");
        });
        return true;
      }
      case ValueKind::string:
      case ValueKind::bytes:
        return add_length(group, member) || add_text(rule, group, member);
      case ValueKind::floating:
        return add_floating(group, member);
      case ValueKind::enumeration:
        return add_enum(group, member);
      case ValueKind::boolean:
        if (member->name() != "const") return false;
        value_.booleans = {group.GetReflection()->GetBool(group, member)};
        return true;
      case ValueKind::message:
      case ValueKind::null:
      case ValueKind::dynamic:
      case ValueKind::structure:
      case ValueKind::list_value:
        break;
    }
    return false;
  }

  void finish() {
    finish_integer();
    if (value_.kind == ValueKind::floating) finish_floating();
    if (value_.kind == ValueKind::string || value_.kind == ValueKind::bytes) finish_text();
  }

 private:
  struct Bound {
    Int value;
    bool inclusive;
  };

  bool add_integer(const RuleMessage& group, const FieldDescriptor* member) {
    const std::string& name = member->name();
    if (name == "const" || name == "in") {
      value_.integers = value_.integers.intersect(IntegerSet::of(integers_of(group, member)));
    } else if (name == "not_in") {
      value_.integers = value_.integers.minus(IntegerSet::of(integers_of(group, member)));
    } else if (name == "lt" || name == "lte") {
      upper_ = Bound{integer_at(group, member, -1), name == "lte"};
    } else if (name == "gt" || name == "gte") {
      lower_ = Bound{integer_at(group, member, -1), name == "gte"};
    } else {
      return false;
    }
    return true;
  }

  // An upper bound below the lower one means "outside", both ends by their own inclusiveness.
  void finish_integer() {
    if (!lower_ && !upper_) return;
    constexpr Int most = static_cast<Int>(1) << 100;  // beyond every bound
    constexpr Int least = -most;
    IntegerSet above = IntegerSet::range(least, most);
    IntegerSet below = above;
    if (lower_) above = IntegerSet::range(lower_->value + (lower_->inclusive ? 0 : 1), most);
    if (upper_) below = IntegerSet::range(least, upper_->value - (upper_->inclusive ? 0 : 1));
    const bool outside = lower_ && upper_ && upper_->value < lower_->value;
    value_.integers =
        value_.integers.intersect(outside ? above.unite(below) : above.intersect(below));
  }

  bool add_enum(const RuleMessage& group, const FieldDescriptor* member) {
    const std::string& name = member->name();
    if (name == "defined_only") return true;  // unknown values are refused always
    if (name != "const" && name != "in" && name != "not_in") return false;
    const IntegerSet listed = IntegerSet::of(integers_of(group, member));
    const bool keep = name != "not_in";
    std::erase_if(value_.enumeration,
                  [&](const EnumValue& e) { return listed.contains(e.number) != keep; });
    return true;
  }

  bool add_mask(const RuleMessage& group, const FieldDescriptor* member) {
    const bool constant = member->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    auto condition = mask_condition(member->name(), constant ? mask_paths(group.GetReflection()->GetMessage(group, member)) : strings_of(group, member));
    if (!condition) return false;
    value_.string.conditions.push_back(std::move(*condition));
    return true;
  }

  bool add_floating(const RuleMessage& group, const FieldDescriptor* member) {
    const std::string& name = member->name();
    const std::vector<double> values = floats_of(group, member);
    if (name == "const" || name == "in") {
      value_.floats = value_.floats.intersect(FloatSet::of(values));
    } else if (name == "not_in") {
      value_.floats = value_.floats.minus(values, width());
    } else if (name == "finite") {
      value_.floats = value_.floats.intersect(FloatSet::finite(width()));
    } else if (name == "lt" || name == "lte") {
      float_upper_ = FloatBound{values.front(), name == "lte"};
    } else if (name == "gt" || name == "gte") {
      float_lower_ = FloatBound{values.front(), name == "gte"};
    } else {
      return false;
    }
    return true;
  }

  FloatWidth width() const {
    return value_.type == FieldDescriptor::TYPE_FLOAT ? FloatWidth::binary32 : FloatWidth::binary64;
  }

  // As for integers. NaN is in no range, and a bound that is NaN leaves nothing.
  void finish_floating() {
    if (!float_lower_ && !float_upper_) return;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    FloatSet above = FloatSet::range(-infinity, infinity);
    FloatSet below = above;
    if (float_lower_) {
      const auto [bound, inclusive] = *float_lower_;
      above = bound == infinity && !inclusive ? FloatSet{} : FloatSet::range(inclusive ? bound : next_up(bound, width()), infinity);
    }
    if (float_upper_) {
      const auto [bound, inclusive] = *float_upper_;
      below = bound == -infinity && !inclusive ? FloatSet{} : FloatSet::range(-infinity, inclusive ? bound : next_down(bound, width()));
    }
    const bool outside = float_lower_ && float_upper_ && float_upper_->value < float_lower_->value;
    value_.floats = value_.floats.intersect(outside ? above.unite(below) : above.intersect(below));
  }

  // Bounds on the length; false: `member` is none. Bytes have no characters: their len is in bytes.
  bool add_length(const RuleMessage& group, const FieldDescriptor* member) {
    if (member->cpp_type() != FieldDescriptor::CPPTYPE_UINT64) return false;
    StringRules& s = value_.string;
    const std::string& name = member->name();
    const bool in_bytes = value_.kind == ValueKind::bytes || name.ends_with("_bytes");
    std::uint64_t& least = in_bytes ? s.min_bytes : s.min_len;
    std::optional<std::uint64_t>& most = in_bytes ? s.max_bytes : s.max_len;
    const std::uint64_t bound = group.GetReflection()->GetUInt64(group, member);
    if (!name.starts_with("max")) least = std::max(least, bound);
    if (!name.starts_with("min")) most = std::min(most.value_or(bound), bound);
    return true;
  }

  bool add_text(const std::string& rule, const RuleMessage& group, const FieldDescriptor* member) {
    const std::string& name = member->name();
    if (name == "strict") return true;  // says how well_known_regex is meant
    if (name == "well_known_regex") return add_header_format(group, member);
    if (member->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return add_format(rule, name);
    if (member->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
    std::vector<std::string> texts = strings_of(group, member);
    if (name == "const" || name == "in") {
      auto& in = value_.string.in;
      if (in) {
        std::erase_if(texts, [&](const std::string& t) { return std::find(in->begin(), in->end(), t) == in->end(); });
      }
      in = std::move(texts);
      return true;
    }
    auto condition = text_condition(name, std::move(texts));
    if (!condition) return false;
    if (condition->kind == TextCondition::Kind::pattern && !check_pattern(rule, condition->texts.front())) return true;
    // A text that every value begins with, ends with or has inside.
    const bool trivial = condition->kind != TextCondition::Kind::listed && condition->texts.front().empty() && !condition->negated;
    if (!trivial) value_.string.conditions.push_back(std::move(*condition));
    return true;
  }

  bool check_pattern(const std::string& rule, const std::string& text) {
    RE2::Options options;
    options.set_log_errors(false);
    const RE2 pattern(text, options);
    if (pattern.ok()) return true;
    resolution_.refused.insert(field_);
    resolution_.diagnostics
        .error(Code::kBadPattern, load::span_of_rule(resolution_.loaded, field_, rule),
               "field " + field_->full_name() + ": " + rule + ": " + pattern.error())
        .mend("write the pattern in RE2 syntax");
    return false;
  }

  // well_known_regex, strict unless `strict: false` is written.
  bool add_header_format(const RuleMessage& group, const FieldDescriptor* member) {
    const auto* r = group.GetReflection();
    const FieldDescriptor* strict = group.GetDescriptor()->FindFieldByName("strict");
    const bool loose = r->HasField(group, strict) && !r->GetBool(group, strict);
    const int which = r->GetEnumValue(group, member);
    if (which == buf::validate::KNOWN_REGEX_UNSPECIFIED) return true;
    if (which != buf::validate::KNOWN_REGEX_HTTP_HEADER_NAME && which != buf::validate::KNOWN_REGEX_HTTP_HEADER_VALUE) return false;
    const std::string name = which == buf::validate::KNOWN_REGEX_HTTP_HEADER_NAME ? "http_header_name" : "http_header_value";
    value_.string.conditions.push_back({TextCondition::Kind::format, {name + (loose ? "_loose" : "")}, false, member->name()});
    return true;
  }

  bool add_format(const std::string& rule, const std::string& name) {
    StringRules& s = value_.string;
    if (value_.kind == ValueKind::bytes) {
      static const std::map<std::string, std::vector<std::string>, std::less<>> lengths = {
          {"ip", {"4", "16"}}, {"ipv4", {"4"}}, {"ipv6", {"16"}}, {"uuid", {"16"}}};
      const auto known = lengths.find(name);
      if (known == lengths.end()) return false;
      s.conditions.push_back({TextCondition::Kind::byte_lengths, known->second, false, name});
      return true;
    }
    if (string_format(name) == nullptr) {
      if (name != "ip_prefix" && name != "ipv6_prefix") return false;
      refuse_rule(resolution_, field_, rule,
                  "which of the 128 bits must be zero is known only behind the address, and a table would need thousands of states to "
                  "remember; string." + std::string(name == "ip_prefix" ? "ip" : "ipv6") + "_with_prefixlen and string.ipv4_prefix can be");
      return true;
    }
    s.conditions.push_back({TextCondition::Kind::format, {name}, false, name});
    return true;
  }

  // A list of texts is judged by the other rules here and now.
  void finish_text() {
    StringRules& s = value_.string;
    if (!s.in) return;
    std::erase_if(*s.in, [&](const std::string& text) { return !holds(s, text); });
    std::sort(s.in->begin(), s.in->end());
    s.in->erase(std::unique(s.in->begin(), s.in->end()), s.in->end());
    StringRules listed;
    listed.in = std::move(s.in);
    s = std::move(listed);
  }

  Resolution& resolution_;
  const FieldDescriptor* field_;
  Value& value_;
  struct FloatBound {
    double value;
    bool inclusive;
  };
  std::optional<Bound> lower_, upper_;
  std::optional<FloatBound> float_lower_, float_upper_;
};

}  // namespace

std::string rule_text(const std::string& rule, const google::protobuf::Message& rules,
                      const FieldDescriptor* member) {
  if (!member->is_repeated()) return rule + " = " + text_at(rules, member, -1);
  std::string text = rule + " = [";
  for (int i = 0; i < rules.GetReflection()->FieldSize(rules, member); ++i) {
    if (i != 0) text += ", ";
    text += text_at(rules, member, i);
  }
  return text + "]";
}

void refuse_rule(Resolution& resolution, const FieldDescriptor* field, const std::string& rule,
                 const std::string& why) {
  if (resolution.left_to_software(field->full_name(), rule, load::span_of_rule(resolution.loaded, field, rule))) return;
  resolution.refused.insert(field);
  resolution.diagnostics
      .error(Code::kRuleUnsupported, load::span_of_rule(resolution.loaded, field, rule),
             "field " + field->full_name() + ": rule " + rule + " cannot be enforced" +
                 (why.empty() ? "" : ": " + why))
      .mend("remove the rule or say it with rules that the table can enforce; docs/policy.md lists them");
}

Value resolve_value(Resolution& resolution, const FieldDescriptor* field, const FieldRules* rules,
                    const std::string& path, const FieldDescriptor* owner) {
  Value value = free_value(resolution, field);
  if (owner == nullptr) owner = field;
  if (rules == nullptr) return value;
  if (rules->cel_size() != 0) refuse_rule(resolution, owner, path + "cel");
  if (rules->cel_expression_size() != 0) refuse_rule(resolution, owner, path + "cel_expression");

  const auto* reflection = rules->GetReflection();
  const FieldDescriptor* group =
      reflection->GetOneofFieldDescriptor(*rules, rules->GetDescriptor()->FindOneofByName("type"));
  if (group == nullptr) return value;
  const std::string prefix = path + group->name();
  const RuleMessage& group_rules = reflection->GetMessage(*rules, group);
  std::vector<const FieldDescriptor*> members;
  group_rules.GetReflection()->ListFields(group_rules, &members);
  const bool whole_list = field->is_repeated() && path.empty();
  if (whole_list || group->name() != group_name(field)) {
    resolution.refused.insert(owner);
    const std::string rule = members.empty() ? prefix : prefix + "." + members.front()->name();
    resolution.diagnostics
        .error(Code::kRuleMismatch, load::span_of_rule(resolution.loaded, owner, rule),
               "field " + owner->full_name() + ": rule " + rule + " does not fit its type " +
                   (field->is_map() ? "map" : (whole_list ? "repeated " : "") + std::string(field->type_name())))
        .mend(field->is_map() ? "rules on keys and values stand below map.keys and map.values"
              : whole_list    ? "rules on items stand below repeated.items"
                              : "use the rules of the field's own type");
    return value;
  }

  Narrowing narrowing(resolution, owner, value);
  for (const FieldDescriptor* member : members) {
    if (member->name() == "example") continue;  // sample values, not a rule
    const std::string rule = prefix + "." + member->name();
    // `finite: false`, `email: false` and their like switch nothing on; `bool.const: false` does.
    if (value.kind != ValueKind::boolean && !member->is_repeated() &&
        member->cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
        !group_rules.GetReflection()->GetBool(group_rules, member)) {
      continue;
    }
    if (resolution.left_to_software(owner->full_name(), rule, load::span_of_rule(resolution.loaded, owner, rule))) continue;
    if (!narrowing.add(rule, group_rules, member)) {
      const bool clock = group->name() == "timestamp";
      refuse_rule(resolution, owner, rule, clock ? "it depends on the time of the call, and the device has no clock" : "");
      continue;
    }
    value.rules.push_back({rule, rule_text(rule, group_rules, member),
                           load::span_of_rule(resolution.loaded, owner, rule),
                           arguments_of(group_rules, member)});
    if (member->name() == "well_known_regex" && !value.string.conditions.empty()) {
      value.rules.back().arguments = value.string.conditions.back().texts;  // the format it means
    }
  }
  narrowing.finish();
  return value;
}

}  // namespace sluice::compiler
