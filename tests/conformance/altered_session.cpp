// SPDX-License-Identifier: Apache-2.0
#include "altered_session.hpp"

#include <utility>

namespace sluice::test {

AlteredSession::AlteredSession(std::unique_ptr<simulator::DeviceSession> device, Alterations alterations)
    : device_(std::move(device)), alterations_(std::move(alterations)) {}

void AlteredSession::send(simulator::Port port, std::span<const std::uint8_t> frame) {
  simulator::Frame copy(frame.begin(), frame.end());
  if (alterations_.in && !alterations_.in(port, copy)) return;
  device_->send(port, copy);
}

void AlteredSession::tick(unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    if (!alterations_.tick || alterations_.tick()) device_->tick(1);
  }
}

std::optional<simulator::Frame> AlteredSession::receive(simulator::Port port) {
  while (auto frame = device_->receive(port)) {
    if (!alterations_.out || alterations_.out(port, *frame)) return frame;
  }
  return std::nullopt;
}

}  // namespace sluice::test
