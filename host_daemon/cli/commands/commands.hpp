// SPDX-License-Identifier: Apache-2.0
// The subcommands of `sluice`, one file each, in the order of the help.
#pragma once

#include "cli/command.hpp"

namespace sluice::cli {

void register_compile(Cli& cli);
void register_check(Cli& cli);
void register_explain(Cli& cli);
void register_canonicalize(Cli& cli);
void register_push(Cli& cli);
void register_status(Cli& cli);
void register_audit(Cli& cli);
void register_simulate(Cli& cli);
void register_conform(Cli& cli);
void register_room(Cli& cli);
void register_coverage(Cli& cli);
void register_verify_image(Cli& cli);
void register_keygen(Cli& cli);
void register_sign(Cli& cli);
void register_verify(Cli& cli);

}  // namespace sluice::cli
