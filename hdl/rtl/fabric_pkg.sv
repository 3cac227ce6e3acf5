// SPDX-License-Identifier: Apache-2.0
// Bundles that travel between the modules of the fabric. No layout of the outside world is here: those are in sluice_pkg.
package fabric_pkg;

  // An audit event as its source knows it; audit.sv adds sequence, epoch, time, flags and the stack frames.
  typedef struct packed {
    logic [1:0]  kind;          // EventKind
    logic        pipeline;      // Pipeline
    logic [4:0]  reason;        // Reason
    logic [9:0]  endpoint;
    logic [8:0]  depth;
    logic [31:0] length;
    logic [15:0] offset;
    logic [31:0] tag;
    logic [31:0] transaction;
    logic [14:0] base;
    logic [7:0]  symbol_class;
    logic [3:0]  frames;        // stack frames to fetch from the engine of this pipeline
  } event_t;
  localparam int unsigned EVENT_BITS = 166;  // $bits(event_t), which Yosys cannot say; audit.sv checks it

  // What an active image sets besides its tables.
  typedef struct packed {
    logic [15:0] max_record_bytes;
    logic [8:0]  max_depth;
    logic [8:0]  max_outstanding;
    logic [30:0] response_timeout_ticks;
    logic [14:0] request_start;
  } limits_t;

endpackage
