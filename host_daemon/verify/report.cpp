// SPDX-License-Identifier: Apache-2.0
// The report of verify.hpp in words and as JSON.
#include <nlohmann/json.hpp>

#include <cstdio>
#include <map>

#include "verify/verify.hpp"

namespace sluice::verify {
namespace {

std::string ratio_text(std::uint32_t ratio) {
  if (ratio == 0) return "above the bound";
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", ratio / 256.0);
  return text;
}

std::string of(std::size_t part, std::size_t all) { return std::to_string(part) + " of " + std::to_string(all); }

// Unused transitions by argument, each argument once.
std::map<std::string, std::vector<std::string>> by_argument(const PipelineReport& pipeline) {
  std::map<std::string, std::vector<std::string>> out;
  for (const Unused& u : pipeline.unused) out[u.why].push_back(std::to_string(u.base) + "/" + std::to_string(u.symbol_class));
  return out;
}

void add_pipeline(const std::string& name, const PipelineReport& p, std::string& out) {
  const WalkCounts& w = p.walk;
  out += name + "\n";
  out += "  table                   " + std::to_string(p.used) + " entries in " + std::to_string(p.slots) + " slots, " + std::to_string(p.actions) + " actions, " +
         std::to_string(w.states) + " states\n";
  out += "  longest record walked   " + std::to_string(p.walked_bytes) + " bytes\n";
  out += "  transitions covered     " + of(w.covered, w.transitions) + "; with r " + of(w.covered_configurations, w.configurations) + "; byte by byte " +
         of(w.covered_byte_pairs, w.byte_pairs) + "\n";
  out += "  records for them        " + std::to_string(w.records) + ", the judge accepts each unless a finding says otherwise\n";
  out += "  changed records         " + std::to_string(p.changed) + ", of which " + std::to_string(p.valid) + " valid; table and judge agree unless a finding says otherwise\n";
  if (p.software_only > 0) out += "  left to software        " + std::to_string(p.software_only) + " records break only rules that the policy leaves to software\n";
  if (p.beyond_judge > 0) out += "  not compared            " + std::to_string(p.beyond_judge) + " records, nested deeper than the judge or the stack goes\n";
  out += "  steps per byte          at most " + ratio_text(p.ratio) + ", the image claims " + ratio_text(p.claimed_ratio) + "\n";
  const auto arguments = by_argument(p);
  if (arguments.empty()) return;
  out += "  unused                  " + std::to_string(p.unused.size()) + " transitions, as state/class:\n";
  for (const auto& [why, places] : arguments) {
    out += "    " + why + "\n     ";
    for (std::size_t i = 0; i < places.size() && i < 12; ++i) out += " " + places[i];
    out += places.size() > 12 ? " and " + std::to_string(places.size() - 12) + " more\n" : "\n";
  }
}

}  // namespace

std::string to_text(const Report& report) {
  std::string out;
  if (!report.policy.empty()) {
    out += "image of " + report.policy + " serial " + std::to_string(report.serial) + ", " + report.geometry + ", " + std::to_string(report.endpoints) +
           " endpoints\n  digest " + report.digest + "\n";
    out += report.compared_with_dump ? "  compared word by word with the packed automaton's dump\n" : "  not compared with a dump (--dump)\n";
    out += "  records of up to " + std::to_string(report.max_record_bytes) + " bytes\n";
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (report.pipelines[i]) add_pipeline(i == 0 ? "request pipeline" : "response pipeline", *report.pipelines[i], out);
  }
  for (const auto& [check, group] : report.findings.groups()) {
    out += "finding: " + check + " (" + std::to_string(group.count) + ")\n";
    for (const std::string& text : group.texts) out += "  " + text + "\n";
    if (group.count > group.texts.size()) out += "  and " + std::to_string(group.count - group.texts.size()) + " more\n";
  }
  out += report.good() ? "good: no finding\n" : "bad: " + std::to_string(report.findings.total()) + " findings\n";
  return out;
}

std::string to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json out;
  out["good"] = report.good();
  out["policy"] = report.policy;
  out["serial"] = report.serial;
  out["digest"] = report.digest;
  out["geometry"] = report.geometry;
  out["endpoints"] = report.endpoints;
  out["compared_with_dump"] = report.compared_with_dump;
  out["max_record_bytes"] = report.max_record_bytes;
  out["pipelines"] = Json::array();
  for (std::size_t i = 0; i < 2; ++i) {
    if (!report.pipelines[i]) continue;
    const PipelineReport& p = *report.pipelines[i];
    Json one;
    one["pipeline"] = i == 0 ? "request" : "response";
    one["entries"] = p.used;
    one["slots"] = p.slots;
    one["walked_bytes"] = p.walked_bytes;
    one["actions"] = p.actions;
    one["states"] = p.walk.states;
    one["transitions"] = p.walk.transitions;
    one["covered"] = p.walk.covered;
    one["configurations"] = p.walk.configurations;
    one["covered_configurations"] = p.walk.covered_configurations;
    one["bytes"] = p.walk.byte_pairs;
    one["covered_bytes"] = p.walk.covered_byte_pairs;
    one["records"] = p.walk.records;
    one["changed_records"] = p.changed;
    one["valid_changed_records"] = p.valid;
    one["software_only_records"] = p.software_only;
    one["not_compared_records"] = p.beyond_judge;
    one["steps_per_byte_256"] = p.ratio;
    one["claimed_steps_per_byte_256"] = p.claimed_ratio;
    one["unused"] = Json::array();
    for (const Unused& u : p.unused) one["unused"].push_back({{"base", u.base}, {"class", u.symbol_class}, {"why", u.why}, {"proved", u.proved}});
    out["pipelines"].push_back(one);
  }
  out["findings"] = Json::array();
  for (const auto& [check, group] : report.findings.groups()) out["findings"].push_back({{"check", check}, {"count", group.count}, {"texts", group.texts}});
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::verify
