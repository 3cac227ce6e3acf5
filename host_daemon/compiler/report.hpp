// SPDX-License-Identifier: Apache-2.0
// The report of a compilation (report.json): what the tables cost, per pipeline, message and rule, and how much of the geometry that is.
#pragma once

#include <string>

#include "compiler/compiler.hpp"

namespace sluice::compiler {

std::string write_report(const CompileResult& result);

}  // namespace sluice::compiler
