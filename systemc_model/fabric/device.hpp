// SPDX-License-Identifier: Apache-2.0
// The sockets of a device, whatever is behind them: the TLM model (Fabric) or the Verilated HDL.
// One frame per b_transport: a write of 1 to link::max_frame_bytes bytes, no byte enables. Frames
// leave through the initiator sockets the same way. The base class checks payloads and hands frames
// over; it does nothing else.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <span>
#include <systemc>
#include <tlm>

#include "link/port.hpp"
#include "sluice/layout.hpp"

namespace sluice::fabric {

using link::Frame;
using link::Port;

class Device : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Device> low_rx;
  tlm_utils::simple_target_socket<Device> high_rx;
  tlm_utils::simple_target_socket<Device> management_rx;
  tlm_utils::simple_initiator_socket<Device> low_tx;
  tlm_utils::simple_initiator_socket<Device> high_tx;
  tlm_utils::simple_initiator_socket<Device> management_tx;

  explicit Device(const sc_core::sc_module_name& name);

  /// One device tick (1 ms). Called from an SC_THREAD between frames; may wait() for clock cycles.
  virtual void tick() = 0;
  /// Whether the outside takes frames from that port; true at first. A level for a "ready" pin.
  virtual void set_ready(Port port, bool ready) = 0;
  /// True while there is work that needs simulated time (never at lt). Waiting for ticks or for a
  /// port that is not ready is no work. When there is none, the device must leave the kernel
  /// without activity, so that sc_start() returns.
  [[nodiscard]] virtual bool busy() const = 0;
  /// Clock cycles since reset; 0 without a clock.
  [[nodiscard]] virtual std::uint64_t cycles() const = 0;

 protected:
  /// A frame came in. Runs in the caller's SC_THREAD and may wait(); returns when the port could
  /// take the next frame.
  virtual void on_frame(Port port, std::span<const std::uint8_t> frame) = 0;
  /// Sends a frame out of a port. Only while that port is ready.
  void emit(Port port, Frame frame);

 private:
  template <Port port>
  void arrive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
};

}  // namespace sluice::fabric

// A Verilated device lives in systemc_model/rtl_cosim (target sluice_rtl_cosim), derives from
// Device, and is made by
//   std::unique_ptr<sluice::fabric::Device> sluice::rtl_cosim::make_device(
//       layout::Geometry, const std::string& trace_file, fabric::SeededFault);
// declared in "rtl_cosim/make_device.hpp"; it throws std::runtime_error for a geometry or fault
// that is not built. The module's name is "device".
