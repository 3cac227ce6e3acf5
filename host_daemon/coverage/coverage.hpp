// SPDX-License-Identifier: Apache-2.0
// What real traffic uses of a policy's tables, and how much tighter its schemas could be:
//
//   traffic -> canonical records -> engine -> transitions used
//                                        |--> messages -> tighter rules -> patch -> compiled again: all traffic still passes,
//                                                                                   room before and after
//
// A proposal holds for the traffic that was given, nothing else. No file is written.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "coverage/usage.hpp"
#include "load/diagnostic.hpp"
#include "room/room.hpp"
#include "simulation/traffic.hpp"

namespace sluice::coverage {

struct Options {
  std::uint64_t least = 10;     ///< values of a field before it gets a proposal
  bool patterns = true;         ///< propose sets of characters
  bool room = true;             ///< measure what the proposals take away
  std::uint32_t max_bytes = 0;  ///< of the measurement, see room::RoomOptions
  room::Progress progress{};
};

/// A tighter field, and what that is worth.
struct Tightened {
  std::string field;                 ///< full name
  std::vector<std::string> changes;  ///< "string.max_len = 21 (was 40)"
  std::string path, endpoint;        ///< where it takes most away; empty: nowhere, or not measured
  double bits = 0;                   ///< taken away there
};

struct Worth {  ///< of the whole patch
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
  std::string endpoint;
  double before = 0, after = 0;  ///< log2_records
};

struct Report {
  std::size_t messages = 0, accepted = 0;
  std::vector<std::string> refused{};           ///< "id: why", of the rest
  std::map<std::string, std::size_t> endpoints{};  ///< accepted records, "request pkg.Service.Method"
  std::vector<Usage::Row> request, response;
  std::vector<Tightened> proposals{};
  std::vector<std::string> left_out{};  ///< proposals that do not compile, or stand in files that cannot be changed
  std::vector<Worth> worth{};
  std::string patch{};  ///< unified diff for `patch -p1` in the policy's folder
};

/// Errors of the policy go to `diagnostics`; then there is no report. Throws std::runtime_error.
std::optional<Report> measure(const std::filesystem::path& policy, const simulation::Traffic& traffic, const Options& options,
                              load::Diagnostics& diagnostics);

std::string to_text(const Report& report);
std::string to_json(const Report& report);

}  // namespace sluice::coverage
