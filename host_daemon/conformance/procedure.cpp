// SPDX-License-Identifier: Apache-2.0
#include "conformance/procedure.hpp"

#include <algorithm>
#include <array>

namespace sluice::conformance {
namespace {

constexpr std::array<Procedure, 10> all{{
    {"SLC-01", "no byte before the verdict, none after a rejection", "1", procedure::store_verify_release},
    {"SLC-02", "what leaves is what was verified, and nothing older", "2", procedure::exact_bytes},
    {"SLC-03", "no bit of an incoming header reaches the other side", "3", procedure::outgoing_headers},
    {"SLC-04", "a response needs an open request, and uses it up", "4", procedure::one_response_per_request},
    {"SLC-05", "only an acceptable image becomes active; one image per record", "6 (without signatures)",
     procedure::image_acceptance},
    {"SLC-06", "accepted language = schema language", "8", procedure::schema_language},
    {"SLC-07", "verdict, reason and offset are the engine's", "10", procedure::same_verdict},
    {"SLC-08", "bounded work; no input stalls a lane", "11", procedure::bounded_work},
    {"SLC-09", "every verdict is counted and audited, or counted as lost", "12", procedure::audit_account},
    {"SLC-10", "length, load and time limits", "10, 11", procedure::limits},
}};

}  // namespace

std::span<const Procedure> procedures() { return all; }

const Procedure* find_procedure(std::string_view id) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Procedure& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace sluice::conformance
