// SPDX-License-Identifier: Apache-2.0
// A device session with something in between: frames on their way in and out may be changed or lost, ticks may be lost. It makes
// devices that are wrong in one way out of a good one, so that each procedure can show what it finds.
#pragma once

#include <functional>
#include <memory>

#include "simulator/device_session.hpp"

namespace sluice::test {

class AlteredSession : public simulator::DeviceSession {
 public:
  /// May change the frame; false: the frame is lost.
  using Alter = std::function<bool(simulator::Port, simulator::Frame&)>;
  struct Alterations {
    Alter in, out;
    std::function<bool()> tick;  ///< false: this tick is lost
  };

  AlteredSession(std::unique_ptr<simulator::DeviceSession> device, Alterations alterations);

  void send(simulator::Port port, std::span<const std::uint8_t> frame) override;
  void tick(unsigned count) override;
  void settle() override { device_->settle(); }
  std::optional<simulator::Frame> receive(simulator::Port port) override;
  void set_ready(simulator::Port port, bool ready) override { device_->set_ready(port, ready); }
  [[nodiscard]] std::uint64_t cycles() const override { return device_->cycles(); }

 private:
  std::unique_ptr<simulator::DeviceSession> device_;
  Alterations alterations_;
};

}  // namespace sluice::test
