// SPDX-License-Identifier: Apache-2.0
// Proof harness of transaction_table: invariant 4 for one device id that stands for all, and that an allocation is answered in bounded
// time. Requests, responses, ticks, limits, banks and endpoint words are free. Run by hdl/formal/prove with few slots and a short
// generation: first the control, with the assertions inside the module and memories of any content, then the ids. With a seeded
// fault it must fail.
module transaction_table_properties #(
    parameter int unsigned Part = 0,  // 0: the control; 1: the ids
    parameter int unsigned Cover = 0  // 0: the properties; n: refute that situation n cannot arise
) (
    input logic clk_i
);

  localparam int unsigned Slots = 4;
  localparam logic [5:0] LongestWait = 6'd30;  // cycles of an allocation to which nobody is preferred

  // --- reset: low in the first cycle, then high
  logic rst_ni;
  logic started_q = 1'b0;
  always @(posedge clk_i) started_q <= 1'b1;
  assign rst_ni = started_q;

  // --- free surroundings
  (* anyconst *) logic [31:0] watched;
  (* anyseq *) logic tick, bank, write, write_bank, write_index, void_all, allocate, lookup, event_taken;
  (* anyseq *) logic [31:0] ticks, allocate_tag, lookup_id;
  (* anyseq *) logic [9:0] allocate_endpoint;
  (* anyseq *) logic [79:0] limits_bits;
  (* anyseq *) logic [31:0] write_bits;
  fabric_pkg::limits_t limits;
  sluice_pkg::endpoint_t write_word;
  assign limits = limits_bits;
  assign write_word = write_bits;

  logic void_done, allocate_done, granted, allocate_fault, lookup_done, found, lookup_fault, lookup_base, event_valid, searching, busy;
  logic [31:0] allocate_id, lookup_tag;
  logic [9:0] lookup_endpoint;
  logic [8:0] outstanding;
  fabric_pkg::event_t timeout_event;

  transaction_table #(
      .Transactions(Slots),
      .Endpoints(2),
      .ResponseEntries(2)
  ) u_table (
      .clk_i,
      .rst_ni,
      .tick_i(tick),
      .ticks_i(ticks),
      .bank_i(bank),
      .limits_i(limits),
`ifdef SLUICE_SEEDED_FAULTS
      .fault_orphan_i(1'b1),
`endif
      .write_i(write),
      .write_bank_i(write_bank),
      .write_index_i(write_index),
      .write_word_i(write_word),
      .void_i(void_all),
      .void_done_o(void_done),
      .allocate_i(allocate),
      .allocate_endpoint_i(allocate_endpoint),
      .allocate_tag_i(allocate_tag),
      .allocate_done_o(allocate_done),
      .allocate_granted_o(granted),
      .allocate_fault_o(allocate_fault),
      .allocate_id_o(allocate_id),
      .lookup_i(lookup),
      .lookup_id_i(lookup_id),
      .lookup_done_o(lookup_done),
      .lookup_found_o(found),
      .lookup_fault_o(lookup_fault),
      .lookup_tag_o(lookup_tag),
      .lookup_endpoint_o(lookup_endpoint),
      .lookup_base_o(lookup_base),
      .event_valid_o(event_valid),
      .event_o(timeout_event),
      .event_done_i(event_taken && event_valid),
      .outstanding_o(outstanding),
      .searching_o(searching),
      .busy_o(busy)
  );

  // --- what the surroundings keep to: who asks stays until the answer
  logic allocate_q = 1'b0, lookup_q = 1'b0, void_q = 1'b0;
  logic [31:0] allocate_tag_q = '0, lookup_id_q = '0;
  logic [9:0] allocate_endpoint_q = '0;
  always @(posedge clk_i) begin
    allocate_q <= allocate && !allocate_done;
    lookup_q <= lookup && !lookup_done;
    void_q <= void_all && !void_done;
    allocate_tag_q <= allocate_tag;
    allocate_endpoint_q <= allocate_endpoint;
    lookup_id_q <= lookup_id;
    assume (allocate_endpoint < 10'd2);
    if (allocate_q) assume (allocate && allocate_tag == allocate_tag_q && allocate_endpoint == allocate_endpoint_q);
    if (lookup_q) assume (lookup && lookup_id == lookup_id_q);
    if (void_q) assume (void_all);
  end

  // --- a second, plain account of the watched id
  logic open_q = 1'b0;
  logic [31:0] tag_q = '0;
  logic [9:0] endpoint_q = '0;
  logic found_before_q = 1'b0;
  logic reported_q = 1'b0;  // the present time-out event has been looked at
  logic [5:0] waited_q = '0, warm_q = '0;
  logic grants_watched, finds_watched, times_out_watched;
  assign grants_watched = allocate_done && granted && allocate_id == watched;
  assign finds_watched = lookup_done && found && lookup_id == watched;
  assign times_out_watched = event_valid && !reported_q && timeout_event.transaction == watched;

  always @(posedge clk_i) begin
    if (grants_watched) begin
      open_q <= 1'b1;
      tag_q <= allocate_tag;
      endpoint_q <= allocate_endpoint;
    end
    if (finds_watched || times_out_watched || void_done || !rst_ni) open_q <= 1'b0;
    if (finds_watched) found_before_q <= 1'b1;
    reported_q <= event_valid && !event_taken;
    if (warm_q != '1) warm_q <= warm_q + 6'd1;
    waited_q <= (allocate && warm_q == '1 && !allocate_done && !lookup && !void_all) ? waited_q + 6'd1 : '0;
    if (!rst_ni) waited_q <= '0;

    if (rst_ni && Cover == 0 && Part == 1) begin
      // Invariant 4
      if (grants_watched) p_id_is_not_outstanding : assert (!open_q);
      if (finds_watched) p_found_is_outstanding : assert (open_q);
      if (finds_watched) p_found_is_what_was_granted : assert (lookup_tag[0] == tag_q[0] && lookup_endpoint[0] == endpoint_q[0]);
      if (times_out_watched) p_only_outstanding_times_out : assert (open_q);
      if (times_out_watched) p_timeout_names_the_tag : assert (timeout_event.tag[0] == tag_q[0] && timeout_event.endpoint[0] == endpoint_q[0]);
    end
    // Invariant 11, as far as it is the table's. The void after reset is waited for.
    if (rst_ni && Cover == 0 && Part == 0 && warm_q == '1) p_allocation_is_answered : assert (waited_q < LongestWait);
    // Covers: the claim that the situation cannot arise, which the prover must refute.
    if (rst_ni && Cover == 1) c_found : assert (!finds_watched);
    if (rst_ni && Cover == 2) c_timeout : assert (!times_out_watched);
    if (rst_ni && Cover == 3) c_full : assert (outstanding != 9'(Slots));
    if (rst_ni && Cover == 5) c_slot_again : assert (!(found_before_q && allocate_done && granted && allocate_id[3:2] == watched[3:2]));
    if (rst_ni && Cover == 4) c_void : assert (!(void_done && open_q));
  end
endmodule
