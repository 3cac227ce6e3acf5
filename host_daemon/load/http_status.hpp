// SPDX-License-Identifier: Apache-2.0
// Status codes of HTTP and their standard reason phrases (RFC 9110, section 15, and the IANA
// registry).
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::load {

// The one reason phrase that a canonical response record has for `code`; empty if the code has
// none.
std::string_view reason_phrase(std::uint32_t code);

}  // namespace sluice::load
