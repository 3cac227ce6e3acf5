// SPDX-License-Identifier: Apache-2.0
// The Verilated fabric behind the sockets of a Device: the same bench takes it in the place of the TLM model.
// One thread is the clock: it runs the model in one go until a frame moved or nothing is left to do, then lets the cycles pass as
// simulated time. Frames that leave carry no delay of their own: a SentFrame's cycles and the events' `cycle` tell when.
#pragma once

#include <memory>

#include "fabric/device.hpp"
#include "rtl_cosim/verilated_fabric.hpp"

namespace sluice::rtl_cosim {

class VerilatedDevice : public fabric::Device {
 public:
  VerilatedDevice(const sc_core::sc_module_name& name, std::unique_ptr<VerilatedFabric> model);

  void tick() override;
  void set_ready(Port port, bool ready) override;
  [[nodiscard]] bool busy() const override { return model_->busy(); }
  [[nodiscard]] std::uint64_t cycles() const override { return model_->cycles(); }

 protected:
  void on_frame(Port port, std::span<const std::uint8_t> frame) override;

 private:
  void clock();

  std::unique_ptr<VerilatedFabric> model_;
  sc_core::sc_event work_;   // the clock has a reason to run
  sc_core::sc_event moved_;  // a frame was taken, or the clock stops
};

}  // namespace sluice::rtl_cosim
