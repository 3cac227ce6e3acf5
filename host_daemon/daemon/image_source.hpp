// SPDX-License-Identifier: Apache-2.0
// Where an image comes from: compiled from a policy, or taken ready and examined. Either way the engine's own loader
// checks every word and the digest before the device sees one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/store.hpp"
#include "load/diagnostic.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

struct ReadyImage {
  StoredImage image;
  std::vector<v1::Diagnostic> warnings;
};

// Throws ProblemError (422) with every diagnostic of load and compile.
ReadyImage compile_policy(const v1::PushPolicyRequest& request);

// Throws ProblemError (422): damaged image, or a symbol map that cannot be read.
ReadyImage examine_image(const v1::PushImageRequest& request);

}  // namespace sluice::daemon
