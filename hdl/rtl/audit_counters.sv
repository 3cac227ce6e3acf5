// SPDX-License-Identifier: Apache-2.0
// Verdicts by pipeline and reason (REQUEST_COUNT, RESPONSE_COUNT): 64 counters in a memory, cleared after reset, that stop at their
// greatest value. One count or one read at a time; it does not know what it counts.
module audit_counters (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        count_i,        // held until done
    input  logic [5:0]  count_index_i,
    output logic        count_done_o,
    input  logic        read_i,         // held until done
    input  logic [5:0]  read_index_i,
    output logic        read_done_o,
    output logic [31:0] read_data_o
);

  typedef enum logic [2:0] {
    COUNTER_CLEAR,   // after reset
    COUNTER_IDLE,
    COUNTER_READ,    // address set
    COUNTER_WAIT,    // memory
    COUNTER_ACT      // the word is there
  } state_e;

  state_e state_q, state_d;
  logic counting_q, counting_d, write;
  logic [5:0] index_q, index_d;
  logic [31:0] word, write_word;

  prim_ram #(.Depth(64), .Width(32)) u_counts (
      .clk_i,
      .write_i(write),
      .write_address_i(index_q),
      .write_data_i(write_word),
      .read_address_i(index_q),
      .read_data_o(word)
  );

  always_comb begin
    state_d = state_q;
    counting_d = counting_q;
    index_d = index_q;
    write = 1'b0;
    write_word = '0;
    count_done_o = 1'b0;
    read_done_o = 1'b0;
    unique case (state_q)
      COUNTER_CLEAR: begin
        write = 1'b1;
        index_d = index_q + 6'd1;
        if (index_q == '1) state_d = COUNTER_IDLE;
      end
      COUNTER_IDLE: begin
        if (count_i || read_i) begin
          counting_d = count_i;
          index_d = count_i ? count_index_i : read_index_i;
          state_d = COUNTER_READ;
        end
      end
      COUNTER_READ: state_d = COUNTER_WAIT;
      COUNTER_WAIT: state_d = COUNTER_ACT;
      COUNTER_ACT: begin
        state_d = COUNTER_IDLE;
        if (counting_q) begin
          write = 1'b1;
          write_word = (word == '1) ? word : word + 32'd1;
          count_done_o = 1'b1;
        end else begin
          read_done_o = 1'b1;
        end
      end
      default: state_d = COUNTER_IDLE;
    endcase
  end

  assign read_data_o = word;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= COUNTER_CLEAR;
      counting_q <= 1'b0;
      index_q <= '0;
    end else begin
      state_q <= state_d;
      counting_q <= counting_d;
      index_q <= index_d;
    end
  end

endmodule
