// SPDX-License-Identifier: Apache-2.0
// What the bench measures with: orders (orders.proto) in canonical JSON, of an exact length, and
// the records around them. The same number gives the same messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/image.hpp"

namespace sluice::bench {

/// A JSON message and the canonical records that carry it.
struct Message {
  std::string body;
  std::vector<std::uint8_t> request;   ///< POST /v1/orders
  std::vector<std::uint8_t> response;  ///< 200, to such a request
};

/// `count` different orders of exactly `body_bytes` bytes each, 150 to 65000
/// (std::invalid_argument).
std::vector<Message> make_messages(std::size_t body_bytes, std::size_t count);

struct CompiledPolicy {
  std::vector<std::uint8_t> bytes;  ///< policy.img
  engine::Image image;
};

/// Throws std::runtime_error with the compiler's diagnostics.
CompiledPolicy compile_policy(const std::filesystem::path& policy_yaml);

/// Throws std::runtime_error when the engine refuses one of the records: nothing is measured that
/// is not accepted.
void require_accepted(const engine::Image& image, const std::vector<Message>& messages);

}  // namespace sluice::bench
