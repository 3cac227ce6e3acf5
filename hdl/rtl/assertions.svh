// SPDX-License-Identifier: Apache-2.0
// Assertions and covers that live in Verilator and in Yosys alike: one clocked immediate form for both.
// Define SLUICE_ASSERTIONS to have them (the Verilated models and the proofs do); a synthesis run does not.
// They need `clk_i` and `rst_ni` in scope. They do not sample before the edge: only registered or settled values belong here.
`ifndef SLUICE_ASSERTIONS_SVH
`define SLUICE_ASSERTIONS_SVH

`ifdef SLUICE_ASSERTIONS
// SLUICE_ASSERT(name, condition): the condition holds at every clock edge out of reset.
`define SLUICE_ASSERT(name_, condition_) \
  always @(posedge clk_i) begin \
    if (rst_ni) name_ : assert (condition_); \
  end
`else
`define SLUICE_ASSERT(name_, condition_)
`endif

`ifdef FORMAL
// SLUICE_COVER(name, condition): the condition can be reached.
`define SLUICE_COVER(name_, condition_) \
  always @(posedge clk_i) begin \
    if (rst_ni) name_ : cover (condition_); \
  end
`else
`define SLUICE_COVER(name_, condition_)
`endif

`endif
