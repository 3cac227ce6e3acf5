// SPDX-License-Identifier: Apache-2.0
// Audit events for people.
#pragma once

#include <string>

#include "sluice/v1/control.pb.h"

namespace sluice::cli {

// One line: time, verdict, pipeline, endpoint, where and why.
std::string event_line(const v1::AuditEvent& event);

}  // namespace sluice::cli
