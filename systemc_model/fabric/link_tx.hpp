// SPDX-License-Identifier: Apache-2.0
// Frames out: builds the frames of a released record from its verified length, the outgoing tag and
// constants; nothing of the incoming header can reach it. One record at a time.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <functional>
#include <systemc>

#include "fabric/interfaces.hpp"
#include "fabric/seeded_fault.hpp"
#include "link/link_codec.hpp"

namespace sluice::fabric {

class LinkTx : public sc_core::sc_module, public LinkTxInterface {
 public:
  tlm_utils::simple_target_socket<LinkTx> in;      ///< released records
  tlm_utils::simple_initiator_socket<LinkTx> out;  ///< frames
  sc_core::sc_port<RecordBufferInterface> buffers;

  LinkTx(const sc_core::sc_module_name& name, link::Port port, SeededFault fault);

  [[nodiscard]] bool idle() const override { return frames_.empty(); }
  /// True when this made it idle: the lane may go on.
  bool set_ready(bool ready);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void drain();

  link::Direction direction_;
  SeededFault fault_;
  std::uint8_t last_byte_ = 0;  // of the record before, for SeededFault::stale_byte
  bool ready_ = true;
  std::size_t buffer_ = 0;
  std::deque<link::Frame> frames_;  // of one record
};

}  // namespace sluice::fabric
