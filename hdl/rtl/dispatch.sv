// SPDX-License-Identifier: Apache-2.0
// Hands complete records to the two contexts of the engine, strictly in turn, so that the gate finds the verdicts in the order of
// arrival. Of a response it asks the transaction table first (which uses the transaction up); one without a request never reaches the
// engine. It judges nothing else and sees no record byte.
`include "assertions.svh"

module dispatch #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    parameter int unsigned BaseBits = 12,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned BufferBits = $clog2(Buffers)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic [BaseBits-1:0]   request_start_i,
    // complete records
    input  logic                  complete_i,
    input  logic [BufferBits-1:0] complete_buffer_i,
    input  logic [LengthBits-1:0] complete_length_i,
    input  logic [31:0]           complete_tag_i,
    // transaction table (responses only)
    output logic                  lookup_o,
    output logic [31:0]           lookup_id_o,
    input  logic                  lookup_done_i,
    input  logic                  lookup_found_i,
    input  logic                  lookup_fault_i,
    input  logic [31:0]           lookup_tag_i,
    input  logic [9:0]            lookup_endpoint_i,
    input  logic [BaseBits-1:0]   lookup_base_i,
    // engine
    output logic                  start_o,
    output logic                  start_context_o,
    output logic [BufferBits-1:0] start_buffer_o,
    output logic [LengthBits-1:0] start_length_o,
    output logic [BaseBits-1:0]   start_base_o,
    output logic [9:0]            start_tag_o,
    input  logic                  start_ready_i,
    // the oldest record under judgement, for the gate
    output logic                  head_valid_o,
    output logic                  head_context_o,
    output logic [BufferBits-1:0] head_buffer_o,
    output logic [LengthBits-1:0] head_length_o,
    output logic [31:0]           head_tag_o,       // of its incoming header
    output logic [31:0]           head_low_tag_o,   // LOW's, of the transaction (responses)
    output logic                  head_found_o,     // a transaction was used up
    output logic [9:0]            head_endpoint_o,
    output logic [4:0]            head_forced_o,    // a verdict without the engine; ACCEPTED: ask the engine
    input  logic                  retire_i,
    output logic                  pending_o,        // records are under way
    output logic                  busy_o            // and it has something to do
);

  typedef enum logic [1:0] {
    DISPATCH_IDLE,    // wait for a record and its context
    DISPATCH_LOOKUP,  // ask the transaction table
    DISPATCH_START    // hand it to the engine
  } state_e;
  typedef struct packed {
    logic                  busy;
    logic [BufferBits-1:0] record_buffer;
    logic [LengthBits-1:0] length;
    logic [31:0]           tag;
    logic [31:0]           low_tag;
    logic                  found;
    logic [9:0]            endpoint;
    logic [4:0]            forced;
  } slot_t;

  state_e state_q, state_d;
  slot_t slot0_q, slot0_d, slot1_q, slot1_d, work_q, work_d, head;
  logic [BaseBits-1:0] base_q, base_d;
  logic next_q, next_d, head_q, head_d;
  logic queue_empty, queue_full, pop, next_free;
  logic [BufferBits-1:0] queue_buffer;
  logic [LengthBits-1:0] queue_length;
  logic [31:0] queue_tag;

  prim_fifo #(.Depth(Buffers), .Width(BufferBits + LengthBits + 32)) u_queue (
      .clk_i,
      .rst_ni,
      .push_i(complete_i),
      .data_i({complete_buffer_i, complete_length_i, complete_tag_i}),
      .pop_i(pop),
      .data_o({queue_buffer, queue_length, queue_tag}),
      .empty_o(queue_empty),
      .full_o(queue_full)
  );

  assign next_free = next_q ? !slot1_q.busy : !slot0_q.busy;

  always_comb begin
    state_d = state_q;
    work_d = work_q;
    base_d = base_q;
    slot0_d = slot0_q;
    slot1_d = slot1_q;
    next_d = next_q;
    head_d = head_q;
    pop = 1'b0;
    lookup_o = 1'b0;
    start_o = 1'b0;

    if (retire_i) begin
      head_d = !head_q;
      if (head_q) slot1_d.busy = 1'b0;
      else slot0_d.busy = 1'b0;
    end

    unique case (state_q)
      DISPATCH_IDLE: begin
        if (!queue_empty && next_free) begin
          pop = 1'b1;
          work_d = '0;
          work_d.busy = 1'b1;
          work_d.record_buffer = queue_buffer;
          work_d.length = queue_length;
          work_d.tag = queue_tag;
          work_d.forced = sluice_pkg::REASON_ACCEPTED;
          base_d = request_start_i;
          state_d = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? DISPATCH_START : DISPATCH_LOOKUP;
        end
      end
      DISPATCH_LOOKUP: begin
        lookup_o = 1'b1;
        if (lookup_done_i) begin
          work_d.found = lookup_found_i;
          if (lookup_found_i) begin
            work_d.low_tag = lookup_tag_i;
            work_d.endpoint = lookup_endpoint_i;
            if (lookup_fault_i) work_d.forced = sluice_pkg::REASON_TABLE_PARITY;
          end else begin
            work_d.forced = sluice_pkg::REASON_NO_REQUEST;
          end
          base_d = lookup_base_i;
          state_d = DISPATCH_START;
        end
      end
      DISPATCH_START: begin
        start_o = work_q.forced == sluice_pkg::REASON_ACCEPTED;
        if (!start_o || start_ready_i) begin
          if (next_q) slot1_d = work_q;
          else slot0_d = work_q;
          next_d = !next_q;
          work_d.busy = 1'b0;
          state_d = DISPATCH_IDLE;
        end
      end
      default: state_d = DISPATCH_IDLE;
    endcase
  end

  assign lookup_id_o = work_q.tag;
  assign start_context_o = next_q;
  assign start_buffer_o = work_q.record_buffer;
  assign start_length_o = work_q.length;
  assign start_base_o = base_q;
  assign start_tag_o = work_q.endpoint;

  assign head = head_q ? slot1_q : slot0_q;
  assign head_valid_o = head.busy;
  assign head_context_o = head_q;
  assign head_buffer_o = head.record_buffer;
  assign head_length_o = head.length;
  assign head_tag_o = head.tag;
  assign head_low_tag_o = head.low_tag;
  assign head_found_o = head.found;
  assign head_endpoint_o = head.endpoint;
  assign head_forced_o = head.forced;
  assign pending_o = !queue_empty || state_q != DISPATCH_IDLE || slot0_q.busy || slot1_q.busy;

  assign busy_o = state_q != DISPATCH_IDLE || (!queue_empty && next_free);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= DISPATCH_IDLE;
      work_q <= '0;
      base_q <= '0;
      slot0_q <= '0;
      slot1_q <= '0;
      next_q <= 1'b0;
      head_q <= 1'b0;
    end else begin
      state_q <= state_d;
      work_q <= work_d;
      base_q <= base_d;
      slot0_q <= slot0_d;
      slot1_q <= slot1_d;
      next_q <= next_d;
      head_q <= head_d;
    end
  end

  logic unused;  // as many places as buffers: it cannot overflow
  assign unused = queue_full;

  `SLUICE_ASSERT(a_retire_only_busy, !retire_i || head.busy)

endmodule
