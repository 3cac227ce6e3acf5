// SPDX-License-Identifier: Apache-2.0
// Request targets: the path templates of all endpoints of one HTTP method, walked together. A state is the set of places where a path
// can be; a variable that all of them read alike becomes a call of one shared routine, otherwise its language is written out.
// Where two templates match one path the literal wins; what stays ambiguous is an error.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

class TargetBuilder {
 public:
  TargetBuilder(GrammarBuilder& builder, std::vector<const Endpoint*> endpoints);

  // Adds everything from `start` (behind "METHOD ") to the space behind the target.
  void build(int start);

 private:
  // A run of characters, or a variable (part) with its language over decoded UTF-8.
  struct Element {
    std::string literal;
    StringLanguage language;
    bool is_literal = true;
    bool slash_is_literal = false;
    int subject = -1;
    std::string key;  // equal keys: equal routines
    bool greedy = false;  // a variable that may go on with the '/' by which what follows it begins
    Dfa inlined;      // the encoded language with the count unrolled; made when first needed
    bool inlined_made = false;
  };
  struct Position {
    int endpoint, element;
    int inner;  // literal: characters read; variable: state of `inlined`; kPending: about to start
    auto operator<=>(const Position&) const = default;
  };
  using Positions = std::vector<Position>;
  static constexpr int kPending = -1;

  std::vector<Element> elements_of(const Endpoint& endpoint);
  void add_variable(std::vector<Element>& elements, const Endpoint& endpoint, const PathPart& part);
  void inline_variable(const Endpoint& endpoint, Element& element);
  Positions step(const Positions& from, int byte);
  void settle(Positions& positions);
  int state_of(const Positions& positions, const std::string& example);
  void finish(int state, const Positions& positions, const std::string& example);
  std::vector<int> winners(const std::vector<int>& complete) const;
  void report_overlap(int first, int second, const std::string& example);
  void report_shadowed();

  GrammarBuilder& builder_;
  std::vector<const Endpoint*> endpoints_;
  std::vector<std::vector<Element>> elements_;
  std::map<Positions, int> states_;
  std::vector<std::pair<Positions, std::string>> queue_;  // with an example of a path that leads there
  struct Query {
    int name = -1, after = -1;  // first state of the query routine, state behind it
  };
  std::map<int, Query> queries_;  // by tag
  std::set<std::pair<int, int>> reported_;
  std::set<int> reachable_;                              // endpoints that a path leads to
  std::map<int, std::pair<int, std::string>> shadowed_;  // endpoints that lost, to whom, and an example
};

}  // namespace sluice::compiler
