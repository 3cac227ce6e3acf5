// SPDX-License-Identifier: Apache-2.0
#include "daemon/control_route.hpp"

#include <stdexcept>

#include "google/api/annotations.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

ControlRoute control_route(const std::string& method) {
  const auto* service = v1::PushResult::descriptor()->file()->FindServiceByName("Control");
  const auto* descriptor = service == nullptr ? nullptr : service->FindMethodByName(method);
  if (descriptor == nullptr) throw std::logic_error("control.proto has no method " + method);
  const google::api::HttpRule& rule = descriptor->options().GetExtension(google::api::http);
  ControlRoute route;
  if (rule.has_get()) {
    route.verb = "GET";
    route.path = rule.get();
  } else if (rule.has_post()) {
    route.verb = "POST";
    route.path = rule.post();
  }
  route.has_body = rule.body() == "*";
  if (route.path.empty() || route.path.find('{') != std::string::npos || route.has_body != (route.verb == "POST")) {
    throw std::logic_error("control.proto: " + method + " has a binding that is not built");
  }
  return route;
}

}  // namespace sluice::daemon
