// SPDX-License-Identifier: Apache-2.0
#include "compiler/report.hpp"

#include <map>
#include <nlohmann/json.hpp>

namespace sluice::compiler {

namespace {

using Json = nlohmann::ordered_json;

Json pipeline_report(const Automaton& automaton, const PackedTable& table, std::size_t entries, std::size_t actions) {
  std::size_t transitions = 0;
  // Merged states count for the routine that was met first.
  struct Cost {
    std::string kind, name;
    std::size_t states = 0, transitions = 0;
  };
  std::map<int, Cost> costs;
  std::map<std::uint32_t, std::size_t> used_by_base;
  for (std::size_t s = 0; s < automaton.states.size(); ++s) {
    const State& state = automaton.states[s];
    const Routine& routine = automaton.routines[static_cast<std::size_t>(state.routine)];
    Cost& cost = costs[state.routine];
    cost.kind = name_of(routine.kind);
    cost.name = routine.name;
    ++cost.states;
    // Entries of this state: its transitions after byte classes.
    const auto& map = table.class_maps[table.bases[s] & 1u];
    std::map<int, bool> classes;
    for (const Transition& t : state.transitions) {
      if (t.low == kEnd) {
        classes[layout::CLASS_END] = true;
      } else {
        for (int b = t.low; b <= t.high; ++b) classes[map[static_cast<std::size_t>(b)]] = true;
      }
    }
    cost.transitions += classes.size();
    transitions += classes.size();
  }
  Json out;
  out["states"] = automaton.states.size();
  out["transitions"] = transitions;
  out["actions"] = table.actions.size();
  out["classes"] = {table.classes[0], table.classes[1]};
  out["entries"] = table.entries.size();
  out["density"] = table.density();
  out["fit"] = {{"entries", static_cast<double>(table.entries.size()) / static_cast<double>(entries)},
                {"actions", static_cast<double>(table.actions.size()) / static_cast<double>(actions)}};
  out["routines"] = Json::array();
  for (const auto& [index, cost] : costs) {
    out["routines"].push_back({{"kind", cost.kind}, {"name", cost.name}, {"states", cost.states}, {"transitions", cost.transitions}});
  }
  return out;
}

}  // namespace

std::string write_report(const CompileResult& result) {
  const auto& policy = result.schema.loaded->policy;
  const auto limits = layout::limits_of(static_cast<layout::Geometry>(policy.geometry()));
  Json out;
  // First what the tables do not hold.
  out["software_only"] = Json::array();
  for (const SoftwareRule& rule : result.schema.software_only) {
    out["software_only"].push_back({{"element", rule.element}, {"rule", rule.rule}, {"reason", rule.reason}, {"at", load::to_string(rule.span)}});
  }
  out["policy"] = policy.name();
  out["serial"] = policy.serial();
  out["geometry"] = std::string(layout::name_of(static_cast<layout::Geometry>(policy.geometry())));
  out["digest"] = result.digest;
  out["image_bytes"] = result.image.size();
  out["request"] = pipeline_report(result.request, result.request_table, limits.request_entries, limits.actions);
  out["response"] = pipeline_report(result.response, result.response_table, limits.response_entries, limits.actions);
  out["fits"] = Json::array();
  for (auto geometry : {layout::Geometry::TINY, layout::Geometry::SMALL, layout::Geometry::LARGE, layout::Geometry::SIMULATION}) {
    const auto l = layout::limits_of(geometry);
    const bool fits = result.request_table.entries.size() <= l.request_entries && result.response_table.entries.size() <= l.response_entries &&
                      result.request_table.actions.size() <= l.actions && result.response_table.actions.size() <= l.actions &&
                      result.schema.endpoints.size() + 1 <= l.endpoints && policy.limits().max_record_bytes() <= l.record_bytes;
    if (fits) out["fits"].push_back(std::string(layout::name_of(geometry)));
  }
  out["rules"] = Json::array();
  for (const Message& message : result.schema.messages) {
    for (const Field& field : message.fields) {
      for (const auto* list : {&field.rules, &field.value.rules}) {
        for (const RuleUse& rule : *list) {
          out["rules"].push_back({{"field", message.name + "." + field.name}, {"rule", rule.name}, {"text", rule.text},
                                  {"place", load::to_string(rule.span)}});
        }
      }
    }
  }
  return out.dump(2) + "\n";
}

}  // namespace sluice::compiler
