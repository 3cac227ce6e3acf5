// SPDX-License-Identifier: Apache-2.0
// A policy and traffic in, verdicts and measurements out:
//
//   message -> canonicalizer -> record -> engine | device at lt or rtl -> verdict, explained by the symbol map
//
// No files: see cli/commands/simulate.cpp.
#pragma once

#include <memory>

#include "compiler/compiler.hpp"
#include "simulation/result.hpp"
#include "simulation/traffic.hpp"

namespace sluice::simulation {

/// Runs the traffic, in its order, at that level. At lt and rtl it makes the process's one device. Throws std::runtime_error: a
/// level that is not built in, an endpoint that the policy does not have, a device that misbehaves.
SimulationResult simulate(compiler::CompileResult policy, const Traffic& traffic, simulator::Level level);

}  // namespace sluice::simulation
