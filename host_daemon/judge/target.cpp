// SPDX-License-Identifier: Apache-2.0
// Targets, read and written parameter by parameter.
#include "judge/target.hpp"

#include <algorithm>

#include "judge/scalar.hpp"
#include "judge/text.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string proto_path(const FieldPath& path) {
  std::string text;
  for (const FieldDescriptor* field : path) text += (text.empty() ? "" : ".") + field->name();
  return text;
}

// The message that holds the last field of `path`; null if one on the way is unset.
const Message* holder(const Message& root, const FieldPath& path) {
  const Message* at = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!at->GetReflection()->HasField(*at, path[i])) return nullptr;
    at = &at->GetReflection()->GetMessage(*at, path[i]);
  }
  return at;
}

// Sets (or adds to) the field at `path`, making the messages on the way.
bool set(Message& root, const FieldPath& path, const std::string& text) {
  Message* at = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = at->GetReflection()->MutableMessage(at, path[i]);
  }
  return write_scalar(*at, path.back(), text);
}

// A scalar without quotes; not for the two number kinds.
std::string text_of(const Scalar& scalar, const EndpointPlan& plan) {
  const bool number = scalar.spelling == Spelling::kName && plan.spelling.enum_numbers;
  return number ? enum_number(scalar) : scalar.text;
}

Rejection unspeakable(const FieldPath& path) {
  return {proto_path(path), "canonical", "the value has no spelling"};
}

}  // namespace

MaybeRejection read_query(const EndpointPlan& plan, std::string_view query, Message& message) {
  for (std::string_view part : split(query, '&')) {
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    const auto found =
        std::find_if(plan.query.begin(), plan.query.end(),
                     [&](const QueryParameter& parameter) { return parameter.name == name; });
    if (equals == std::string_view::npos || found == plan.query.end()) {
      return Rejection{"", "http.query",
                       "there is no parameter '" + std::string(name.substr(0, 80)) + "'"};
    }
    const auto value = percent_decode(part.substr(equals + 1));
    if (!value || !set(message, found->path, *value)) {
      return Rejection{proto_path(found->path), "http.query",
                       "the parameter's text is no value of the field's type"};
    }
  }
  return std::nullopt;
}

MaybeRejection read_path(const EndpointPlan& plan, const PathTemplate::Match& match,
                         Message& message) {
  for (std::size_t i = 0; i < plan.variables.size(); ++i) {
    if (!set(message, plan.variables[i], match.values[i])) {
      return Rejection{proto_path(plan.variables[i]), "http.path",
                       "the path's text is no value of the field's type"};
    }
  }
  return std::nullopt;
}

MaybeRejection write_target(const EndpointPlan& plan, const Message& message, CanonicalText& out) {
  std::vector<CanonicalText> values;
  for (std::size_t i = 0; i < plan.variables.size(); ++i) {
    const FieldPath& path = plan.variables[i];
    const Message* in = holder(message, path);
    const auto scalar = in == nullptr ? std::nullopt : read_scalar(*in, path.back(), -1);
    if (!scalar) return unspeakable(path);
    CanonicalText& value = values.emplace_back();
    if (scalar->spelling == Spelling::kFloatNumber) {
      value.add_number(static_cast<float>(scalar->number), true);
    } else if (scalar->spelling == Spelling::kDoubleNumber) {
      value.add_number(scalar->number, true);
    } else {
      value.add(PathTemplate::encode(plan.path->variables()[i], text_of(*scalar, plan)));
    }
  }
  out.add(plan.path->write(values));

  char separator = '?';
  for (const QueryParameter& parameter : plan.query) {
    const Message* in = holder(message, parameter.path);
    if (in == nullptr) continue;
    const FieldDescriptor* field = parameter.path.back();
    const auto* reflection = in->GetReflection();
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection->FieldSize(*in, field)
                               : static_cast<int>(reflection->HasField(*in, field));
    for (int i = 0; i < count; ++i) {
      const auto scalar = read_scalar(*in, field, repeated ? i : -1);
      if (!scalar) return unspeakable(parameter.path);
      out.add(separator + parameter.name + "=");
      separator = '&';
      if (scalar->spelling == Spelling::kFloatNumber) {
        out.add_number(static_cast<float>(scalar->number), true);
      } else if (scalar->spelling == Spelling::kDoubleNumber) {
        out.add_number(scalar->number, true);
      } else {
        out.add(percent_encode(text_of(*scalar, plan)));
      }
    }
  }
  return std::nullopt;
}

}  // namespace sluice::judge
