// SPDX-License-Identifier: Apache-2.0
// Counters by reason, the event slots, and the tick counter. Events leave in the order of writing
// while the management port is ready. It never holds anybody up: without a slot an event is counted
// as lost.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <systemc>

#include "fabric/interfaces.hpp"
#include "link/port.hpp"

namespace sluice::fabric {

class Audit : public sc_core::sc_module, public AuditInterface {
 public:
  tlm_utils::simple_initiator_socket<Audit> out;
  sc_core::sc_port<TableBankInterface> banks;

  Audit(const sc_core::sc_module_name& name, std::uint32_t slots);

  [[nodiscard]] bool slot_free() const override { return events_.size() < slots_; }
  void write(layout::Event event) override;
  void count(layout::Pipeline pipeline, layout::Reason reason) override;
  void count_lost() override;
  void count_ignored_frame() override;
  [[nodiscard]] std::uint32_t now() const override { return ticks_; }
  [[nodiscard]] std::uint32_t counter(layout::Pipeline pipeline, unsigned reason) const override {
    return counters_[static_cast<unsigned>(pipeline)][reason];
  }
  [[nodiscard]] std::uint32_t lost() const override { return lost_; }
  [[nodiscard]] std::uint32_t ignored_frames() const override { return ignored_frames_; }

  void tick() { ++ticks_; }
  void set_ready(bool ready);

 private:
  void drain();

  std::size_t slots_;
  bool ready_ = true;
  std::deque<link::Frame> events_;  // at most slots_
  std::uint32_t sequence_ = 0;
  std::uint32_t ticks_ = 0;
  std::uint32_t lost_ = 0;
  std::uint32_t ignored_frames_ = 0;
  std::array<std::array<std::uint32_t, 1U << layout::EnumTraits<layout::Reason>::width>, 2>
      counters_{};
};

}  // namespace sluice::fabric
