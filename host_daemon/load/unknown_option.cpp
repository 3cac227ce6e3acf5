// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "load/unknown_option.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <vector>

#include "buf/validate/validate.pb.h"
#include "load/nearest.hpp"

namespace sluice::load {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Known {
  std::string_view option;  // how its spelling begins
  std::string_view import;
};
constexpr Known kKnown[] = {
    {"(google.api.http)", "google/api/annotations.proto"},
    {"(google.api.field_behavior)", "google/api/field_behavior.proto"},
    {"(google.api.resource", "google/api/resource.proto"},
    {"(google.api.default_host)", "google/api/client.proto"},
    {"(google.api.method_signature)", "google/api/client.proto"},
    {"(buf.validate.", "buf/validate/validate.proto"},
};

// Rules that could stand in place of the last part of `path` ("string.max_length"), with the same
// beginning; none if the beginning is unknown too.
std::vector<std::string> rules_beside(const std::string& path) {
  const Descriptor* type = buf::validate::FieldRules::descriptor();
  std::size_t begin = 0;
  for (std::size_t dot; (dot = path.find('.', begin)) != path.npos; begin = dot + 1) {
    const FieldDescriptor* step = type->FindFieldByName(path.substr(begin, dot - begin));
    if (step == nullptr || step->message_type() == nullptr) return {};
    type = step->message_type();
  }
  std::vector<std::string> result;
  for (int i = 0; i < type->field_count(); ++i) {
    result.push_back(path.substr(0, begin) + type->field(i)->name());
  }
  return result;
}

}  // namespace

std::optional<std::string> unknown_option(std::string_view message) {
  constexpr std::string_view begin = "Option \"";
  constexpr std::string_view end = "\" unknown.";
  const std::size_t at = message.find(end);
  if (!message.starts_with(begin) || at == message.npos) return std::nullopt;
  return std::string(message.substr(begin.size(), at - begin.size()));
}

void report_unknown_option(Diagnostics& diagnostics, const Span& span, const std::string& option,
                           std::string_view text) {
  for (const Known& known : kKnown) {
    if (!option.starts_with(known.option)) continue;
    if (text.find(fmt::format("\"{}\"", known.import)) == text.npos) {
      diagnostics.error(Code::kProtoSyntax, span, fmt::format("unknown option `{}`", option))
          .mend(fmt::format("import \"{}\"; Sluice brings this file along", known.import));
      return;
    }
    constexpr std::string_view field = "(buf.validate.field).";
    if (!option.starts_with(field)) break;
    const std::string rule = option.substr(field.size());
    diagnostics.error(Code::kUnknownRule, span,
                      fmt::format("buf.validate has no rule `{}`{}", rule,
                                  did_you_mean(rule, rules_beside(rule))));
    return;
  }
  diagnostics.error(Code::kProtoSyntax, span, fmt::format("unknown option `{}`", option))
      .mend("import the file that declares it, or correct its name");
}

}  // namespace sluice::load
