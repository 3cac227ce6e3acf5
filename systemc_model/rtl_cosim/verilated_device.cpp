// SPDX-License-Identifier: Apache-2.0
#include "rtl_cosim/verilated_device.hpp"

namespace sluice::rtl_cosim {

namespace {
/// The product's clock: 125 MHz.
const sc_core::sc_time& period() {
  static const sc_core::sc_time time(8, sc_core::SC_NS);
  return time;
}
/// Cycles that the model runs at most before simulated time goes on.
constexpr std::uint64_t quantum = 4096;
}  // namespace

VerilatedDevice::VerilatedDevice(const sc_core::sc_module_name& name, std::unique_ptr<VerilatedFabric> model)
    : Device(name), model_(std::move(model)) {
  model_->on_frame = [this](SentFrame sent) { emit(sent.port, std::move(sent.bytes)); };
  sc_core::sc_spawn([this] { clock(); }, "clock");
}

void VerilatedDevice::clock() {
  for (;;) {
    while (!model_->busy()) sc_core::wait(work_);
    const std::uint64_t ran = model_->run(quantum);
    moved_.notify(sc_core::SC_ZERO_TIME);
    sc_core::wait(static_cast<double>(ran) * period());
  }
}

void VerilatedDevice::on_frame(Port port, std::span<const std::uint8_t> frame) {
  model_->send(port, Frame(frame.begin(), frame.end()));
  work_.notify(sc_core::SC_ZERO_TIME);
  while (model_->queued(port) != 0) sc_core::wait(moved_);
}

void VerilatedDevice::tick() {
  model_->tick();
  work_.notify(sc_core::SC_ZERO_TIME);
}

void VerilatedDevice::set_ready(Port port, bool ready) {
  model_->set_ready(port, ready);
  work_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace sluice::rtl_cosim
