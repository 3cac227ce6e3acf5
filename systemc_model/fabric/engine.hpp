// SPDX-License-Identifier: Apache-2.0
// A lane's engine with its two contexts: judges complete records in the order of arrival and holds
// each verdict until the gate lets it take effect. A response is looked up here first. The
// judgement itself is engine/engine.hpp.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <systemc>

#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class Engine : public sc_core::sc_module, public DrainInterface {
 public:
  static constexpr std::size_t contexts = 2;

  tlm_utils::simple_target_socket<Engine> in;      ///< complete records
  tlm_utils::simple_initiator_socket<Engine> out;  ///< judged records, to verdict_gate
  sc_core::sc_port<TransactionInterface> transactions;
  sc_core::sc_port<RecordBufferInterface> buffers;
  sc_core::sc_port<AuditInterface> audit;

  explicit Engine(const sc_core::sc_module_name& name);

  /// Offers verdicts to the gate, oldest first, until it waits.
  void retire();
  [[nodiscard]] bool drained() const override { return judged_.empty(); }
  void abort_swapped() override;

 private:
  struct Judged {
    RecordInfo record;
    std::span<const std::uint8_t> bytes;  // in the record's buffer
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// False when there is no such request: NO_REQUEST.
  bool look_up(RecordInfo& record);
  void judge(RecordInfo& record, std::span<const std::uint8_t> bytes);
  void give_up(RecordInfo& record, std::uint16_t endpoint);

  std::deque<Judged> judged_;  // at most `contexts`
};

}  // namespace sluice::fabric
