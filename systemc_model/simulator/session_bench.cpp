// SPDX-License-Identifier: Apache-2.0
#include "simulator/session_bench.hpp"

#include <string>

namespace sluice::simulator {

using link::Port;

SessionBench::SessionBench(const sc_core::sc_module_name& name, fabric::Device& device)
    : sc_module(name),
      device_(device),
      low_out_("low_out"),
      high_out_("high_out"),
      management_out_("management_out"),
      low_in_("low_in"),
      high_in_("high_in"),
      management_in_("management_in") {
  low_in_.register_b_transport(this, &SessionBench::collect<Port::low>);
  high_in_.register_b_transport(this, &SessionBench::collect<Port::high>);
  management_in_.register_b_transport(this, &SessionBench::collect<Port::management>);
  low_out_.bind(device.low_rx);
  high_out_.bind(device.high_rx);
  management_out_.bind(device.management_rx);
  device.low_tx.bind(low_in_);
  device.high_tx.bind(high_in_);
  device.management_tx.bind(management_in_);
  sc_core::sc_spawn([this] { drive<Port::low>(); }, "drive_low");
  sc_core::sc_spawn([this] { drive<Port::high>(); }, "drive_high");
  sc_core::sc_spawn([this] { drive<Port::management>(); }, "drive_management");
  sc_core::sc_spawn([this] { drive_ticks(); }, "drive_ticks");
}

template <Port port>
void SessionBench::drive() {
  Driver& driver = drivers_[static_cast<std::size_t>(port)];
  auto& socket = port == Port::low ? low_out_ : port == Port::high ? high_out_ : management_out_;
  for (;;) {
    while (driver.queue.empty()) sc_core::wait(driver.more);
    link::Frame frame = std::move(driver.queue.front());
    driver.queue.pop_front();
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_data_ptr(frame.data());
    payload.set_data_length(static_cast<unsigned>(frame.size()));
    payload.set_streaming_width(static_cast<unsigned>(frame.size()));
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    if (delay != sc_core::SC_ZERO_TIME) sc_core::wait(delay);
    if (!payload.is_response_ok()) {
      SC_REPORT_ERROR("/sluice/session",
                      ("the device refused a frame at port " + std::string(name_of(port)) + ": " +
                       payload.get_response_string())
                          .c_str());
    }
  }
}

void SessionBench::drive_ticks() {
  for (;;) {
    while (ticks_due_ == 0) sc_core::wait(tick_due_);
    --ticks_due_;
    device_.tick();
  }
}

template <Port port>
void SessionBench::collect(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint8_t* data = payload.get_data_ptr();
  left_[static_cast<std::size_t>(port)].emplace_back(data, data + payload.get_data_length());
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void SessionBench::push(Port port, link::Frame frame) {
  Driver& driver = drivers_[static_cast<std::size_t>(port)];
  driver.queue.push_back(std::move(frame));
  driver.more.notify(sc_core::SC_ZERO_TIME);
}

void SessionBench::push_tick() {
  ++ticks_due_;
  tick_due_.notify(sc_core::SC_ZERO_TIME);
}

std::optional<link::Frame> SessionBench::pop(Port port) {
  auto& queue = left_[static_cast<std::size_t>(port)];
  if (queue.empty()) return std::nullopt;
  link::Frame frame = std::move(queue.front());
  queue.pop_front();
  return frame;
}

void SessionBench::run() {
  // A kernel without activity would only warn.
  while (sc_core::sc_pending_activity()) sc_core::sc_start();
}

}  // namespace sluice::simulator
