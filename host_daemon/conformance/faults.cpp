// SPDX-License-Identifier: Apache-2.0
#include "conformance/faults.hpp"

#include <algorithm>
#include <array>

namespace sluice::conformance {
namespace {

using fabric::SeededFault;

constexpr std::array<NamedFault, 3> all{{
    {"cut-through", SeededFault::cut_through, "SLC-01"},
    {"orphan-response", SeededFault::orphan_response, "SLC-04"},
    {"stale-byte", SeededFault::stale_byte, "SLC-02"},
}};

}  // namespace

std::span<const NamedFault> faults() { return all; }

const NamedFault* find_fault(std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const NamedFault& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace sluice::conformance
