// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of one released record out of its buffer, in order, one per cycle, as fast as they are taken. It starts only when
// the gate says so and offers its bytes to the gate, not to a link. It frees no buffer.
`include "assertions.svh"

module record_reader #(
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned BufferBits = $clog2(Buffers)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
`ifdef SLUICE_SEEDED_FAULTS
    input  logic                  fault_stale_byte_i,
`endif
    input  logic                  start_i,
    input  logic [BufferBits-1:0] buffer_i,
    input  logic [LengthBits-1:0] length_i,
    input  logic                  stop_i,     // the record has left
    output logic                  active_o,
    output logic [BufferBits-1:0] buffer_o,
    output logic [LengthBits-1:0] address_o,
    input  logic [7:0]            data_i,     // two edges after the address
    output logic                  byte_valid_o,
    output logic [7:0]            byte_o,
    input  logic                  byte_ready_i
);

  logic active_q, active_d;
  logic [BufferBits-1:0] buffer_q, buffer_d;
  logic [LengthBits-1:0] address_q, address_d, length_q, length_d;
  logic read, read_q, read_qq, empty, full, pop;
  logic [2:0] ahead_q, ahead_d;  // bytes read or being read and not yet taken
  logic [7:0] data;

  // Reads run ahead as far as the queue can hold what comes.
  assign read = active_q && address_q != length_q && ahead_q != 3'd4;
  assign pop = byte_valid_o && byte_ready_i;

  prim_fifo #(.Depth(4), .Width(8)) u_queue (
      .clk_i,
      .rst_ni,
      .push_i(read_qq),
      .data_i(data),
      .pop_i(pop),
      .data_o(byte_o),
      .empty_o(empty),
      .full_o(full)
  );

`ifdef SLUICE_SEEDED_FAULTS
  // A device with a fault, for the conformance kit: the last byte of a record is that of the record before.
  logic [LengthBits-1:0] arrived_q;
  logic [7:0] kept_q;
  logic is_last;
  assign is_last = arrived_q + LengthBits'(1) == length_q;
  assign data = (fault_stale_byte_i && is_last) ? kept_q : data_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      arrived_q <= '0;
      kept_q <= '0;
    end else begin
      if (start_i) arrived_q <= '0;
      else if (read_qq) arrived_q <= arrived_q + LengthBits'(1);
      if (read_qq && is_last) kept_q <= data_i;
    end
  end
`else
  assign data = data_i;
`endif

  always_comb begin
    active_d = active_q;
    buffer_d = buffer_q;
    address_d = address_q;
    length_d = length_q;
    ahead_d = ahead_q + 3'(read) - 3'(pop);
    if (read) address_d = address_q + LengthBits'(1);
    if (stop_i) active_d = 1'b0;
    if (start_i) begin
      active_d = 1'b1;
      buffer_d = buffer_i;
      address_d = '0;
      length_d = length_i;
    end
  end

  assign active_o = active_q;
  assign buffer_o = buffer_q;
  assign address_o = address_q;
  assign byte_valid_o = !empty;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      buffer_q <= '0;
      address_q <= '0;
      length_q <= '0;
      ahead_q <= '0;
      read_q <= 1'b0;
      read_qq <= 1'b0;
    end else begin
      active_q <= active_d;
      buffer_q <= buffer_d;
      address_q <= address_d;
      length_q <= length_d;
      ahead_q <= ahead_d;
      read_q <= read;
      read_qq <= read_q;
    end
  end

  logic unused;  // `ahead` keeps the queue from overflowing
  assign unused = full;

  // Invariant 2: nothing of an earlier record is left when one starts.
  `SLUICE_ASSERT(a_starts_empty, !start_i || (ahead_q == '0 && !active_q))
  `SLUICE_ASSERT(a_stops_empty, !stop_i || ahead_q == '0 || (ahead_q == 3'd1 && pop))

endmodule
