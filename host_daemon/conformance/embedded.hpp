// SPDX-License-Identifier: Apache-2.0
// The kit's policy and schemas, compiled in, so that a vendor needs no file beside the program.
// The definitions are written by embed.cmake from reference/.
#pragma once

#include <string_view>

namespace sluice::conformance {

/// reference/policy.yaml.
std::string_view embedded_policy();
/// reference/conformance.proto with all its imports: a serialized google.protobuf.FileDescriptorSet.
std::string_view embedded_schemas();

}  // namespace sluice::conformance
