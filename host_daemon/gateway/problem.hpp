// SPDX-License-Identifier: Apache-2.0
// RFC 9457 problem details: what a client of LOW is told when its request does not cross. `type` is
// absent (about:blank), so `title` is the status phrase; `detail` is the sentence; `code`, `field`,
// `rule`, `constraint` (the rule with its value), `line`, `column` are extensions.
#pragma once

#include <string>

#include "canonical/refusal.hpp"

namespace sluice::gateway {

/// A complete HTTP/1.1 response with an application/problem+json body. `keep_alive` false adds
/// `connection: close`.
std::string problem_response(const canonical::Refusal& refusal, bool keep_alive);

/// The JSON document alone.
std::string problem_document(const canonical::Refusal& refusal);

/// A refusal of the gateway itself.
canonical::Refusal problem(int status, std::string code, std::string message);

/// A refusal for the log: code, field and rule, without any content of the message.
std::string in_words(const canonical::Refusal& refusal);

/// Standard reason phrase.
std::string reason_of(int status);

}  // namespace sluice::gateway
