// SPDX-License-Identifier: Apache-2.0
// The engine of one lane: two interleaved contexts on one table, one step per context every two cycles (design section 4,
// docs/fabric.md "Engine"; every check of a symbol is in engine_judge.sv).
//
// Both contexts travel a ring of two registers. `turn_q` is the one whose turn it is; it reads entry i and judges symbol i-1, whose
// action arrived meanwhile; the other one (`rest_q`) only has its end-of-frame comparisons made. Its slot of two cycles is just what
// a registered block RAM read takes, so nothing is multiplexed between the contexts:
//
//   turn:      issue i          entry i -> issue i+1       action of i: judge, move frames
//   memory:    table, byte i+4  action of i, class map
//
// The step loop runs one symbol ahead of the judge; a failed check throws the symbols after it away. After CALL_LEN and after a pop on
// END the next symbol waits until the new end of frame is known (two slots). It does not decide what happens to a record: no byte
// of one passes through here to a link.
`include "assertions.svh"

module engine #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned Entries = 4096,
    parameter int unsigned Actions = 512,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    parameter int unsigned Depth = 64,
    localparam int unsigned BaseBits = $clog2(Entries),
    localparam int unsigned ActionBits = $clog2(Actions),
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned BufferBits = $clog2(Buffers),
    localparam int unsigned DepthBits = $clog2(Depth + 1)
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic [DepthBits-1:0]   max_depth_i,
    // a record to judge; taken in the cycle in which start_ready_o is high
    input  logic                   start_i,
    input  logic                   start_context_i,
    input  logic                   start_bank_i,
    input  logic [BufferBits-1:0]  start_buffer_i,
    input  logic [LengthBits-1:0]  start_length_i,
    input  logic [BaseBits-1:0]    start_base_i,
    input  logic [9:0]             start_tag_i,
    output logic                   start_ready_o,
    // the verdict of context result_context_o, every second cycle anew until it is released
    output logic                   result_context_o,
    output logic                   result_valid_o,
    output logic [4:0]             result_reason_o,
    output logic [9:0]             result_tag_o,
    output logic [DepthBits-1:0]   result_depth_o,
    output logic [LengthBits-1:0]  result_offset_o,
    output logic [BaseBits-1:0]    result_base_o,
    output logic [7:0]             result_class_o,
    input  logic                   release_i,
    input  logic                   release_context_i,
    // a frame of a rejected context's stack, 0 = innermost; settled six cycles after the index
    input  logic                   walk_context_i,
    input  logic [2:0]             walk_index_i,
    output logic [BaseBits-1:0]    walk_return_o,
    output logic [15:0]            walk_register_o,
    // memories, data two cycles after the address
    output logic [BufferBits-1:0]  byte_buffer_o,
    output logic [LengthBits-1:0]  byte_address_o,
    input  logic [7:0]             byte_i,
    output logic                   key_read_o,      // key_buffer_o is a running context's, and not byte_buffer_o
    output logic [BufferBits-1:0]  key_buffer_o,
    output logic [LengthBits-1:0]  key_address_o,
    input  logic [7:0]             key_byte_i,
    output logic                   map_bank_o,
    output logic [7:0]             map_index_o,
    input  sluice_pkg::class_map_t map_word_i,
    output logic                   entry_bank_o,
    output logic [BaseBits-1:0]    entry_index_o,
    input  sluice_pkg::entry_t     entry_word_i,
    output logic                   action_bank_o,
    output logic [ActionBits-1:0]  action_index_o,
    input  sluice_pkg::action_t    action_word_i,
    output logic                   busy_o          // a context fills or runs
);

  typedef enum logic [1:0] {
    CONTEXT_IDLE,  // no record
    CONTEXT_FILL,  // the first bytes and their classes are on their way
    CONTEXT_RUN,   // judging
    CONTEXT_DONE   // verdict there, stack kept for the report
  } context_state_e;

  typedef struct packed {
    logic       fault;  // parity of the class map word
    logic [7:0] map1;
    logic [7:0] map0;
    logic [7:0] value;
  } symbol_t;

  // Frame fields: return base, r, "pushed by CALL_LEN", "pushed with NEW_MAP", and what such a frame keeps: the caller's end, or the
  // start and the end of the map's previous key.
  localparam int unsigned FrameWidth = BaseBits + 16 + 2 + 2 * LengthBits;

  // The key unit. An open key is compared with the previous one while its bytes are consumed.
  typedef enum logic [1:0] {
    KEY_CLOSED,   // no key is open
    KEY_EQUAL,    // so far the beginning of the previous one, or all of it
    KEY_GREATER,
    KEY_LESS
  } key_state_e;

  // --- one context
  context_state_e state_turn_q, state_rest_q, state_d;
  typedef struct packed {
    logic                  bank;
    logic [BufferBits-1:0] record_buffer;
    logic [LengthBits-1:0] offset;         // of the symbol issued last
    logic [LengthBits-1:0] frame_end;
    logic                  at_end;         // offset = frame_end, of one slot ago
    logic                  next_at_end;    // offset + 1 = frame_end
    logic [1:0]            resume;         // slots until the symbol at offset is issued (after a fill or a new end)
    // issued symbol: its entry arrives now
    logic                  issued;
    logic [BaseBits-1:0]   base;
    logic [7:0]            symbol_class;
    logic                  is_end;
    logic                  map_fault;
    logic [7:0]            value;
    // looked-up symbol: its action arrives now
    logic                  pending;
    logic [BaseBits-1:0]   pending_base;
    logic [7:0]            pending_class;
    logic                  pending_is_end;
    logic [7:0]            pending_value;
    logic [LengthBits-1:0] pending_offset;
    logic [2:0]            pending_control;
    logic [ActionBits-1:0] pending_action;
    logic                  pending_parity_fault;
    logic                  pending_no_entry;
    // machine state before the pending symbol
    logic [FrameWidth-1:0] top;
    logic [FrameWidth-1:0] second;
    logic                  second_arrives; // it stands at the stack memory's output
    logic [DepthBits-1:0]  depth;
    logic [15:0]           accumulator;
    logic [9:0]            tag;
    logic [4:0]            reason;
    // key unit
    logic [1:0]            key_relation;   // KEY_EQUAL and so on of the pending byte, while the keys are equal so far
    logic [LengthBits-1:0] key_start;      // of the open key
    logic [LengthBits-1:0] key_distance;   // from an offset in the open key to its partner in the previous one
    logic [LengthBits-1:0] previous_start; // 0: there is no previous key
    logic [LengthBits-1:0] previous_end;
    logic [1:0]            key_state;
  } context_t;

  context_t turn_q, rest_q, turn_d, rest_d;
  symbol_t current_turn_q, current_rest_q, current_d;  // the symbol at offset
  symbol_t next_turn_q, next_rest_q, next_d;           // and at offset + 1
  logic [7:0] looked_up_turn_q, looked_up_rest_q, looked_up_d;  // the byte whose classes arrive now
  logic turn_id_q;

  // --- frames
  logic [BaseBits-1:0] top_return, second_return;
  logic [15:0] top_register;
  logic top_has_length, top_has_key;
  logic [LengthBits-1:0] top_saved, top_saved_key_end;
  logic [FrameWidth-1:0] second, stack_word, top_judged, top_pushed;
  logic stack_write;
  logic [DepthBits-1:0] stack_read_depth;

  assign second = turn_q.second_arrives ? stack_word : turn_q.second;
  assign {top_return, top_register, top_has_length, top_has_key, top_saved, top_saved_key_end} = turn_q.top;
  assign second_return = second[FrameWidth-1-:BaseBits];

  // The frames below the top, context by context. Popping reads the new second frame one slot ahead of its use.
  prim_ram #(.Depth(2 * (2 ** $clog2(Depth))), .Width(FrameWidth)) u_stack (
      .clk_i,
      .write_i(stack_write),
      .write_address_i({turn_id_q, turn_q.depth[$clog2(Depth)-1:0] - 1'b1}),
      .write_data_i(top_judged),
      .read_address_i({turn_id_q, stack_read_depth[$clog2(Depth)-1:0]}),
      .read_data_o(stack_word)
  );

  // --- judge the pending symbol
  logic [4:0] judge_reason;
  logic judge_accept;
  logic [15:0] judge_register, judge_accumulator;
  logic [9:0] judge_tag;
  logic [LengthBits-1:0] left, pending_after;
  logic pending_consumes;
  logic is_push, is_pop, new_map, judged_good;

  assign left = turn_q.frame_end - turn_q.pending_offset - LengthBits'(!turn_q.pending_is_end);
  assign is_push = turn_q.pending_control == sluice_pkg::CONTROL_CALL ||
                   turn_q.pending_control == sluice_pkg::CONTROL_CALL_LEN;
  assign is_pop = turn_q.pending_control == sluice_pkg::CONTROL_RET || turn_q.pending_control == sluice_pkg::CONTROL_REDO ||
                  turn_q.pending_control == sluice_pkg::CONTROL_REDO_TO;

  // The stored action's parity covers its bank and number, see table_bank.
  logic action_fault;
  assign action_fault = ~^{action_word_i, turn_q.pending_action, turn_q.bank};

  engine_judge #(.Pipeline(Pipeline), .LengthBits(LengthBits), .DepthBits(DepthBits)) u_judge (
      .parity_fault_i(turn_q.pending_parity_fault),
      .no_entry_i(turn_q.pending_no_entry),
      .action_fault_i(action_fault),
      .control_i(turn_q.pending_control),
      .action_i(action_word_i),
      .is_end_i(turn_q.pending_is_end),
      .byte_i(turn_q.pending_value[6:0]),
      .register_i(top_register),
      .accumulator_i(turn_q.accumulator),
      .tag_i(turn_q.tag),
      .frame_has_length_i(top_has_length),
      .depth_i(turn_q.depth),
      .max_depth_i,
      .left_i(left),
      .key_open_i(turn_q.key_state != KEY_CLOSED),
      .key_greater_i(turn_q.key_state == KEY_GREATER),
      .reason_o(judge_reason),
      .accept_o(judge_accept),
      .register_o(judge_register),
      .accumulator_o(judge_accumulator),
      .tag_o(judge_tag)
  );

  assign pending_after = turn_q.pending_offset + LengthBits'(1);
  assign pending_consumes = !turn_q.pending_is_end && (is_push || turn_q.pending_control == sluice_pkg::CONTROL_NEXT ||
                                                       turn_q.pending_control == sluice_pkg::CONTROL_RET);
  assign judged_good = state_turn_q == CONTEXT_RUN && turn_q.pending && judge_reason == sluice_pkg::REASON_ACCEPTED;
  assign top_judged = {top_return, judge_register, top_has_length, top_has_key, top_saved, top_saved_key_end};
  assign new_map = action_word_i.key_op == sluice_pkg::KEY_OP_NEW_MAP;
  assign top_pushed = {action_word_i.operand[BaseBits-1:0], 16'd0,
                       turn_q.pending_control == sluice_pkg::CONTROL_CALL_LEN, new_map,
                       new_map ? turn_q.previous_start : turn_q.frame_end, turn_q.previous_end};
  assign stack_write = judged_good && is_push;
  assign stack_read_depth = (state_turn_q == CONTEXT_DONE) ? turn_q.depth - DepthBits'(1) - DepthBits'(walk_index_i)
                                                          : turn_q.depth - DepthBits'(3);

  // --- the step loop: entry -> next base -> next symbol's slot
  logic [BaseBits-1:0] return_after, issue_base;
  logic consume, waits_for_end, advance, issue, entry_fault, issue_is_end;
  logic [7:0] issue_class;
  symbol_t issue_symbol;
  logic [LengthBits-1:0] offset_after;

  // The return base on top once the pending symbol has moved its frames.
  always_comb begin
    return_after = top_return;
    if (turn_q.pending && is_push) return_after = action_word_i.operand[BaseBits-1:0];
    else if (turn_q.pending && is_pop) return_after = second_return;
  end

  assign entry_fault = ~^{entry_word_i, turn_q.base ^ BaseBits'(turn_q.symbol_class), turn_q.bank};
  assign consume = !turn_q.is_end &&
                   (entry_word_i.control == sluice_pkg::CONTROL_NEXT || entry_word_i.control == sluice_pkg::CONTROL_CALL ||
                    entry_word_i.control == sluice_pkg::CONTROL_CALL_LEN || entry_word_i.control == sluice_pkg::CONTROL_RET);
  assign waits_for_end = turn_q.is_end || entry_word_i.control == sluice_pkg::CONTROL_CALL_LEN;

  always_comb begin
    advance = 1'b0;
    issue = 1'b0;
    issue_base = turn_q.base;
    unique case (state_turn_q)
      CONTEXT_FILL: advance = turn_q.resume == 2'd0;
      CONTEXT_RUN: begin
        if (turn_q.issued) begin
          advance = consume;
          issue = !waits_for_end;
          issue_base = entry_word_i.next[BaseBits-1:0];
          if (entry_word_i.control == sluice_pkg::CONTROL_RET || entry_word_i.control == sluice_pkg::CONTROL_REDO) begin
            issue_base = return_after;
          end
        end else begin
          issue = turn_q.resume == 2'd1;
        end
      end
      default: ;
    endcase
  end

  assign issue_symbol = advance ? next_turn_q : current_turn_q;
  assign issue_is_end = advance ? turn_q.next_at_end : turn_q.at_end;
  assign issue_class = issue_is_end ? 8'(sluice_pkg::CLASS_END) : (issue_base[0] ? issue_symbol.map1 : issue_symbol.map0);
  assign offset_after = turn_q.offset + LengthBits'(advance);

  assign entry_bank_o = turn_q.bank;
  assign entry_index_o = issue_base ^ BaseBits'(issue_class);
  assign action_bank_o = turn_q.bank;
  assign action_index_o = entry_word_i.action[ActionBits-1:0];

  // --- bytes ahead: the byte at offset + 3 arrives, the classes of the byte at offset + 2 arrive
  symbol_t arrived;
  assign looked_up_d = advance ? byte_i : looked_up_turn_q;
  assign map_bank_o = turn_q.bank;
  assign map_index_o = looked_up_d;
  assign byte_buffer_o = turn_q.record_buffer;
  assign byte_address_o = offset_after + LengthBits'(3);
  always_comb begin
    arrived = '0;
    arrived.fault = ~^{map_word_i, looked_up_turn_q, turn_q.bank};
    arrived.map1 = map_word_i.map1;
    arrived.map0 = map_word_i.map0;
    arrived.value = looked_up_turn_q;
    current_d = advance ? next_turn_q : current_turn_q;
    next_d = advance ? arrived : next_turn_q;
  end

  // --- the context after its turn
  always_comb begin
    rest_d = turn_q;
    state_d = state_turn_q;
    rest_d.offset = offset_after;
    rest_d.second = second;
    rest_d.second_arrives = 1'b0;
    if (turn_q.resume != 2'd0) rest_d.resume = turn_q.resume - 2'd1;

    unique case (state_turn_q)
      CONTEXT_IDLE: begin
        if (start_i && start_context_i == turn_id_q) begin
          state_d = CONTEXT_FILL;
          rest_d = '0;
          rest_d.bank = start_bank_i;
          rest_d.record_buffer = start_buffer_i;
          rest_d.offset = -LengthBits'(3);
          rest_d.resume = 2'd1;
          rest_d.frame_end = start_length_i;
          rest_d.base = start_base_i;
          rest_d.depth = DepthBits'(1);
          rest_d.tag = start_tag_i;
        end
      end
      CONTEXT_FILL: begin
        if (advance && offset_after == '0) begin
          state_d = CONTEXT_RUN;
          rest_d.resume = 2'd1;
        end
      end
      CONTEXT_RUN: begin
        // the step loop
        rest_d.issued = issue;
        rest_d.base = issue_base;
        rest_d.symbol_class = issue_class;
        rest_d.is_end = issue_is_end;
        rest_d.map_fault = issue_symbol.fault && !issue_is_end;
        rest_d.value = issue_symbol.value;
        if (turn_q.issued && waits_for_end) rest_d.resume = 2'd2;
        rest_d.pending = turn_q.issued;
        // the judge
        if (turn_q.pending) begin
          if (judge_reason != sluice_pkg::REASON_ACCEPTED || judge_accept) begin
            state_d = CONTEXT_DONE;
            rest_d.reason = judge_reason;
            if (judge_accept) rest_d.tag = judge_tag;
            rest_d.issued = 1'b0;
            rest_d.pending = 1'b0;
            rest_d.resume = 2'd0;
          end else begin
            rest_d.accumulator = judge_accumulator;
            rest_d.tag = judge_tag;
            rest_d.top = top_judged;
            if (is_push) begin
              rest_d.second = top_judged;
              rest_d.top = top_pushed;
              rest_d.depth = turn_q.depth + DepthBits'(1);
              if (turn_q.pending_control == sluice_pkg::CONTROL_CALL_LEN) begin
                rest_d.frame_end = turn_q.pending_offset + LengthBits'(1) + LengthBits'(judge_accumulator);
              end
            end else if (is_pop) begin
              rest_d.top = second;
              rest_d.second_arrives = 1'b1;
              rest_d.depth = turn_q.depth - DepthBits'(1);
              if (top_has_length) rest_d.frame_end = top_saved;
            end
            // the key unit; BEGIN and NEW_MAP never come with a pop
            if (turn_q.key_state == KEY_EQUAL && pending_consumes) rest_d.key_state = turn_q.key_relation;
            unique case (action_word_i.key_op)
              sluice_pkg::KEY_OP_NEW_MAP: begin
                rest_d.previous_start = '0;
                rest_d.key_state = KEY_CLOSED;
              end
              sluice_pkg::KEY_OP_BEGIN: begin
                rest_d.key_start = pending_after;
                rest_d.key_distance = turn_q.previous_start - pending_after;
                rest_d.key_state = (turn_q.previous_start == '0) ? KEY_GREATER : KEY_EQUAL;
              end
              sluice_pkg::KEY_OP_END_KEY: begin
                rest_d.previous_start = turn_q.key_start;
                rest_d.previous_end = turn_q.pending_offset;
                rest_d.key_state = KEY_CLOSED;
              end
              default: ;
            endcase
            if (is_pop && top_has_key) begin
              rest_d.previous_start = top_saved;
              rest_d.previous_end = top_saved_key_end;
              rest_d.key_state = KEY_CLOSED;
            end
          end
        end
        // the looked-up symbol follows, unless the pending one ended the record: then its report stays
        if (state_d == CONTEXT_RUN && turn_q.issued) begin
          rest_d.pending_base = turn_q.base;
          rest_d.pending_class = turn_q.symbol_class;
          rest_d.pending_is_end = turn_q.is_end;
          rest_d.pending_value = turn_q.value;
          rest_d.pending_offset = turn_q.offset;
          rest_d.pending_control = entry_word_i.control;
          rest_d.pending_action = entry_word_i.action[ActionBits-1:0];
          rest_d.pending_parity_fault = turn_q.map_fault || entry_fault;
          rest_d.pending_no_entry = entry_word_i.label != turn_q.symbol_class ||
                                    entry_word_i.control == sluice_pkg::CONTROL_RESERVED;
        end
      end
      default: ;
    endcase

    if (release_i && release_context_i == turn_id_q) state_d = CONTEXT_IDLE;
  end

  // The resting context: compare its offset with the end of its frame, and its pending byte with the previous key's. That byte was
  // asked for one slot earlier, when the pending symbol had just been issued; the first one of a key even before BEGIN was judged,
  // which is why a closed unit asks for the first byte of the previous key.
  logic [LengthBits-1:0] key_partner;
  assign key_partner = rest_q.pending_offset + rest_q.key_distance;
  assign key_read_o = state_rest_q == CONTEXT_RUN;
  assign key_buffer_o = rest_q.record_buffer;
  assign key_address_o = (rest_q.key_state == KEY_EQUAL) ? rest_q.offset + rest_q.key_distance : rest_q.previous_start;
  always_comb begin
    turn_d = rest_q;
    if (key_partner == rest_q.previous_end || rest_q.pending_value > key_byte_i) turn_d.key_relation = KEY_GREATER;
    else if (rest_q.pending_value < key_byte_i) turn_d.key_relation = KEY_LESS;
    else turn_d.key_relation = KEY_EQUAL;
    turn_d.at_end = rest_q.offset == rest_q.frame_end;
    turn_d.next_at_end = rest_q.offset + LengthBits'(1) == rest_q.frame_end;
  end

  // The two contexts never run on one buffer, so the previous key's byte costs the buffers no port.
  `SLUICE_ASSERT(a_key_port_is_free, !(key_read_o && (state_turn_q == CONTEXT_FILL || state_turn_q == CONTEXT_RUN) &&
                                       key_buffer_o == byte_buffer_o))

  // --- results
  assign start_ready_o = state_turn_q == CONTEXT_IDLE && start_context_i == turn_id_q;
  assign busy_o = state_turn_q == CONTEXT_FILL || state_turn_q == CONTEXT_RUN || state_rest_q == CONTEXT_FILL ||
                  state_rest_q == CONTEXT_RUN;
  assign result_context_o = turn_id_q;
  assign result_valid_o = state_turn_q == CONTEXT_DONE;
  assign result_reason_o = turn_q.reason;
  assign result_tag_o = turn_q.tag;
  assign result_depth_o = turn_q.depth;
  assign result_offset_o = turn_q.pending_offset;
  assign result_base_o = turn_q.pending_base;
  assign result_class_o = turn_q.pending_class;

  logic [BaseBits-1:0] walk_return_q;
  logic [15:0] walk_register_q;
  logic [FrameWidth-1:0] walk_frame;
  assign walk_frame = (walk_index_i == 3'd0) ? turn_q.top : stack_word;
  assign walk_return_o = walk_return_q;
  assign walk_register_o = walk_register_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_turn_q <= CONTEXT_IDLE;
      state_rest_q <= CONTEXT_IDLE;
      turn_q <= '0;
      rest_q <= '0;
      turn_id_q <= 1'b0;
    end else begin
      state_turn_q <= state_rest_q;
      state_rest_q <= state_d;
      turn_q <= turn_d;
      rest_q <= rest_d;
      turn_id_q <= !turn_id_q;
    end
  end

  // Data whose validity the states above carry.
  always_ff @(posedge clk_i) begin
    current_turn_q <= current_rest_q;
    current_rest_q <= current_d;
    next_turn_q <= next_rest_q;
    next_rest_q <= next_d;
    looked_up_turn_q <= looked_up_rest_q;
    looked_up_rest_q <= looked_up_d;
    if (turn_id_q == walk_context_i) {walk_return_q, walk_register_q} <= walk_frame[FrameWidth-1-:BaseBits+16];
  end

  // A running context always has a symbol somewhere: that is invariant 11's "no input stalls a lane".
  `SLUICE_ASSERT(a_context_moves, state_turn_q != CONTEXT_RUN || turn_q.issued || turn_q.pending || turn_q.resume != 2'd0)
  `SLUICE_ASSERT(a_depth_at_least_bottom, state_turn_q == CONTEXT_IDLE || turn_q.depth != '0)

endmodule
