// SPDX-License-Identifier: Apache-2.0
// Chooses the Verilated class for a geometry and a fault. The classes themselves come from hdl/CMakeLists.txt.
#include "rtl_cosim/verilated_fabric.hpp"

#include <VFabricFaulty.h>
#include <VFabricSimulation.h>
#include <VFabricSmall.h>

#include <stdexcept>

#include "rtl_cosim/model_driver.hpp"

namespace sluice::rtl_cosim {

namespace {

// The numbers of the input `seeded_fault_i` of a device that was built with SLUICE_SEEDED_FAULTS.
static_assert(static_cast<int>(fabric::SeededFault::cut_through) == 1);
static_assert(static_cast<int>(fabric::SeededFault::orphan_response) == 2);
static_assert(static_cast<int>(fabric::SeededFault::stale_byte) == 3);

}  // namespace

std::unique_ptr<VerilatedFabric> make_verilated_fabric(layout::Geometry geometry, const std::string& trace_file,
                                                       fabric::SeededFault fault) {
  if (!trace_file.empty() && !trace_file.ends_with(".fst")) {
    throw std::runtime_error("level rtl traces in FST format only: name the file *.fst instead of '" + trace_file + "'");
  }
  if (fault != fabric::SeededFault::none) {
    if (geometry != layout::Geometry::SMALL) {
      throw std::runtime_error("devices with a seeded fault are built for the geometry SMALL only");
    }
    auto driver = std::make_unique<ModelDriver<VFabricFaulty>>(trace_file);
    driver->model().seeded_fault_i = static_cast<std::uint8_t>(fault);
    return driver;
  }
  switch (geometry) {
    case layout::Geometry::SMALL: return std::make_unique<ModelDriver<VFabricSmall>>(trace_file);
    case layout::Geometry::SIMULATION: return std::make_unique<ModelDriver<VFabricSimulation>>(trace_file);
    default: break;
  }
  throw std::runtime_error("the device at level rtl is built for the geometries SMALL and SIMULATION only");
}

}  // namespace sluice::rtl_cosim
