// SPDX-License-Identifier: Apache-2.0
// The management port: one frame, one answer, in order (docs/fabric.md "Management port"). It reads registers, gives commands to the loader
// and to swap_control, and passes the words of BLOCK frames on. Events written before an answer was due leave before it. It has
// pins of its own and stalls no pipeline: all it can make a pipeline do is what swap_control does.
`include "assertions.svh"

module management #(
    parameter logic [7:0] Geometry = sluice_pkg::GEOMETRY_SMALL,
    parameter int unsigned WaitingBits = 7
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    // frames of the port
    input  logic                   rx_valid_i,
    input  logic [7:0]             rx_data_i,
    input  logic                   rx_last_i,
    output logic                   rx_ready_o,
    output logic                   tx_valid_o,
    output logic [7:0]             tx_data_o,
    output logic                   tx_last_o,
    input  logic                   tx_ready_i,
    // events, already framed
    input  logic                   event_valid_i,
    input  logic [7:0]             event_data_i,
    input  logic                   event_last_i,
    output logic                   event_ready_o,
    input  logic [WaitingBits-1:0] events_waiting_i,
    // loader and swap
    output logic                   begin_o,
    output logic                   abort_o,
    output logic                   block_o,
    output logic [31:0]            block_index_o,
    output logic                   word_valid_o,
    output logic [63:0]            word_o,
    output logic                   block_end_o,
    output logic                   block_bad_o,
    input  logic                   clearing_i,
    input  logic                   is_open_i,
    input  logic                   is_complete_i,
    input  logic [7:0]             block_status_i,
    input  logic [7:0]             load_status_i,
    input  logic [31:0]            load_words_i,
    output logic [3:0]             info_index_o,
    input  logic [63:0]            info_word_i,
    output logic                   activate_o,
    input  logic                   activate_done_i,
    // what the registers show
    input  logic                   image_active_i,
    input  logic                   bank_i,
    input  logic [31:0]            epoch_i,
    input  logic [8:0]             outstanding_i,
    input  logic [31:0]            ticks_i,
    input  logic [31:0]            events_lost_i,
    input  logic [1:0]             ignored_i,       // a frame of LOW, of HIGH was ignored
    output logic                   count_read_o,
    output logic [5:0]             count_index_o,
    input  logic                   count_done_i,
    input  logic [31:0]            count_i,
    output logic                   busy_o
);

  typedef enum logic [3:0] {
    MANAGEMENT_RECEIVE,
    MANAGEMENT_EXECUTE,    // the frame is whole
    MANAGEMENT_INFO,       // the loader's header memory
    MANAGEMENT_INFO_WAIT,
    MANAGEMENT_INFO_READ,
    MANAGEMENT_COUNT,      // a counter
    MANAGEMENT_CLEAR,      // BEGIN clears the bank
    MANAGEMENT_STATUS,     // the loader has seen the end of the block
    MANAGEMENT_SWAP,       // ACTIVATE waits
    MANAGEMENT_ANSWER      // wait for the port, then send
  } state_e;

  state_e state_q, state_d;
  logic [63:0] header_q, header_d;      // op, sequence, address, value
  logic [63:0] word_q, word_d;
  logic [3:0] count_q, count_d;         // bytes of the header, then 8
  logic [2:0] byte_q, byte_d;           // bytes of the word
  logic more_q, more_d;                 // bytes behind the header
  logic full_q, full_d;                 // the word is whole
  logic opened_q, opened_d;             // the header has been looked at
  logic [7:0] op, sequence_number, answer_op_q, answer_op_d;
  logic [15:0] address;
  logic [31:0] value, answer_q, answer_d;
  logic [WaitingBits-1:0] before_q, before_d;  // events that leave before the answer
  logic due_q, due_d;
  logic [31:0] ignored_q, ignored_d;

  assign {op, sequence_number, address, value} = header_q;

  // --- registers that stand at hand; `known` says whether one is there
  logic known, is_info, is_count, info_upper;
  logic [31:0] at_hand, info_half;
  always_comb begin
    known = 1'b1;
    at_hand = '0;
    unique case (address)
      sluice_pkg::REG_IDENTITY: at_hand = sluice_pkg::DEVICE_IDENTITY;
      sluice_pkg::REG_HARDWARE_VERSION: at_hand = sluice_pkg::HARDWARE_VERSION;
      sluice_pkg::REG_GEOMETRY: at_hand = 32'(Geometry);
      sluice_pkg::REG_STATUS:
      at_hand = {27'd0, image_active_i, bank_i, is_complete_i, is_open_i || is_complete_i, image_active_i};
      sluice_pkg::REG_LOAD_STATUS: at_hand = 32'(load_status_i);
      sluice_pkg::REG_LOAD_WORDS: at_hand = load_words_i;
      sluice_pkg::REG_EPOCH: at_hand = epoch_i;
      sluice_pkg::REG_OUTSTANDING: at_hand = 32'(outstanding_i);
      sluice_pkg::REG_TICKS: at_hand = ticks_i;
      sluice_pkg::REG_EVENTS_LOST: at_hand = events_lost_i;
      sluice_pkg::REG_FRAMES_IGNORED: at_hand = ignored_q;
      default: known = 1'b0;
    endcase
  end

  // --- registers in the image's header and digest: image words 1, 2, 6..9 and the digest behind the header
  always_comb begin
    is_info = 1'b0;
    info_index_o = '0;
    info_upper = address[0];
    if (address >= sluice_pkg::REG_DIGEST && address < sluice_pkg::REG_DIGEST + 16'(sluice_pkg::REG_DIGEST_COUNT)) begin
      is_info = 1'b1;
      info_index_o = 4'(sluice_pkg::IMAGE_HEADER_WORDS) + 4'(address[2:1]);
    end else if (address >= sluice_pkg::REG_NAME && address < sluice_pkg::REG_NAME + 16'(sluice_pkg::REG_NAME_COUNT)) begin
      is_info = 1'b1;
      info_index_o = 4'(sluice_pkg::IMAGE_HEADER_WORDS - sluice_pkg::IMAGE_NAME_WORDS) + 4'(address[2:1]);
    end else if (address == sluice_pkg::REG_SERIAL_LOW || address == sluice_pkg::REG_SERIAL_HIGH) begin
      is_info = 1'b1;
      info_index_o = 4'd1;
    end else if (address == sluice_pkg::REG_MAX_RECORD_BYTES) begin
      is_info = 1'b1;
      info_index_o = 4'd2;
      info_upper = 1'b1;
    end
  end
  assign info_half = info_upper ? info_word_i[63:32] : info_word_i[31:0];

  assign is_count = address >= sluice_pkg::REG_REQUEST_COUNT &&
                    address < sluice_pkg::REG_RESPONSE_COUNT + 16'(sluice_pkg::REG_RESPONSE_COUNT_COUNT);
  assign count_index_o = address[5:0];

  // --- frames in
  logic answer_sent;
  always_comb begin
    state_d = state_q;
    header_d = header_q;
    word_d = word_q;
    count_d = count_q;
    byte_d = byte_q;
    more_d = more_q;
    full_d = 1'b0;
    opened_d = opened_q;
    answer_op_d = answer_op_q;
    answer_d = answer_q;
    rx_ready_o = 1'b0;
    begin_o = 1'b0;
    abort_o = 1'b0;
    block_o = 1'b0;
    block_end_o = 1'b0;
    count_read_o = 1'b0;
    activate_o = 1'b0;

    if (count_q == 4'd8 && !opened_q) begin
      opened_d = 1'b1;
      block_o = op == sluice_pkg::MANAGEMENT_OP_BLOCK;
    end

    unique case (state_q)
      MANAGEMENT_RECEIVE: begin
        rx_ready_o = 1'b1;
        if (rx_valid_i) begin
          if (count_q != 4'd8) begin
            count_d = count_q + 4'd1;
            for (int unsigned i = 0; i < 8; i++) begin
              if (count_q == 4'(i)) header_d[8*(7-i)+:8] = rx_data_i;
            end
          end else begin
            more_d = 1'b1;
            word_d = {rx_data_i, word_q[63:8]};
            byte_d = byte_q + 3'd1;
            full_d = byte_q == '1;
          end
          if (rx_last_i) state_d = MANAGEMENT_EXECUTE;
        end
      end

      MANAGEMENT_EXECUTE: begin
        answer_d = '0;
        answer_op_d = sluice_pkg::MANAGEMENT_OP_ERROR;
        if (count_q != 4'd8) begin
          // Too short: of sequence and address only what came whole is repeated.
          state_d = MANAGEMENT_ANSWER;
          header_d[31:0] = '0;
          if (count_q < 4'd4) header_d[47:32] = '0;
          if (count_q < 4'd2) header_d[55:48] = '0;
        end else if (opened_q && !full_q) begin
          state_d = MANAGEMENT_ANSWER;
          unique case (op)
            sluice_pkg::MANAGEMENT_OP_READ: begin
              if (!more_q) begin
                if (is_count) begin
                  answer_op_d = sluice_pkg::MANAGEMENT_OP_VALUE;
                  state_d = MANAGEMENT_COUNT;
                end else if (is_info) begin
                  answer_op_d = sluice_pkg::MANAGEMENT_OP_VALUE;
                  state_d = MANAGEMENT_INFO;
                end else if (known) begin
                  answer_op_d = sluice_pkg::MANAGEMENT_OP_VALUE;
                  answer_d = at_hand;
                end
              end
            end
            sluice_pkg::MANAGEMENT_OP_WRITE: begin
              if (!more_q) begin
                answer_op_d = sluice_pkg::MANAGEMENT_OP_DONE;
                if (address != sluice_pkg::REG_COMMAND) begin
                  answer_d = 32'(sluice_pkg::LOAD_STATUS_READ_ONLY);
                end else begin
                  answer_d = 32'(sluice_pkg::LOAD_STATUS_OK);
                  unique case (value)
                    32'(sluice_pkg::COMMAND_NONE): ;
                    32'(sluice_pkg::COMMAND_BEGIN): begin
                      begin_o = 1'b1;
                      state_d = MANAGEMENT_CLEAR;
                    end
                    32'(sluice_pkg::COMMAND_ACTIVATE): begin
                      if (is_complete_i) begin
                        activate_o = 1'b1;
                        state_d = MANAGEMENT_SWAP;
                      end else begin
                        answer_d = is_open_i ? 32'(sluice_pkg::LOAD_STATUS_INCOMPLETE) : 32'(block_status_i);
                      end
                    end
                    32'(sluice_pkg::COMMAND_ABORT): abort_o = 1'b1;
                    default: begin
                      answer_op_d = sluice_pkg::MANAGEMENT_OP_ERROR;
                      answer_d = '0;
                    end
                  endcase
                end
              end
            end
            sluice_pkg::MANAGEMENT_OP_BLOCK: begin
              answer_op_d = sluice_pkg::MANAGEMENT_OP_DONE;
              block_end_o = 1'b1;
              state_d = MANAGEMENT_STATUS;
            end
            default: ;
          endcase
        end
      end

      MANAGEMENT_INFO: state_d = MANAGEMENT_INFO_WAIT;  // the memory's word follows two edges after its address
      MANAGEMENT_INFO_WAIT: state_d = MANAGEMENT_INFO_READ;
      MANAGEMENT_INFO_READ: begin
        answer_d = image_active_i ? info_half : '0;
        state_d = MANAGEMENT_ANSWER;
      end
      MANAGEMENT_COUNT: begin
        count_read_o = 1'b1;
        if (count_done_i) begin
          answer_d = count_i;
          state_d = MANAGEMENT_ANSWER;
        end
      end
      MANAGEMENT_CLEAR: if (!clearing_i) state_d = MANAGEMENT_ANSWER;
      MANAGEMENT_STATUS: begin
        answer_d = 32'(block_status_i);
        state_d = MANAGEMENT_ANSWER;
      end
      MANAGEMENT_SWAP: if (activate_done_i) state_d = MANAGEMENT_ANSWER;
      MANAGEMENT_ANSWER: begin
        if (answer_sent) begin
          state_d = MANAGEMENT_RECEIVE;
          count_d = '0;
          byte_d = '0;
          more_d = 1'b0;
          opened_d = 1'b0;
          header_d = '0;
        end
      end
      default: state_d = MANAGEMENT_RECEIVE;
    endcase
  end

  assign word_valid_o = full_q && op == sluice_pkg::MANAGEMENT_OP_BLOCK;
  assign word_o = word_q;
  assign block_index_o = value;
  assign block_bad_o = !more_q || byte_q != '0;

  // --- frames out: an answer waits until the events that were there before it have left
  typedef enum logic [1:0] {
    PORT_FREE,
    PORT_EVENT,
    PORT_ANSWER
  } port_e;
  port_e port_q, port_d;
  logic [2:0] sent_q, sent_d;
  logic event_leaves;  // the last byte of an event
  logic [63:0] frame;
  logic [7:0] frame_byte;

  assign frame = {answer_op_q, sequence_number, address, answer_q};
  always_comb begin
    frame_byte = '0;
    for (int unsigned i = 0; i < 8; i++) begin
      if (sent_q == 3'(i)) frame_byte = frame[8*(7-i)+:8];
    end
  end

  assign event_leaves = port_q == PORT_EVENT && event_valid_i && tx_ready_i && event_last_i;

  always_comb begin
    port_d = port_q;
    sent_d = sent_q;
    before_d = before_q;
    due_d = due_q;
    tx_valid_o = 1'b0;
    tx_data_o = event_data_i;
    tx_last_o = 1'b0;
    event_ready_o = 1'b0;
    answer_sent = 1'b0;

    // `events_waiting_i` still holds the event that leaves in this cycle.
    if (state_q == MANAGEMENT_ANSWER && !due_q) begin
      due_d = 1'b1;
      before_d = events_waiting_i - WaitingBits'(event_leaves);
    end else if (event_leaves && before_q != '0) begin
      before_d = before_q - WaitingBits'(1);
    end

    unique case (port_q)
      PORT_FREE: begin
        sent_d = '0;
        if (due_q && before_q == '0) port_d = PORT_ANSWER;
        else if (event_valid_i) port_d = PORT_EVENT;
      end
      PORT_EVENT: begin
        tx_valid_o = event_valid_i;
        tx_last_o = event_last_i;
        event_ready_o = tx_ready_i;
        if (event_leaves) port_d = PORT_FREE;
      end
      PORT_ANSWER: begin
        tx_valid_o = 1'b1;
        tx_data_o = frame_byte;
        tx_last_o = sent_q == '1;
        if (tx_ready_i) begin
          sent_d = sent_q + 3'd1;
          if (sent_q == '1) begin
            answer_sent = 1'b1;
            due_d = 1'b0;
            port_d = PORT_FREE;
          end
        end
      end
      default: port_d = PORT_FREE;
    endcase
  end

  always_comb begin
    ignored_d = ignored_q;
    if (ignored_q < 32'hFFFFFFFE) ignored_d = ignored_q + 32'(ignored_i[0]) + 32'(ignored_i[1]);
    else if (ignored_i != '0) ignored_d = '1;
  end

  // Waiting for a swap or for tx_ready_i is no work.
  always_comb begin
    busy_o = full_q;
    if (state_q != MANAGEMENT_RECEIVE && state_q != MANAGEMENT_SWAP && state_q != MANAGEMENT_ANSWER) busy_o = 1'b1;
    if (state_q == MANAGEMENT_ANSWER && !due_q) busy_o = 1'b1;
    if (port_q == PORT_FREE) begin
      if (due_q || events_waiting_i != '0) busy_o = 1'b1;
    end else if (!tx_valid_o || tx_ready_i) begin
      busy_o = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= MANAGEMENT_RECEIVE;
      header_q <= '0;
      word_q <= '0;
      count_q <= '0;
      byte_q <= '0;
      more_q <= 1'b0;
      full_q <= 1'b0;
      opened_q <= 1'b0;
      answer_op_q <= '0;
      answer_q <= '0;
      port_q <= PORT_FREE;
      sent_q <= '0;
      before_q <= '0;
      due_q <= 1'b0;
      ignored_q <= '0;
    end else begin
      state_q <= state_d;
      header_q <= header_d;
      word_q <= word_d;
      count_q <= count_d;
      byte_q <= byte_d;
      more_q <= more_d;
      full_q <= full_d;
      opened_q <= opened_d;
      answer_op_q <= answer_op_d;
      answer_q <= answer_d;
      port_q <= port_d;
      sent_q <= sent_d;
      before_q <= before_d;
      due_q <= due_d;
      ignored_q <= ignored_d;
    end
  end

  // An answer never waits for an event that is not there: the port would be dead until the next one.
  `SLUICE_ASSERT(a_answer_waits_for_what_is_there, !due_q || before_q <= events_waiting_i)

endmodule
