// SPDX-License-Identifier: Apache-2.0
// Two banks for images, each with the tables of both pipelines. One is active, the other can be
// loaded. It checks nothing: only image_loader fills it, with an image that passed every check.
#pragma once

#include <array>
#include <optional>
#include <systemc>

#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class TableBank : public sc_core::sc_module, public TableBankInterface {
 public:
  explicit TableBank(const sc_core::sc_module_name& name) : sc_module(name) {}

  [[nodiscard]] const engine::Image* active() const override {
    return epoch_ == 0 ? nullptr : &*banks_[active_];
  }
  [[nodiscard]] std::uint32_t epoch() const override { return epoch_; }
  [[nodiscard]] unsigned active_bank() const override { return active_; }
  void clear_inactive() override { banks_[1 - active_].reset(); }
  void fill_inactive(engine::Image image) override { banks_[1 - active_] = std::move(image); }
  void swap() override {
    if (!banks_[1 - active_]) SC_REPORT_FATAL("/sluice/table_bank", "swap to an empty bank");
    active_ = 1 - active_;
    ++epoch_;
  }
  /// For fault injection: the tables of the active bank, or nullptr.
  [[nodiscard]] engine::Image* active_memory() { return epoch_ == 0 ? nullptr : &*banks_[active_]; }

 private:
  std::array<std::optional<engine::Image>, 2> banks_;
  unsigned active_ = 0;
  std::uint32_t epoch_ = 0;
};

}  // namespace sluice::fabric
