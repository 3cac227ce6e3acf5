// SPDX-License-Identifier: Apache-2.0
#include "fabric/audit.hpp"

#include <algorithm>

#include "link/management_client.hpp"

namespace sluice::fabric {

namespace {
void count_up(std::uint32_t& counter) {
  if (counter != 0xFFFFFFFFU) ++counter;
}
}  // namespace

layout::Event event_of(const RecordInfo& record) {
  const engine::Verdict& verdict = record.verdict;
  layout::Event event;
  event.kind = layout::EventKind::RECORD;
  event.pipeline = record.pipeline;
  event.reason = verdict.reason;
  event.endpoint = verdict.endpoint;
  event.depth = verdict.depth;
  event.length = record.length;
  event.offset = verdict.offset;
  event.tag = record.tag;
  event.transaction = record.transaction;
  event.base = verdict.base;
  event.symbol_class = verdict.symbol_class;
  event.frames = verdict.frames;
  event.return_bases = verdict.return_bases;
  event.registers = verdict.registers;
  return event;
}

Audit::Audit(const sc_core::sc_module_name& name, std::uint32_t slots)
    : sc_module(name), out("out"), banks("banks"), slots_(slots) {}

void Audit::write(layout::Event event) {
  if (!slot_free()) {
    count_lost();
    return;
  }
  event.sequence = ++sequence_;
  event.epoch = banks->epoch();
  event.tick = ticks_;
  event.flags = banks->active() != nullptr ? layout::EVENT_FLAG_UNSIGNED : 0;
  events_.push_back(link::make_event(event));
  drain();
}

void Audit::count(layout::Pipeline pipeline, layout::Reason reason) {
  count_up(counters_[static_cast<unsigned>(pipeline)][static_cast<unsigned>(reason)]);
}

void Audit::count_lost() { count_up(lost_); }

void Audit::count_ignored_frame() { count_up(ignored_frames_); }

void Audit::set_ready(bool ready) {
  ready_ = ready;
  drain();
}

void Audit::drain() {
  while (ready_ && !events_.empty()) {
    transport(out, events_.front());
    events_.pop_front();
  }
}

}  // namespace sluice::fabric
