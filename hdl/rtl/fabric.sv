// SPDX-License-Identifier: Apache-2.0
// The whole device behind its byte streams: two pipelines, the transaction table between them, and the management side (docs/fabric.md).
// Only wiring, and the sizes of the geometry. It contains no MAC and no clock source, verifies no signature yet, and out of reset
// passes nothing. `tick_i` is a pulse per millisecond. While `busy_o` is low, no tick comes and no valid input finds its port ready, a
// clock changes nothing but the count of cycles: a simulator may stop it. Waiting for a tx_ready_i is not busy.
`include "assertions.svh"

module fabric #(
    parameter logic [7:0] Geometry = sluice_pkg::GEOMETRY_SMALL
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        tick_i,
`ifdef SLUICE_SEEDED_FAULTS
    input  logic [1:0]  seeded_fault_i,   // 0 none, 1 cut-through, 2 orphan response, 3 stale byte
`endif
    input  logic        low_rx_valid_i,
    input  logic [7:0]  low_rx_data_i,
    input  logic        low_rx_last_i,
    output logic        low_rx_ready_o,
    output logic        low_tx_valid_o,
    output logic [7:0]  low_tx_data_o,
    output logic        low_tx_last_o,
    input  logic        low_tx_ready_i,
    input  logic        high_rx_valid_i,
    input  logic [7:0]  high_rx_data_i,
    input  logic        high_rx_last_i,
    output logic        high_rx_ready_o,
    output logic        high_tx_valid_o,
    output logic [7:0]  high_tx_data_o,
    output logic        high_tx_last_o,
    input  logic        high_tx_ready_i,
    input  logic        management_rx_valid_i,
    input  logic [7:0]  management_rx_data_i,
    input  logic        management_rx_last_i,
    output logic        management_rx_ready_o,
    output logic        management_tx_valid_o,
    output logic [7:0]  management_tx_data_o,
    output logic        management_tx_last_o,
    input  logic        management_tx_ready_i,
    output logic        busy_o
);

  // --- the sizes of the geometry
  localparam int unsigned RequestEntries =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_REQUEST_ENTRIES :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_REQUEST_ENTRIES :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_REQUEST_ENTRIES : sluice_pkg::SIMULATION_REQUEST_ENTRIES;
  localparam int unsigned ResponseEntries =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_RESPONSE_ENTRIES :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_RESPONSE_ENTRIES :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_RESPONSE_ENTRIES : sluice_pkg::SIMULATION_RESPONSE_ENTRIES;
  localparam int unsigned Actions =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_ACTIONS :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_ACTIONS :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_ACTIONS : sluice_pkg::SIMULATION_ACTIONS;
  localparam int unsigned Endpoints =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_ENDPOINTS :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_ENDPOINTS :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_ENDPOINTS : sluice_pkg::SIMULATION_ENDPOINTS;
  localparam int unsigned RecordBytes =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_RECORD_BYTES :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_RECORD_BYTES :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_RECORD_BYTES : sluice_pkg::SIMULATION_RECORD_BYTES;
  localparam int unsigned Buffers =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_RECORD_BUFFERS :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_RECORD_BUFFERS :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_RECORD_BUFFERS : sluice_pkg::SIMULATION_RECORD_BUFFERS;
  localparam int unsigned Transactions =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_TRANSACTIONS :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_TRANSACTIONS :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_TRANSACTIONS : sluice_pkg::SIMULATION_TRANSACTIONS;
  localparam int unsigned Depth =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_DEPTH :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_DEPTH :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_DEPTH : sluice_pkg::SIMULATION_DEPTH;
  localparam int unsigned AuditEvents =
      (Geometry == sluice_pkg::GEOMETRY_TINY) ? sluice_pkg::TINY_AUDIT_EVENTS :
      (Geometry == sluice_pkg::GEOMETRY_SMALL) ? sluice_pkg::SMALL_AUDIT_EVENTS :
      (Geometry == sluice_pkg::GEOMETRY_LARGE) ? sluice_pkg::LARGE_AUDIT_EVENTS : sluice_pkg::SIMULATION_AUDIT_EVENTS;
  localparam int unsigned ResponseBaseBits = $clog2(ResponseEntries);

  // --- image and time
  logic [31:0] ticks, epoch;
  logic [63:0] cycles, active_serial, load_serial;
  logic image_active, bank, swap_waits, swap_abort, swap, void_all, void_done, swap_busy;
  fabric_pkg::limits_t limits, load_limits;
  logic request_pending, response_pending;

  timebase u_timebase (
      .clk_i,
      .rst_ni,
      .tick_i,
      .ticks_o(ticks),
      .cycles_o(cycles)
  );

  // --- loader writes
  logic write_bank, write_request_map, write_request_entry, write_request_action;
  logic write_response_map, write_response_entry, write_response_action, write_endpoint;
  logic [15:0] write_index;
  sluice_pkg::class_map_t write_map_word;
  sluice_pkg::entry_t write_entry_word;
  sluice_pkg::action_t write_action_word;
  sluice_pkg::endpoint_t write_endpoint_word;

  // --- audit sources, the first one first
  localparam int unsigned Sources = 6;
  logic [Sources-1:0] audit_request, audit_write, audit_granted, audit_done;
  fabric_pkg::event_t request_rx_event, request_gate_event, response_rx_event, response_gate_event;
  fabric_pkg::event_t transaction_event, image_event;
  logic audit_space;
  logic [2:0] walk_index;
  logic [31:0] request_walk, response_walk;

  // --- transaction table
  logic allocate, allocate_done, allocate_granted, allocate_fault;
  logic [9:0] allocate_endpoint;
  logic [31:0] allocate_tag, allocate_id;
  logic lookup, lookup_done, lookup_found, lookup_fault;
  logic [31:0] lookup_id, lookup_tag;
  logic [9:0] lookup_endpoint;
  logic [ResponseBaseBits-1:0] lookup_base;
  logic [8:0] outstanding;

  logic request_ignored, response_ignored;
  logic request_busy, response_busy, table_busy, audit_busy, management_busy, searching;

  pipeline #(
      .Pipeline(sluice_pkg::PIPELINE_REQUEST),
      .Entries(RequestEntries),
      .Actions(Actions),
      .Endpoints(Endpoints),
      .RecordBytes(RecordBytes),
      .Buffers(Buffers),
      .Depth(Depth)
  ) u_request (
      .clk_i,
      .rst_ni,
      .tick_i,
`ifdef SLUICE_SEEDED_FAULTS
      .fault_cut_through_i(seeded_fault_i == 2'd1),
      .fault_stale_byte_i(seeded_fault_i == 2'd3),
`endif
      .rx_valid_i(low_rx_valid_i),
      .rx_data_i(low_rx_data_i),
      .rx_last_i(low_rx_last_i),
      .rx_ready_o(low_rx_ready_o),
      .tx_valid_o(high_tx_valid_o),
      .tx_data_o(high_tx_data_o),
      .tx_last_o(high_tx_last_o),
      .tx_ready_i(high_tx_ready_i),
      .image_active_i(image_active),
      .bank_i(bank),
      .limits_i(limits),
      .swap_waits_i(swap_waits),
      .swap_abort_i(swap_abort),
      .swap_i(swap),
      .write_bank_i(write_bank),
      .write_index_i(write_index),
      .write_map_i(write_request_map),
      .write_map_word_i(write_map_word),
      .write_entry_i(write_request_entry),
      .write_entry_word_i(write_entry_word),
      .write_action_i(write_request_action),
      .write_action_word_i(write_action_word),
      .allocate_o(allocate),
      .allocate_endpoint_o(allocate_endpoint),
      .allocate_tag_o(allocate_tag),
      .allocate_done_i(allocate_done),
      .allocate_granted_i(allocate_granted),
      .allocate_fault_i(allocate_fault),
      .allocate_id_i(allocate_id),
      .lookup_o(),
      .lookup_id_o(),
      .lookup_done_i(1'b0),
      .lookup_found_i(1'b0),
      .lookup_fault_i(1'b0),
      .lookup_tag_i(32'd0),
      .lookup_endpoint_i(10'd0),
      .lookup_base_i('0),
      .rx_audit_request_o(audit_request[0]),
      .rx_audit_event_o(request_rx_event),
      .rx_audit_done_i(audit_done[0]),
      .gate_audit_request_o(audit_request[1]),
      .gate_audit_write_o(audit_write[1]),
      .gate_audit_event_o(request_gate_event),
      .gate_audit_granted_i(audit_granted[1]),
      .gate_audit_done_i(audit_done[1]),
      .audit_space_i(audit_space),
      .walk_index_i(walk_index),
      .walk_o(request_walk),
      .ignored_o(request_ignored),
      .records_pending_o(request_pending),
      .busy_o(request_busy)
  );

  pipeline #(
      .Pipeline(sluice_pkg::PIPELINE_RESPONSE),
      .Entries(ResponseEntries),
      .Actions(Actions),
      .Endpoints(Endpoints),
      .RecordBytes(RecordBytes),
      .Buffers(Buffers),
      .Depth(Depth)
  ) u_response (
      .clk_i,
      .rst_ni,
      .tick_i,
`ifdef SLUICE_SEEDED_FAULTS
      .fault_cut_through_i(seeded_fault_i == 2'd1),
      .fault_stale_byte_i(seeded_fault_i == 2'd3),
`endif
      .rx_valid_i(high_rx_valid_i),
      .rx_data_i(high_rx_data_i),
      .rx_last_i(high_rx_last_i),
      .rx_ready_o(high_rx_ready_o),
      .tx_valid_o(low_tx_valid_o),
      .tx_data_o(low_tx_data_o),
      .tx_last_o(low_tx_last_o),
      .tx_ready_i(low_tx_ready_i),
      .image_active_i(image_active),
      .bank_i(bank),
      .limits_i(limits),
      .swap_waits_i(swap_waits),
      .swap_abort_i(swap_abort),
      .swap_i(swap),
      .write_bank_i(write_bank),
      .write_index_i(write_index),
      .write_map_i(write_response_map),
      .write_map_word_i(write_map_word),
      .write_entry_i(write_response_entry),
      .write_entry_word_i(write_entry_word),
      .write_action_i(write_response_action),
      .write_action_word_i(write_action_word),
      .allocate_o(),
      .allocate_endpoint_o(),
      .allocate_tag_o(),
      .allocate_done_i(1'b0),
      .allocate_granted_i(1'b0),
      .allocate_fault_i(1'b0),
      .allocate_id_i(32'd0),
      .lookup_o(lookup),
      .lookup_id_o(lookup_id),
      .lookup_done_i(lookup_done),
      .lookup_found_i(lookup_found),
      .lookup_fault_i(lookup_fault),
      .lookup_tag_i(lookup_tag),
      .lookup_endpoint_i(lookup_endpoint),
      .lookup_base_i(lookup_base),
      .rx_audit_request_o(audit_request[2]),
      .rx_audit_event_o(response_rx_event),
      .rx_audit_done_i(audit_done[2]),
      .gate_audit_request_o(audit_request[3]),
      .gate_audit_write_o(audit_write[3]),
      .gate_audit_event_o(response_gate_event),
      .gate_audit_granted_i(audit_granted[3]),
      .gate_audit_done_i(audit_done[3]),
      .audit_space_i(audit_space),
      .walk_index_i(walk_index),
      .walk_o(response_walk),
      .ignored_o(response_ignored),
      .records_pending_o(response_pending),
      .busy_o(response_busy)
  );

  transaction_table #(
      .Transactions(Transactions),
      .Endpoints(Endpoints),
      .ResponseEntries(ResponseEntries)
  ) u_transaction_table (
      .clk_i,
      .rst_ni,
      .tick_i,
      .ticks_i(ticks),
      .bank_i(bank),
      .limits_i(limits),
`ifdef SLUICE_SEEDED_FAULTS
      .fault_orphan_i(seeded_fault_i == 2'd2),
`endif
      .write_i(write_endpoint),
      .write_bank_i(write_bank),
      .write_index_i(write_index[$clog2(Endpoints)-1:0]),
      .write_word_i(write_endpoint_word),
      .void_i(void_all),
      .void_done_o(void_done),
      .allocate_i(allocate),
      .allocate_endpoint_i(allocate_endpoint),
      .allocate_tag_i(allocate_tag),
      .allocate_done_o(allocate_done),
      .allocate_granted_o(allocate_granted),
      .allocate_fault_o(allocate_fault),
      .allocate_id_o(allocate_id),
      .lookup_i(lookup),
      .lookup_id_i(lookup_id),
      .lookup_done_o(lookup_done),
      .lookup_found_o(lookup_found),
      .lookup_fault_o(lookup_fault),
      .lookup_tag_o(lookup_tag),
      .lookup_endpoint_o(lookup_endpoint),
      .lookup_base_o(lookup_base),
      .event_valid_o(audit_request[4]),
      .event_o(transaction_event),
      .event_done_i(audit_done[4]),
      .outstanding_o(outstanding),
      .searching_o(searching),
      .busy_o(table_busy)
  );

  // --- audit and management
  logic event_valid, event_last, event_ready, count_read, count_done, clearing, load_open, load_complete;
  logic [7:0] event_data, block_status, load_status;
  logic [$clog2(AuditEvents):0] events_waiting;
  logic [5:0] count_index;
  logic [31:0] count_word, events_lost, load_words, block_index;
  logic load_begin, load_abort, block, word_valid, block_end, block_bad, activate, activate_done;
  logic [63:0] word, info_word;
  logic [3:0] info_index;

  // link_rx, the transaction table and swap_control have their events ready when they ask.
  assign audit_write[0] = audit_request[0];
  assign audit_write[2] = audit_request[2];
  assign audit_write[4] = audit_request[4];
  assign audit_write[5] = audit_request[5];

  audit #(.Events(AuditEvents), .Sources(Sources)) u_audit (
      .clk_i,
      .rst_ni,
      .ticks_i(ticks),
      .cycles_i(cycles),
      .epoch_i(epoch),
      .image_active_i(image_active),
      .request_i(audit_request),
      .write_i(audit_write),
      .event_i({image_event, transaction_event, response_gate_event, response_rx_event, request_gate_event, request_rx_event}),
      .granted_o(audit_granted),
      .done_o(audit_done),
      .space_o(audit_space),
      .walk_index_o(walk_index),
      .walk_request_i(request_walk),
      .walk_response_i(response_walk),
      .read_i(count_read),
      .read_index_i(count_index),
      .read_done_o(count_done),
      .read_data_o(count_word),
      .lost_o(events_lost),
      .tx_valid_o(event_valid),
      .tx_data_o(event_data),
      .tx_last_o(event_last),
      .tx_ready_i(event_ready),
      .waiting_o(events_waiting),
      .busy_o(audit_busy)
  );

  management #(.Geometry(Geometry), .WaitingBits($clog2(AuditEvents) + 1)) u_management (
      .clk_i,
      .rst_ni,
      .rx_valid_i(management_rx_valid_i),
      .rx_data_i(management_rx_data_i),
      .rx_last_i(management_rx_last_i),
      .rx_ready_o(management_rx_ready_o),
      .tx_valid_o(management_tx_valid_o),
      .tx_data_o(management_tx_data_o),
      .tx_last_o(management_tx_last_o),
      .tx_ready_i(management_tx_ready_i),
      .event_valid_i(event_valid),
      .event_data_i(event_data),
      .event_last_i(event_last),
      .event_ready_o(event_ready),
      .events_waiting_i(events_waiting),
      .begin_o(load_begin),
      .abort_o(load_abort),
      .block_o(block),
      .block_index_o(block_index),
      .word_valid_o(word_valid),
      .word_o(word),
      .block_end_o(block_end),
      .block_bad_o(block_bad),
      .clearing_i(clearing),
      .is_open_i(load_open),
      .is_complete_i(load_complete),
      .block_status_i(block_status),
      .load_status_i(load_status),
      .load_words_i(load_words),
      .info_index_o(info_index),
      .info_word_i(info_word),
      .activate_o(activate),
      .activate_done_i(activate_done),
      .image_active_i(image_active),
      .bank_i(bank),
      .epoch_i(epoch),
      .outstanding_i(outstanding),
      .ticks_i(ticks),
      .events_lost_i(events_lost),
      .ignored_i({response_ignored, request_ignored}),
      .count_read_o(count_read),
      .count_index_o(count_index),
      .count_done_i(count_done),
      .count_i(count_word),
      .busy_o(management_busy)
  );

  image_loader #(
      .Geometry(Geometry),
      .RequestEntries(RequestEntries),
      .ResponseEntries(ResponseEntries),
      .Actions(Actions),
      .Endpoints(Endpoints),
      .RecordBytes(RecordBytes),
      .Transactions(Transactions),
      .Depth(Depth)
  ) u_image_loader (
      .clk_i,
      .rst_ni,
      .active_bank_i(bank),
      .active_serial_i(active_serial),
      .swap_i(swap),
      .begin_i(load_begin),
      .abort_i(load_abort),
      .block_i(block),
      .block_index_i(block_index),
      .word_valid_i(word_valid),
      .word_i(word),
      .block_end_i(block_end),
      .block_bad_i(block_bad),
      .clearing_o(clearing),
      .is_open_o(load_open),
      .is_complete_o(load_complete),
      .block_status_o(block_status),
      .status_o(load_status),
      .words_o(load_words),
      .limits_o(load_limits),
      .serial_o(load_serial),
      .info_index_i(info_index),
      .info_word_o(info_word),
      .write_bank_o(write_bank),
      .write_index_o(write_index),
      .write_request_map_o(write_request_map),
      .write_request_entry_o(write_request_entry),
      .write_request_action_o(write_request_action),
      .write_response_map_o(write_response_map),
      .write_response_entry_o(write_response_entry),
      .write_response_action_o(write_response_action),
      .write_endpoint_o(write_endpoint),
      .write_map_word_o(write_map_word),
      .write_entry_word_o(write_entry_word),
      .write_action_word_o(write_action_word),
      .write_endpoint_word_o(write_endpoint_word)
  );

  swap_control u_swap_control (
      .clk_i,
      .rst_ni,
      .tick_i,
      .activate_i(activate),
      .done_o(activate_done),
      .load_limits_i(load_limits),
      .load_serial_i(load_serial),
      .records_pending_i(request_pending || response_pending),
      .timeouts_pending_i(searching),
      .swap_waits_o(swap_waits),
      .swap_abort_o(swap_abort),
      .swap_o(swap),
      .void_o(void_all),
      .void_done_i(void_done),
      .event_valid_o(audit_request[5]),
      .event_o(image_event),
      .event_done_i(audit_done[5]),
      .image_active_o(image_active),
      .bank_o(bank),
      .epoch_o(epoch),
      .serial_o(active_serial),
      .limits_o(limits),
      .busy_o(swap_busy)
  );

  assign busy_o = request_busy || response_busy || table_busy || audit_busy || management_busy || swap_busy || clearing;

  logic unused;
  assign unused = ^{write_index, audit_granted};

  // The loader writes only into the bank that no record is bound to.
  `SLUICE_ASSERT(a_active_bank_is_locked, write_bank != bank)

endmodule
