// SPDX-License-Identifier: Apache-2.0
#include "fabric/verdict_gate.hpp"

namespace sluice::fabric {

using layout::Pipeline;
using layout::Reason;

VerdictGate::VerdictGate(const sc_core::sc_module_name& name, SeededFault fault)
    : sc_module(name),
      in("in"),
      out("out"),
      link_tx("link_tx"),
      transactions("transactions"),
      buffers("buffers"),
      audit("audit"),
      fault_(fault) {
  in.register_b_transport(this, &VerdictGate::b_transport);
}

void VerdictGate::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  RecordInfo& record = info_of(payload);
  const bool leaves = record.verdict.accepted() || fault_ == SeededFault::cut_through;
  if (leaves && !link_tx->idle()) {
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (!record.verdict.accepted()) {
    audit->count(record.pipeline, record.verdict.reason);
    audit->write(event_of(record));
    if (fault_ == SeededFault::cut_through && engine::is_engine_reason(record.verdict.reason)) {
      transport(out, record_of(payload), &record);
    } else {
      buffers->release(record.buffer);
    }
    return;
  }
  if (!audit->slot_free()) {
    audit->count(record.pipeline, Reason::OVERLOAD);
    audit->count_lost();
    buffers->release(record.buffer);
    return;
  }
  if (record.pipeline == Pipeline::REQUEST) {
    const auto id = transactions->allocate(record.verdict.endpoint, record.tag, *record.image);
    if (!id) return drop(record, Reason::OVERLOAD);
    record.transaction = *id;
    record.outgoing_tag = *id;
  }
  release(record, record_of(payload));
}

// An accepted record that cannot leave: its event names the endpoint, and nothing of the engine's
// verdict.
void VerdictGate::drop(RecordInfo& record, Reason reason) {
  const std::uint16_t endpoint = record.verdict.endpoint;
  record.verdict = engine::Verdict{};
  record.verdict.reason = reason;
  record.verdict.endpoint = endpoint;
  audit->count(record.pipeline, reason);
  audit->write(event_of(record));
  buffers->release(record.buffer);
}

void VerdictGate::release(RecordInfo& record, std::span<const std::uint8_t> bytes) {
  audit->count(record.pipeline, Reason::ACCEPTED);
  // link_tx gives the buffer back when the last byte has left; the slot of this event is reserved
  // by being free.
  const layout::Event event = event_of(record);
  transport(out, bytes, &record);
  audit->write(event);
}

}  // namespace sluice::fabric
