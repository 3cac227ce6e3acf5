// SPDX-License-Identifier: Apache-2.0
#include "fabric/link_rx.hpp"

#include "link/link_codec.hpp"

namespace sluice::fabric {

using layout::LinkHeader;
using layout::Pipeline;
using layout::Reason;

LinkRx::LinkRx(const sc_core::sc_module_name& name, Pipeline pipeline)
    : sc_module(name),
      in("in"),
      out("out"),
      buffers("buffers"),
      banks("banks"),
      loader("loader"),
      audit("audit"),
      pipeline_(pipeline),
      kind_(pipeline == Pipeline::REQUEST ? layout::LinkKind::REQUEST
                                          : layout::LinkKind::RESPONSE) {
  in.register_b_transport(this, &LinkRx::b_transport);
}

void LinkRx::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  on_frame(bytes_of(payload));
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void LinkRx::on_frame(std::span<const std::uint8_t> frame) {
  using Status = link::ParsedFrame::Status;
  const link::ParsedFrame parsed = link::parse_frame(frame, kind_);
  const LinkHeader& header = parsed.header;
  if (parsed.status == Status::ignored) {  // 1
    audit->count_ignored_frame();
    return;
  }
  if (parsed.status == Status::malformed) return bad_frame(header);  // 2
  if (header.fragment_offset == 0) {                                 // 3
    if (open_ && !open_->skipping) skip_open(Reason::BAD_FRAME);
    open_.reset();
    if (parsed.status == Status::bad_size) return bad_frame(header);  // 5
    start(header);
  } else {  // 4, 5
    if (!open_ || header.tag != open_->record.tag || header.record_length != open_->record.length ||
        header.fragment_offset != open_->next || parsed.status == Status::bad_size) {
      return bad_frame(header);
    }
  }
  store(parsed.fragment);
}

// Opens a record; the verdicts that need no byte of it come at once.
void LinkRx::start(const LinkHeader& header) {
  const engine::Image* image = banks->active();
  open_ = Open{};
  open_->record.pipeline = pipeline_;
  open_->record.tag = header.tag;
  open_->record.length = header.record_length;
  open_->record.image = image;
  open_->started = audit->now();
  open_->skipping = true;
  const auto refuse = [&](Reason reason, std::uint32_t offset) {
    reject(reason, offset, header.tag, header.record_length);
  };
  if (image == nullptr) return refuse(Reason::NO_IMAGE, 0);
  if (loader->swap_waiting()) return refuse(Reason::SWAPPED, 0);
  if (header.record_length > image->max_record_bytes())
    return refuse(Reason::TOO_LONG, image->max_record_bytes());
  const auto buffer = buffers->allocate(header.record_length);
  if (!buffer) return refuse(Reason::OVERLOAD, 0);
  open_->record.buffer = *buffer;
  open_->skipping = false;
}

void LinkRx::store(std::span<const std::uint8_t> fragment) {
  Open& open = *open_;
  const std::uint32_t offset = open.next;
  open.next += static_cast<std::uint32_t>(fragment.size());
  const bool last = open.next == open.record.length;
  if (open.skipping) {
    if (last) open_.reset();
    return;
  }
  RecordInfo record = open.record;
  record.offset = offset;
  record.last = last;
  // The record is no longer open when it goes on: nothing behind may find it here.
  if (last) open_.reset();
  transport(out, fragment, &record);
}

void LinkRx::reject(Reason reason, std::uint32_t offset, std::uint32_t tag, std::uint32_t length) {
  RecordInfo record;
  record.pipeline = pipeline_;
  record.tag = tag;
  record.length = length;
  record.verdict.reason = reason;
  record.verdict.offset = offset;
  audit->count(pipeline_, reason);
  audit->write(event_of(record));
}

void LinkRx::bad_frame(const LinkHeader& header) {
  release_open();
  open_.reset();
  reject(Reason::BAD_FRAME, 0, header.tag, header.record_length);
}

void LinkRx::release_open() {
  if (open_ && !open_->skipping) buffers->release(open_->record.buffer);
}

void LinkRx::skip_open(Reason reason) {
  release_open();
  open_->skipping = true;
  reject(reason, 0, open_->record.tag, open_->record.length);
}

void LinkRx::tick() {
  if (open_ && !open_->skipping && audit->now() - open_->started > layout::RECORD_TIMEOUT_TICKS) {
    skip_open(Reason::TIMEOUT);
  }
}

void LinkRx::abort_swapped() {
  if (!drained()) skip_open(Reason::SWAPPED);
}

}  // namespace sluice::fabric
