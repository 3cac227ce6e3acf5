// SPDX-License-Identifier: Apache-2.0
// Proof harness of verdict_gate: invariants 1, 2 (as far as the gate goes) and 12 (a slot before the release), for every behaviour of
// what surrounds it. The surroundings are free but for the assumptions below. Content and frames are not the gate's: not here.
// Run by hdl/formal/prove; with SLUICE_SEEDED_FAULTS the same properties must fail.
module verdict_gate_properties #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned Cover = 0  // 0: the properties; n: refute that situation n cannot arise
) (
    input logic clk_i
);

  localparam int unsigned RecordBytes = 4;
  localparam int unsigned LengthBits = 3;

  // --- reset: low in the first cycle, then high
  logic rst_ni;
  logic started_q = 1'b0;
  always @(posedge clk_i) started_q <= 1'b1;
  assign rst_ni = started_q;

  // --- free surroundings
  (* anyseq *) logic swap_abort, head_valid, head_context, head_found, result_valid;
  (* anyseq *) logic [1:0] head_buffer;
  (* anyseq *) logic [LengthBits-1:0] head_length, result_offset;
  (* anyseq *) logic [31:0] head_tag, head_low_tag, allocate_id;
  (* anyseq *) logic [9:0] head_endpoint, result_tag;
  (* anyseq *) logic [4:0] head_forced, result_reason;
  (* anyseq *) logic [3:0] result_depth;
  (* anyseq *) logic [8:0] result_base;
  (* anyseq *) logic [7:0] result_class, byte_in;
  (* anyseq *) logic allocate_done, allocate_granted, allocate_fault, audit_granted, audit_space, audit_done, tx_done;
  (* anyseq *) logic byte_valid_in, byte_ready_in;
`ifdef SLUICE_SEEDED_FAULTS
  logic fault;
  assign fault = 1'b1;
`endif

  logic turn_q = 1'b0;
  always @(posedge clk_i) turn_q <= !turn_q;

  logic retire, release_now, release_context, allocate, audit_request, audit_write, drop, send, byte_ready, byte_valid, pending, busy;
  logic [9:0] allocate_endpoint;
  logic [31:0] allocate_tag, send_tag;
  fabric_pkg::event_t audit_event;
  logic [1:0] drop_buffer, send_buffer;
  logic [LengthBits-1:0] send_length;
  logic [7:0] byte_out;
  logic sending_q = 1'b0;  // link_tx has a record

  verdict_gate #(
      .Pipeline(Pipeline),
      .RecordBytes(RecordBytes),
      .Buffers(4),
      .BaseBits(9),
      .DepthBits(4)
  ) u_gate (
      .clk_i,
      .rst_ni,
      .swap_abort_i(swap_abort),
`ifdef SLUICE_SEEDED_FAULTS
      .fault_cut_through_i(fault),
`endif
      .head_valid_i(head_valid),
      .head_context_i(head_context),
      .head_buffer_i(head_buffer),
      .head_length_i(head_length),
      .head_tag_i(head_tag),
      .head_low_tag_i(head_low_tag),
      .head_found_i(head_found),
      .head_endpoint_i(head_endpoint),
      .head_forced_i(head_forced),
      .retire_o(retire),
      .result_context_i(turn_q),
      .result_valid_i(result_valid),
      .result_reason_i(result_reason),
      .result_tag_i(result_tag),
      .result_depth_i(result_depth),
      .result_offset_i(result_offset),
      .result_base_i(result_base),
      .result_class_i(result_class),
      .release_o(release_now),
      .release_context_o(release_context),
      .allocate_o(allocate),
      .allocate_endpoint_o(allocate_endpoint),
      .allocate_tag_o(allocate_tag),
      .allocate_done_i(allocate_done),
      .allocate_granted_i(allocate_granted),
      .allocate_fault_i(allocate_fault),
      .allocate_id_i(allocate_id),
      .audit_request_o(audit_request),
      .audit_write_o(audit_write),
      .audit_event_o(audit_event),
      .audit_granted_i(audit_granted),
      .audit_space_i(audit_space),
      .audit_done_i(audit_done),
      .drop_o(drop),
      .drop_buffer_o(drop_buffer),
      .send_o(send),
      .send_buffer_o(send_buffer),
      .send_length_o(send_length),
      .send_tag_o(send_tag),
      .tx_idle_i(!sending_q),
      .tx_done_i(tx_done),
      .byte_valid_i(byte_valid_in),
      .byte_i(byte_in),
      .byte_ready_o(byte_ready),
      .byte_valid_o(byte_valid),
      .byte_o(byte_out),
      .byte_ready_i(byte_ready_in),
      .pending_o(pending),
      .busy_o(busy)
  );

  // --- what the surroundings keep to
  logic head_valid_q = 1'b0, retire_q = 1'b0, head_context_q = 1'b0;
  logic [LengthBits-1:0] head_length_q = '0;
  logic [1:0] head_buffer_q = '0;
  logic [4:0] head_forced_q = '0;
  logic granted_q = 1'b0, space_q = 1'b0, request_q = 1'b0, write_q = 1'b0;
  always @(posedge clk_i) begin
    head_valid_q <= head_valid;
    head_context_q <= head_context;
    head_length_q <= head_length;
    head_buffer_q <= head_buffer;
    head_forced_q <= head_forced;
    retire_q <= retire;
    granted_q <= audit_granted;
    space_q <= audit_space;
    request_q <= audit_request;
    write_q <= audit_write;
    if (send) sending_q <= 1'b1;
    else if (tx_done) sending_q <= 1'b0;
    if (!rst_ni) sending_q <= 1'b0;

    if (rst_ni) begin
      // dispatch: the oldest record stays until it is retired
      if (head_valid_q && !retire_q) begin
        assume (head_valid && head_context == head_context_q && head_length == head_length_q &&
                head_buffer == head_buffer_q && head_forced == head_forced_q);
      end
      // audit: granted only who asks, and then until it writes; a slot that is there stays there
      assume (!audit_granted || audit_request);
      if (granted_q && request_q && !write_q) assume (audit_granted && audit_space == space_q);
      assume (!audit_done || audit_write);
      // link_tx: done only with what it has
      assume (!tx_done || sending_q);
      assume (!allocate_done || allocate);
    end
  end

  // --- a second, plain account of the oldest record: what did the engine first say of it
  logic told_q = 1'b0, told_accept_q = 1'b0, gone_q = 1'b0;
  logic open_q = 1'b0;
  logic [LengthBits-1:0] left_q = '0, released_length_q = '0;
  always @(posedge clk_i) begin
    if (!rst_ni || retire) begin
      told_q <= 1'b0;
      told_accept_q <= 1'b0;
      gone_q <= 1'b0;
    end else begin
      if (head_valid && !told_q && result_valid && turn_q == head_context && head_forced == 5'd0) begin
        told_q <= 1'b1;
        told_accept_q <= result_reason == 5'd0;
      end
      if (send) gone_q <= 1'b1;
    end
    if (send) released_length_q <= head_length;
    if (send) begin
      open_q <= 1'b1;
      left_q <= head_length;
    end else begin
      if (tx_done) open_q <= 1'b0;
      if (byte_valid && byte_ready_in) left_q <= left_q - 3'd1;
    end
    if (!rst_ni) open_q <= 1'b0;

    if (rst_ni && Cover == 0) begin
      // Invariant 1
      if (send) p_release_only_after_accept : assert (told_q && told_accept_q);
      if (byte_valid) p_bytes_only_of_a_released_record : assert (open_q);
      if (!open_q) p_closed_is_silent : assert (byte_out == 8'd0 && !byte_valid && !byte_ready);
      // Invariant 2, as far as it is the gate's: as many bytes as were verified, once
      if (byte_valid) p_not_more_than_verified : assert (left_q != '0);
      if (send) p_once : assert (!gone_q && !open_q);
      if (send) p_right_record : assert (send_buffer == head_buffer && send_length == head_length);
      // Invariant 12
      if (send) p_slot_reserved : assert (audit_granted && audit_space);
    end
    // Covers: the claim that the situation cannot arise, which the prover must refute.
    if (rst_ni && Cover == 1) c_release : assert (!send);
    if (rst_ni && Cover == 2) c_last_byte : assert (!(byte_valid && byte_ready_in && left_q == 3'd1 && released_length_q == 3'd4));
    if (rst_ni && Cover == 3) c_rejection : assert (!(told_q && !told_accept_q && retire));
    if (rst_ni && Cover == 4) c_second_release : assert (!(send && released_length_q == 3'd2));
    if (rst_ni && Cover == 5) c_overload : assert (!(told_accept_q && retire && !gone_q));
  end

endmodule
