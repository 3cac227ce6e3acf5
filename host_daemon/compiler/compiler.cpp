// SPDX-License-Identifier: Apache-2.0
#include "compiler/compiler.hpp"

#include <stdexcept>

#include "compiler/image.hpp"
#include "compiler/report.hpp"
#include "compiler/sampler.hpp"
#include "compiler/symbols.hpp"

namespace sluice::compiler {

namespace {

std::string hex_tail(const std::vector<std::uint8_t>& image) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = image.size() - layout::IMAGE_DIGEST_BYTES; i < image.size(); ++i) {
    out += digits[image[i] >> 4];
    out += digits[image[i] & 15];
  }
  return out;
}

// A shortest record of each endpoint. An endpoint none of whose records the limit lets pass is a slip in the policy.
std::vector<std::optional<std::string>> shortest_records(const Schema& schema, const Automaton& automaton, Diagnostics& diagnostics) {
  const std::size_t limit = schema.loaded->policy.limits().max_record_bytes();
  Sampler sampler(automaton);
  std::vector<std::optional<std::string>> out;
  for (const Endpoint& endpoint : schema.endpoints) {
    const auto& shortest = out.emplace_back(sampler.shortest(endpoint.tag));
    if (!shortest || shortest->size() <= limit) continue;
    diagnostics
        .error(load::Code::kNoRecord, schema.loaded->policy_spans.at("limits.maxRecordBytes"),
               "no " + std::string(automaton.pipeline == layout::Pipeline::REQUEST ? "request" : "response") + " of '" + endpoint.name +
                   "' can ever be accepted: the shortest has " + std::to_string(shortest->size()) + " bytes, and maxRecordBytes is " + std::to_string(limit))
        .note("the binding: " + load::to_string(endpoint.span))
        .mend("raise maxRecordBytes to what real records have, or leave the method out of the policy");
  }
  return out;
}

}  // namespace

std::optional<CompileResult> compile(std::shared_ptr<const Loaded> loaded, Diagnostics& diagnostics) {
  auto schema = resolve_schema(std::move(loaded), diagnostics);
  if (!schema) return std::nullopt;
  auto grammars = build_grammars(*schema, diagnostics);
  if (!grammars) return std::nullopt;
  auto request = build_automaton(grammars->request, *schema, diagnostics);
  auto response = build_automaton(grammars->response, *schema, diagnostics);
  if (!request || !response) return std::nullopt;
  const auto& policy = schema->loaded->policy;
  const layout::GeometryLimits limits = layout::limits_of(static_cast<layout::Geometry>(policy.geometry()));
  if (schema->endpoints.size() + 1 > limits.endpoints) {
    diagnostics
        .error(load::Code::kDoesNotFit, schema->loaded->policy_spans.at("geometry"),
               "the policy has " + std::to_string(schema->endpoints.size()) + " endpoints, and the geometry holds " +
                   std::to_string(limits.endpoints - 1))
        .mend("choose a larger geometry, or a policy with fewer methods");
  }
  auto request_table = pack(*request, {limits.request_entries, limits.actions}, *schema, diagnostics);
  auto response_table = pack(*response, {limits.response_entries, limits.actions}, *schema, diagnostics);
  if (!request_table || !response_table || diagnostics.has_errors()) return std::nullopt;
  // Behind the fit: what fits is small enough to look for shortest ways.
  const auto samples = shortest_records(*schema, *request, diagnostics);
  shortest_records(*schema, *response, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;

  CompileResult result{std::move(*schema),        std::move(*grammars), std::move(*request), std::move(*response),
                       std::move(*request_table), std::move(*response_table), {}, {}, {}, {}};
  result.image = write_image(result.schema, result.request_table, result.response_table);
  result.digest = hex_tail(result.image);
  result.symbols = write_symbols(result.schema, samples, result.request, result.request_table, result.response, result.response_table, result.digest);
  result.report = write_report(result);
  return result;
}

}  // namespace sluice::compiler
