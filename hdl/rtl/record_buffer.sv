// SPDX-License-Identifier: Apache-2.0
// The record buffers of one pipeline: one block RAM each, so that receiving, judging and sending overlap without sharing a port.
// A buffer is claimed by link_rx, read by the engine, then by the reader behind the gate, and freed by whoever held it last. It
// keeps the bytes, not their meaning: nobody but the gate's reader may send one. Old bytes are not erased; no reader looks past the
// length of the verified record.
`include "assertions.svh"

module record_buffer #(
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned AddressBits = $clog2(RecordBytes),
    localparam int unsigned BufferBits = $clog2(Buffers)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // claim the lowest free buffer; give one back
    output logic                  free_o,
    output logic [BufferBits-1:0] free_buffer_o,
    input  logic                  claim_i,
    input  logic                  rx_drop_i,
    input  logic [BufferBits-1:0] rx_drop_buffer_i,
    input  logic                  gate_drop_i,
    input  logic [BufferBits-1:0] gate_drop_buffer_i,
    input  logic                  sent_i,
    input  logic [BufferBits-1:0] sent_buffer_i,
    // link_rx writes
    input  logic                  write_i,
    input  logic [BufferBits-1:0] write_buffer_i,
    input  logic [LengthBits-1:0] write_address_i,
    input  logic [7:0]            write_data_i,
    // the engine reads, two edges
    input  logic [BufferBits-1:0] engine_buffer_i,
    input  logic [LengthBits-1:0] engine_address_i,
    output logic [7:0]            engine_data_o,
    // the engine's other context reads a byte of an earlier key, two edges; its buffer is not the first one's
    input  logic                  key_read_i,
    input  logic [BufferBits-1:0] key_buffer_i,       // steady until its data comes
    input  logic [LengthBits-1:0] key_address_i,
    output logic [7:0]            key_data_o,
    // the gate's reader reads, two edges; its buffer is not the engine's any more
    input  logic                  reader_active_i,
    input  logic [BufferBits-1:0] reader_buffer_i,
    input  logic [LengthBits-1:0] reader_address_i,
    output logic [7:0]            reader_data_o
);

  logic [Buffers-1:0] taken_q, taken_d;
  logic [Buffers*8-1:0] data;
  logic [BufferBits-1:0] engine_buffer_q, engine_buffer_qq;

  always_comb begin
    free_o = 1'b0;
    free_buffer_o = '0;
    for (int i = Buffers - 1; i >= 0; i--) begin
      if (!taken_q[i]) begin
        free_o = 1'b1;
        free_buffer_o = BufferBits'(i);
      end
    end
  end

  always_comb begin
    taken_d = taken_q;
    if (rx_drop_i) taken_d[rx_drop_buffer_i] = 1'b0;
    if (gate_drop_i) taken_d[gate_drop_buffer_i] = 1'b0;
    if (sent_i) taken_d[sent_buffer_i] = 1'b0;
    if (claim_i) taken_d[free_buffer_o] = 1'b1;
  end

  for (genvar i = 0; i < Buffers; i++) begin : gen_buffer
    logic read_by_reader, read_as_key;
    logic [AddressBits-1:0] read_address;
    assign read_by_reader = reader_active_i && reader_buffer_i == BufferBits'(i);
    assign read_as_key = key_read_i && key_buffer_i == BufferBits'(i);
    assign read_address = read_by_reader ? reader_address_i[AddressBits-1:0] :
                          (read_as_key ? key_address_i[AddressBits-1:0] : engine_address_i[AddressBits-1:0]);
    prim_ram #(.Depth(2 ** AddressBits), .Width(8)) u_ram (
        .clk_i,
        .write_i(write_i && write_buffer_i == BufferBits'(i)),
        .write_address_i(write_address_i[AddressBits-1:0]),
        .write_data_i,
        .read_address_i(read_address),
        .read_data_o(data[8*i+:8])
    );
  end

  always_comb begin
    engine_data_o = '0;
    reader_data_o = '0;
    key_data_o = '0;
    for (int unsigned i = 0; i < Buffers; i++) begin
      if (engine_buffer_qq == BufferBits'(i)) engine_data_o = data[8*i+:8];
      if (reader_buffer_i == BufferBits'(i)) reader_data_o = data[8*i+:8];
      if (key_buffer_i == BufferBits'(i)) key_data_o = data[8*i+:8];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_q <= '0;
      engine_buffer_q <= '0;
      engine_buffer_qq <= '0;
    end else begin
      taken_q <= taken_d;
      engine_buffer_q <= engine_buffer_i;
      engine_buffer_qq <= engine_buffer_q;
    end
  end

  logic unused;  // a record of the greatest length has one offset more than addresses
  assign unused = ^{write_address_i, engine_address_i, reader_address_i, key_address_i};

  `SLUICE_ASSERT(a_key_not_while_sending, !(key_read_i && reader_active_i && key_buffer_i == reader_buffer_i))
  `SLUICE_ASSERT(a_claim_only_free, !claim_i || free_o)
  `SLUICE_ASSERT(a_write_only_taken, !write_i || taken_q[write_buffer_i])
  // Part of invariant 2: what is read for sending is not written meanwhile.
  `SLUICE_ASSERT(a_no_write_while_sending, !(write_i && reader_active_i && write_buffer_i == reader_buffer_i))

endmodule
