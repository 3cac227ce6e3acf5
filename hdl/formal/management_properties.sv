// SPDX-License-Identifier: Apache-2.0
// Proof harness of management: an answer waits only for events that are there (the assertion inside the module), so that no input
// stops the port for good. Frames, events, loader and counters are free but for the assumptions below.
// Run by hdl/formal/prove; with a seeded fault it must fail.
module management_properties #(
    parameter int unsigned Cover = 0  // 0: the properties; n: refute that situation n cannot arise
) (
    input logic clk_i
);

  localparam int unsigned Events = 4;  // slots of the audit

  // --- reset: low in the first cycle, then high
  logic rst_ni;
  logic started_q = 1'b0;
  always @(posedge clk_i) started_q <= 1'b1;
  assign rst_ni = started_q;

  // --- free surroundings
  (* anyseq *) logic rx_valid, rx_last, tx_ready, event_valid, event_last, event_written, clearing, is_open, is_complete, activate_done;
  (* anyseq *) logic image_active, bank, count_done;
  (* anyseq *) logic [7:0] rx_data, event_data, block_status, load_status;
  (* anyseq *) logic [1:0] ignored;
  logic rx_ready, tx_valid, tx_last, event_ready, load_begin, load_abort, block, word_valid, block_end, block_bad, activate, count_read, busy;
  logic [7:0] tx_data;
  logic [31:0] block_index;
  logic [63:0] word;
  logic [3:0] info_index;
  logic [5:0] count_index;
  logic [2:0] waiting_q = '0;  // events written and not yet sent, as audit counts them
  logic event_leaves;
  assign event_leaves = event_valid && event_ready && event_last;

  management #(.WaitingBits(3)) u_management (
      .clk_i,
      .rst_ni,
      .rx_valid_i(rx_valid),
      .rx_data_i(rx_data),
      .rx_last_i(rx_last),
      .rx_ready_o(rx_ready),
      .tx_valid_o(tx_valid),
      .tx_data_o(tx_data),
      .tx_last_o(tx_last),
      .tx_ready_i(tx_ready),
      .event_valid_i(event_valid),
      .event_data_i(event_data),
      .event_last_i(event_last),
      .event_ready_o(event_ready),
      .events_waiting_i(waiting_q),
      .begin_o(load_begin),
      .abort_o(load_abort),
      .block_o(block),
      .block_index_o(block_index),
      .word_valid_o(word_valid),
      .word_o(word),
      .block_end_o(block_end),
      .block_bad_o(block_bad),
      .clearing_i(clearing),
      .is_open_i(is_open),
      .is_complete_i(is_complete),
      .block_status_i(block_status),
      .load_status_i(load_status),
      .load_words_i(32'd0),
      .info_index_o(info_index),
      .info_word_i(64'd0),
      .activate_o(activate),
      .activate_done_i(activate_done),
      .image_active_i(image_active),
      .bank_i(bank),
      .epoch_i(32'd0),
      .outstanding_i(9'd0),
      .ticks_i(32'd0),
      .events_lost_i(32'd0),
      .ignored_i(ignored),
      .count_read_o(count_read),
      .count_index_o(count_index),
      .count_done_i(count_done),
      .count_i(32'd0),
      .busy_o(busy)
  );

  // --- what audit keeps to: it offers an event while one is there, until it has left
  logic offered_q = 1'b0;
  always @(posedge clk_i) begin
    offered_q <= event_valid && !event_leaves;
    waiting_q <= waiting_q + 3'(event_written) - 3'(event_leaves);
    assume (!event_written || waiting_q < 3'(Events));
    assume (!event_valid || waiting_q != '0);
    if (offered_q) assume (event_valid);
  end

  // The property is the assertion inside the module. Covers: the claim that the situation cannot arise, which the prover must refute.
  always @(posedge clk_i) begin
    if (rst_ni && Cover == 1) c_answer : assert (!(tx_valid && !event_ready && tx_last && tx_ready));
    if (rst_ni && Cover == 2) c_answer_behind_an_event : assert (!(event_leaves && !rx_ready && waiting_q == 3'd2));
  end

endmodule
