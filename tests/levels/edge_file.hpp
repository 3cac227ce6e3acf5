// SPDX-License-Identifier: Apache-2.0
// The committed edges of every standard rule: a line of JSON each, in the order of the rules. Bodies in JSON stand as text, bodies in
// Protobuf as hexadecimal digits.
//
//   {"rule":"int32.lte","type":"int32","encoding":"json","kept":"{\"value\":100}","broken":"{\"value\":101}"}
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "levels/edge_walk.hpp"

namespace sluice::test {

// By "rule on type" and encoding (true: Protobuf).
using Edges = std::map<std::pair<std::string, bool>, std::vector<Edge>>;

// Throws std::runtime_error with file and line: not readable, or not of this form.
Edges read_edges(const std::string& file);

// One line of the file; empty if a body in JSON is no UTF-8, which JSON cannot hold.
std::string edge_line(const std::string& rule, const std::string& type, bool protobuf, const Edge& edge);

}  // namespace sluice::test
