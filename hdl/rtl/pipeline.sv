// SPDX-License-Identifier: Apache-2.0
// One pipeline: link_rx -> record_buffer -> dispatch -> engine -> verdict_gate -> record_reader -> link_tx, with its own tables. It
// only wires its parts; the other pipeline is a second instance, and all they have in common comes in through the ports here.
module pipeline #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned Entries = 4096,
    parameter int unsigned Actions = 512,
    parameter int unsigned Endpoints = 256,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    parameter int unsigned Depth = 64,
    localparam int unsigned BaseBits = $clog2(Entries)
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic                   tick_i,
`ifdef SLUICE_SEEDED_FAULTS
    input  logic                   fault_cut_through_i,
    input  logic                   fault_stale_byte_i,
`endif
    // links
    input  logic                   rx_valid_i,
    input  logic [7:0]             rx_data_i,
    input  logic                   rx_last_i,
    output logic                   rx_ready_o,
    output logic                   tx_valid_o,
    output logic [7:0]             tx_data_o,
    output logic                   tx_last_o,
    input  logic                   tx_ready_i,
    // image
    input  logic                   image_active_i,
    input  logic                   bank_i,
    input  fabric_pkg::limits_t    limits_i,
    input  logic                   swap_waits_i,
    input  logic                   swap_abort_i,
    input  logic                   swap_i,
    // loader
    input  logic                   write_bank_i,
    input  logic [15:0]            write_index_i,
    input  logic                   write_map_i,
    input  sluice_pkg::class_map_t write_map_word_i,
    input  logic                   write_entry_i,
    input  sluice_pkg::entry_t     write_entry_word_i,
    input  logic                   write_action_i,
    input  sluice_pkg::action_t    write_action_word_i,
    // transaction table: requests allocate, responses look up
    output logic                   allocate_o,
    output logic [9:0]             allocate_endpoint_o,
    output logic [31:0]            allocate_tag_o,
    input  logic                   allocate_done_i,
    input  logic                   allocate_granted_i,
    input  logic                   allocate_fault_i,
    input  logic [31:0]            allocate_id_i,
    output logic                   lookup_o,
    output logic [31:0]            lookup_id_o,
    input  logic                   lookup_done_i,
    input  logic                   lookup_found_i,
    input  logic                   lookup_fault_i,
    input  logic [31:0]            lookup_tag_i,
    input  logic [9:0]             lookup_endpoint_i,
    input  logic [BaseBits-1:0]    lookup_base_i,
    // audit: link_rx, gate
    output logic                   rx_audit_request_o,
    output fabric_pkg::event_t     rx_audit_event_o,
    input  logic                   rx_audit_done_i,
    output logic                   gate_audit_request_o,
    output logic                   gate_audit_write_o,
    output fabric_pkg::event_t     gate_audit_event_o,
    input  logic                   gate_audit_granted_i,
    input  logic                   gate_audit_done_i,
    input  logic                   audit_space_i,
    input  logic [2:0]             walk_index_i,
    output logic [31:0]            walk_o,
    output logic                   ignored_o,
    output logic                   records_pending_o,  // of the present bank, not yet released or dropped
    output logic                   busy_o
);

  localparam int unsigned LengthBits = $clog2(RecordBytes + 1);
  localparam int unsigned BufferBits = $clog2(Buffers);
  localparam int unsigned ActionBits = $clog2(Actions);
  localparam int unsigned DepthBits = $clog2(Depth + 1);

  logic free, claim, rx_drop, rx_write, complete, rx_pending, rx_busy;
  logic [BufferBits-1:0] free_buffer, rx_buffer;
  logic [LengthBits-1:0] rx_address, complete_length;
  logic [7:0] rx_byte;
  logic [31:0] complete_tag;

  link_rx #(.Pipeline(Pipeline), .RecordBytes(RecordBytes), .Buffers(Buffers)) u_link_rx (
      .clk_i,
      .rst_ni,
      .tick_i,
      .image_active_i,
      .max_record_bytes_i(limits_i.max_record_bytes),
      .swap_waits_i,
      .swap_abort_i,
      .swap_i,
      .rx_valid_i,
      .rx_data_i,
      .rx_last_i,
      .rx_ready_o,
      .free_i(free),
      .free_buffer_i(free_buffer),
      .claim_o(claim),
      .drop_o(rx_drop),
      .buffer_o(rx_buffer),
      .write_o(rx_write),
      .write_address_o(rx_address),
      .write_data_o(rx_byte),
      .complete_o(complete),
      .complete_length_o(complete_length),
      .complete_tag_o(complete_tag),
      .event_valid_o(rx_audit_request_o),
      .event_o(rx_audit_event_o),
      .event_done_i(rx_audit_done_i),
      .ignored_o,
      .pending_o(rx_pending),
      .busy_o(rx_busy)
  );

  logic gate_drop, reader_active, tx_done, tx_idle;
  logic [BufferBits-1:0] gate_drop_buffer, engine_buffer, reader_buffer;
  logic [BufferBits-1:0] key_buffer;
  logic [LengthBits-1:0] engine_address, reader_address, key_address;
  logic [7:0] engine_byte, reader_data, key_byte;
  logic key_read;

  record_buffer #(.RecordBytes(RecordBytes), .Buffers(Buffers)) u_record_buffer (
      .clk_i,
      .rst_ni,
      .free_o(free),
      .free_buffer_o(free_buffer),
      .claim_i(claim),
      .rx_drop_i(rx_drop),
      .rx_drop_buffer_i(rx_buffer),
      .gate_drop_i(gate_drop),
      .gate_drop_buffer_i(gate_drop_buffer),
      .sent_i(tx_done),
      .sent_buffer_i(reader_buffer),
      .write_i(rx_write),
      .write_buffer_i(rx_buffer),
      .write_address_i(rx_address),
      .write_data_i(rx_byte),
      .engine_buffer_i(engine_buffer),
      .engine_address_i(engine_address),
      .engine_data_o(engine_byte),
      .key_read_i(key_read),
      .key_buffer_i(key_buffer),
      .key_address_i(key_address),
      .key_data_o(key_byte),
      .reader_active_i(reader_active),
      .reader_buffer_i(reader_buffer),
      .reader_address_i(reader_address),
      .reader_data_o(reader_data)
  );

  logic start, start_context, start_ready;
  logic [BufferBits-1:0] start_buffer;
  logic [LengthBits-1:0] start_length;
  logic [BaseBits-1:0] start_base;
  logic [9:0] start_tag;
  logic head_valid, head_context, head_found, retire, dispatch_pending, dispatch_busy, engine_busy;
  logic [BufferBits-1:0] head_buffer;
  logic [LengthBits-1:0] head_length;
  logic [31:0] head_tag, head_low_tag;
  logic [9:0] head_endpoint;
  logic [4:0] head_forced;

  dispatch #(.Pipeline(Pipeline), .RecordBytes(RecordBytes), .Buffers(Buffers), .BaseBits(BaseBits)) u_dispatch (
      .clk_i,
      .rst_ni,
      .request_start_i(limits_i.request_start[BaseBits-1:0]),
      .complete_i(complete),
      .complete_buffer_i(rx_buffer),
      .complete_length_i(complete_length),
      .complete_tag_i(complete_tag),
      .lookup_o,
      .lookup_id_o,
      .lookup_done_i,
      .lookup_found_i,
      .lookup_fault_i,
      .lookup_tag_i,
      .lookup_endpoint_i,
      .lookup_base_i,
      .start_o(start),
      .start_context_o(start_context),
      .start_buffer_o(start_buffer),
      .start_length_o(start_length),
      .start_base_o(start_base),
      .start_tag_o(start_tag),
      .start_ready_i(start_ready),
      .head_valid_o(head_valid),
      .head_context_o(head_context),
      .head_buffer_o(head_buffer),
      .head_length_o(head_length),
      .head_tag_o(head_tag),
      .head_low_tag_o(head_low_tag),
      .head_found_o(head_found),
      .head_endpoint_o(head_endpoint),
      .head_forced_o(head_forced),
      .retire_i(retire),
      .pending_o(dispatch_pending),
      .busy_o(dispatch_busy)
  );

  logic result_context, result_valid, release_context, release_now;
  logic [4:0] result_reason;
  logic [9:0] result_tag;
  logic [DepthBits-1:0] result_depth;
  logic [LengthBits-1:0] result_offset;
  logic [BaseBits-1:0] result_base, walk_return;
  logic [7:0] result_class, map_index;
  logic [15:0] walk_register;
  logic map_bank, entry_bank, action_bank;
  logic [BaseBits-1:0] entry_index;
  logic [ActionBits-1:0] action_index;
  sluice_pkg::class_map_t map_word;
  sluice_pkg::entry_t entry_word;
  sluice_pkg::action_t action_word;

  engine #(
      .Pipeline(Pipeline),
      .Entries(Entries),
      .Actions(Actions),
      .RecordBytes(RecordBytes),
      .Buffers(Buffers),
      .Depth(Depth)
  ) u_engine (
      .clk_i,
      .rst_ni,
      .max_depth_i(limits_i.max_depth[DepthBits-1:0]),
      .start_i(start),
      .start_context_i(start_context),
      .start_bank_i(bank_i),
      .start_buffer_i(start_buffer),
      .start_length_i(start_length),
      .start_base_i(start_base),
      .start_tag_i(start_tag),
      .start_ready_o(start_ready),
      .result_context_o(result_context),
      .result_valid_o(result_valid),
      .result_reason_o(result_reason),
      .result_tag_o(result_tag),
      .result_depth_o(result_depth),
      .result_offset_o(result_offset),
      .result_base_o(result_base),
      .result_class_o(result_class),
      .release_i(release_now),
      .release_context_i(release_context),
      .walk_context_i(head_context),
      .walk_index_i,
      .walk_return_o(walk_return),
      .walk_register_o(walk_register),
      .byte_buffer_o(engine_buffer),
      .byte_address_o(engine_address),
      .byte_i(engine_byte),
      .key_read_o(key_read),
      .key_buffer_o(key_buffer),
      .key_address_o(key_address),
      .key_byte_i(key_byte),
      .map_bank_o(map_bank),
      .map_index_o(map_index),
      .map_word_i(map_word),
      .entry_bank_o(entry_bank),
      .entry_index_o(entry_index),
      .entry_word_i(entry_word),
      .action_bank_o(action_bank),
      .action_index_o(action_index),
      .action_word_i(action_word),
      .busy_o(engine_busy)
  );
  assign walk_o = {16'(walk_return), walk_register};

  table_bank #(.Entries(Entries), .Actions(Actions), .Endpoints(Endpoints)) u_table_bank (
      .clk_i,
      .write_bank_i,
      .write_index_i,
      .write_map_i,
      .write_map_word_i,
      .write_entry_i,
      .write_entry_word_i,
      .write_action_i,
      .write_action_word_i,
      .map_bank_i(map_bank),
      .map_index_i(map_index),
      .map_word_o(map_word),
      .entry_bank_i(entry_bank),
      .entry_index_i(entry_index),
      .entry_word_o(entry_word),
      .action_bank_i(action_bank),
      .action_index_i(action_index),
      .action_word_o(action_word)
  );

  logic send, reader_valid, reader_ready, gate_valid, gate_ready, gate_pending, gate_busy, tx_busy;
  logic [BufferBits-1:0] send_buffer;
  logic [LengthBits-1:0] send_length;
  logic [31:0] send_tag;
  logic [7:0] reader_byte, gate_byte;

  verdict_gate #(
      .Pipeline(Pipeline),
      .RecordBytes(RecordBytes),
      .Buffers(Buffers),
      .BaseBits(BaseBits),
      .DepthBits(DepthBits)
  ) u_verdict_gate (
      .clk_i,
      .rst_ni,
      .swap_abort_i,
`ifdef SLUICE_SEEDED_FAULTS
      .fault_cut_through_i,
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
      .result_context_i(result_context),
      .result_valid_i(result_valid),
      .result_reason_i(result_reason),
      .result_tag_i(result_tag),
      .result_depth_i(result_depth),
      .result_offset_i(result_offset),
      .result_base_i(result_base),
      .result_class_i(result_class),
      .release_o(release_now),
      .release_context_o(release_context),
      .allocate_o,
      .allocate_endpoint_o,
      .allocate_tag_o,
      .allocate_done_i,
      .allocate_granted_i,
      .allocate_fault_i,
      .allocate_id_i,
      .audit_request_o(gate_audit_request_o),
      .audit_write_o(gate_audit_write_o),
      .audit_event_o(gate_audit_event_o),
      .audit_granted_i(gate_audit_granted_i),
      .audit_space_i,
      .audit_done_i(gate_audit_done_i),
      .drop_o(gate_drop),
      .drop_buffer_o(gate_drop_buffer),
      .send_o(send),
      .send_buffer_o(send_buffer),
      .send_length_o(send_length),
      .send_tag_o(send_tag),
      .tx_idle_i(tx_idle),
      .tx_done_i(tx_done),
      .byte_valid_i(reader_valid),
      .byte_i(reader_byte),
      .byte_ready_o(reader_ready),
      .byte_valid_o(gate_valid),
      .byte_o(gate_byte),
      .byte_ready_i(gate_ready),
      .pending_o(gate_pending),
      .busy_o(gate_busy)
  );

  record_reader #(.RecordBytes(RecordBytes), .Buffers(Buffers)) u_record_reader (
      .clk_i,
      .rst_ni,
`ifdef SLUICE_SEEDED_FAULTS
      .fault_stale_byte_i,
`endif
      .start_i(send),
      .buffer_i(send_buffer),
      .length_i(send_length),
      .stop_i(tx_done),
      .active_o(reader_active),
      .buffer_o(reader_buffer),
      .address_o(reader_address),
      .data_i(reader_data),
      .byte_valid_o(reader_valid),
      .byte_o(reader_byte),
      .byte_ready_i(reader_ready)
  );

  link_tx #(.Pipeline(Pipeline), .RecordBytes(RecordBytes)) u_link_tx (
      .clk_i,
      .rst_ni,
      .send_i(send),
      .length_i(send_length),
      .tag_i(send_tag),
      .idle_o(tx_idle),
      .busy_o(tx_busy),
      .done_o(tx_done),
      .byte_valid_i(gate_valid),
      .byte_i(gate_byte),
      .byte_ready_o(gate_ready),
      .tx_valid_o,
      .tx_data_o,
      .tx_last_o,
      .tx_ready_i
  );

  assign records_pending_o = rx_pending || dispatch_pending || gate_pending;
  assign busy_o = rx_busy || dispatch_busy || engine_busy || gate_busy || tx_busy;

  logic unused;  // a limit is never greater than its geometry's
  assign unused = ^limits_i;

endmodule
