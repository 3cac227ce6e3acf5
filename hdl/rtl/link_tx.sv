// SPDX-License-Identifier: Apache-2.0
// Builds the outgoing frames of one released record. Everything in their headers is a constant of this port, the verified length,
// or the tag that the gate hands over (the device id to HIGH, LOW's stored tag to LOW): invariant 3. Fragments are full but the last,
// padding is zero. It never looks at a record byte and cannot ask for one: the gate offers them.
`include "assertions.svh"

module link_tx #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned RecordBytes = 2048,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  send_i,
    input  logic [LengthBits-1:0] length_i,
    input  logic [31:0]           tag_i,
    output logic                  idle_o,
    output logic                  busy_o,      // bytes move; waiting for tx_ready_i is not that
    output logic                  done_o,      // one cycle: the last byte has left
    input  logic                  byte_valid_i,
    input  logic [7:0]            byte_i,
    output logic                  byte_ready_o,
    output logic                  tx_valid_o,
    output logic [7:0]            tx_data_o,
    output logic                  tx_last_o,
    input  logic                  tx_ready_i
);

  localparam int unsigned HeaderBytes = sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_BYTES;
  localparam logic [10:0] LeastBytes = 11'(sluice_pkg::FRAME_MIN_BYTES - HeaderBytes);
  localparam logic [47:0] Source = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? sluice_pkg::MAC_DEVICE_HIGH
                                                                             : sluice_pkg::MAC_DEVICE_LOW;
  localparam logic [47:0] Destination = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? sluice_pkg::MAC_GATEWAY_HIGH
                                                                                  : sluice_pkg::MAC_GATEWAY_LOW;
  localparam logic [7:0] Kind = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? sluice_pkg::LINK_KIND_REQUEST
                                                                          : sluice_pkg::LINK_KIND_RESPONSE;

  typedef enum logic [1:0] {
    TX_IDLE,
    TX_HEADER,   // the two headers
    TX_BODY,     // the fragment
    TX_PADDING   // zeros up to the least frame
  } state_e;

  state_e state_q, state_d;
  logic [31:0] tag_q, tag_d;
  logic [LengthBits-1:0] length_q, length_d, sent_q, sent_d;  // sent: bytes of the fragments before this one
  logic [10:0] count_q, count_d;                              // bytes of this part of the frame that have left
  logic [LengthBits-1:0] remaining;
  logic [10:0] fragment;
  logic is_last_fragment, step;

  assign remaining = length_q - sent_q;
  assign is_last_fragment = 32'(remaining) <= sluice_pkg::LINK_FRAGMENT_BYTES;
  assign fragment = is_last_fragment ? 11'(remaining) : 11'(sluice_pkg::LINK_FRAGMENT_BYTES);
  assign step = tx_valid_o && tx_ready_i;

  // The headers, byte by byte.
  logic [HeaderBytes*8-1:0] header;
  logic [7:0] header_byte;
  assign header = {Destination, Source, 16'(sluice_pkg::ETHERTYPE), 16'(sluice_pkg::LINK_MAGIC), 8'(sluice_pkg::LINK_VERSION),
                   Kind, tag_q, 32'(length_q), 32'(sent_q)};
  always_comb begin
    header_byte = '0;
    for (int unsigned i = 0; i < HeaderBytes; i++) begin
      if (count_q == 11'(i)) header_byte = header[8*(HeaderBytes-1-i)+:8];
    end
  end

  always_comb begin
    tx_valid_o = 1'b0;
    tx_data_o = 8'd0;
    tx_last_o = 1'b0;
    byte_ready_o = 1'b0;
    unique case (state_q)
      TX_HEADER: begin
        tx_valid_o = 1'b1;
        tx_data_o = header_byte;
      end
      TX_BODY: begin
        tx_valid_o = byte_valid_i;
        tx_data_o = byte_i;
        tx_last_o = count_q + 11'd1 == fragment && fragment >= LeastBytes;
        byte_ready_o = tx_ready_i;
      end
      TX_PADDING: begin
        tx_valid_o = 1'b1;
        tx_last_o = count_q + 11'd1 == LeastBytes;
      end
      default: ;
    endcase
  end

  always_comb begin
    state_d = state_q;
    tag_d = tag_q;
    length_d = length_q;
    sent_d = sent_q;
    count_d = count_q;
    done_o = 1'b0;
    unique case (state_q)
      TX_IDLE: begin
        if (send_i) begin
          tag_d = tag_i;
          length_d = length_i;
          sent_d = '0;
          count_d = '0;
          state_d = TX_HEADER;
        end
      end
      TX_HEADER: begin
        if (step) begin
          count_d = count_q + 11'd1;
          if (count_q == 11'(HeaderBytes - 1)) begin
            count_d = '0;
            state_d = (fragment == '0) ? TX_PADDING : TX_BODY;
          end
        end
      end
      TX_BODY: begin
        if (step) begin
          count_d = count_q + 11'd1;
          if (count_d == fragment) state_d = TX_PADDING;
        end
      end
      TX_PADDING: if (step) count_d = count_q + 11'd1;
      default: state_d = TX_IDLE;
    endcase

    if (step && tx_last_o) begin
      count_d = '0;
      sent_d = sent_q + LengthBits'(fragment);
      state_d = is_last_fragment ? TX_IDLE : TX_HEADER;
      done_o = is_last_fragment;
    end
  end

  assign idle_o = state_q == TX_IDLE;
  assign busy_o = state_q != TX_IDLE && (!tx_valid_o || tx_ready_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= TX_IDLE;
      tag_q <= '0;
      length_q <= '0;
      sent_q <= '0;
      count_q <= '0;
    end else begin
      state_q <= state_d;
      tag_q <= tag_d;
      length_q <= length_d;
      sent_q <= sent_d;
      count_q <= count_d;
    end
  end

  `SLUICE_ASSERT(a_send_when_idle, !send_i || state_q == TX_IDLE)

endmodule
