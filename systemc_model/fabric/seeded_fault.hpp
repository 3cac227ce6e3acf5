// SPDX-License-Identifier: Apache-2.0
// Deliberate faults of a device, so that checks of devices can show that they find them. Never set
// in normal use.
#pragma once

#include <cstdint>

namespace sluice::fabric {

enum class SeededFault : std::uint8_t {
  none,
  cut_through,      ///< a record that the engine rejected leaves all the same
  orphan_response,  ///< a response without an outstanding request is judged as one of endpoint 1
  stale_byte,       ///< the last byte of a released record is the last byte of the one before
};

}  // namespace sluice::fabric
