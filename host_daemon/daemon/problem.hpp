// SPDX-License-Identifier: Apache-2.0
// A refusal of the control API (RFC 9457): HTTP status, a title, what is wrong and how to mend it.
#pragma once

#include <stdexcept>
#include <string>

#include "load/diagnostic.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

// Thrown by the service, answered by the session as application/problem+json.
class ProblemError : public std::runtime_error {
 public:
  ProblemError(int status, std::string title, std::string detail);
  // With the diagnostics of load and compile.
  ProblemError(int status, std::string title, std::string detail, const load::Diagnostics& diagnostics);

  const v1::Problem& problem() const { return problem_; }

 private:
  v1::Problem problem_;
};

void copy_diagnostic(const load::Diagnostic& from, v1::Diagnostic& to);

}  // namespace sluice::daemon
