// SPDX-License-Identifier: Apache-2.0
// The query half of a target: parameters in any order and spelling, written in schema order. A `+`
// is a plus sign (RFC 3986), not a space: form encoding is another media type.
#include <optional>

#include "canonical/refusal.hpp"
#include "canonical/target.hpp"
#include "canonical/text.hpp"

namespace sluice::canonical {
namespace {

[[noreturn]] void refuse_query(std::string code, std::string field, std::string message) {
  throw Refused({400, std::move(code), std::move(field), "", std::move(message), 0, 0, ""});
}

std::string decode(std::string_view text) {
  auto decoded = percent_decode(text);
  if (!decoded)
    refuse_query("bad_percent", "",
                 "A '%' in the query is not followed by two hexadecimal digits.");
  if (first_invalid_utf8(*decoded)) {
    refuse_query("bad_utf8", "",
                 "The query part '" + excerpt(text) + "' does not decode to valid UTF-8.");
  }
  return std::move(*decoded);
}

}  // namespace

std::optional<std::size_t> Targets::find_parameter(const std::vector<Parameter>& parameters,
                                                   std::string_view name) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    std::string_view left = name;
    bool matches = true;
    for (std::size_t level = 0; matches && level < parameters[i].names.size(); ++level) {
      const bool last = level + 1 == parameters[i].names.size();
      const std::string_view part = last ? left : left.substr(0, left.find('.'));
      const Name& spelled = parameters[i].names[level];
      matches = part == spelled.json || part == spelled.proto;
      if (!last) left.remove_prefix(std::min(left.size(), part.size() + 1));
    }
    if (matches) return i;
  }
  return std::nullopt;
}

void Targets::refuse_unknown(const Endpoint& endpoint, std::string_view name) {
  std::string known;
  for (const auto& parameter : endpoint.query) {
    if (known.size() > 200) {
      known += ", …";
      break;
    }
    known += (known.empty() ? "" : ", ") + parameter.name;
  }
  refuse_query("unknown_parameter", excerpt(name, 80),
               endpoint.name + " has no query parameter '" + excerpt(name) + "'; it has " +
                   (known.empty() ? "none" : known) + ".");
}

void Targets::refuse_twice(const Place& place) {
  refuse_value(place, "duplicate_field",
               "The query parameter '" + place.field + "' stands more than once.");
}

// A parameter whose only valid value is the default, which is spelled by absence: nothing of it is
// written.
void Targets::check_default_only(const Endpoint& endpoint, std::vector<bool>& given,
                                 std::string_view name, std::string_view text) const {
  const auto& parameters = prepared(endpoint).default_only;
  const auto index = find_parameter(parameters, name);
  if (!index) refuse_unknown(endpoint, name);
  const Place place{endpoint.default_only_query[*index].name, 0, 0};
  if (given[*index]) refuse_twice(place);
  given[*index] = true;
  const Field& field = *parameters[*index].field;
  const Scalar scalar = read_scalar(field, decode(text), place);
  if (scalar.is_default) return;
  check_rules(tables_, field.value, scalar, place);
  throw std::logic_error("a value of " + place.field + " keeps its rules, but no table has it");
}

// Refuses the parameter `index` if one that is given chooses another member of an oneof with
// messages; members of other oneofs have a rank in common.
void Targets::refuse_second_choice(const Endpoint& endpoint, const std::vector<bool>& given,
                                   std::size_t index) const {
  const auto& parameters = prepared(endpoint).query;
  if (parameters[index].choice.empty()) return;
  for (std::size_t other = 0; other < given.size(); ++other) {
    if (!given[other] || !compiler::exclude_each_other(parameters[other].choice, parameters[index].choice))
      continue;
    refuse_value({endpoint.query[index].name, 0, 0}, "oneof",
                 "'" + endpoint.query[other].name + "' and '" + endpoint.query[index].name +
                     "' are both set; at most one may be.");
  }
}

std::string Targets::write_query(const Endpoint& endpoint, std::string_view query) const {
  const auto& parameters = prepared(endpoint).query;
  std::vector<std::vector<Scalar>> values(parameters.size());
  std::vector<bool> given(parameters.size(), false);
  std::vector<bool> given_default_only(prepared(endpoint).default_only.size(), false);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      refuse_query("bad_parameter", "",
                   "The query part '" + excerpt(piece) + "' is not of the form name=value.");
    }
    const std::string name = decode(piece.substr(0, equals));
    const auto found = find_parameter(parameters, name);
    if (!found) {
      check_default_only(endpoint, given_default_only, name, piece.substr(equals + 1));
      continue;
    }
    const std::size_t index = *found;
    const compiler::QueryParameter& parameter = endpoint.query[index];
    const Place place{parameter.name, 0, 0};
    if (given[index] && !parameter.repeated) refuse_twice(place);
    given[index] = true;
    // Also where the value is the default: a member of a message that is empty then.
    refuse_second_choice(endpoint, given, index);
    Scalar scalar = read_scalar(*parameters[index].field, decode(piece.substr(equals + 1)), place);
    const Field& field = *parameters[index].field;
    // A default is spelled by absence in every query.
    if (!parameter.repeated && field.implicit && scalar.is_default && field.default_allowed)
      continue;
    check_rules(tables_, parameters[index].value, scalar, place);
    if (field.max_items && values[index].size() >= *field.max_items) {
      refuse_rule(place, rule_text(field.rules, {"max_items"}),
                  "'" + parameter.name + "' has more than " + std::to_string(*field.max_items) +
                      " item(s).");
    }
    values[index].push_back(std::move(scalar));
  }

  std::string out;
  const compiler::QueryParameter* previous = nullptr;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const compiler::QueryParameter& parameter = endpoint.query[i];
    const Field& field = *parameters[i].field;
    const Place place{parameter.name, 0, 0};
    if (values[i].empty()) {
      if (!parameter.required) continue;
      refuse_rule(place, rule_text(field.rules, {"required", "min_items"}, "required"),
                  "The query parameter '" + parameter.name + "' is missing; it is required.");
    }
    if (parameter.repeated && values[i].size() < field.min_items) {
      refuse_rule(place, rule_text(field.rules, {"min_items"}),
                  "'" + parameter.name + "' must have at least " + std::to_string(field.min_items) +
                      " item(s); it has " + std::to_string(values[i].size()) + ".");
    }
    if (previous != nullptr && previous->rank == parameter.rank) {
      refuse_value(place, "oneof",
                   "'" + previous->name + "' and '" + parameter.name +
                       "' are both set; at most one may be.");
    }
    previous = &parameter;
    for (const Scalar& scalar : values[i]) {
      out += out.empty() ? '?' : '&';
      append_percent_encoded(out, parameter.name);
      out += '=';
      append_percent_encoded(out, scalar.text);
    }
  }
  return out;
}

}  // namespace sluice::canonical
