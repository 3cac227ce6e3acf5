// SPDX-License-Identifier: Apache-2.0
// Stage 3: the grammar IR. The canonical form of every endpoint (design section 5) as a recursive transition network: routines of
// states whose transitions carry exactly what a table entry and its action can carry. It is deterministic by construction;
// it does not know bases, classes or slots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/schema.hpp"
#include "sluice/layout.hpp"

namespace sluice::compiler {

constexpr int kEnd = 256;  // the symbol END, behind the byte values

// What a transition does to register, accumulator and tag, in the order of docs/fabric.md.
struct Effect {
  layout::RegisterOp register_op = layout::RegisterOp::NONE;
  std::uint16_t register_arg = 0;
  std::uint16_t register_min = 0;
  layout::AccumulatorOp accumulator_op = layout::AccumulatorOp::NONE;
  layout::KeyOp key_op = layout::KeyOp::NONE;
  std::uint8_t accumulator_group = 0;  // i of GROUP(i)
  std::uint16_t tag = 0;

  bool operator==(const Effect&) const = default;
  auto operator<=>(const Effect&) const = default;
};

struct Transition {
  int low = 0, high = 0;  // closed range of symbols; kEnd stands alone
  Effect effect;
  layout::Control control = layout::Control::NEXT;
  int target = -1;        // NEXT: the next state; CALL, CALL_LEN: the state to return to; REDO_TO: the caller's state that goes on
  int callee = -1;        // CALL, CALL_LEN: the first state of the callee, behind the consumed symbol
  std::uint16_t min = 0;  // RET, REDO, REDO_TO, ACCEPT
};

// Controls that pop the frame, and those that read their symbol again.
constexpr bool ends_routine(layout::Control control) {
  return control == layout::Control::RET || control == layout::Control::REDO || control == layout::Control::REDO_TO ||
         control == layout::Control::ACCEPT;
}
constexpr bool reads_again(layout::Control control) { return control == layout::Control::REDO || control == layout::Control::REDO_TO; }
constexpr bool calls(layout::Control control) { return control == layout::Control::CALL || control == layout::Control::CALL_LEN; }

// Where in a record a state stands: what an explanation says was expected.
enum class Place : std::uint8_t {
  method, target, variable, query_name, query_value, version, status, header_name, header_value, line_end,
  body, length, object_open, member_name, member_colon, value, after_member, array_open, item, after_item, leaf,
  map_open, map_key, map_colon, map_value, after_pair, record_end,
};
std::string_view name_of(Place place);
std::optional<Place> place_from_name(std::string_view name);

// Something that a schema or a policy names: a field, a query parameter, a header. Explanations cite it.
struct Subject {
  std::string name;                   // path element: json name, header name
  std::vector<RuleUse> rules;         // of the place itself: required, repeated.*, map.*_pairs and map.keys.*
  std::vector<RuleUse> value_rules;   // of the value
  std::string type{};                     // a field's declared type, "uint32"; a list's with "repeated " before it
  std::vector<std::string> absence{};     // a field: the rules that its absence can break
  bool default_allowed = false;           // a field: its absence stands for its default
};
Subject subject_of(std::string name, const Field& field);

enum class RoutineKind : std::uint8_t { request, response, header, query, object, array, map, leaf };
std::string_view name_of(RoutineKind kind);
std::optional<RoutineKind> routine_kind_from_name(std::string_view name);

struct Routine {
  RoutineKind kind;
  std::string name;
  bool counted = false;                    // array, map: r is the number of items or pairs
  std::vector<std::vector<int>> subjects;  // header, query, object: by rank, indexes into Grammar::subjects
  std::vector<int> required_ranks;         // ascending
};

struct State {
  int routine;
  Place place;
  std::vector<int> subjects;  // what this state is about, indexes into Grammar::subjects
  std::vector<Transition> transitions;  // ascending, disjoint
  std::vector<int> other_routines{};    // automaton: further routines that share this state
};

// The grammar of one pipeline.
struct Grammar {
  layout::Pipeline pipeline;
  std::vector<Subject> subjects;
  std::vector<Routine> routines;
  std::vector<State> states;
  std::vector<int> starts;  // request: one; response: by tag - 1
};

struct Grammars {
  Grammar request, response;
};

// Errors (ambiguous templates, patterns, budgets) go to `diagnostics`.
std::optional<Grammars> build_grammars(const Schema& schema, Diagnostics& diagnostics);

std::string dump(const Grammar& grammar);

}  // namespace sluice::compiler
