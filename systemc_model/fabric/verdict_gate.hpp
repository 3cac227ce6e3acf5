// SPDX-License-Identifier: Apache-2.0
// The only way out of a lane. A verdict takes effect here: counted, reported, and the record
// released or dropped. It decides nothing about a record's bytes.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <systemc>

#include "fabric/interfaces.hpp"
#include "fabric/seeded_fault.hpp"

namespace sluice::fabric {

class VerdictGate : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<VerdictGate> in;      ///< judged records
  tlm_utils::simple_initiator_socket<VerdictGate> out;  ///< released records, to link_tx
  sc_core::sc_port<LinkTxInterface> link_tx;
  sc_core::sc_port<TransactionInterface> transactions;
  sc_core::sc_port<RecordBufferInterface> buffers;
  sc_core::sc_port<AuditInterface> audit;

  VerdictGate(const sc_core::sc_module_name& name, SeededFault fault);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void drop(RecordInfo& record, layout::Reason reason);
  void release(RecordInfo& record, std::span<const std::uint8_t> bytes);

  SeededFault fault_;
};

}  // namespace sluice::fabric
