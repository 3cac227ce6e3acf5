// SPDX-License-Identifier: Apache-2.0
// Load and swap: checks an image word by word into the inactive bank, and changes the banks when no
// record of the old one is left, or after RECORD_TIMEOUT_TICKS. States and answers: docs/fabric.md
// "Load and swap". It verifies no signature yet.
#pragma once

#include <optional>
#include <systemc>

#include "engine/image_reader.hpp"
#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class ImageLoader : public sc_core::sc_module, public LoaderInterface {
 public:
  sc_core::sc_port<TableBankInterface> banks;
  sc_core::sc_port<TransactionInterface> transactions;
  sc_core::sc_port<AuditInterface> audit;
  /// What a swap waits for, in the order in which it is aborted.
  sc_core::sc_port<DrainInterface, 0, sc_core::SC_ZERO_OR_MORE_BOUND> drains;

  ImageLoader(const sc_core::sc_module_name& name, layout::Geometry geometry);

  std::optional<layout::LoadStatus> command(layout::Command command) override;
  layout::LoadStatus block(std::uint32_t first_word, std::span<const std::uint8_t> bytes) override;
  [[nodiscard]] const sc_core::sc_event& answered() const override { return answered_; }
  layout::LoadStatus take_answer() override { return status_; }
  [[nodiscard]] bool swap_waiting() const override { return waiting_; }
  [[nodiscard]] bool open() const override {
    return state_ == State::open || state_ == State::complete;
  }
  [[nodiscard]] bool complete() const override { return state_ == State::complete; }
  [[nodiscard]] layout::LoadStatus status() const override { return status_; }
  [[nodiscard]] std::uint32_t words() const override { return words_; }

  /// After every frame and every change of a ready: a swap that waits may go on.
  void poll();
  void tick();

 private:
  enum class State { none, open, complete, failed };

  layout::LoadStatus fail(layout::LoadStatus status);
  [[nodiscard]] bool drained() const;
  void swap();

  layout::Geometry geometry_;
  State state_ = State::none;
  layout::LoadStatus status_ = layout::LoadStatus::IDLE;
  std::uint32_t words_ = 0;
  std::optional<engine::ImageReader> reader_;
  bool waiting_ = false;
  std::uint32_t waiting_since_ = 0;  // tick
  sc_core::sc_event answered_;
};

}  // namespace sluice::fabric
