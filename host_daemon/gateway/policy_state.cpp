// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy_state.hpp"

#include <spdlog/spdlog.h>

#include <exception>

#include "compiler/compiler.hpp"
#include "engine/engine.hpp"
#include "gateway/problem.hpp"

namespace sluice::gateway {

std::optional<canonical::Refusal> PolicyState::refused_by_tables(layout::Pipeline pipeline,
                                                                 int endpoint,
                                                                 std::string_view record) const {
  const engine::Verdict verdict =
      engine::judge(*image, pipeline, static_cast<std::uint16_t>(endpoint),
                    {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()});
  if (verdict.accepted()) return std::nullopt;
  if (verdict.reason == layout::Reason::DEPTH) {
    const std::string limit = std::to_string(image->max_depth());
    canonical::Refusal refusal =
        problem(400, "record_too_deep",
                "The body nests deeper than the policy allows: it needs more than " + limit +
                    " stack frames of the device, about two for each level.");
    refusal.rule = "limits.maxDepth = " + limit;
    refusal.rule_name = "limits.maxDepth";
    return refusal;
  }
  spdlog::error("the tables refuse a record that this gateway wrote ({}): {} at byte {}",
                canonicalizer->endpoint(endpoint).name, layout::name_of(verdict.reason),
                verdict.offset);
  return problem(500, "internal",
                 "The device's tables would refuse the message; the gateway's log says where.");
}

std::variant<std::shared_ptr<const PolicyState>, std::string> load_policy(
    const std::filesystem::path& file) {
  load::Diagnostics diagnostics;
  try {
    auto loaded = load::load(file, diagnostics);
    if (!loaded) return diagnostics.text();
    auto state = std::make_shared<PolicyState>();
    state->loaded = std::make_shared<const load::Loaded>(std::move(*loaded));
    if (state->policy().mode() != sluice::v1::Policy::TWO_WAY) {
      return file.string() + ": the gateways know the mode TWO_WAY only so far; found " +
             sluice::v1::Policy::Mode_Name(state->policy().mode());
    }
    auto compiled = compiler::compile(state->loaded, diagnostics);
    if (!compiled) return diagnostics.text();
    auto image = engine::Image::load(compiled->image);
    if (const auto* error = std::get_if<engine::LoadError>(&image)) return error->text;
    state->image.emplace(std::get<engine::Image>(std::move(image)));
    state->canonicalizer = std::make_unique<const canonical::Canonicalizer>(
        std::make_shared<const compiler::Schema>(std::move(compiled->schema)));
    state->judge = judge::Judge::create(state->loaded, diagnostics);
    if (!state->judge) return diagnostics.text();
    return std::shared_ptr<const PolicyState>(std::move(state));
  } catch (const std::exception& error) {
    return file.string() + ": " + error.what();
  }
}

}  // namespace sluice::gateway
