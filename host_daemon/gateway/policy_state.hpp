// SPDX-License-Identifier: Apache-2.0
// Everything that a gateway derives from its policy file, built together and replaced together: a
// request keeps the state that it started with, whatever a reload does meanwhile.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "canonical/canonicalizer.hpp"
#include "engine/image.hpp"
#include "judge/judge.hpp"

namespace sluice::gateway {

struct PolicyState {
  std::shared_ptr<const load::Loaded> loaded;
  std::unique_ptr<const canonical::Canonicalizer> canonicalizer;  // the first filter: transforms
  std::optional<const engine::Image> image;   // the device's tables, as this policy compiles
  std::unique_ptr<const judge::Judge> judge;  // the second one: checks what the device passed

  /// Why the device would drop this record, which the canonicalizer wrote; nothing when it would
  /// not. The tables count stack frames, which no other part does, and a peer that is told why need
  /// not wait for a time-out. `endpoint`: its tag.
  std::optional<canonical::Refusal> refused_by_tables(layout::Pipeline pipeline, int endpoint,
                                                      std::string_view record) const;

  const sluice::v1::Policy& policy() const { return loaded->policy; }
  std::size_t max_body_bytes() const { return canonicalizer->max_body_bytes(); }
  /// The device's own limit for a response. LOW waits `margin()` longer, so that it never gives up
  /// first.
  std::chrono::milliseconds response_timeout() const {
    return std::chrono::milliseconds(policy().limits().response_timeout_ms());
  }
  std::chrono::milliseconds margin() const {
    return std::max(std::chrono::milliseconds(250), response_timeout() / 4);
  }
};

/// Reads the policy and its schemas, and compiles them. On an error the second alternative has all
/// diagnostics as text for people.
std::variant<std::shared_ptr<const PolicyState>, std::string> load_policy(
    const std::filesystem::path& file);

}  // namespace sluice::gateway
