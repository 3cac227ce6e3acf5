// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy_state.hpp"

#include <exception>

#include "compiler/schema.hpp"

namespace sluice::gateway {

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
    auto schema = compiler::resolve_schema(state->loaded, diagnostics);
    if (!schema) return diagnostics.text();
    state->canonicalizer = std::make_unique<const canonical::Canonicalizer>(
        std::make_shared<const compiler::Schema>(std::move(*schema)));
    state->judge = judge::Judge::create(state->loaded, diagnostics);
    if (!state->judge) return diagnostics.text();
    return std::shared_ptr<const PolicyState>(std::move(state));
  } catch (const std::exception& error) {
    return file.string() + ": " + error.what();
  }
}

}  // namespace sluice::gateway
