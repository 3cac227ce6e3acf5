// SPDX-License-Identifier: Apache-2.0
// Writing and reading the symbol map. What its parts mean together is in explain.cpp.
#include "compiler/symbols.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "compiler/base64.hpp"
#include "compiler/record_facts_json.hpp"

namespace sluice::compiler {

namespace {

using Json = nlohmann::ordered_json;
constexpr int kVersion = 4;

Json pipeline_json(const Automaton& automaton, const PackedTable& table) {
  Json out;
  out["subjects"] = Json::array();
  for (const Subject& s : automaton.subjects) {
    out["subjects"].push_back({s.name, rules_json(s.rules), rules_json(s.value_rules), s.type, s.absence, s.default_allowed});
  }
  out["routines"] = Json::array();
  for (const Routine& r : automaton.routines) {
    out["routines"].push_back({name_of(r.kind), r.name, r.counted, r.subjects, r.required_ranks});
  }
  out["states"] = Json::array();
  for (std::size_t i = 0; i < automaton.states.size(); ++i) {
    const State& state = automaton.states[i];
    std::vector<int> routines{state.routine};
    routines.insert(routines.end(), state.other_routines.begin(), state.other_routines.end());
    out["states"].push_back({table.bases[i], routines, name_of(state.place), state.subjects});
  }
  return out;
}

}  // namespace

std::string write_symbols(const Schema& schema, const std::vector<std::optional<std::string>>& samples, const Automaton& request, const PackedTable& request_table, const Automaton& response,
                          const PackedTable& response_table, const std::string& digest) {
  Json out;
  out["sluice_symbols"] = kVersion;
  out["policy"] = schema.loaded->policy.name();
  out["serial"] = schema.loaded->policy.serial();
  out["digest"] = digest;
  out["endpoints"] = Json::array();
  for (std::size_t i = 0; i < schema.endpoints.size(); ++i) {
    out["endpoints"].push_back({schema.endpoints[i].name, samples[i] ? to_base64(*samples[i]) : ""});
  }
  out["schema"] = to_json(record_facts(schema));
  out["request"] = pipeline_json(request, request_table);
  out["response"] = pipeline_json(response, response_table);
  return out.dump() + "\n";
}

SymbolMap SymbolMap::parse(std::string_view text) {
  SymbolMap map;
  try {
    const Json json = Json::parse(text);
    if (json.value("sluice_symbols", 0) != kVersion) throw std::runtime_error("not a symbol map of version " + std::to_string(kVersion) + "; compile the policy again");
    map.policy_ = json.at("policy").get<std::string>();
    map.serial_ = json.at("serial").get<std::uint64_t>();
    map.digest_ = json.at("digest").get<std::string>();
    for (const auto& endpoint : json.at("endpoints")) {
      const auto sample = from_base64(endpoint.at(1).get<std::string>());
      if (!sample) throw std::runtime_error("a sample request is not base64");
      map.endpoints_.push_back({endpoint.at(0).get<std::string>(), *sample});
    }
    map.facts_ = record_facts_from(json.at("schema"));
    for (int p = 0; p < 2; ++p) {
      Pipeline_& pipeline = map.pipelines_[p];
      const Json& part = json.at(p == 0 ? "request" : "response");
      for (const auto& s : part.at("subjects")) {
        pipeline.subjects.push_back({s.at(0).get<std::string>(), rules_from(s.at(1)), rules_from(s.at(2)), s.at(3).get<std::string>(),
                                     s.at(4).get<std::vector<std::string>>(), s.at(5).get<bool>()});
      }
      auto check_subjects = [&](const std::vector<int>& indexes) {
        for (int i : indexes) {
          if (i < 0 || static_cast<std::size_t>(i) >= pipeline.subjects.size()) throw std::runtime_error("a subject index is out of range");
        }
      };
      for (const auto& r : part.at("routines")) {
        const auto kind = routine_kind_from_name(r.at(0).get<std::string>());
        if (!kind) throw std::runtime_error("an unknown kind of routine");
        pipeline.routines.push_back({*kind, r.at(1).get<std::string>(), r.at(2).get<bool>(),
                                     r.at(3).get<std::vector<std::vector<int>>>(), r.at(4).get<std::vector<int>>()});
        for (const auto& indexes : pipeline.routines.back().subjects) check_subjects(indexes);
      }
      for (const auto& s : part.at("states")) {
        const auto place = place_from_name(s.at(2).get<std::string>());
        Place_ state{s.at(1).get<std::vector<int>>(), place.value_or(Place::leaf), s.at(3).get<std::vector<int>>()};
        bool known = place && !state.routines.empty();
        for (int r : state.routines) known = known && r >= 0 && static_cast<std::size_t>(r) < pipeline.routines.size();
        if (!known) throw std::runtime_error("a state names an unknown place or routine");
        check_subjects(state.subjects);
        pipeline.states.emplace(s.at(0).get<std::uint16_t>(), std::move(state));
      }
    }
  } catch (const Json::exception& e) {
    throw std::runtime_error(std::string("not a symbol map: ") + e.what());
  }
  return map;
}

std::string SymbolMap::endpoint_name(std::uint16_t tag) const {
  return tag >= 1 && tag <= endpoints_.size() ? endpoints_[tag - 1u].name : std::string();
}

std::optional<std::uint16_t> SymbolMap::endpoint_tag(std::string_view name) const {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    if (endpoints_[i].name == name) return static_cast<std::uint16_t>(i + 1);
  }
  return std::nullopt;
}

std::string SymbolMap::sample_request(std::uint16_t tag) const {
  return tag >= 1 && tag <= endpoints_.size() ? endpoints_[tag - 1u].sample : std::string();
}

std::optional<Place> SymbolMap::place(layout::Pipeline pipeline, std::uint16_t base) const {
  const auto& states = pipelines_[pipeline == layout::Pipeline::REQUEST ? 0 : 1].states;
  const auto it = states.find(base);
  return it == states.end() ? std::nullopt : std::optional(it->second.place);
}

std::string SymbolMap::routine(layout::Pipeline pipeline, std::uint16_t base) const {
  const Pipeline_& part = pipelines_[pipeline == layout::Pipeline::REQUEST ? 0 : 1];
  const auto it = part.states.find(base);
  if (it == part.states.end()) return {};
  const Routine& first = part.routines[static_cast<std::size_t>(it->second.routines.front())];
  return std::string(name_of(first.kind)) + " " + first.name;
}

std::vector<std::string> SymbolMap::subjects(layout::Pipeline pipeline, std::uint16_t base) const {
  const Pipeline_& part = pipelines_[pipeline == layout::Pipeline::REQUEST ? 0 : 1];
  std::vector<std::string> out;
  const auto it = part.states.find(base);
  if (it == part.states.end()) return out;
  for (int index : it->second.subjects) {
    const std::string& name = part.subjects[static_cast<std::size_t>(index)].name;
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

}  // namespace sluice::compiler
