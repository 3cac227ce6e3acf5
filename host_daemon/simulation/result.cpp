// SPDX-License-Identifier: Apache-2.0
#include "simulation/result.hpp"

#include <algorithm>
#include <bit>
#include <map>

namespace sluice::simulation {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

double nanoseconds(double cycles) { return cycles * 1e9 / static_cast<double>(clock_hz); }

const char* name_of(layout::Pipeline pipeline) { return pipeline == layout::Pipeline::REQUEST ? "request" : "response"; }

Json to_json(const Verdict& verdict) {
  Json out;
  out["id"] = verdict.id;
  out["t_us"] = verdict.t_us;
  out["pipeline"] = name_of(verdict.pipeline);
  out["endpoint"] = or_null(verdict.endpoint);
  out["verdict"] = verdict.stopped_by == Place::none ? "accept" : "reject";
  out["stopped_by"] = verdict.stopped_by == Place::none ? Json(nullptr) : Json(verdict.stopped_by == Place::gateway ? "gateway" : "device");
  out["reason"] = or_null(verdict.reason);
  out["path"] = or_null(verdict.path);
  out["rule"] = or_null(verdict.rule);
  out["text"] = or_null(verdict.text);
  out["bytes"] = verdict.length;
  out["offset"] = or_null(verdict.offset);
  out["latency_ns"] = verdict.latency_cycles ? Json(nanoseconds(static_cast<double>(*verdict.latency_cycles))) : Json(nullptr);
  return out;
}

Json summary_of(const SimulationResult& result) {
  std::size_t accepted = 0, gateway = 0, device = 0;
  std::map<std::string, std::size_t> reasons;
  for (const Verdict& verdict : result.verdicts) {
    ++(verdict.stopped_by == Place::none ? accepted : verdict.stopped_by == Place::gateway ? gateway : device);
    if (verdict.stopped_by != Place::none) ++reasons[(verdict.stopped_by == Place::gateway ? "gateway " : "device ") + verdict.reason];
  }
  Json out{{"messages", result.verdicts.size()}, {"accepted", accepted}, {"stopped_by_gateway", gateway}, {"stopped_by_device", device}};
  out["reasons"] = Json::object();
  for (const auto& [reason, count] : reasons) out["reasons"][reason] = count;
  return out;
}

Json latency_of(const SimulationResult& result) {
  std::vector<std::uint64_t> cycles;
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.latency_cycles) cycles.push_back(*verdict.latency_cycles);
  }
  if (cycles.empty()) return nullptr;
  std::sort(cycles.begin(), cycles.end());
  const auto at = [&](double quantile) {
    return nanoseconds(static_cast<double>(cycles[std::min(cycles.size() - 1, static_cast<std::size_t>(quantile * static_cast<double>(cycles.size())))]));
  };
  // Twenty bins at most, of a round number of cycles each.
  const std::uint64_t width = std::max<std::uint64_t>(1, std::bit_ceil((cycles.back() - cycles.front()) / 20 + 1));
  const std::uint64_t first = cycles.front() / width * width;
  std::vector<std::size_t> bins((cycles.back() - first) / width + 1);
  for (const std::uint64_t one : cycles) ++bins[(one - first) / width];
  Json histogram = Json::array();
  for (std::size_t i = 0; i < bins.size(); ++i) {
    histogram.push_back({{"from_ns", nanoseconds(static_cast<double>(first + i * width))},
                         {"to_ns", nanoseconds(static_cast<double>(first + (i + 1) * width))},
                         {"records", bins[i]}});
  }
  return {{"meaning", "first byte of the record at the port to its verdict"},
          {"min_ns", at(0)},
          {"median_ns", at(0.5)},
          {"p99_ns", at(0.99)},
          {"max_ns", at(1)},
          {"histogram", histogram}};
}

Json to_json(const Throughput& throughput) {
  if (throughput.cycles == 0) return nullptr;
  const double seconds = static_cast<double>(throughput.cycles) / static_cast<double>(clock_hz);
  return {{"records", throughput.records},
          {"bytes", throughput.bytes},
          {"cycles", throughput.cycles},
          {"cycles_per_byte", static_cast<double>(throughput.cycles) / static_cast<double>(throughput.bytes)},
          {"megabytes_per_second", static_cast<double>(throughput.bytes) / seconds / 1e6},
          {"records_per_second", static_cast<double>(throughput.records) / seconds}};
}

Json to_json(const BufferUse& use) {
  return {{"record_limit_bytes", use.record_limit}, {"buffer_bytes", use.buffer_bytes}, {"longest_record_bytes", use.longest},
          {"buffers_per_pipeline", use.buffers},    {"buffers_peak", or_null(use.buffers_peak)},
          {"max_outstanding", use.max_outstanding}, {"outstanding_peak", or_null(use.outstanding_peak)},
          {"unanswered", or_null(use.unanswered)}};
}

Json table_of(const Json& report) {
  Json out;
  const auto geometry = layout::from_name<layout::Geometry>(report.value("geometry", ""));
  const auto limits = layout::limits_of(geometry.value_or(layout::Geometry::RESERVED));
  for (const char* pipeline : {"request", "response"}) {
    const Json& part = report.at(pipeline);
    out[pipeline] = {{"states", part.at("states")},
                     {"transitions", part.at("transitions")},
                     {"entries", part.at("entries")},
                     {"entries_limit", std::string_view(pipeline) == "request" ? limits.request_entries : limits.response_entries},
                     {"actions", part.at("actions")},
                     {"actions_limit", limits.actions},
                     {"density", part.at("density")}};
  }
  out["fits"] = report.at("fits");
  return out;
}

}  // namespace

Json to_json(const SimulationResult& result) {
  Json out;
  out["policy"] = result.report.at("policy");
  out["serial"] = result.report.at("serial");
  out["digest"] = result.report.at("digest");
  out["geometry"] = result.report.at("geometry");
  out["level"] = std::string(simulator::name_of(result.level));
  out["summary"] = summary_of(result);
  out["buffers"] = to_json(result.buffers);
  out["table"] = table_of(result.report);
  out["timing"] = nullptr;
  if (result.timing) {
    out["timing"] = {{"clock_hz", clock_hz},
                     {"latency", latency_of(result)},
                     {"throughput", {{"request", to_json(result.timing->request)}, {"response", to_json(result.timing->response)}}}};
  }
  out["messages"] = Json::array();
  for (const Verdict& verdict : result.verdicts) out["messages"].push_back(to_json(verdict));
  return out;
}

}  // namespace sluice::simulation
