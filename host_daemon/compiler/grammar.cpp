// SPDX-License-Identifier: Apache-2.0
// The entry of the stage, the builder's primitives, and the text dump.
#include "compiler/grammar.hpp"

#include <algorithm>
#include <array>

#include "compiler/explain_internal.hpp"
#include "compiler/grammar_builder.hpp"
#include "compiler/grammar_guard.hpp"

namespace sluice::compiler {

using layout::Control;
using layout::RegisterOp;

namespace {

constexpr std::array<std::string_view, 27> kPlaces = {
    "method",      "target",     "variable",    "query_name",  "query_value",  "version",      "status",
    "header_name", "header_value", "line_end",  "body",        "length",      "object_open",  "member_name",  "member_colon",
    "value",       "after_member", "array_open", "item",       "after_item",   "leaf",         "map_open",
    "map_key",     "map_colon",   "map_value",  "after_pair",  "record_end"};
static_assert(kPlaces.size() == static_cast<std::size_t>(Place::record_end) + 1);

constexpr std::array<std::string_view, 8> kKinds = {"request", "response", "header", "query", "object", "array", "map", "leaf"};
static_assert(kKinds.size() == static_cast<std::size_t>(RoutineKind::leaf) + 1);

std::string symbol_text(int symbol) {
  if (symbol == kEnd) return "END";
  static constexpr std::string_view hex = "0123456789ABCDEF";
  if (symbol > 0x20 && symbol < 0x7F && symbol != '-') return std::string(1, static_cast<char>(symbol));
  return std::string("x") + hex[static_cast<std::size_t>(symbol >> 4)] + hex[static_cast<std::size_t>(symbol & 15)];
}

}  // namespace

std::string_view name_of(Place place) { return kPlaces[static_cast<std::size_t>(place)]; }
std::string_view name_of(RoutineKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<Place> place_from_name(std::string_view name) {
  const auto it = std::find(kPlaces.begin(), kPlaces.end(), name);
  if (it == kPlaces.end()) return std::nullopt;
  return static_cast<Place>(it - kPlaces.begin());
}

std::optional<RoutineKind> routine_kind_from_name(std::string_view name) {
  const auto it = std::find(kKinds.begin(), kKinds.end(), name);
  if (it == kKinds.end()) return std::nullopt;
  return static_cast<RoutineKind>(it - kKinds.begin());
}

Subject subject_of(std::string name, const Field& field) {
  const FieldFacts facts = field_facts(field);
  Subject out{std::move(name), field.rules, field.value.rules, facts.declared(), {}, field.implicit && field.default_allowed};
  if (field.map) out.rules.insert(out.rules.end(), field.map->key.value.rules.begin(), field.map->key.value.rules.end());
  for (const Cause& cause : causes_of_absence(facts, field.required)) out.absence.push_back(cause.rule);
  return out;
}

GrammarBuilder::GrammarBuilder(const Schema& schema, layout::Pipeline pipeline, Diagnostics& diagnostics, Spending& spending)
    : schema_(schema), diagnostics_(diagnostics), spending_(spending) {
  grammar_.pipeline = pipeline;
}

int GrammarBuilder::routine(RoutineKind kind, std::string name) {
  grammar_.routines.push_back({kind, std::move(name), false, {}, {}});
  return static_cast<int>(grammar_.routines.size()) - 1;
}

int GrammarBuilder::state(int owner, Place place, std::vector<int> subjects) {
  if (grammar_.states.size() >= kMaxStates) throw GrammarTooLarge();
  grammar_.states.push_back({owner, place, std::move(subjects), {}});
  return static_cast<int>(grammar_.states.size()) - 1;
}

// Keeps transitions ascending. Two transitions on one symbol would be a fault of this stage, found here and not on the device.
Transition& GrammarBuilder::add(int from, int low, int high, Transition transition) {
  transition.low = low;
  transition.high = high;
  auto& list = grammar_.states[static_cast<std::size_t>(from)].transitions;
  const auto place = std::find_if(list.begin(), list.end(), [&](const Transition& t) { return t.low > low; });
  const bool overlap = (place != list.begin() && std::prev(place)->high >= low) || (place != list.end() && place->low <= high);
  if (overlap) throw std::logic_error("grammar: two transitions of one state on " + symbol_text(low));
  return *list.insert(place, transition);
}

void GrammarBuilder::next(int from, int low, int high, int to, Effect effect) {
  Transition t;
  t.effect = effect;
  t.control = Control::NEXT;
  t.target = to;
  add(from, low, high, t);
}

void GrammarBuilder::call(int from, int low, int high, int callee, int return_to, Effect effect) {
  Transition t;
  t.effect = effect;
  t.control = Control::CALL;
  t.target = return_to;
  t.callee = callee;
  add(from, low, high, t);
}

void GrammarBuilder::finish(int from, int symbol, Control control, std::uint16_t min, Effect effect) {
  Transition t;
  t.effect = effect;
  t.control = control;
  t.min = min;
  add(from, symbol, symbol, t);
}

int GrammarBuilder::text(int from, std::string_view characters, Place place) {
  for (char c : characters) {
    const int to = state(grammar_.states[static_cast<std::size_t>(from)].routine, place);
    next(from, static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c), to);
    from = to;
  }
  return from;
}

int GrammarBuilder::branch(Trie& trie, const std::string& characters, Place place) {
  int at = trie.at("");
  for (std::size_t n = 1; n <= characters.size(); ++n) {
    auto [it, fresh] = trie.try_emplace(characters.substr(0, n), -1);
    if (fresh) {
      it->second = state(grammar_.states[static_cast<std::size_t>(at)].routine, place);
      const auto byte = static_cast<std::uint8_t>(characters[n - 1]);
      next(at, byte, byte, it->second);
    }
    at = it->second;
  }
  return at;
}

int GrammarBuilder::subject(Subject topic) {
  grammar_.subjects.push_back(std::move(topic));
  return static_cast<int>(grammar_.subjects.size()) - 1;
}

void GrammarBuilder::report_too_large() const {
  // By name: a message has a routine for each form in which it stands.
  std::map<std::string, std::size_t> sizes;
  for (const State& one : grammar_.states) ++sizes[grammar_.routines[static_cast<std::size_t>(one.routine)].name];
  std::vector<std::pair<std::size_t, std::string>> most;
  for (const auto& [name, size] : sizes) most.emplace_back(size, name);
  std::sort(most.rbegin(), most.rend());
  auto& made = diagnostics_.error(load::Code::kBudget, schema_.loaded->policy_spans.at("services"),
                                  "the " + std::string(grammar_.pipeline == layout::Pipeline::REQUEST ? "request" : "response") +
                                      " grammar needs more than its budget of " + std::to_string(kMaxStates) + " states");
  for (std::size_t i = 0; i < std::min<std::size_t>(most.size(), 3); ++i) {
    made.note(most[i].second.substr(0, 200) + " has " + std::to_string(most[i].first) + " so far");
  }
  made.mend("divide the policy, or select fewer methods");
}

std::optional<Grammars> build_grammars(const Schema& schema, Diagnostics& diagnostics) {
  Spending spending;
  GrammarBuilder request(schema, layout::Pipeline::REQUEST, diagnostics, spending);
  try {
    request.build_request();
  } catch (const GrammarTooLarge&) {
    request.report_too_large();
    return std::nullopt;
  }
  GrammarBuilder response(schema, layout::Pipeline::RESPONSE, diagnostics, spending);
  try {
    response.build_response();
  } catch (const GrammarTooLarge&) {
    response.report_too_large();
    return std::nullopt;
  }
  if (diagnostics.has_errors()) return std::nullopt;
  return Grammars{request.take(), response.take()};
}

std::string dump(const Grammar& grammar) {
  std::string out = "grammar " + std::string(layout::name_of(grammar.pipeline)) + "\n";
  for (std::size_t start : grammar.starts) out += "start s" + std::to_string(start) + "\n";
  int routine = -1;
  for (std::size_t i = 0; i < grammar.states.size(); ++i) {
    const State& state = grammar.states[i];
    if (state.routine != routine) {
      routine = state.routine;
      const Routine& r = grammar.routines[static_cast<std::size_t>(routine)];
      out += "routine " + std::to_string(routine) + " " + std::string(name_of(r.kind)) + " " + r.name + "\n";
    }
    out += "  s" + std::to_string(i) + " " + std::string(name_of(state.place));
    for (int topic : state.subjects) out += " <" + grammar.subjects[static_cast<std::size_t>(topic)].name + ">";
    out += "\n";
    for (const Transition& t : state.transitions) {
      out += "    " + symbol_text(t.low) + (t.high != t.low ? "-" + symbol_text(t.high) : "");
      const Effect& e = t.effect;
      if (e.register_op != RegisterOp::NONE) {
        out += " " + std::string(layout::name_of(e.register_op)) + "(" + std::to_string(e.register_arg);
        out += e.register_op == RegisterOp::INC ? ")" : "," + std::to_string(e.register_min) + ")";
      }
      if (e.accumulator_op != layout::AccumulatorOp::NONE) out += " " + std::string(layout::name_of(e.accumulator_op));
      if (e.key_op != layout::KeyOp::NONE) out += " " + std::string(layout::name_of(e.key_op));
      if (e.accumulator_op == layout::AccumulatorOp::GROUP) out += "(" + std::to_string(e.accumulator_group) + ")";
      if (e.tag) out += " TAG(" + std::to_string(e.tag) + ")";
      out += " " + std::string(layout::name_of(t.control));
      if (ends_routine(t.control)) {
        if (t.min) out += "(" + std::to_string(t.min) + ")";
      }
      if (t.callee >= 0) out += " s" + std::to_string(t.callee) + " then";
      if (t.target >= 0) out += " s" + std::to_string(t.target);
      out += "\n";
    }
  }
  return out;
}

}  // namespace sluice::compiler
