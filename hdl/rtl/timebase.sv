// SPDX-License-Identifier: Apache-2.0
// Device time: ticks of the tick input and clock cycles, since reset. It derives nothing from the clock's frequency.
module timebase (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        tick_i,
    output logic [31:0] ticks_o,
    output logic [63:0] cycles_o
);
  logic [31:0] ticks_q;
  logic [63:0] cycles_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ticks_q  <= '0;
      cycles_q <= '0;
    end else begin
      ticks_q  <= ticks_q + 32'(tick_i);
      cycles_q <= cycles_q + 64'd1;
    end
  end

  assign ticks_o  = ticks_q;
  assign cycles_o = cycles_q;
endmodule
