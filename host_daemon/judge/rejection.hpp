// SPDX-License-Identifier: Apache-2.0
// Why a record is refused. Every step returns one, or nothing to go on.
#pragma once

#include <optional>
#include <string>

namespace sluice::judge {

struct Rejection {
  std::string path;     // proto path of the field, or empty
  std::string rule;     // "string.min_len", "http.header", "canonical"
  std::string message;  // for people
};

using MaybeRejection = std::optional<Rejection>;

}  // namespace sluice::judge
