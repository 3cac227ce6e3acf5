// SPDX-License-Identifier: Apache-2.0
// Writes audit events into their slots and sends them, in order, as frames of the management port; counts every verdict
// (invariant 12). A source asks (`request_i`), is granted, says `write_i` when its event is final, and is done; between grant and write
// nobody else takes a slot, so that a gate may first look whether there is one. Events without a slot are counted as lost.
// It stops no pipeline for longer than one event takes to write. It forgets nothing that it has accepted, and verifies nothing.
`include "assertions.svh"

module audit #(
    parameter int unsigned Events = 64,
    parameter int unsigned Sources = 6
) (
    input  logic                                   clk_i,
    input  logic                                   rst_ni,
    input  logic [31:0]                            ticks_i,
    input  logic [63:0]                            cycles_i,
    input  logic [31:0]                            epoch_i,
    input  logic                                   image_active_i,
    // sources, the first one first
    input  logic [Sources-1:0]                     request_i,
    input  logic [Sources-1:0]                     write_i,
    input  logic [Sources*fabric_pkg::EVENT_BITS-1:0] event_i,
    output logic [Sources-1:0]                     granted_o,
    output logic [Sources-1:0]                     done_o,
    output logic                                   space_o,
    // stack frames of the engine that rejected
    output logic [2:0]                             walk_index_o,
    input  logic [31:0]                            walk_request_i,   // return base, r
    input  logic [31:0]                            walk_response_i,
    // counters
    input  logic                                   read_i,
    input  logic [5:0]                             read_index_i,
    output logic                                   read_done_o,
    output logic [31:0]                            read_data_o,
    output logic [31:0]                            lost_o,
    // management frames
    output logic                                   tx_valid_o,
    output logic [7:0]                             tx_data_o,
    output logic                                   tx_last_o,
    input  logic                                   tx_ready_i,
    output logic [$clog2(Events):0]                waiting_o,      // events written and not yet sent
    output logic                                   busy_o
);

  localparam int unsigned SlotBits = $clog2(Events);
  localparam int unsigned SourceBits = $clog2(Sources);
  localparam int unsigned EventBits = fabric_pkg::EVENT_BITS;
  // A slot has 32 words of 32 bits; the event's bytes are 20 of them.
  localparam logic [4:0] FixedWords = 5'(sluice_pkg::EVENT_RETURN_BASES_AT / 4);
  localparam logic [4:0] RegisterWords = 5'(sluice_pkg::EVENT_REGISTERS_AT / 4);
  localparam logic [6:0] HeaderBytes = 7'(sluice_pkg::MANAGEMENT_HEADER_BYTES);
  localparam logic [6:0] FrameBytes = 7'(sluice_pkg::MANAGEMENT_HEADER_BYTES + sluice_pkg::EVENT_BYTES);

  typedef enum logic [2:0] {
    AUDIT_PICK,    // choose a source
    AUDIT_HELD,    // it may look for space, then write
    AUDIT_COUNT,   // its verdict
    AUDIT_WORDS,   // the fixed part, a word a cycle
    AUDIT_FRAMES,  // stack frames, waiting for the engine's memory
    AUDIT_SECOND,  // the second word of a pair of frames
    AUDIT_DONE
  } state_e;

  state_e state_q, state_d;
  logic [SourceBits-1:0] source_q, source_d;
  fabric_pkg::event_t chosen;
  logic [4:0] word_q, word_d;
  logic [2:0] frame_q, frame_d;
  logic [2:0] wait_q, wait_d;
  logic [31:0] even_q, even_d, frame_now;
  logic [31:0] sequence_q, sequence_d, lost_q, lost_d;
  logic [SlotBits-1:0] write_slot_q, write_slot_d, read_slot_q, read_slot_d;
  logic [SlotBits:0] waiting_q, waiting_d;
  logic ram_write, count, count_done, sent;
  logic [4:0] ram_word;
  logic [31:0] ram_data, fixed_word, ram_read;
  logic keeps_q, keeps_d;                        // the present event has a slot
  logic out_q, out_d, out_empty_q, out_empty_d;  // empty: no stack frames, their words were not written
  logic [6:0] out_byte_q, out_byte_d;
  logic [4:0] out_word_q, out_word_d;
  logic [31:0] out_shift_q, out_shift_d;

  always_comb begin
    chosen = '0;
    for (int unsigned i = 0; i < Sources; i++) begin
      if (source_q == SourceBits'(i)) chosen = event_i[i*EventBits+:EventBits];
    end
  end
  assign space_o = keeps_q;
  assign walk_index_o = frame_q;
  assign frame_now = (4'(frame_q) >= chosen.frames) ? '0 :
                     (chosen.pipeline == sluice_pkg::PIPELINE_REQUEST) ? walk_request_i : walk_response_i;

  audit_counters u_counters (
      .clk_i,
      .rst_ni,
      .count_i(count),
      .count_index_i({chosen.pipeline, chosen.reason}),
      .count_done_o(count_done),
      .read_i,
      .read_index_i,
      .read_done_o,
      .read_data_o
  );

  prim_ram #(.Depth(32 * Events), .Width(32)) u_events (
      .clk_i,
      .write_i(ram_write),
      .write_address_i({write_slot_q, ram_word}),
      .write_data_i(ram_data),
      .read_address_i({read_slot_q, out_word_q}),
      .read_data_o(ram_read)
  );

  // The fixed part, in the order of the event's layout.
  always_comb begin
    unique case (word_q)
      5'd0: fixed_word = {8'(chosen.kind), 8'(chosen.pipeline), 8'(chosen.reason),
                          image_active_i ? 8'(sluice_pkg::EVENT_FLAG_UNSIGNED) : 8'd0};
      5'd1: fixed_word = sequence_q;
      5'd2: fixed_word = epoch_i;
      5'd3: fixed_word = ticks_i;
      5'd4: fixed_word = cycles_i[63:32];
      5'd5: fixed_word = cycles_i[31:0];
      5'd6: fixed_word = {16'(chosen.endpoint), 16'(chosen.depth)};
      5'd7: fixed_word = chosen.length;
      5'd8: fixed_word = 32'(chosen.offset);
      5'd9: fixed_word = chosen.tag;
      5'd10: fixed_word = chosen.transaction;
      default: fixed_word = {16'(chosen.base), chosen.symbol_class, 8'(chosen.frames)};
    endcase
  end

  // --- writing
  always_comb begin
    state_d = state_q;
    source_d = source_q;
    keeps_d = keeps_q;
    word_d = word_q;
    frame_d = frame_q;
    wait_d = wait_q;
    even_d = even_q;
    sequence_d = sequence_q;
    lost_d = lost_q;
    write_slot_d = write_slot_q;
    granted_o = '0;
    done_o = '0;
    count = 1'b0;
    ram_write = 1'b0;
    ram_word = word_q;
    ram_data = fixed_word;

    unique case (state_q)
      AUDIT_PICK: begin
        keeps_d = waiting_q != (SlotBits + 1)'(Events);
        for (int i = Sources - 1; i >= 0; i--) begin
          if (request_i[i]) begin
            source_d = SourceBits'(i);
            state_d = AUDIT_HELD;
          end
        end
      end
      AUDIT_HELD: begin
        granted_o[source_q] = 1'b1;
        word_d = '0;
        frame_d = '0;
        wait_d = '0;
        if (!request_i[source_q]) state_d = AUDIT_PICK;
        else if (write_i[source_q]) state_d = AUDIT_COUNT;
      end
      AUDIT_COUNT: begin
        count = chosen.kind != 2'(sluice_pkg::EVENT_KIND_IMAGE);
        if (!count || count_done) begin
          state_d = keeps_q ? AUDIT_WORDS : AUDIT_DONE;
          if (!keeps_q && lost_q != '1) lost_d = lost_q + 32'd1;
        end
      end
      AUDIT_WORDS: begin
        ram_write = 1'b1;
        word_d = word_q + 5'd1;
        if (word_q == FixedWords - 5'd1) state_d = (chosen.frames == '0) ? AUDIT_DONE : AUDIT_FRAMES;
      end
      AUDIT_FRAMES: begin
        wait_d = wait_q + 3'd1;
        ram_word = FixedWords + 5'(frame_q[2:1]);
        ram_data = {even_q[31:16], frame_now[31:16]};
        if (wait_q == '1) begin
          if (frame_q[0]) begin
            ram_write = 1'b1;
            state_d = AUDIT_SECOND;
          end else begin
            even_d = frame_now;
            frame_d = frame_q + 3'd1;
          end
        end
      end
      AUDIT_SECOND: begin
        ram_write = 1'b1;
        ram_word = RegisterWords + 5'(frame_q[2:1]);
        ram_data = {even_q[15:0], frame_now[15:0]};
        frame_d = frame_q + 3'd1;
        state_d = (frame_q == '1) ? AUDIT_DONE : AUDIT_FRAMES;
      end
      AUDIT_DONE: begin
        done_o[source_q] = 1'b1;
        if (keeps_q) begin
          sequence_d = sequence_q + 32'd1;
          write_slot_d = write_slot_q + SlotBits'(1);
        end
        state_d = AUDIT_PICK;
      end
      default: state_d = AUDIT_PICK;
    endcase
  end

  // --- sending: a word is fetched while the one before leaves
  assign tx_valid_o = out_q;
  assign tx_last_o = out_byte_q == FrameBytes - 7'd1;
  assign tx_data_o = (out_byte_q == '0) ? 8'(sluice_pkg::MANAGEMENT_OP_EVENT) : out_shift_q[31:24];
  assign sent = tx_valid_o && tx_ready_i && tx_last_o;

  always_comb begin
    out_d = out_q;
    out_empty_d = out_empty_q;
    out_byte_d = out_byte_q;
    out_word_d = out_word_q;
    out_shift_d = out_shift_q;
    read_slot_d = read_slot_q;
    if (!out_q) begin
      out_d = waiting_q != '0;
      out_byte_d = '0;
      out_word_d = '0;
      out_shift_d = '0;
    end else if (tx_ready_i) begin
      out_byte_d = out_byte_q + 7'd1;
      out_shift_d = out_shift_q << 8;
      // The header's own bytes are zero but the first; then four bytes a word.
      if (out_byte_d >= HeaderBytes && out_byte_d[1:0] == 2'd0) begin
        out_shift_d = (out_word_q >= FixedWords && out_empty_q) ? '0 : ram_read;
        if (out_word_q == FixedWords - 5'd1) out_empty_d = ram_read[3:0] == '0;
        out_word_d = out_word_q + 5'd1;
      end
      if (tx_last_o) begin
        out_d = 1'b0;
        read_slot_d = read_slot_q + SlotBits'(1);
      end
    end
  end

  always_comb begin
    waiting_d = waiting_q;
    if (state_q == AUDIT_DONE && keeps_q) waiting_d = waiting_d + 1'b1;
    if (sent) waiting_d = waiting_d - 1'b1;
  end

  assign lost_o = lost_q;
  assign waiting_o = waiting_q;
  assign busy_o = state_q != AUDIT_PICK || request_i != '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= AUDIT_PICK;
      source_q <= '0;
      keeps_q <= 1'b0;
      word_q <= '0;
      frame_q <= '0;
      wait_q <= '0;
      even_q <= '0;
      sequence_q <= 32'd1;
      lost_q <= '0;
      write_slot_q <= '0;
      read_slot_q <= '0;
      waiting_q <= '0;
      out_q <= 1'b0;
      out_empty_q <= 1'b0;
      out_byte_q <= '0;
      out_word_q <= '0;
      out_shift_q <= '0;
    end else begin
      state_q <= state_d;
      source_q <= source_d;
      keeps_q <= keeps_d;
      word_q <= word_d;
      frame_q <= frame_d;
      wait_q <= wait_d;
      even_q <= even_d;
      sequence_q <= sequence_d;
      lost_q <= lost_d;
      write_slot_q <= write_slot_d;
      read_slot_q <= read_slot_d;
      waiting_q <= waiting_d;
      out_q <= out_d;
      out_empty_q <= out_empty_d;
      out_byte_q <= out_byte_d;
      out_word_q <= out_word_d;
      out_shift_q <= out_shift_d;
    end
  end

`ifdef VERILATOR
  if (EventBits != $bits(fabric_pkg::event_t)) begin : gen_wrong_event_bits
    $fatal(1, "fabric_pkg::EVENT_BITS is not the width of event_t");
  end
`endif
  `SLUICE_ASSERT(a_slots_never_exceeded, waiting_q <= (SlotBits + 1)'(Events))

endmodule
