// SPDX-License-Identifier: Apache-2.0
// Outstanding requests: the one tie between the two pipelines (invariant 4). It issues device ids (slot and generation), keeps LOW's tag,
// the endpoint and the time of release, gives a transaction away once, and lets the old ones time out. It also holds the
// endpoint words of both banks, which nobody else reads. It sees neither records nor links.
//
// One operation at a time, a few cycles each: void (reset and swap) > look-up > allocation > the search for old ones after a tick.
`include "assertions.svh"

module transaction_table #(
    parameter int unsigned Transactions = 256,
    parameter int unsigned Endpoints = 256,
    parameter int unsigned ResponseEntries = 2048,
    localparam int unsigned SlotBits = $clog2(Transactions),
    localparam int unsigned TagBits = $clog2(Endpoints),
    localparam int unsigned BaseBits = $clog2(ResponseEntries)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  tick_i,
    input  logic [31:0]           ticks_i,
    input  logic                  bank_i,
    input  fabric_pkg::limits_t   limits_i,
`ifdef SLUICE_SEEDED_FAULTS
    input  logic                  fault_orphan_i,
`endif
    // endpoint words, checked by the loader
    input  logic                  write_i,
    input  logic                  write_bank_i,
    input  logic [TagBits-1:0]    write_index_i,
    input  sluice_pkg::endpoint_t write_word_i,
    // all transactions become free; takes a while
    input  logic                  void_i,
    output logic                  void_done_o,
    // an accepted request
    input  logic                  allocate_i,
    input  logic [9:0]            allocate_endpoint_i,
    input  logic [31:0]           allocate_tag_i,
    output logic                  allocate_done_o,
    output logic                  allocate_granted_o,
    output logic                  allocate_fault_o,
    output logic [31:0]           allocate_id_o,
    // a response: found means used up
    input  logic                  lookup_i,
    input  logic [31:0]           lookup_id_i,
    output logic                  lookup_done_o,
    output logic                  lookup_found_o,
    output logic                  lookup_fault_o,
    output logic [31:0]           lookup_tag_o,
    output logic [9:0]            lookup_endpoint_o,
    output logic [BaseBits-1:0]   lookup_base_o,
    // time-outs
    output logic                  event_valid_o,
    output fabric_pkg::event_t    event_o,
    input  logic                  event_done_i,
    output logic [8:0]            outstanding_o,
    output logic                  searching_o,    // time-outs of the last tick are still being looked for or reported
    output logic                  busy_o
);

  localparam int unsigned GenerationBits = sluice_pkg::TRANSACTION_GENERATION_BITS;
  localparam int unsigned SlotWidth = GenerationBits + 32 + 10 + 32;
  localparam int unsigned EndpointWidth = BaseBits + 16 + 1;
  localparam int unsigned SweepBits = (SlotBits > TagBits) ? SlotBits : TagBits;
  // Slots are looked at in groups of about the square root of their number.
  localparam int unsigned PlaceBits = SlotBits / 2;
  localparam int unsigned GroupBits = SlotBits - PlaceBits;
  localparam int unsigned GroupSlots = 2 ** PlaceBits;

  // Between setting an address and looking at its word lie two cycles: `wait_q` counts them, no state acts before they are over.
  typedef enum logic [2:0] {
    TABLE_VOID_SET,   // clear one endpoint count, address one slot
    TABLE_VOID_FREE,  // free it
    TABLE_IDLE,       // choose an operation
    TABLE_DECIDE,     // the slot's words are there
    TABLE_FREE        // the endpoint's words too: free the slot, answer
  } state_e;
  typedef enum logic [1:0] {
    OPERATION_LOOKUP,
    OPERATION_ALLOCATE,
    OPERATION_TIMEOUT
  } operation_e;

  state_e state_q, state_d;
  logic [1:0] wait_q, wait_d;
  operation_e operation_q, operation_d;
  logic [Transactions-1:0] used_q, used_d;
  logic [8:0] outstanding_q, outstanding_d;
  logic cold_q, cold_d;                    // the memories hold nothing yet
  logic [SweepBits-1:0] sweep_q, sweep_d;
  logic search_q, search_d;                // look for old transactions
  logic [SlotBits-1:0] search_slot_q, search_slot_d;
  logic [SlotBits-1:0] slot_q, slot_d;
  logic [TagBits-1:0] endpoint_q, endpoint_d;
  logic event_valid_q, event_valid_d;
  fabric_pkg::event_t event_q, event_d;

  // --- memories
  logic slot_write, count_write;
  logic [SlotWidth-1:0] slot_write_word, slot_word;
  logic [GenerationBits-1:0] generation, generation_after;
  logic [31:0] low_tag, released;
  logic [9:0] slot_endpoint;
  logic [8:0] count_write_word, count_word;
  logic [TagBits-1:0] count_write_index;
  logic [EndpointWidth-1:0] endpoint_word;
  logic [15:0] cap;
  logic [BaseBits-1:0] response_base;

  prim_ram #(.Depth(Transactions), .Width(SlotWidth)) u_slots (
      .clk_i,
      .write_i(slot_write),
      .write_address_i(slot_q),
      .write_data_i(slot_write_word),
      .read_address_i(slot_q),
      .read_data_o(slot_word)
  );
  prim_ram #(.Depth(Endpoints), .Width(9)) u_counts (
      .clk_i,
      .write_i(count_write),
      .write_address_i(count_write_index),
      .write_data_i(count_write_word),
      .read_address_i(endpoint_q),
      .read_data_o(count_word)
  );
  // The stored parity covers the stored bits, the tag and the bank, as in table_bank.
  prim_ram #(.Depth(2 * Endpoints), .Width(EndpointWidth)) u_endpoints (
      .clk_i,
      .write_i,
      .write_address_i({write_bank_i, write_index_i}),
      .write_data_i({
        ~^{write_word_i.outstanding_cap, write_word_i.response_base[BaseBits-1:0], write_index_i, write_bank_i},
        write_word_i.outstanding_cap,
        write_word_i.response_base[BaseBits-1:0]
      }),
      .read_address_i({bank_i, endpoint_q}),
      .read_data_o(endpoint_word)
  );

  assign {generation, low_tag, slot_endpoint, released} = slot_word;
  assign {cap, response_base} = endpoint_word[EndpointWidth-2:0];
  assign generation_after = (generation == '1) ? GenerationBits'(1) : generation + GenerationBits'(1);

  // --- lowest free slot: all groups below `group_q` are full; it climbs by one a cycle until its group has a free slot. An allocation
  // holds the audit meanwhile, so the climb must stay short: 16 cycles for 256 slots.
  logic [GroupBits-1:0] group_q, group_d;
  logic [GroupSlots-1:0] group_used;
  logic [PlaceBits-1:0] place;
  logic all_used, group_has_free;
  assign all_used = outstanding_q == 9'(Transactions);
  assign group_used = used_q[{group_q, PlaceBits'(0)}+:GroupSlots];
  assign group_has_free = group_used != '1;
  always_comb begin
    place = '0;
    for (int i = GroupSlots - 1; i >= 0; i--) begin
      if (!group_used[i]) place = PlaceBits'(i);
    end
  end

  // --- what the words say
  logic endpoint_fault, expired, found, granted;
`ifdef SLUICE_SEEDED_FAULTS
  logic orphan, orphan_q;
  always_ff @(posedge clk_i) if (state_q == TABLE_DECIDE && wait_q == '0) orphan_q <= orphan;
`endif
  assign endpoint_fault = ~^{endpoint_word, endpoint_q, bank_i};
  assign expired = ticks_i - released > 32'(limits_i.response_timeout_ticks);
  always_comb begin
    found = used_q[slot_q] && !expired && lookup_id_i == {8'(slot_q), generation};
`ifdef SLUICE_SEEDED_FAULTS
    // A device with a fault, for the conformance kit: a response that nobody waits for counts as one of endpoint 1.
    orphan = fault_orphan_i && !found;
    if (fault_orphan_i) found = 1'b1;
`endif
  end
  logic frees;  // the operation takes the slot's transaction away
  logic freed;  // it does so now
`ifdef SLUICE_SEEDED_FAULTS
  assign frees = !(operation_q == OPERATION_LOOKUP && orphan_q);
`else
  assign frees = 1'b1;
`endif
  assign granted = !all_used && !endpoint_fault && outstanding_q < limits_i.max_outstanding && 16'(count_word) < cap;

  always_comb begin
    state_d = state_q;
    wait_d = (wait_q == '0) ? '0 : wait_q - 2'd1;
    operation_d = operation_q;
    used_d = used_q;
    outstanding_d = outstanding_q;
    cold_d = cold_q;
    sweep_d = sweep_q;
    search_d = search_q;
    search_slot_d = search_slot_q;
    slot_d = slot_q;
    endpoint_d = endpoint_q;
    event_valid_d = event_valid_q && !event_done_i;
    event_d = event_q;
    slot_write = 1'b0;
    slot_write_word = {generation_after, 32'd0, 10'd0, 32'd0};
    count_write = 1'b0;
    count_write_index = endpoint_q;
    count_write_word = '0;
    freed = 1'b0;
    void_done_o = 1'b0;
    allocate_done_o = 1'b0;
    allocate_granted_o = 1'b0;
    lookup_done_o = 1'b0;
    lookup_found_o = 1'b0;

    if (wait_q == '0) begin
      unique case (state_q)
        TABLE_VOID_SET: begin
          count_write = 1'b1;
          count_write_index = sweep_q[TagBits-1:0];
          slot_d = sweep_q[SlotBits-1:0];
          wait_d = cold_q ? 2'd0 : 2'd2;
          state_d = TABLE_VOID_FREE;
        end
        TABLE_VOID_FREE: begin
          if (cold_q) slot_write_word = {GenerationBits'(1), 32'd0, 10'd0, 32'd0};
          slot_write = cold_q || used_q[slot_q];
          used_d[slot_q] = 1'b0;
          sweep_d = sweep_q + SweepBits'(1);
          state_d = TABLE_VOID_SET;
          if (sweep_q == '1) begin
            void_done_o = !cold_q;
            cold_d = 1'b0;
            outstanding_d = '0;
            state_d = TABLE_IDLE;
          end
        end
        TABLE_IDLE: begin
          if (void_i) begin
            state_d = TABLE_VOID_SET;
          end else if (lookup_i) begin
            operation_d = OPERATION_LOOKUP;
            slot_d = lookup_id_i[GenerationBits+:SlotBits];
            wait_d = 2'd2;
            state_d = TABLE_DECIDE;
          end else if (allocate_i && (group_has_free || all_used)) begin
            operation_d = OPERATION_ALLOCATE;
            slot_d = {group_q, place};
            endpoint_d = allocate_endpoint_i[TagBits-1:0];
            wait_d = 2'd2;
            state_d = TABLE_DECIDE;
          end else if (search_q && !event_valid_q) begin
            if (used_q[search_slot_q]) begin
              operation_d = OPERATION_TIMEOUT;
              slot_d = search_slot_q;
              wait_d = 2'd2;
              state_d = TABLE_DECIDE;
            end
            search_slot_d = search_slot_q + SlotBits'(1);
            if (search_slot_q == '1 || outstanding_q == '0) search_d = 1'b0;
          end
        end
        TABLE_DECIDE: begin
          state_d = TABLE_IDLE;
          unique case (operation_q)
            OPERATION_ALLOCATE: begin
              allocate_done_o = 1'b1;
              allocate_granted_o = granted;
              if (granted) begin
                slot_write = 1'b1;
                slot_write_word = {generation, allocate_tag_i, allocate_endpoint_i, ticks_i};
                count_write = 1'b1;
                count_write_word = count_word + 9'd1;
                used_d[slot_q] = 1'b1;
                outstanding_d = outstanding_q + 9'd1;
              end
            end
            default: begin
              // With `void_i` the limits are already the next image's: what is void now does not time out.
              if ((operation_q == OPERATION_LOOKUP) ? found : (expired && !void_i)) begin
                endpoint_d = slot_endpoint[TagBits-1:0];
`ifdef SLUICE_SEEDED_FAULTS
                if (operation_q == OPERATION_LOOKUP && orphan) endpoint_d = TagBits'(1);
`endif
                wait_d = 2'd2;
                state_d = TABLE_FREE;
              end else begin
                lookup_done_o = operation_q == OPERATION_LOOKUP;
              end
            end
          endcase
        end
        TABLE_FREE: begin
          state_d = TABLE_IDLE;
          if (frees) begin
            slot_write = 1'b1;
            count_write = 1'b1;
            count_write_word = count_word - 9'd1;
            used_d[slot_q] = 1'b0;
            freed = 1'b1;
            outstanding_d = outstanding_q - 9'd1;
          end
          if (operation_q == OPERATION_LOOKUP) begin
            lookup_done_o = 1'b1;
            lookup_found_o = 1'b1;
          end else begin
            event_valid_d = 1'b1;
            event_d = '0;
            event_d.kind = 2'(sluice_pkg::EVENT_KIND_TRANSACTION);
            event_d.pipeline = sluice_pkg::PIPELINE_RESPONSE;
            event_d.reason = sluice_pkg::REASON_TIMEOUT;
            event_d.endpoint = slot_endpoint;
            event_d.tag = low_tag;
            event_d.transaction = {8'(slot_q), generation};
          end
        end
        default: state_d = TABLE_IDLE;
      endcase
    end

    group_d = group_q;
    if (!group_has_free && !all_used) group_d = group_q + GroupBits'(1);
    if (freed && slot_q[SlotBits-1:PlaceBits] < group_d) group_d = slot_q[SlotBits-1:PlaceBits];
    if (state_q == TABLE_VOID_SET || state_q == TABLE_VOID_FREE) group_d = '0;

    if (tick_i) begin
      search_d = 1'b1;
      search_slot_d = '0;
    end
  end

  assign allocate_fault_o = endpoint_fault;
  assign allocate_id_o = {8'(slot_q), generation};
  assign lookup_fault_o = endpoint_fault;
`ifdef SLUICE_SEEDED_FAULTS
  assign lookup_tag_o = orphan_q ? '0 : low_tag;
`else
  assign lookup_tag_o = low_tag;
`endif
  assign lookup_endpoint_o = 10'(endpoint_q);
  assign lookup_base_o = response_base;
  assign event_valid_o = event_valid_q;
  assign event_o = event_q;
  assign outstanding_o = outstanding_q;
  assign searching_o = search_q || event_valid_q || (state_q != TABLE_IDLE && operation_q == OPERATION_TIMEOUT);
  assign busy_o = state_q != TABLE_IDLE || search_q || event_valid_q || (!group_has_free && !all_used);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= TABLE_VOID_SET;
      wait_q <= '0;
      operation_q <= OPERATION_LOOKUP;
      used_q <= '0;
      outstanding_q <= '0;
      cold_q <= 1'b1;
      sweep_q <= '0;
      search_q <= 1'b0;
      search_slot_q <= '0;
      slot_q <= '0;
      group_q <= '0;
      endpoint_q <= '0;
      event_valid_q <= 1'b0;
      event_q <= '0;
    end else begin
      state_q <= state_d;
      wait_q <= wait_d;
      operation_q <= operation_d;
      used_q <= used_d;
      outstanding_q <= outstanding_d;
      cold_q <= cold_d;
      sweep_q <= sweep_d;
      search_q <= search_d;
      search_slot_q <= search_slot_d;
      slot_q <= slot_d;
      group_q <= group_d;
      endpoint_q <= endpoint_d;
      event_valid_q <= event_valid_d;
      event_q <= event_d;
    end
  end

  logic unused;
  assign unused = ^{write_word_i, limits_i, allocate_endpoint_i, lookup_id_i};

`ifndef SLUICE_SEEDED_FAULTS
  // Invariant 4: a response is given only a transaction that is outstanding, and uses it up.
  `SLUICE_ASSERT(a_found_is_outstanding, !lookup_found_o || used_q[slot_q])
`endif
  `SLUICE_ASSERT(a_grants_only_free, !allocate_granted_o || !used_q[slot_q])

`ifdef FORMAL
  // For every slot, so too slow to simulate.
  logic [8:0] used_count;
  logic all_lower_used, lower_groups_full;
  always_comb begin
    used_count = '0;
    all_lower_used = 1'b1;
    lower_groups_full = 1'b1;
    for (int unsigned i = 0; i < Transactions; i++) begin
      used_count = used_count + 9'(used_q[i]);
      if (i < 32'(slot_q) && !used_q[i]) all_lower_used = 1'b0;
      if ((i >> PlaceBits) < 32'(group_q) && !used_q[i]) lower_groups_full = 1'b0;
    end
  end
  logic voiding;
  assign voiding = state_q == TABLE_VOID_SET || state_q == TABLE_VOID_FREE;
  `SLUICE_ASSERT(a_outstanding_is_the_count, voiding || outstanding_q == used_count)
  `SLUICE_ASSERT(a_lower_groups_are_full, lower_groups_full)
  `SLUICE_ASSERT(a_grants_the_lowest, !allocate_granted_o || all_lower_used)
  `SLUICE_ASSERT(a_void_frees_all, !void_done_o || used_d == '0)
  `SLUICE_ASSERT(a_found_is_used_up, !lookup_found_o || !used_d[slot_q])
`endif

endmodule
