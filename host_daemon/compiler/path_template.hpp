// SPDX-License-Identifier: Apache-2.0
// The path templates of google.api.http: "/v1/{name=shelves/*}:verb" taken apart. The grammar is
// the one that the comment of HttpRule in google/api/http.proto gives, but for two things: as in
// real APIs, segments may follow the one `**`; and wildcards stand only within variables. It does
// not know the fields that the variables name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/schema.hpp"

namespace sluice::compiler {

struct TemplateVariable {
  std::string path;  // "book.name"
  bool any_segment;  // the template is a single `*`, written or implied
};

struct TemplatePart {
  std::vector<Segment> segments;  // literal | * | **; one literal outside a variable
  std::optional<TemplateVariable> variable;
};

struct PathTemplate {
  std::vector<TemplatePart> parts;
  std::string verb;  // without ':', or empty
};

struct TemplateError {
  std::size_t offset = 0;  // in the template, bytes
  std::string message;
};

// Takes `text` apart. On an error returns nothing and fills `error`.
std::optional<PathTemplate> parse_path_template(std::string_view text, TemplateError& error);

}  // namespace sluice::compiler
