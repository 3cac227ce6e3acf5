// SPDX-License-Identifier: Apache-2.0
#include "fabric/record_buffer.hpp"

#include <algorithm>

namespace sluice::fabric {

RecordBuffer::RecordBuffer(const sc_core::sc_module_name& name, std::uint32_t buffers,
                           std::uint32_t bytes)
    : sc_module(name), in("in"), out("out"), buffers_(buffers) {
  for (Buffer& buffer : buffers_) buffer.bytes.reserve(bytes);
  in.register_b_transport(this, &RecordBuffer::b_transport);
}

std::optional<std::size_t> RecordBuffer::allocate(std::uint32_t length) {
  const auto found =
      std::find_if(buffers_.begin(), buffers_.end(), [](const Buffer& b) { return !b.busy; });
  if (found == buffers_.end()) return std::nullopt;
  found->busy = true;
  found->bytes.resize(length);
  return static_cast<std::size_t>(found - buffers_.begin());
}

void RecordBuffer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const RecordInfo& record = info_of(payload);
  const auto fragment = bytes_of(payload).first(
      std::min<std::size_t>(payload.get_data_length(), record.length - record.offset));
  std::copy(fragment.begin(), fragment.end(),
            buffers_[record.buffer].bytes.begin() + record.offset);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (!record.last) return;
  complete_.push_back(record);
  dispatch();
}

void RecordBuffer::dispatch() {
  while (!complete_.empty()) {
    RecordInfo record = complete_.front();
    if (!transport(out, buffers_[record.buffer].bytes, &record)) return;
    complete_.pop_front();
  }
}

void RecordBuffer::abort_swapped() {
  while (!complete_.empty()) {
    RecordInfo record = complete_.front();
    complete_.pop_front();
    record.aborted = true;
    transport(out, buffers_[record.buffer].bytes, &record);
  }
}

}  // namespace sluice::fabric
