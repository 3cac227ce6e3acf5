// SPDX-License-Identifier: Apache-2.0
// Chooses the Verilated class for a geometry. The classes themselves come from hdl/CMakeLists.txt.
#include "rtl_cosim/verilated_fabric.hpp"

#include <VFabricSimulation.h>
#include <VFabricSmall.h>

#include <stdexcept>

#include "rtl_cosim/model_driver.hpp"

namespace sluice::rtl_cosim {

std::unique_ptr<VerilatedFabric> make_verilated_fabric(layout::Geometry geometry, const std::string& trace_file) {
  switch (geometry) {
    case layout::Geometry::SMALL: return std::make_unique<ModelDriver<VFabricSmall>>(trace_file);
    case layout::Geometry::SIMULATION: return std::make_unique<ModelDriver<VFabricSimulation>>(trace_file);
    default: break;
  }
  throw std::runtime_error("the device at level rtl is built for the geometries SMALL and SIMULATION only");
}

}  // namespace sluice::rtl_cosim
