// SPDX-License-Identifier: Apache-2.0
// A memory with one write port and one registered read port: the data of an address stands at the output two edges later.
// Yosys infers ECP5 DP16KD and iCE40 SB_RAM40 from it. It has no reset and no bypass: reading the address that is written in
// the same cycle gives an undefined word, so its users never look at such a word.
module prim_ram #(
    parameter int unsigned Depth = 512,
    parameter int unsigned Width = 8,
    localparam int unsigned AddressBits = $clog2(Depth)
) (
    input  logic                   clk_i,
    input  logic                   write_i,
    input  logic [AddressBits-1:0] write_address_i,
    input  logic [Width-1:0]       write_data_i,
    input  logic [AddressBits-1:0] read_address_i,
    output logic [Width-1:0]       read_data_o
);

`ifdef SLUICE_TEST_ACCESS
  logic [Width-1:0] memory[Depth] /* verilator public_flat_rw */;
`else
  (* no_rw_check *) logic [Width-1:0] memory[Depth];
`endif
  logic [Width-1:0] array_q;
  logic [Width-1:0] output_q;
`ifdef FORMAL
  (* anyseq *) logic [Width-1:0] undefined;
`endif

  always_ff @(posedge clk_i) begin
    if (write_i) memory[write_address_i] <= write_data_i;
`ifdef FORMAL
    array_q  <= (write_i && write_address_i == read_address_i) ? undefined : memory[read_address_i];
`else
    array_q  <= memory[read_address_i];
`endif
    output_q <= array_q;
  end

  assign read_data_o = output_q;

endmodule
