// SPDX-License-Identifier: Apache-2.0
// Payload checks at the sockets.
#include "fabric/device.hpp"

#include <utility>

namespace sluice::fabric {

Device::Device(const sc_core::sc_module_name& name)
    : sc_module(name),
      low_rx("low_rx"),
      high_rx("high_rx"),
      management_rx("management_rx"),
      low_tx("low_tx"),
      high_tx("high_tx"),
      management_tx("management_tx") {
  low_rx.register_b_transport(this, &Device::arrive<Port::low>);
  high_rx.register_b_transport(this, &Device::arrive<Port::high>);
  management_rx.register_b_transport(this, &Device::arrive<Port::management>);
}

template <Port port>
void Device::arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  if (!payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  } else if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  } else if (payload.get_data_length() == 0 || payload.get_data_length() > link::max_frame_bytes ||
             payload.get_streaming_width() != payload.get_data_length()) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  } else {
    on_frame(port, {payload.get_data_ptr(), payload.get_data_length()});
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
}

void Device::emit(Port port, Frame frame) {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(0);
  payload.set_data_ptr(frame.data());
  payload.set_data_length(static_cast<unsigned>(frame.size()));
  payload.set_streaming_width(static_cast<unsigned>(frame.size()));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  auto& socket = port == Port::low ? low_tx : port == Port::high ? high_tx : management_tx;
  socket->b_transport(payload, delay);
  if (payload.is_response_error()) {
    SC_REPORT_ERROR("/sluice/device",
                    ("port " + std::string(name_of(port)) + " refused a frame").c_str());
  }
}

}  // namespace sluice::fabric
