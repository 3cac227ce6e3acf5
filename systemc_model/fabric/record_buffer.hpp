// SPDX-License-Identifier: Apache-2.0
// The record buffers of one pipeline and the queue of complete records in front of the engine.
// A buffer is taken at a record's first fragment and given back when the record is dropped or has
// left.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <systemc>
#include <vector>

#include "fabric/interfaces.hpp"

namespace sluice::fabric {

class RecordBuffer : public sc_core::sc_module,
                     public RecordBufferInterface,
                     public DrainInterface {
 public:
  tlm_utils::simple_target_socket<RecordBuffer> in;      ///< fragments
  tlm_utils::simple_initiator_socket<RecordBuffer> out;  ///< complete records, to engine

  RecordBuffer(const sc_core::sc_module_name& name, std::uint32_t buffers, std::uint32_t bytes);

  std::optional<std::size_t> allocate(std::uint32_t length) override;
  void release(std::size_t buffer) override { buffers_[buffer].busy = false; }
  [[nodiscard]] bool drained() const override { return complete_.empty(); }
  /// Hands everything to the engine as given up; the engine was aborted before, so its contexts are
  /// free.
  void abort_swapped() override;

  /// Offers complete records to the engine, oldest first, until it has no free context.
  void dispatch();

 private:
  struct Buffer {
    bool busy = false;
    std::vector<std::uint8_t> bytes;  // reserved once for the longest record
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  std::vector<Buffer> buffers_;
  std::deque<RecordInfo> complete_;  // at most as many as buffers
};

}  // namespace sluice::fabric
