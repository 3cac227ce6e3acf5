// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine.hpp"

#include "engine/engine.hpp"

namespace sluice::fabric {

using layout::Pipeline;
using layout::Reason;

Engine::Engine(const sc_core::sc_module_name& name)
    : sc_module(name), in("in"), out("out"), transactions("transactions"), buffers("buffers"), audit("audit") {
  in.register_b_transport(this, &Engine::b_transport);
}

void Engine::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (judged_.size() >= contexts) {
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return;
  }
  Judged judged{info_of(payload), record_of(payload)};
  judge(judged.record, judged.bytes);
  judged_.push_back(judged);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  retire();
}

void Engine::judge(RecordInfo& record, std::span<const std::uint8_t> bytes) {
  if (record.pipeline == Pipeline::RESPONSE) {
    const auto transaction = transactions->use_up(record.tag);
    if (!transaction) {
      record.verdict = engine::Verdict{};
      record.verdict.reason = Reason::NO_REQUEST;
      return;
    }
    record.transaction = record.tag;
    record.endpoint = transaction->endpoint;
    record.outgoing_tag = transaction->low_tag;
  }
  record.verdict = engine::judge(*record.image, record.pipeline, record.endpoint, bytes);
}

void Engine::retire() {
  while (!judged_.empty()) {
    if (!transport(out, judged_.front().bytes, &judged_.front().record)) return;
    judged_.pop_front();
  }
}

void Engine::abort_swapped() {
  while (!judged_.empty()) {
    RecordInfo record = judged_.front().record;
    judged_.pop_front();
    buffers->release(record.buffer);
    const std::uint16_t endpoint = record.verdict.endpoint;
    record.verdict = engine::Verdict{};
    record.verdict.reason = Reason::SWAPPED;
    record.verdict.endpoint = endpoint;
    audit->count(record.pipeline, record.verdict.reason);
    audit->write(event_of(record));
  }
}

}  // namespace sluice::fabric
