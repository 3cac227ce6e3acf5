// SPDX-License-Identifier: Apache-2.0
// Traffic as a file of JSON lines: what `sluice canonicalize` takes, with the pipeline and a time. It is read whole and checked
// before anything runs.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "sluice/layout.hpp"

namespace sluice::simulation {

/// One message of the traffic, in the order of time.
struct Message {
  std::string id;  ///< as the file has it; numbers as their text
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::uint64_t t_us = 0;    ///< when it comes, microseconds from the start
  std::string endpoint;      ///< response: the endpoint that it answers
  bool canonical = false;    ///< `content` is a record for the link (a hostile gateway's), not an HTTP message
  std::string content;
};

/// Longest time a traffic may span, us: ten minutes of device ticks.
inline constexpr std::uint64_t longest_us = 600'000'000;
inline constexpr std::size_t most_messages = 200'000;

struct Traffic {
  std::vector<Message> messages;    ///< sorted by t_us; equal times keep the file's order
  std::vector<std::string> errors;  ///< "line 3: ...": what cannot be used
};

/// Lines: {"id", "pipeline": "request"|"response", "t_us", "http" or "record" (base64), "endpoint" (responses)}.
Traffic read_traffic(std::istream& in);

}  // namespace sluice::simulation
