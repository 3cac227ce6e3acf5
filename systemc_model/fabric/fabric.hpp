// SPDX-License-Identifier: Apache-2.0
// The loosely timed model of the whole device (docs/fabric.md): only wiring. Modules are named like
// the HDL's. It has no clock: every frame is worked off when it comes, time is ticks.
#pragma once

#include "fabric/audit.hpp"
#include "fabric/device.hpp"
#include "fabric/engine.hpp"
#include "fabric/image_loader.hpp"
#include "fabric/link_rx.hpp"
#include "fabric/link_tx.hpp"
#include "fabric/management.hpp"
#include "fabric/record_buffer.hpp"
#include "fabric/seeded_fault.hpp"
#include "fabric/table_bank.hpp"
#include "fabric/transaction_table.hpp"
#include "fabric/verdict_gate.hpp"

namespace sluice::fabric {

class Fabric : public Device {
 public:
  /// Throws std::runtime_error for a geometry that does not exist.
  Fabric(const sc_core::sc_module_name& name, layout::Geometry geometry,
         SeededFault fault = SeededFault::none);

  void tick() override;
  void set_ready(Port port, bool ready) override;
  [[nodiscard]] bool busy() const override { return false; }
  [[nodiscard]] std::uint64_t cycles() const override { return 0; }

  /// For fault injection.
  [[nodiscard]] TableBank& banks() { return table_bank_; }

 protected:
  void on_frame(Port port, std::span<const std::uint8_t> frame) override;

 private:
  /// One one-way half. The two share nothing but what is bound from outside.
  struct Pipeline {
    LinkRx link_rx;
    RecordBuffer record_buffer;
    Engine engine;
    VerdictGate verdict_gate;
    LinkTx link_tx;
    Pipeline(const std::string& prefix, layout::Pipeline which, Port out,
             const layout::GeometryLimits& limits, SeededFault fault);
    void set_ready(bool ready);
  };

  void wire(Pipeline& pipeline, tlm_utils::simple_initiator_socket<Fabric>& in);
  template <Port port>
  void leave(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  Audit audit_;
  TableBank table_bank_;
  TransactionTable transaction_table_;
  ImageLoader image_loader_;
  Management management_;
  Pipeline request_;
  Pipeline response_;
  tlm_utils::simple_initiator_socket<Fabric> to_request_;
  tlm_utils::simple_initiator_socket<Fabric> to_response_;
  tlm_utils::simple_initiator_socket<Fabric> to_management_;
  tlm_utils::simple_target_socket<Fabric> from_request_;
  tlm_utils::simple_target_socket<Fabric> from_response_;
  tlm_utils::simple_target_socket<Fabric> from_management_;
  tlm_utils::simple_target_socket<Fabric> from_audit_;
};

}  // namespace sluice::fabric
