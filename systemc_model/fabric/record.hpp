// SPDX-License-Identifier: Apache-2.0
// What travels beside a record's bytes on the sockets between the modules, and the one way to send
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <systemc>
#include <tlm>

#include "engine/image.hpp"
#include "engine/verdict.hpp"
#include "sluice/layout.hpp"

namespace sluice::fabric {

/// A record on its way through one pipeline.
struct RecordInfo {
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint32_t tag = 0;                 ///< of its incoming link header
  std::uint32_t length = 0;              ///< bytes of the whole record
  const engine::Image* image = nullptr;  ///< the bank that it is bound to
  std::size_t buffer = 0;                ///< record buffer that holds it
  std::uint32_t offset = 0;              ///< link_rx to record_buffer: where the fragment goes
  bool last = false;                     ///< link_rx to record_buffer: the record is complete
  bool aborted = false;            ///< record_buffer to engine: a swap gives it up, do not judge it
  std::uint16_t endpoint = 0;      ///< the response's endpoint, after the look-up
  std::uint32_t transaction = 0;   ///< device id issued or used up
  std::uint32_t outgoing_tag = 0;  ///< device id to HIGH, LOW's tag to LOW
  engine::Verdict verdict;
};

/// Carries a RecordInfo with a generic payload; the sender keeps it.
class RecordExtension : public tlm::tlm_extension<RecordExtension> {
 public:
  explicit RecordExtension(RecordInfo* info = nullptr) : info_(info) {}
  [[nodiscard]] RecordInfo& info() const { return *info_; }

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return new RecordExtension(info_);
  }
  void copy_from(const tlm::tlm_extension_base& other) override {
    info_ = static_cast<const RecordExtension&>(other).info_;
  }

 private:
  RecordInfo* info_;
};

/// Writes bytes (and a RecordInfo) to a socket. True when the target took them; false
/// (TLM_INCOMPLETE_RESPONSE) when it is busy and will ask again. Any other response is a fault of
/// the model: SC_ERROR.
template <class Socket>
bool transport(Socket& socket, std::span<const std::uint8_t> bytes, RecordInfo* info = nullptr) {
  tlm::tlm_generic_payload payload;
  std::uint8_t nothing = 0;  // a payload has at least one byte; RecordInfo tells an empty record
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(0);
  payload.set_data_ptr(bytes.empty() ? &nothing : const_cast<std::uint8_t*>(bytes.data()));
  payload.set_data_length(static_cast<unsigned>(std::max<std::size_t>(bytes.size(), 1)));
  payload.set_streaming_width(static_cast<unsigned>(std::max<std::size_t>(bytes.size(), 1)));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  RecordExtension extension(info);
  if (info != nullptr) payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->b_transport(payload, delay);
  if (info != nullptr) payload.clear_extension(&extension);
  if (payload.is_response_error() &&
      payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE) {
    SC_REPORT_ERROR("/sluice/fabric", payload.get_response_string().c_str());
  }
  return payload.is_response_ok();
}

inline std::span<const std::uint8_t> bytes_of(const tlm::tlm_generic_payload& payload) {
  return {payload.get_data_ptr(), payload.get_data_length()};
}

inline RecordInfo& info_of(const tlm::tlm_generic_payload& payload) {
  return payload.get_extension<RecordExtension>()->info();
}

/// A whole record's bytes.
inline std::span<const std::uint8_t> record_of(const tlm::tlm_generic_payload& payload) {
  return bytes_of(payload).first(
      std::min<std::size_t>(payload.get_data_length(), info_of(payload).length));
}

}  // namespace sluice::fabric
