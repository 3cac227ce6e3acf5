// SPDX-License-Identifier: Apache-2.0
// Drives one Verilated class: the loop over clock cycles, as tight as it can be. A template, because every geometry is a class of
// its own; included only by the files that make one.
#pragma once

#include <verilated.h>
#include <verilated_fst_c.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "rtl_cosim/verilated_fabric.hpp"

namespace sluice::rtl_cosim {

template <typename Model>
class ModelDriver : public VerilatedFabric {
 public:
  explicit ModelDriver(const std::string& trace_file) : context_(std::make_unique<VerilatedContext>()) {
    context_->traceEverOn(!trace_file.empty());
    model_ = std::make_unique<Model>(context_.get());
    if (!trace_file.empty()) {
      trace_ = std::make_unique<VerilatedFstC>();
      model_->trace(trace_.get(), 99);
      trace_->open(trace_file.c_str());
    }
    reset();
  }
  ~ModelDriver() override {
    model_->final();
    if (trace_) trace_->close();
  }
  ModelDriver(const ModelDriver&) = delete;
  ModelDriver& operator=(const ModelDriver&) = delete;

  void send(Port port, Frame frame) override {
    if (!frame.empty()) pins_[index(port)].in.push_back(std::move(frame));
  }
  [[nodiscard]] std::size_t queued(Port port) const override { return pins_[index(port)].in.size(); }
  void set_ready(Port port, bool ready) override {
    pins_[index(port)].ready = ready;
    drive();
    model_->eval();
  }
  [[nodiscard]] bool busy() const override {
    if (model_->busy_o) return true;
    for (std::size_t i = 0; i < link::port_count; ++i) {
      if (!pins_[i].in.empty() && rx_ready(i)) return true;
    }
    return false;
  }
  std::uint64_t run(std::uint64_t most) override {
    std::uint64_t ran = 0;
    moved_ = false;
    while (ran < most && !moved_ && busy()) {
      cycle();
      ++ran;
    }
    return ran;
  }
  void tick() override {
    model_->tick_i = 1;
    cycle();
    model_->tick_i = 0;
    model_->eval();
  }
  [[nodiscard]] std::uint64_t cycles() const override { return cycles_; }

  /// For tests and seeded faults: the pins and, in models built for it, the memories.
  Model& model() { return *model_; }

 private:
  struct Pins {
    std::deque<Frame> in;
    std::size_t at = 0;  // byte of in.front() that stands at the pins
    Frame out;
    std::uint64_t out_since = 0;
    bool ready = true;
  };

  static constexpr std::size_t index(Port port) { return static_cast<std::size_t>(port); }
  [[nodiscard]] bool rx_ready(std::size_t i) const {
    return i == 0 ? model_->low_rx_ready_o : i == 1 ? model_->high_rx_ready_o : model_->management_rx_ready_o;
  }

  void reset() {
    model_->rst_ni = 0;
    model_->clk_i = 0;
    model_->tick_i = 0;
    drive();
    for (int i = 0; i < 2; ++i) half_cycles();
    model_->rst_ni = 1;
    model_->eval();
    // The memories are cleared now: part of the reset, so that a device that is asked for nothing has nothing to do.
    while (model_->busy_o) cycle();
  }

  template <typename V, typename D, typename L>
  static void drive_rx(const Pins& pins, V& valid, D& data, L& last) {
    valid = !pins.in.empty();
    if (!pins.in.empty()) {
      data = pins.in.front()[pins.at];
      last = pins.at + 1 == pins.in.front().size();
    }
  }
  void drive() {
    drive_rx(pins_[0], model_->low_rx_valid_i, model_->low_rx_data_i, model_->low_rx_last_i);
    drive_rx(pins_[1], model_->high_rx_valid_i, model_->high_rx_data_i, model_->high_rx_last_i);
    drive_rx(pins_[2], model_->management_rx_valid_i, model_->management_rx_data_i, model_->management_rx_last_i);
    model_->low_tx_ready_i = pins_[0].ready;
    model_->high_tx_ready_i = pins_[1].ready;
    model_->management_tx_ready_i = pins_[2].ready;
  }
  void half_cycles() {
    model_->clk_i = 1;
    model_->eval();
    if (trace_) trace_->dump(2 * ++trace_time_);
    model_->clk_i = 0;
    model_->eval();
    if (trace_) trace_->dump(2 * trace_time_ + 1);
  }

  void take_rx(std::size_t i) {
    Pins& pins = pins_[i];
    if (pins.in.empty() || !rx_ready(i)) return;
    if (++pins.at == pins.in.front().size()) {
      pins.in.pop_front();
      pins.at = 0;
      moved_ = true;
    }
  }
  bool take_tx(std::size_t i, bool valid, std::uint8_t data, bool last) {
    Pins& pins = pins_[i];
    if (!valid || !pins.ready) return false;
    if (pins.out.empty()) pins.out_since = cycles_;
    pins.out.push_back(data);
    return last;
  }
  void deliver(std::size_t i) {
    moved_ = true;
    SentFrame sent{static_cast<Port>(i), std::exchange(pins_[i].out, {}), pins_[i].out_since, cycles_};
    if (on_frame) on_frame(std::move(sent));
  }

  /// One clock cycle. What stands at the pins before the edge is what moves at it; all outputs come from registers and ready pins.
  void cycle() {
    drive();
    const bool low = take_tx(0, model_->low_tx_valid_o, model_->low_tx_data_o, model_->low_tx_last_o);
    const bool high = take_tx(1, model_->high_tx_valid_o, model_->high_tx_data_o, model_->high_tx_last_o);
    const bool management =
        take_tx(2, model_->management_tx_valid_o, model_->management_tx_data_o, model_->management_tx_last_o);
    take_rx(0);
    take_rx(1);
    take_rx(2);
    half_cycles();
    ++cycles_;
    if (low) deliver(0);
    if (high) deliver(1);
    if (management) deliver(2);
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<VerilatedFstC> trace_;
  std::array<Pins, link::port_count> pins_;
  std::uint64_t cycles_ = 0;
  std::uint64_t trace_time_ = 0;
  bool moved_ = false;
};

}  // namespace sluice::rtl_cosim
