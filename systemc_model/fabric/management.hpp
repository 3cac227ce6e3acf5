// SPDX-License-Identifier: Apache-2.0
// The management port: one frame, one answer, in order; the register map. Frames wait (in
// b_transport) while an answer is due. What the registers show belongs to the other modules.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <optional>
#include <systemc>

#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class Management : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Management> in;
  tlm_utils::simple_initiator_socket<Management> out;
  sc_core::sc_port<LoaderInterface> loader;
  sc_core::sc_port<TableBankInterface> banks;
  sc_core::sc_port<TransactionInterface> transactions;
  sc_core::sc_port<AuditInterface> audit;

  Management(const sc_core::sc_module_name& name, layout::Geometry geometry);

  void set_ready(bool ready);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  layout::ManagementHeader answer(std::span<const std::uint8_t> frame);
  layout::LoadStatus write_command(layout::Command command);
  [[nodiscard]] std::optional<std::uint32_t> read(std::uint16_t address) const;
  [[nodiscard]] std::uint32_t status() const;

  layout::Geometry geometry_;
  bool ready_ = true;
  sc_core::sc_event became_ready_;
};

}  // namespace sluice::fabric
