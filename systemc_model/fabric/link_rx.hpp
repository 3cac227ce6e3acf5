// SPDX-License-Identifier: Apache-2.0
// Frames in: takes the fragments of one direction, at most one open record, and stores them in a
// record buffer. Rules and their numbers: docs/fabric.md "Frames in". It does not look at a
// record's bytes.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <optional>
#include <systemc>

#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class LinkRx : public sc_core::sc_module, public DrainInterface {
 public:
  tlm_utils::simple_target_socket<LinkRx> in;      ///< frames
  tlm_utils::simple_initiator_socket<LinkRx> out;  ///< fragments, to record_buffer
  sc_core::sc_port<RecordBufferInterface> buffers;
  sc_core::sc_port<TableBankInterface> banks;
  sc_core::sc_port<LoaderInterface> loader;
  sc_core::sc_port<AuditInterface> audit;

  LinkRx(const sc_core::sc_module_name& name, layout::Pipeline pipeline);

  void tick();
  [[nodiscard]] bool drained() const override { return !open_ || open_->skipping; }
  void abort_swapped() override;

 private:
  struct Open {
    RecordInfo record;
    std::uint32_t next = 0;     // offset of the next fragment
    std::uint32_t started = 0;  // tick
    bool skipping = false;      // its verdict is out
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void on_frame(std::span<const std::uint8_t> frame);
  void start(const layout::LinkHeader& header);
  void store(std::span<const std::uint8_t> fragment);
  void reject(layout::Reason reason, std::uint32_t offset, std::uint32_t tag, std::uint32_t length);
  void bad_frame(const layout::LinkHeader& header);
  /// Gives the open record's verdict and drops its bytes; the rest of it is skipped.
  void skip_open(layout::Reason reason);
  void release_open();

  layout::Pipeline pipeline_;
  layout::LinkKind kind_;
  std::optional<Open> open_;
};

}  // namespace sluice::fabric
