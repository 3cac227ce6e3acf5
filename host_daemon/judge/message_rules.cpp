// SPDX-License-Identifier: Apache-2.0
// One function for each group. Times are compared as seconds and a fraction of 0 to 999,999,999
// nanoseconds, whichever way a schema's author wrote them.
#include "judge/message_rules.hpp"

#include <google/protobuf/reflection.h>

#include <compare>

#include "judge/range_rules.hpp"
#include "judge/value_rules.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::Message;

struct Moment {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;  // 0 to 999,999,999
  auto operator<=>(const Moment&) const = default;
};

Moment moment(std::int64_t seconds, std::int64_t nanos) {
  constexpr std::int64_t kBillion = 1000000000;
  Moment result{seconds + nanos / kBillion, nanos % kBillion};
  if (result.nanos < 0) {
    --result.seconds;
    result.nanos += kBillion;
  }
  return result;
}

template <typename Rules>
void check_time(const Message& value, const Rules& rules, const std::string& type,
                const Complain& complain) {
  const auto of = [](const auto& bound) { return moment(bound.seconds(), bound.nanos()); };
  const auto shown = [](const auto& bound) { return bound.ShortDebugString(); };
  const Time time = read_time(value);
  check_range(moment(time.seconds, time.nanos), rules, type, complain, of, shown);
}

// True if `path` is one of `listed`, or below one.
template <typename List>
bool covered(const std::string& path, const List& listed) {
  return std::any_of(listed.begin(), listed.end(), [&](const std::string& one) {
    return path == one || path.starts_with(one + ".");
  });
}

void check_field_mask(const Message& value, const buf::validate::FieldMaskRules& rules,
                      const Complain& complain) {
  const auto* field = value.GetDescriptor()->FindFieldByName("paths");
  const auto paths = value.GetReflection()->GetRepeatedFieldRef<std::string>(value, field);
  const auto& constant = rules.const_().paths();
  if (rules.has_const_() &&
      !std::equal(paths.begin(), paths.end(), constant.begin(), constant.end())) {
    complain("field_mask.const", "is not the constant");
  }
  for (const std::string& path : paths) {
    if (rules.in_size() == 0 || covered(path, rules.in())) continue;
    complain("field_mask.in", "names what is not allowed: " + path);
    break;
  }
  for (const std::string& path : paths) {
    if (!covered(path, rules.not_in())) continue;
    complain("field_mask.not_in", "names what is forbidden: " + path);
    break;
  }
}

void check_any(const Message& value, const buf::validate::AnyRules& rules,
               const Complain& complain) {
  const auto* field = value.GetDescriptor()->FindFieldByName("type_url");
  const std::string url = value.GetReflection()->GetString(value, field);
  const auto listed = [&](const auto& list) {
    return std::find(list.begin(), list.end(), url) != list.end();
  };
  if (rules.in_size() > 0 && !listed(rules.in())) {
    complain("any.in", "holds a type that is not allowed");
  }
  if (listed(rules.not_in())) complain("any.not_in", "holds a type that is forbidden");
}

}  // namespace

void check_message_value(const Message& value, const buf::validate::FieldRules& rules,
                         const RE2* pattern, const Complain& complain) {
  switch (well_known(value.GetDescriptor())) {
    case WellKnown::kWrapper:
      check_value(value, wrapped_field(value.GetDescriptor()), -1, rules, pattern, complain);
      break;
    case WellKnown::kDuration:
      if (rules.has_duration()) check_time(value, rules.duration(), "duration", complain);
      break;
    case WellKnown::kTimestamp:
      if (rules.has_timestamp()) check_time(value, rules.timestamp(), "timestamp", complain);
      break;
    case WellKnown::kFieldMask:
      if (rules.has_field_mask()) check_field_mask(value, rules.field_mask(), complain);
      break;
    case WellKnown::kAny:
      if (rules.has_any()) check_any(value, rules.any(), complain);
      break;
    default:
      break;  // no group of rules
  }
}

std::string rules_group(const google::protobuf::Descriptor* message) {
  switch (well_known(message)) {
    case WellKnown::kWrapper:
      return wrapped_field(message)->type_name();
    case WellKnown::kDuration:
      return "duration";
    case WellKnown::kTimestamp:
      return "timestamp";
    case WellKnown::kFieldMask:
      return "field_mask";
    case WellKnown::kAny:
      return "any";
    default:
      return "";
  }
}

}  // namespace sluice::judge
