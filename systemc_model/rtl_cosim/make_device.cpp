// SPDX-License-Identifier: Apache-2.0
#include "rtl_cosim/make_device.hpp"

#include "rtl_cosim/verilated_device.hpp"

namespace sluice::rtl_cosim {

std::unique_ptr<fabric::Device> make_device(layout::Geometry geometry, const std::string& trace_file, fabric::SeededFault fault) {
  return std::make_unique<VerilatedDevice>("device", make_verilated_fabric(geometry, trace_file, fault));
}

}  // namespace sluice::rtl_cosim
