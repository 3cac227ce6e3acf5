// SPDX-License-Identifier: Apache-2.0
// One function for each of the three.
#include "judge/json_dynamic.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "judge/text.hpp"
#include "judge/well_known.hpp"

namespace sluice::judge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* field_of(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

void refuse(MaybeRejection& problem, const std::string& path, const char* rule, const char* text) {
  if (!problem) problem = Rejection{path, rule, text};
}

void write_struct(const Message& message, const std::string& path, MaybeRejection& problem,
                  CanonicalText& out) {
  const auto* field = field_of(message, "fields");
  const auto* reflection = message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> members;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    members.emplace_back(entry.GetReflection()->GetString(entry, field_of(entry, "key")),
                         &entry.GetReflection()->GetMessage(entry, field_of(entry, "value")));
  }
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return key_before(a.first, b.first); });
  out.add("{");
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out.add(",");
    out.add(json_quote(members[i].first) + ":");
    write_dynamic(*members[i].second, path + "[" + json_quote(members[i].first) + "]", problem,
                  out);
  }
  out.add("}");
}

void write_list(const Message& message, const std::string& path, MaybeRejection& problem,
                CanonicalText& out) {
  const auto* field = field_of(message, "values");
  out.add("[");
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    if (i > 0) out.add(",");
    write_dynamic(message.GetReflection()->GetRepeatedMessage(message, field, i),
                  path + "[" + std::to_string(i) + "]", problem, out);
  }
  out.add("]");
}

void write_value(const Message& message, const std::string& path, MaybeRejection& problem,
                 CanonicalText& out) {
  const auto* reflection = message.GetReflection();
  const auto* kind = message.GetDescriptor()->FindOneofByName("kind");
  const auto* set = reflection->GetOneofFieldDescriptor(message, kind);
  if (set == nullptr) {
    refuse(problem, path, "value.unset", "a google.protobuf.Value of no kind");
    return;
  }
  switch (set->cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double number = reflection->GetDouble(message, set);
      if (!std::isfinite(number)) {
        refuse(problem, path, "value.number", "a google.protobuf.Value that is no finite number");
        return;
      }
      out.add_number(number, false);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      out.add(json_quote(reflection->GetString(message, set)));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      out.add(reflection->GetBool(message, set) ? "true" : "false");
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      write_dynamic(reflection->GetMessage(message, set), path, problem, out);
      break;
    default:
      out.add("null");
      break;
  }
}

}  // namespace

bool key_before(const std::string& a, const std::string& b) {
  // Without the closing quote, which is greater than a space and '!'.
  const auto bytes = [](const std::string& key) {
    std::string text = json_quote(key);
    text.pop_back();
    return text;
  };
  return bytes(a) < bytes(b);
}

void write_dynamic(const Message& message, const std::string& path, MaybeRejection& problem,
                   CanonicalText& out) {
  switch (well_known(message.GetDescriptor())) {
    case WellKnown::kStruct:
      write_struct(message, path, problem, out);
      break;
    case WellKnown::kListValue:
      write_list(message, path, problem, out);
      break;
    default:
      write_value(message, path, problem, out);
      break;
  }
}

}  // namespace sluice::judge
