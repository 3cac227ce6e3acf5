// SPDX-License-Identifier: Apache-2.0
// Owns which bank is active (invariant 6). On ACTIVATE it keeps new records out, lets those under way finish, makes the rest give up
// at the tenth tick, then changes the bank, the limits and the epoch in one cycle, and frees all transactions. Out of reset nothing is
// active. It decides nothing about an image: the loader says when one is complete.
`include "assertions.svh"

module swap_control (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                tick_i,
    input  logic                activate_i,       // only for a complete load
    output logic                done_o,           // one cycle, at the end
    input  fabric_pkg::limits_t load_limits_i,
    input  logic [63:0]         load_serial_i,
    input  logic                records_pending_i,
    input  logic                timeouts_pending_i,  // of the last tick: they are the old image's
    output logic                swap_waits_o,
    output logic                swap_abort_o,
    output logic                swap_o,
    output logic                void_o,
    input  logic                void_done_i,
    output logic                event_valid_o,
    output fabric_pkg::event_t  event_o,
    input  logic                event_done_i,
    output logic                image_active_o,
    output logic                bank_o,
    output logic [31:0]         epoch_o,
    output logic [63:0]         serial_o,
    output fabric_pkg::limits_t limits_o,
    output logic                busy_o
);

  typedef enum logic [2:0] {
    SWAP_IDLE,
    SWAP_DRAIN,  // records of the old bank are under way
    SWAP_NOW,    // change the banks
    SWAP_VOID,   // transactions become free
    SWAP_EVENT   // IMAGE event
  } state_e;

  state_e state_q, state_d;
  logic [3:0] ticks_q, ticks_d;
  logic active_q, active_d, bank_q, bank_d;
  logic [31:0] epoch_q, epoch_d;
  logic [63:0] serial_q, serial_d;
  fabric_pkg::limits_t limits_q, limits_d;

  always_comb begin
    state_d = state_q;
    ticks_d = ticks_q;
    active_d = active_q;
    bank_d = bank_q;
    epoch_d = epoch_q;
    serial_d = serial_q;
    limits_d = limits_q;
    done_o = 1'b0;
    unique case (state_q)
      SWAP_IDLE: begin
        ticks_d = '0;
        if (activate_i) state_d = SWAP_DRAIN;
      end
      SWAP_DRAIN: begin
        if (tick_i && ticks_q != '1) ticks_d = ticks_q + 4'd1;
        if (!records_pending_i && !timeouts_pending_i) state_d = SWAP_NOW;
      end
      SWAP_NOW: begin
        active_d = 1'b1;
        bank_d = !bank_q;
        epoch_d = epoch_q + 32'd1;
        serial_d = load_serial_i;
        limits_d = load_limits_i;
        state_d = SWAP_VOID;
      end
      SWAP_VOID: if (void_done_i) state_d = SWAP_EVENT;
      SWAP_EVENT: begin
        if (event_done_i) begin
          done_o = 1'b1;
          state_d = SWAP_IDLE;
        end
      end
      default: state_d = SWAP_IDLE;
    endcase
  end

  always_comb begin
    event_o = '0;
    event_o.kind = 2'(sluice_pkg::EVENT_KIND_IMAGE);
  end

  assign swap_waits_o = state_q == SWAP_DRAIN || state_q == SWAP_NOW || state_q == SWAP_VOID;
  assign swap_abort_o = state_q == SWAP_DRAIN && ticks_q >= 4'(sluice_pkg::RECORD_TIMEOUT_TICKS);
  assign swap_o = state_q == SWAP_NOW;
  assign void_o = state_q == SWAP_VOID;
  assign event_valid_o = state_q == SWAP_EVENT;
  assign image_active_o = active_q;
  assign bank_o = bank_q;
  assign epoch_o = epoch_q;
  assign serial_o = serial_q;
  assign limits_o = limits_q;
  // While it drains, the records it waits for are somebody's work; those still coming in are not.
  assign busy_o = state_q != SWAP_IDLE && !(state_q == SWAP_DRAIN && records_pending_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= SWAP_IDLE;
      ticks_q <= '0;
      active_q <= 1'b0;
      bank_q <= 1'b0;
      epoch_q <= '0;
      serial_q <= '0;
      limits_q <= '0;
    end else begin
      state_q <= state_d;
      ticks_q <= ticks_d;
      active_q <= active_d;
      bank_q <= bank_d;
      epoch_q <= epoch_d;
      serial_q <= serial_d;
      limits_q <= limits_d;
    end
  end

  // Invariant 6, second half: a record is judged by one image only.
  `SLUICE_ASSERT(a_no_swap_under_a_record, !swap_o || !records_pending_i)

endmodule
