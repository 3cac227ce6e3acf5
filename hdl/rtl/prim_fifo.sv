// SPDX-License-Identifier: Apache-2.0
// A small first-in first-out queue in registers. Depth is a power of two. Pushing into a full queue and popping an empty one are
// errors of the user: it does not guard against them, it asserts. No bypass: a pushed word can be popped in the next cycle.
`include "assertions.svh"

module prim_fifo #(
    parameter int unsigned Depth = 4,
    parameter int unsigned Width = 8,
    localparam int unsigned IndexBits = $clog2(Depth)
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             push_i,
    input  logic [Width-1:0] data_i,
    input  logic             pop_i,
    output logic [Width-1:0] data_o,
    output logic             empty_o,
    output logic             full_o
);

  logic [Depth*Width-1:0] words_q, words_d;
  logic [IndexBits:0] count_q, count_d;
  logic [IndexBits-1:0] head_q, head_d;
  logic [IndexBits-1:0] tail;

  assign tail    = head_q + count_q[IndexBits-1:0];
  assign empty_o = count_q == '0;
  assign full_o  = count_q == (IndexBits + 1)'(Depth);

  // Written as one comparison per word: synthesis makes a shifter of an indexed part-select.
  always_comb begin
    data_o = '0;
    for (int unsigned i = 0; i < Depth; i++) begin
      if (head_q == IndexBits'(i)) data_o = words_q[i*Width+:Width];
    end
  end

  always_comb begin
    words_d = words_q;
    head_d  = head_q;
    count_d = count_q;
    if (push_i) begin
      for (int unsigned i = 0; i < Depth; i++) begin
        if (tail == IndexBits'(i)) words_d[i*Width+:Width] = data_i;
      end
      count_d = count_d + 1'b1;
    end
    if (pop_i) begin
      head_d  = head_q + 1'b1;
      count_d = count_d - 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      words_q <= '0;
      head_q  <= '0;
      count_q <= '0;
    end else begin
      words_q <= words_d;
      head_q  <= head_d;
      count_q <= count_d;
    end
  end

  `SLUICE_ASSERT(no_overflow, !(push_i && full_o))
  `SLUICE_ASSERT(no_underflow, !(pop_i && empty_o))

endmodule
