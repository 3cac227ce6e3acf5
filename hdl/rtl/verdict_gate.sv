// SPDX-License-Identifier: Apache-2.0
// The gate: the only way out of a lane. It takes the verdicts in the order of arrival, and only an accepted record that has an audit
// slot and, if it is a request, a transaction opens it, for as many bytes as were verified, once. Every verdict leaves an event.
// It sees no content: the bytes pass it, or do not. It does not build frames, and it does not judge.
`include "assertions.svh"

module verdict_gate #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    parameter int unsigned BaseBits = 12,
    parameter int unsigned DepthBits = 7,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned BufferBits = $clog2(Buffers)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  swap_abort_i,
`ifdef SLUICE_SEEDED_FAULTS
    input  logic                  fault_cut_through_i,
`endif
    // the oldest record
    input  logic                  head_valid_i,
    input  logic                  head_context_i,
    input  logic [BufferBits-1:0] head_buffer_i,
    input  logic [LengthBits-1:0] head_length_i,
    input  logic [31:0]           head_tag_i,
    input  logic [31:0]           head_low_tag_i,
    input  logic                  head_found_i,
    input  logic [9:0]            head_endpoint_i,
    input  logic [4:0]            head_forced_i,
    output logic                  retire_o,
    // the engine's verdicts
    input  logic                  result_context_i,
    input  logic                  result_valid_i,
    input  logic [4:0]            result_reason_i,
    input  logic [9:0]            result_tag_i,
    input  logic [DepthBits-1:0]  result_depth_i,
    input  logic [LengthBits-1:0] result_offset_i,
    input  logic [BaseBits-1:0]   result_base_i,
    input  logic [7:0]            result_class_i,
    output logic                  release_o,
    output logic                  release_context_o,
    // a transaction for an accepted request
    output logic                  allocate_o,
    output logic [9:0]            allocate_endpoint_o,
    output logic [31:0]           allocate_tag_o,
    input  logic                  allocate_done_i,
    input  logic                  allocate_granted_i,
    input  logic                  allocate_fault_i,
    input  logic [31:0]           allocate_id_i,
    // audit
    output logic                  audit_request_o,
    output logic                  audit_write_o,
    output fabric_pkg::event_t    audit_event_o,
    input  logic                  audit_granted_i,
    input  logic                  audit_space_i,
    input  logic                  audit_done_i,
    // a rejected record's buffer
    output logic                  drop_o,
    output logic [BufferBits-1:0] drop_buffer_o,
    // the released record, to the reader and link_tx
    output logic                  send_o,
    output logic [BufferBits-1:0] send_buffer_o,
    output logic [LengthBits-1:0] send_length_o,
    output logic [31:0]           send_tag_o,
    input  logic                  tx_idle_i,
    input  logic                  tx_done_i,
    input  logic                  byte_valid_i,
    input  logic [7:0]            byte_i,
    output logic                  byte_ready_o,
    output logic                  byte_valid_o,
    output logic [7:0]            byte_o,
    input  logic                  byte_ready_i,
    output logic                  pending_o,  // a record has its verdict and is not yet dealt with
    output logic                  busy_o      // it does something; waiting for a link is not that
);

  typedef enum logic [2:0] {
    GATE_WAIT,      // for the oldest record's verdict
    GATE_LINK,      // accepted: wait for link_tx
    GATE_AUDIT,     // wait for the audit, which then stays with us until the event is written
    GATE_ALLOCATE,  // an accepted request needs a transaction
    GATE_WRITE,     // write the event
    GATE_RETIRE     // give the context back: two cycles, one for either turn of the engine
  } state_e;

  state_e state_q, state_d;
  logic [4:0] reason_q, reason_d;
  logic [31:0] transaction_q, transaction_d;
  logic [9:0] endpoint_q, endpoint_d;
  logic [DepthBits-1:0] depth_q, depth_d;
  logic [LengthBits-1:0] offset_q, offset_d;
  logic [BaseBits-1:0] base_q, base_d;
  logic [7:0] class_q, class_d;
  logic engine_rejected_q, engine_rejected_d;
  logic second_cycle_q, second_cycle_d;
  logic open_q, open_d;                        // bytes may pass
  logic [LengthBits-1:0] allowance_q, allowance_d;  // how many still
  logic accepted;

  assign accepted = reason_q == sluice_pkg::REASON_ACCEPTED;

  always_comb begin
    state_d = state_q;
    reason_d = reason_q;
    transaction_d = transaction_q;
    endpoint_d = endpoint_q;
    depth_d = depth_q;
    offset_d = offset_q;
    base_d = base_q;
    class_d = class_q;
    engine_rejected_d = engine_rejected_q;
    second_cycle_d = 1'b0;
    allocate_o = 1'b0;
    audit_request_o = 1'b0;
    audit_write_o = 1'b0;
    send_o = 1'b0;
    drop_o = 1'b0;
    release_o = 1'b0;
    retire_o = 1'b0;

    unique case (state_q)
      GATE_WAIT: begin
        engine_rejected_d = 1'b0;
        endpoint_d = head_endpoint_i;
        transaction_d = head_found_i ? head_tag_i : '0;
        depth_d = '0;
        offset_d = '0;
        base_d = '0;
        class_d = '0;
        if (head_valid_i) begin
          if (swap_abort_i) begin
            reason_d = sluice_pkg::REASON_SWAPPED;
            state_d = GATE_AUDIT;
          end else if (head_forced_i != sluice_pkg::REASON_ACCEPTED) begin
            reason_d = head_forced_i;
            state_d = GATE_AUDIT;
          end else if (result_valid_i && result_context_i == head_context_i) begin
            reason_d = result_reason_i;
            endpoint_d = result_tag_i;
            depth_d = result_depth_i;
            offset_d = result_offset_i;
            if (result_reason_i == sluice_pkg::REASON_ACCEPTED) begin
              state_d = GATE_LINK;
            end else begin
              engine_rejected_d = 1'b1;
              base_d = result_base_i;
              class_d = result_class_i;
              state_d = GATE_AUDIT;
`ifdef SLUICE_SEEDED_FAULTS
              if (fault_cut_through_i) state_d = GATE_LINK;
`endif
            end
          end
        end
      end

      GATE_LINK: begin
        if (swap_abort_i) begin
          reason_d = sluice_pkg::REASON_SWAPPED;
          state_d = GATE_AUDIT;
        end else if (tx_idle_i) begin
          state_d = GATE_AUDIT;
        end
      end

      GATE_AUDIT: begin
        audit_request_o = 1'b1;
        if (audit_granted_i) begin
          state_d = GATE_WRITE;
          if (accepted) begin
            if (!audit_space_i) reason_d = sluice_pkg::REASON_OVERLOAD;
            else if (Pipeline == sluice_pkg::PIPELINE_REQUEST) state_d = GATE_ALLOCATE;
            else send_o = 1'b1;
          end
`ifdef SLUICE_SEEDED_FAULTS
          else if (fault_cut_through_i && engine_rejected_q) send_o = 1'b1;
`endif
        end
      end

      GATE_ALLOCATE: begin
        audit_request_o = 1'b1;
        allocate_o = 1'b1;
        if (allocate_done_i) begin
          state_d = GATE_WRITE;
          if (allocate_granted_i && !allocate_fault_i) begin
            transaction_d = allocate_id_i;
            send_o = 1'b1;
          end else begin
            reason_d = allocate_fault_i ? sluice_pkg::REASON_TABLE_PARITY : sluice_pkg::REASON_OVERLOAD;
          end
        end
      end

      GATE_WRITE: begin
        audit_request_o = 1'b1;
        audit_write_o = 1'b1;
        if (audit_done_i) begin
          state_d = GATE_RETIRE;
          drop_o = !accepted;
`ifdef SLUICE_SEEDED_FAULTS
          if (fault_cut_through_i && engine_rejected_q) drop_o = 1'b0;
`endif
        end
      end

      GATE_RETIRE: begin
        release_o = 1'b1;
        second_cycle_d = 1'b1;
        if (second_cycle_q) begin
          retire_o = 1'b1;
          state_d = GATE_WAIT;
        end
      end
      default: state_d = GATE_WAIT;
    endcase
  end

  // What the event says of depth and offset when the verdict changed after the engine's.
  always_comb begin
    audit_event_o = '0;
    audit_event_o.kind = 2'(sluice_pkg::EVENT_KIND_RECORD);
    audit_event_o.pipeline = Pipeline;
    audit_event_o.reason = reason_q;
    audit_event_o.endpoint = endpoint_q;
    audit_event_o.length = 32'(head_length_i);
    audit_event_o.tag = head_tag_i;
    audit_event_o.transaction = transaction_q;
    if (accepted || engine_rejected_q) begin
      audit_event_o.depth = 9'(depth_q);
      audit_event_o.offset = 16'(offset_q);
    end
    if (engine_rejected_q) begin
      audit_event_o.base = 15'(base_q);
      audit_event_o.symbol_class = class_q;
      audit_event_o.frames = (depth_q > DepthBits'(sluice_pkg::EVENT_FRAMES)) ? 4'(sluice_pkg::EVENT_FRAMES) : depth_q[3:0];
    end
  end

  // The gate proper.
  always_comb begin
    open_d = open_q;
    allowance_d = allowance_q;
    if (send_o) begin
      open_d = 1'b1;
      allowance_d = head_length_i;
    end else begin
      if (byte_valid_o && byte_ready_i) allowance_d = allowance_q - LengthBits'(1);
      if (tx_done_i) open_d = 1'b0;
    end
  end
  assign byte_valid_o = byte_valid_i && open_q && allowance_q != '0;
  assign byte_ready_o = byte_ready_i && open_q && allowance_q != '0;
  assign byte_o = (open_q && allowance_q != '0) ? byte_i : 8'd0;

  assign release_context_o = head_context_i;
  assign allocate_endpoint_o = endpoint_q;
  assign allocate_tag_o = head_tag_i;
  assign drop_buffer_o = head_buffer_i;
  assign send_buffer_o = head_buffer_i;
  assign send_length_o = head_length_i;
  always_comb begin
    send_tag_o = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? allocate_id_i : head_low_tag_i;
`ifdef SLUICE_SEEDED_FAULTS
    if (Pipeline == sluice_pkg::PIPELINE_REQUEST && !accepted) send_tag_o = '0;
`endif
  end
  assign pending_o = state_q != GATE_WAIT;
  always_comb begin
    unique case (state_q)
      GATE_WAIT: busy_o = head_valid_i;
      GATE_LINK: busy_o = tx_idle_i || swap_abort_i;
      default: busy_o = 1'b1;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= GATE_WAIT;
      reason_q <= '0;
      transaction_q <= '0;
      endpoint_q <= '0;
      depth_q <= '0;
      offset_q <= '0;
      base_q <= '0;
      class_q <= '0;
      engine_rejected_q <= 1'b0;
      second_cycle_q <= 1'b0;
      open_q <= 1'b0;
      allowance_q <= '0;
    end else begin
      state_q <= state_d;
      reason_q <= reason_d;
      transaction_q <= transaction_d;
      endpoint_q <= endpoint_d;
      depth_q <= depth_d;
      offset_q <= offset_d;
      base_q <= base_d;
      class_q <= class_d;
      engine_rejected_q <= engine_rejected_d;
      second_cycle_q <= second_cycle_d;
      open_q <= open_d;
      allowance_q <= allowance_d;
    end
  end

`ifndef SLUICE_SEEDED_FAULTS
  // Invariant 1: a release follows an accepting verdict, and no byte passes without a release.
  `SLUICE_ASSERT(a_release_needs_accept, !send_o || accepted)
  `SLUICE_ASSERT(a_release_needs_audit_slot, !send_o || audit_granted_i)
`endif
  `SLUICE_ASSERT(a_no_byte_while_closed, open_q || (!byte_valid_o && byte_o == 8'd0))
  // Invariant 2, length: one record at a time.
  `SLUICE_ASSERT(a_one_release_at_a_time, !send_o || !open_q)

endmodule
