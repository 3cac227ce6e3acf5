// SPDX-License-Identifier: Apache-2.0
#include "simulation/simulation.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "canonical/canonicalizer.hpp"
#include "compiler/symbols.hpp"
#include "engine/engine.hpp"
#include "simulation/device_run.hpp"

namespace sluice::simulation {
namespace {

using layout::Pipeline;
using layout::Reason;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

engine::Image image_of(const compiler::CompileResult& policy) {
  auto image = engine::Image::load(policy.image);
  if (const auto* error = std::get_if<engine::LoadError>(&image)) throw std::runtime_error("image refused: " + error->text);
  return std::move(std::get<engine::Image>(image));
}

// The records of the traffic; `verdicts` gets the refusals of the gateway at once. Index: message of each passage.
struct Prepared {
  std::vector<std::string> records;  // by message; unused where the gateway refused
  std::vector<std::size_t> index;
  std::vector<Passage> passages;
};

Prepared prepare(const canonical::Canonicalizer& canonicalizer, const Traffic& traffic, std::vector<Verdict>& verdicts) {
  Prepared out;
  out.records.resize(traffic.messages.size());
  for (std::size_t i = 0; i < traffic.messages.size(); ++i) {
    const Message& message = traffic.messages[i];
    Verdict& verdict = verdicts[i];
    verdict.id = message.id;
    verdict.pipeline = message.pipeline;
    verdict.t_us = message.t_us;
    verdict.endpoint = message.endpoint;
    int endpoint = 0;
    if (message.pipeline == Pipeline::RESPONSE) {
      endpoint = canonical::find_endpoint(canonicalizer.schema(), message.endpoint);
      if (endpoint == 0) throw std::runtime_error("message " + message.id + ": the policy has no endpoint '" + message.endpoint + "'");
    }
    if (message.canonical) {
      out.records[i] = message.content;
    } else {
      auto record = canonicalizer.canonicalize_http(message.pipeline, message.content, endpoint);
      if (!record) {
        const canonical::Refusal& refusal = record.refusal();
        verdict.stopped_by = Place::gateway;
        verdict.reason = refusal.code;
        verdict.path = refusal.field;
        verdict.rule = refusal.rule;
        verdict.text = refusal.message;
        continue;
      }
      out.records[i] = std::move(record->bytes);
    }
    verdict.length = static_cast<std::uint32_t>(out.records[i].size());
    out.index.push_back(i);
    out.passages.push_back({message.pipeline, message.t_us, static_cast<std::uint16_t>(endpoint), bytes_of(out.records[i])});
  }
  return out;
}

// A device's event, or what it would be.
layout::Event event_of(const Passage& passage, const engine::Verdict& verdict) {
  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.pipeline = passage.pipeline;
  event.reason = verdict.reason;
  event.endpoint = verdict.endpoint;
  event.depth = verdict.depth;
  event.length = static_cast<std::uint32_t>(passage.record.size());
  event.offset = verdict.offset;
  event.base = verdict.base;
  event.symbol_class = verdict.symbol_class;
  event.frames = verdict.frames;
  event.return_bases = verdict.return_bases;
  event.registers = verdict.registers;
  return event;
}

void explain(const compiler::SymbolMap& symbols, const layout::Event& event, std::span<const std::uint8_t> record, Verdict& verdict) {
  const std::string endpoint = symbols.endpoint_name(event.endpoint);
  if (!endpoint.empty()) verdict.endpoint = endpoint;
  if (event.reason == Reason::ACCEPTED) return;
  const compiler::Explanation explanation = symbols.explain(event, record);
  verdict.stopped_by = Place::device;
  verdict.reason = layout::name_of(event.reason);
  verdict.offset = event.offset;
  if (!explanation.endpoint.empty()) verdict.endpoint = explanation.endpoint;
  verdict.path = explanation.path;
  verdict.rule = explanation.rule;
  verdict.text = explanation.text.empty() ? std::string(layout::text_of(event.reason)) : explanation.text;
}

}  // namespace

SimulationResult simulate(compiler::CompileResult policy, const Traffic& traffic, simulator::Level level) {
  const engine::Image image = image_of(policy);
  const auto symbols = compiler::SymbolMap::parse(policy.symbols);
  SimulationResult result;
  result.level = level;
  result.report = nlohmann::ordered_json::parse(policy.report);
  result.verdicts.resize(traffic.messages.size());
  const std::vector<std::uint8_t> image_bytes = std::move(policy.image);
  const canonical::Canonicalizer canonicalizer(std::make_shared<const compiler::Schema>(std::move(policy.schema)));
  const Prepared prepared = prepare(canonicalizer, traffic, result.verdicts);

  const auto limits = layout::limits_of(image.geometry());
  BufferUse& use = result.buffers;
  use.record_limit = image.max_record_bytes();
  use.buffer_bytes = limits.record_bytes;
  use.buffers = limits.record_buffers;
  use.max_outstanding = image.max_outstanding();
  for (const Verdict& verdict : result.verdicts) use.longest = std::max(use.longest, verdict.length);

  if (level == simulator::Level::engine) {
    for (std::size_t i = 0; i < prepared.passages.size(); ++i) {
      const Passage& passage = prepared.passages[i];
      explain(symbols, event_of(passage, engine::judge(image, passage.pipeline, passage.endpoint, passage.record)), passage.record,
              result.verdicts[prepared.index[i]]);
    }
    return result;
  }
  const auto session = simulator::DeviceSession::create({.level = level, .geometry = image.geometry()});
  if (const std::string error = simulator::load_image(*session, image_bytes); !error.empty()) {
    throw std::runtime_error("the device refused the image: " + error);
  }
  const DeviceRun run = run_device(*session, image, prepared.passages);
  for (std::size_t i = 0; i < run.arrivals.size(); ++i) {
    Verdict& verdict = result.verdicts[prepared.index[i]];
    explain(symbols, run.arrivals[i].event, prepared.passages[i].record, verdict);
    verdict.latency_cycles = run.arrivals[i].latency_cycles;
  }
  use.buffers_peak = run.buffers_peak;
  use.outstanding_peak = run.outstanding_peak;
  use.unanswered = run.unanswered;
  result.timing = run.timing;
  return result;
}

}  // namespace sluice::simulation
