// SPDX-License-Identifier: Apache-2.0
// Where the control API is served: `unix:PATH`, `127.0.0.1:PORT`, `[::1]:PORT` or `localhost:PORT`. Anything that
// leaves the machine is refused, for daemon and client alike.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice::daemon {

class AddressError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ControlAddress {
  std::string unix_path;  // set: a socket in the file system
  std::string host;       // numeric loopback address
  std::uint16_t port = 0;

  bool is_unix() const { return !unix_path.empty(); }
};

// Where `sluice` looks and the examples say sluiced is.
inline constexpr std::string_view kDefaultControlAddress = "127.0.0.1:7480";

// Throws AddressError, whose text says what an address looks like, or why this one is refused.
ControlAddress parse_control_address(std::string_view text);

// The spelling that parse_control_address reads.
std::string to_string(const ControlAddress& address);

}  // namespace sluice::daemon
