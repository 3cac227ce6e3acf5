// SPDX-License-Identifier: Apache-2.0
// Calls of sluiced's control API: one connection a call, with a time-out. A refusal arrives as the Problem that it is.
#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "daemon/control_address.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::cli {

// Nobody answers, or not in time, or not as a sluiced does.
class ControlUnreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// sluiced answered with a problem.
class ControlRefused : public std::runtime_error {
 public:
  explicit ControlRefused(v1::Problem problem)
      : std::runtime_error(problem.title() + ": " + problem.detail()), problem_(std::move(problem)) {}
  const v1::Problem& problem() const { return problem_; }

 private:
  v1::Problem problem_;
};

class ControlClient {
 public:
  explicit ControlClient(daemon::ControlAddress address) : address_(std::move(address)) {}

  // Calls the method of that name ("GetStatus"); fills `out` and returns the JSON as it came.
  std::string call(const std::string& method, const google::protobuf::Message& in, google::protobuf::Message& out,
                   std::chrono::seconds timeout = std::chrono::seconds(30)) const;

 private:
  daemon::ControlAddress address_;
};

// The address of --control, of the environment variable SLUICE_CONTROL, or the standard one.
daemon::ControlAddress control_address(const std::string& option);

// Help text for --control.
std::string control_option_help();

}  // namespace sluice::cli
