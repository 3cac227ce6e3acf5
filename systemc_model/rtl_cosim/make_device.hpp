// SPDX-License-Identifier: Apache-2.0
// Makes a device at level rtl. Declares one function.
#pragma once

#include <memory>
#include <string>

#include "fabric/device.hpp"
#include "fabric/seeded_fault.hpp"
#include "sluice/layout.hpp"

namespace sluice::rtl_cosim {

/// A device named "device". Geometries: SMALL and SIMULATION; with a seeded fault SMALL. `trace_file`: an FST file (name ending in
/// .fst), none when empty. Throws std::runtime_error for what is not built.
std::unique_ptr<fabric::Device> make_device(layout::Geometry geometry, const std::string& trace_file,
                                            fabric::SeededFault fault = fabric::SeededFault::none);

}  // namespace sluice::rtl_cosim
