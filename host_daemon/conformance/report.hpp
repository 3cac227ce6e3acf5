// SPDX-License-Identifier: Apache-2.0
// Results for machines: JUnit XML. (The table for people is the command's.)
#pragma once

#include <span>
#include <string>

#include "conformance/runner.hpp"

namespace sluice::conformance {

/// What was tested, for the head of the report.
struct Subject {
  std::string dut;     ///< "lt", "rtl"
  std::string fault;   ///< empty: none
  std::string digest;  ///< of the policy's image, hexadecimal
};

/// Counts of the results.
struct Totals {
  std::size_t passed = 0, failed = 0, errors = 0;
};
Totals totals(std::span<const Result> results);

/// One test suite, one test case a procedure. Text from the device is escaped; what XML cannot hold becomes U+FFFD.
std::string junit(const Subject& subject, std::span<const Result> results);

}  // namespace sluice::conformance
