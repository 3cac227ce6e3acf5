// SPDX-License-Identifier: Apache-2.0
// Path templates of google.api.http, matched segment by segment:
//   /v1/{book.name=shelves/*/books/*}:archive
//   Template = "/" Segments [":" VERB];  Segment = "*" | "**" | LITERAL | "{" FIELD ["=" Segments]
//   "}"
// Wildcards stand only inside variables, so that the values determine the path. It knows no field
// types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/canonical_text.hpp"

namespace sluice::judge {

class PathTemplate {
 public:
  enum class Kind { kLiteral, kAny, kRest };  // text, *, **

  struct Variable {
    std::string field;   // proto path, "book.name"
    bool multi = false;  // its template has several segments or **: '/' separates them
  };

  // Reads a template; on a mistake returns nothing and says in `error` what is wrong.
  static std::optional<PathTemplate> parse(std::string_view text, std::string& error);

  const std::vector<Variable>& variables() const { return variables_; }

  struct Match {
    std::vector<std::string> values;  // decoded, as the variables stand
    std::vector<Kind> kinds;          // what matched each segment of the path, for `more_literal`
  };
  // Matches a path as it stands in a record (percent-encoded, without the query).
  std::optional<Match> match(std::string_view path) const;

  // The path for values of the variables, each already as `encode` makes it.
  CanonicalText write(const std::vector<CanonicalText>& values) const;

  // The spelling of a variable's value in a path.
  static std::string encode(const Variable& variable, std::string_view value);

 private:
  struct Segment {
    Kind kind;
    std::string text;   // of a literal, decoded
    int variable = -1;  // index, or -1
  };

  std::vector<Segment> segments_;
  std::vector<Variable> variables_;
  std::string verb_;
};

// Which of two matches of the same path wins: at the first segment that one template names by a
// literal and the other does not, the literal. -1: the first, 1: the second, 0: neither.
int more_literal(const PathTemplate::Match& a, const PathTemplate::Match& b);

}  // namespace sluice::judge
