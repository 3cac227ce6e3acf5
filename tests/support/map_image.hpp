// SPDX-License-Identifier: Apache-2.0
// A hand-made table of nested maps for the key unit, and texts that go far in it: {"key":value,...}
// with a value that is a map again or the letter v, keys of the bytes other than the quote.
#pragma once

#include <string>

#include "support/random_image.hpp"
#include "support/table_builder.hpp"

namespace sluice::support {

/// Requests (endpoint 1) and responses are one map each. `in_calls`: a key stands in a frame of its
/// own, begun by CALL and ended by RET, else in the map's frame.
ImageBuilder map_image(bool in_calls);

/// A random map as text, at most about `size` bytes; its keys ascend, except that now and then one
/// is a copy, a prefix or a neighbour of another one. The keys use few letters, so that many begin
/// alike.
std::string random_map(Random& random, unsigned size);

}  // namespace sluice::support
