// SPDX-License-Identifier: Apache-2.0
// The REST binding of a method of sluice.v1.Control, read from the annotation in control.proto, for daemon and client.
#pragma once

#include <string>

namespace sluice::daemon {

struct ControlRoute {
  std::string verb;       // "GET", "POST"
  std::string path;       // without variables
  bool has_body = false;  // the whole request message is the body; else its fields are the query
};

// `method` is the method's name in control.proto, "PushPolicy".
ControlRoute control_route(const std::string& method);

}  // namespace sluice::daemon
