// SPDX-License-Identifier: Apache-2.0
// The procedures of the kit: each has an id that never changes its meaning, cites the invariants of the design that it holds a
// device to, and drives a device of its own, fresh out of reset, through its three ports alone.
#pragma once

#include <span>
#include <string_view>

#include "conformance/bench.hpp"

namespace sluice::conformance {

struct Procedure {
  std::string_view id;          ///< "SLC-01"
  std::string_view title;       ///< what the device must do, in a few words
  std::string_view invariants;  ///< "1"; "6 (without signatures)"
  void (*run)(Bench& bench);
};

/// All of them, in the order of their ids.
std::span<const Procedure> procedures();
/// Null for an unknown id.
const Procedure* find_procedure(std::string_view id);

namespace procedure {
void store_verify_release(Bench& bench);
void exact_bytes(Bench& bench);
void outgoing_headers(Bench& bench);
void one_response_per_request(Bench& bench);
void image_acceptance(Bench& bench);
void schema_language(Bench& bench);
void same_verdict(Bench& bench);
void bounded_work(Bench& bench);
void audit_account(Bench& bench);
void limits(Bench& bench);
}  // namespace procedure

}  // namespace sluice::conformance
