// SPDX-License-Identifier: Apache-2.0
// The independent checker: is this image the policy? It unpacks the image, compares it with the packed automaton's dump, walks every transition into an accepted
// record that the judge must accept, feeds changed valid records back, and checks the bounds of work. Shares no code with the compiler's stages after `load`.
//
//   image -> words -> policy, dump?
//              | table -> graph -> lengths -> records through every transition -> judge: accepted?
//              |            '-> steps per byte                      | changed
//              '-> machine: accepted?  <----- same verdict? -----> judge
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/load.hpp"
#include "verify/finding.hpp"
#include "verify/image_file.hpp"
#include "verify/walk.hpp"

namespace sluice::verify {

struct Options {
  std::size_t records = 2000;        // changed records, both pipelines together
  std::uint64_t seed = 1;
  std::size_t tries = 60;            // records for one transition
  std::uint32_t max_lengths = 4096;  // longest record that the walk looks at, bytes
};

struct PipelineReport {
  std::uint32_t walked_bytes = 0;    // longest record that the walk looked at
  std::size_t slots = 0, used = 0, actions = 0;
  WalkCounts walk;
  std::vector<Unused> unused;
  std::uint32_t ratio = 0;           // worst steps per byte in 1/256, computed; 0: above the bound
  std::uint32_t claimed_ratio = 0;
  bool calls_by_length = false;
  std::size_t judged = 0;            // records of the walk that the judge saw
  std::size_t changed = 0, valid = 0;  // changed records; those of them that the judge accepts
  std::size_t software_only = 0, beyond_judge = 0;
};

struct Report {
  std::string policy, digest, geometry;
  std::uint64_t serial = 0;
  std::size_t endpoints = 0;
  std::uint32_t max_record_bytes = 0;
  bool compared_with_dump = false;
  std::optional<PipelineReport> pipelines[2];  // none: the image could not be taken apart
  Findings findings;
  bool good() const { return findings.empty(); }
};

// Called now and then with what is being done, for people.
using Progress = std::function<void(const std::string& what, std::size_t done, std::size_t all)>;

// `dump`: text of `sluice compile --emit=packed`. Throws std::runtime_error for what is not the image's fault: a dump that is none, a policy that the judge
// cannot judge.
Report verify(std::span<const std::uint8_t> image, const std::shared_ptr<const load::Loaded>& policy, std::optional<std::string_view> dump,
              const Options& options, const Progress& progress);

// The report for people, and as JSON.
std::string to_text(const Report& report);
std::string to_json(const Report& report);

}  // namespace sluice::verify
