// SPDX-License-Identifier: Apache-2.0
// Why one value was refused: its type, a rule that it breaks, a default that is left out, or a spelling that is not the canonical one - in
// this order.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/base64.hpp"
#include "compiler/civil_time.hpp"
#include "compiler/explain_internal.hpp"
#include "compiler/language.hpp"
#include "compiler/rule_check.hpp"

namespace sluice::compiler {

namespace {

using google::protobuf::FieldDescriptor;
using layout::Reason;

constexpr std::string_view kBareDelimiters = ",]}: \t\r\n";

bool full_match(std::string_view text, const char* pattern) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool in_type(const FieldFacts& field, Int value) {
  constexpr Int one = 1;
  const bool wide = field.type.find("64") != std::string::npos;
  const bool is_unsigned = field.type.starts_with("uint") || field.type.starts_with("fixed");
  const Int low = is_unsigned ? 0 : -(one << (wide ? 63 : 31));
  const Int high = (one << ((wide ? 64 : 32) - (is_unsigned ? 0 : 1))) - 1;
  return low <= value && value <= high;
}

// What a text means for the field; a cause when it means nothing.
struct Reading {
  RuleSubject subject;
  std::string bytes{};  // bytes: what the text spells
  bool is_default = false;
  std::vector<Cause> causes{};
};

Reading read_integer(const FieldFacts& field, std::string_view text, bool item) {
  Reading out;
  if (full_match(text, "-?(0|[1-9][0-9]*)") && text != "-0") {
    const auto value = parse_integer(text);
    if (!value || !in_type(field, *value)) {
      out.causes = {wrong_type(field, item)};
      return out;
    }
    out.subject.number = value;
    out.is_default = *value == 0;
    return out;
  }
  const bool number = full_match(text, R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
  const double value = number ? std::strtod(std::string(text).c_str(), nullptr) : 0.5;
  out.causes = {value == std::floor(value) ? not_canonical("an integer has one spelling: digits alone, no exponent, no fraction")
                                           : wrong_type(field, item)};
  return out;
}

Reading read_floating(const FieldFacts& field, std::string_view text, bool item) {
  Reading out;
  const FloatWidth width = field.type == "float" ? FloatWidth::binary32 : FloatWidth::binary64;
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    out.subject.floating = parse_floating(text, width);
    return out;
  }
  if (!full_match(text, R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)")) {
    out.causes = {wrong_type(field, item)};
    return out;
  }
  out.subject.floating = parse_floating(text, width);  // none: it rounds to nothing of the type
  if (!out.subject.floating) out.causes = {wrong_type(field, item)};
  out.is_default = text == "0";
  return out;
}

Reading read_enumeration(const FieldFacts& field, std::string_view text, bool item) {
  Reading out;
  for (const EnumValue& value : field.enumeration) {
    if (value.name != text) continue;
    out.subject.number = value.number;
    out.is_default = value.number == 0;
    return out;
  }
  const auto rule = std::find_if(field.value_rules.begin(), field.value_rules.end(),
                                 [](const RuleUse& r) { return last_name(r.name) == "defined_only"; });
  out.causes = {rule == field.value_rules.end() ? wrong_type(field, item) : Cause{rule->name, rule->text}};
  return out;
}

Reading read_time(const FieldFacts& field, std::string_view text, bool item) {
  const bool duration = field.kind == ValueKind::duration;
  Reading out;
  out.subject.number = duration ? parse_duration(text) : parse_timestamp(text);
  if (out.subject.number) return out;
  const bool loose = full_match(text, duration ? R"(-?\d{1,12}(\.\d{1,9})?s)" : R"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d))");
  const bool plain = full_match(text, duration ? R"(-?(0|[1-9]\d*)(\.(\d{3}|\d{6}|\d{9}))?s)" : R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z)");
  const bool zeros = text.find('.') != std::string_view::npos && full_match(text, ".*000[Zs]");
  if (loose && (!plain || zeros || text == "-0s")) {
    out.causes = {not_canonical(duration ? "a duration has the fewest of 0, 3, 6 or 9 fraction digits, and zero has no sign"
                                         : "a time is UTC as 'Z' with the fewest of 0, 3, 6 or 9 fraction digits")};
  } else {
    out.causes = {wrong_type(field, item)};
  }
  return out;
}

Reading read(const FieldFacts& field, std::string_view text, bool item) {
  Reading out;
  out.subject.text = text;
  switch (field.kind) {
    case ValueKind::boolean:
      if (text == "true" || text == "false") {
        out.subject.number = text == "true";
        out.is_default = text == "false";
      } else {
        out.causes = {wrong_type(field, item)};
      }
      return out;
    case ValueKind::integer:
      return read_integer(field, text, item);
    case ValueKind::floating:
      return read_floating(field, text, item);
    case ValueKind::enumeration:
      return read_enumeration(field, text, item);
    case ValueKind::timestamp:
    case ValueKind::duration:
      return read_time(field, text, item);
    case ValueKind::field_mask:
      if (!holds(TextCondition{TextCondition::Kind::format, {"field_mask"}, false, ""}, text)) out.causes = {wrong_type(field, item)};
      return out;
    case ValueKind::bytes:
      out.is_default = text.empty();
      if (!full_match(text, "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")) {
        out.causes = {wrong_type(field, item)};
        return out;
      }
      out.bytes = from_base64(text).value_or("");
      return out;
    case ValueKind::string:
      out.is_default = text.empty();
      return out;
    case ValueKind::null:
    case ValueKind::dynamic:
      return out;
    case ValueKind::message:
    case ValueKind::structure:
    case ValueKind::list_value:
    case ValueKind::any:
      out.causes = {wrong_type(field, item)};
      return out;
  }
  return out;
}

bool counts_length(std::string_view rule) {
  const auto name = last_name(rule);
  return name == "len" || name == "min_len" || name == "max_len" || name.ends_with("_bytes");
}

std::vector<Cause> broken(const FieldFacts& field, const RuleSubject& subject, Reason reason) {
  const auto rules = broken_rules(field.value_rules, subject);
  const bool by_count = reason == Reason::TOO_MANY || reason == Reason::TOO_FEW;
  std::vector<Cause> preferred, others;
  for (const RuleUse* rule : rules) {
    (counts_length(rule->name) == by_count ? preferred : others).push_back({rule->name, rule->text});
  }
  // The register found a length; the table found something else, unless only the length is wrong.
  return preferred.empty() ? others : preferred;
}

}  // namespace

std::string shown_text(std::string_view text) {
  std::string out(text.substr(0, 60));
  for (char& c : out) c = c >= 0x20 && c < 0x7F ? c : '?';
  return text.size() > 60 ? out + "..." : out;
}

Cause not_canonical(std::string text) { return {"canonical", std::move(text)}; }

Cause wrong_type(const FieldFacts& field, bool item) {
  const std::string type = item ? field.type : field.declared();
  return {"type " + type, "not a value of the type " + type};
}

std::vector<Cause> causes_of_absence(const FieldFacts& field, bool print_defaults) {
  for (const RuleUse& rule : field.rules) {
    if (rule.name == "required" || last_name(rule.name) == "min_items" || last_name(rule.name) == "min_pairs") return {{rule.name, field.json_name + " is missing (" + rule.text + ")"}};
  }
  if (field.implicit && !field.default_allowed && !field.repeated) {
    std::string zero = field.kind == ValueKind::boolean ? "false" : field.kind == ValueKind::integer ? "0" : "";
    for (const EnumValue& value : field.enumeration) {
      if (value.number == 0) zero = value.name;
    }
    auto causes = broken(field, read(field, zero, false).subject, Reason::NO_TRANSITION);
    for (Cause& cause : causes) cause.text = field.json_name + " is missing, and its default is not allowed (" + cause.text + ")";
    if (!causes.empty()) return causes;
  }
  if (print_defaults && field.implicit) return {{"default", field.json_name + " is missing: the policy has defaults written"}};
  return {{"required", field.json_name + " is missing"}};
}

std::vector<Cause> causes_of_text(const FieldFacts& field, std::string_view text, const ValuePlace& place) {
  const Reading reading = read(field, text, place.item);
  if (!reading.causes.empty()) return reading.causes;
  const bool exempt = reading.is_default && field.implicit && field.default_allowed && !place.item;
  if (!exempt) {
    RuleSubject subject = reading.subject;
    if (field.kind == ValueKind::bytes) subject.text = reading.bytes;
    auto causes = broken(field, subject, place.reason);
    if (!causes.empty()) return causes;
  }
  const bool left_out = place.in == Surroundings::query || (place.in == Surroundings::json && !place.print_defaults);
  if (reading.is_default && field.implicit && left_out && !place.item) {
    return {{"default", "a default value is spelled by leaving " + field.json_name + " out"}};
  }
  return {};
}

std::size_t scalar_end(std::string_view json, std::size_t at) {
  if (at >= json.size()) return json.size();
  if (json[at] != '"') return std::min(json.find_first_of(kBareDelimiters, at), json.size());
  for (std::size_t i = at + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i + 1;
    }
  }
  return json.size();
}

std::vector<Cause> causes_of_json(const FieldFacts& field, std::string_view json, const ValuePlace& place) {
  if (json.empty()) return {{"json_syntax", "the record ends where a value should stand"}};
  const bool list = field.repeated && !place.item;
  const char first = json[0];
  const bool opens = first == '{' || first == '[' || first == '"';
  if (std::string_view(" \t\r\n").find(first) != std::string_view::npos) return {not_canonical("white space stands nowhere between members")};
  const std::string_view token = json.substr(0, scalar_end(json, 0));
  if (first == '"' && !utf8_text().matches(token)) return {{"json_utf8", "the text is not valid UTF-8"}};
  // A literal or number that JSON does not know, a string that never ends or holds what must be escaped.
  const bool good = first == '{' || first == '[' || nlohmann::json::accept(token);
  if (!good && !opens) return {{"json_syntax", "not a JSON value"}};
  const bool integer_text = field.kind == ValueKind::integer && field.quoted;
  char wanted = '0';
  if (field.kind == ValueKind::boolean) wanted = 't';
  if (field.kind == ValueKind::string || field.kind == ValueKind::bytes ||
      (field.kind == ValueKind::enumeration && field.quoted) || is_well_known(field.kind) || integer_text) {
    wanted = '"';
  }
  if (field.kind == ValueKind::message || field.kind == ValueKind::any || field.kind == ValueKind::structure) wanted = '{';
  if (field.kind == ValueKind::list_value) wanted = '[';
  if (field.kind == ValueKind::null) wanted = 'n';
  if (list) wanted = field.is_map() ? '{' : '[';
  char is = first;
  if (first == 't' || first == 'f') is = 't';
  if (first == '-' || (first >= '0' && first <= '9')) is = '0';
  const bool name_of_number = field.kind == ValueKind::floating && wanted == '0' && is == '"';
  if (field.kind == ValueKind::dynamic && !list) wanted = is;
  if (is != wanted && !name_of_number) return {wrong_type(field, place.item)};
  if (first == '{' || first == '[') return {};
  if (!good) return {{"json_syntax", "the string does not end, or holds what must be escaped"}};
  const std::string text = first == '"' ? nlohmann::json::parse(token).get<std::string>() : std::string(token);
  const bool special = text == "NaN" || text == "Infinity" || text == "-Infinity";
  if (name_of_number && !special) return {wrong_type(field, place.item)};
  auto causes = causes_of_text(field, text, place);
  return causes;
}

std::vector<Cause> causes_of_key(const FieldFacts& key, std::string_view json, const ValuePlace& place) {
  if (!utf8_text().matches(json)) return {{"json_utf8", "the key is not valid UTF-8"}};
  if (!nlohmann::json::accept(json)) return {{"json_syntax", "the key does not end, or holds what must be escaped"}};
  auto causes = causes_of_text(key, nlohmann::json::parse(json).get<std::string>(), place);
  if (causes.empty()) causes.push_back(not_canonical("the key is allowed, this spelling of it is not"));
  return causes;
}

std::string percent_decoded(std::string_view text, bool& good) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      good = good && text[i] != '%';
      out += text[i];
    }
  }
  return out;
}

}  // namespace sluice::compiler
