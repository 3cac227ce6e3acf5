// SPDX-License-Identifier: Apache-2.0
#include "fabric/link_tx.hpp"

namespace sluice::fabric {

LinkTx::LinkTx(const sc_core::sc_module_name& name, link::Port port, SeededFault fault)
    : sc_module(name),
      in("in"),
      out("out"),
      buffers("buffers"),
      direction_(link::from_device(port)),
      fault_(fault) {
  in.register_b_transport(this, &LinkTx::b_transport);
}

void LinkTx::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (!idle()) {
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return;
  }
  const RecordInfo& record = info_of(payload);
  auto bytes = record_of(payload);
  std::vector<std::uint8_t> altered;
  if (fault_ == SeededFault::stale_byte && !bytes.empty()) {
    altered.assign(bytes.begin(), bytes.end());
    std::swap(altered.back(), last_byte_);
    bytes = altered;
  }
  for (link::Frame& frame : link::to_frames(direction_, record.outgoing_tag, bytes))
    frames_.push_back(std::move(frame));
  buffer_ = record.buffer;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  drain();
}

bool LinkTx::set_ready(bool ready) {
  ready_ = ready;
  const bool was_idle = idle();
  drain();
  return !was_idle && idle();
}

void LinkTx::drain() {
  if (!ready_ || frames_.empty()) return;
  while (!frames_.empty()) {
    transport(out, frames_.front());
    frames_.pop_front();
  }
  buffers->release(buffer_);
}

}  // namespace sluice::fabric
