// SPDX-License-Identifier: Apache-2.0
// The deliberately broken devices by name, and which procedure is there to find each of them.
#pragma once

#include <span>
#include <string_view>

#include "fabric/seeded_fault.hpp"

namespace sluice::conformance {

struct NamedFault {
  std::string_view name;  ///< "cut-through"
  fabric::SeededFault fault;
  std::string_view procedure;  ///< id of the procedure that must find it
};

std::span<const NamedFault> faults();
/// Null for an unknown name.
const NamedFault* find_fault(std::string_view name);

}  // namespace sluice::conformance
