// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine.hpp"

#include "engine/engine.hpp"

namespace sluice::fabric {

using layout::Pipeline;
using layout::Reason;

Engine::Engine(const sc_core::sc_module_name& name)
    : sc_module(name),
      in("in"),
      out("out"),
      transactions("transactions"),
      buffers("buffers"),
      audit("audit") {
  in.register_b_transport(this, &Engine::b_transport);
}

void Engine::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (judged_.size() >= contexts) {
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  RecordInfo& info = info_of(payload);
  if (info.aborted) {
    look_up(info);
    return give_up(info, info.endpoint);
  }
  Judged judged{info, record_of(payload)};
  judge(judged.record, judged.bytes);
  judged_.push_back(judged);
  retire();
}

bool Engine::look_up(RecordInfo& record) {
  if (record.pipeline == Pipeline::REQUEST) return true;
  const auto transaction = transactions->use_up(record.tag);
  if (!transaction) return false;
  record.transaction = record.tag;
  record.endpoint = transaction->endpoint;
  record.outgoing_tag = transaction->low_tag;
  return true;
}

void Engine::judge(RecordInfo& record, std::span<const std::uint8_t> bytes) {
  if (!look_up(record)) {
    record.verdict = engine::Verdict{};
    record.verdict.reason = Reason::NO_REQUEST;
    return;
  }
  record.verdict = engine::judge(*record.image, record.pipeline, record.endpoint, bytes);
}

void Engine::retire() {
  while (!judged_.empty()) {
    if (!transport(out, judged_.front().bytes, &judged_.front().record)) return;
    judged_.pop_front();
  }
}

void Engine::give_up(RecordInfo& record, std::uint16_t endpoint) {
  buffers->release(record.buffer);
  record.verdict = engine::Verdict{};
  record.verdict.reason = Reason::SWAPPED;
  record.verdict.endpoint = endpoint;
  audit->count(record.pipeline, record.verdict.reason);
  audit->write(event_of(record));
}

void Engine::abort_swapped() {
  // Only the oldest verdict is known to the gate: it is accepted and waits for link_tx.
  bool at_gate = true;
  while (!judged_.empty()) {
    RecordInfo record = judged_.front().record;
    judged_.pop_front();
    give_up(record, at_gate ? record.verdict.endpoint : record.endpoint);
    at_gate = false;
  }
}

}  // namespace sluice::fabric
