// SPDX-License-Identifier: Apache-2.0
// Judges one symbol: steps 1 to 5 of docs/fabric.md "Engine" for one transition, as a pure function of the frame on top, the
// accumulator, the tag and the action. It holds no state, looks up nothing and moves no frame: that is the engine's.
module engine_judge #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned LengthBits = 12,
    parameter int unsigned DepthBits = 7
) (
    // the transition: what the look-up found wrong, and the symbol
    input  logic                  parity_fault_i,     // class map or entry
    input  logic                  no_entry_i,         // label differs, or control RESERVED
    input  logic                  action_fault_i,     // parity of the action
    input  logic [2:0]            control_i,
    input  sluice_pkg::action_t   action_i,
    input  logic                  is_end_i,
    input  logic [6:0]            byte_i,
    // the state before the symbol
    input  logic [15:0]           register_i,
    input  logic [15:0]           accumulator_i,
    input  logic [9:0]            tag_i,
    input  logic                  frame_has_length_i, // pushed by CALL_LEN
    input  logic [DepthBits-1:0]  depth_i,
    input  logic [DepthBits-1:0]  max_depth_i,
    input  logic [LengthBits-1:0] left_i,             // bytes left in the frame after this symbol
    input  logic                  key_open_i,         // since BEGIN
    input  logic                  key_greater_i,      // the open key is greater than the previous one
    // the verdict and the state after it
    output logic [4:0]            reason_o,           // Reason; ACCEPTED: no check failed
    output logic                  accept_o,           // ACCEPT, and no check failed
    output logic [15:0]           register_o,
    output logic [15:0]           accumulator_o,
    output logic [9:0]            tag_o
);

  localparam logic [15:0] Saturated = 16'(sluice_pkg::ACCUMULATOR_SATURATED);

  logic is_pop, is_push, at_bottom, permitted;
  logic [4:0] register_reason, accumulator_reason, key_reason, control_reason;
  logic [15:0] group_byte, left;
  logic [19:0] digit_sum;
  logic [22:0] group_sum;

  assign is_pop = control_i == sluice_pkg::CONTROL_RET || control_i == sluice_pkg::CONTROL_REDO ||
                  control_i == sluice_pkg::CONTROL_REDO_TO;
  assign is_push = control_i == sluice_pkg::CONTROL_CALL || control_i == sluice_pkg::CONTROL_CALL_LEN;
  assign at_bottom = depth_i == DepthBits'(1);
  assign left = 16'(left_i);
  assign tag_o = (Pipeline == sluice_pkg::PIPELINE_REQUEST && action_i.tag != '0) ? action_i.tag : tag_i;

  // Which controls the symbol and the stack permit.
  always_comb begin
    permitted = 1'b1;
    if (is_end_i && !is_pop && control_i != sluice_pkg::CONTROL_ACCEPT) permitted = 1'b0;
    if (!is_end_i && control_i == sluice_pkg::CONTROL_ACCEPT) permitted = 1'b0;
    if (is_pop && (at_bottom || (frame_has_length_i && !is_end_i))) permitted = 1'b0;
    if (control_i == sluice_pkg::CONTROL_ACCEPT) begin
      if (!at_bottom) permitted = 1'b0;
      if (Pipeline == sluice_pkg::PIPELINE_REQUEST && tag_o == '0) permitted = 1'b0;
    end
    if (action_i.accumulator_op > sluice_pkg::ACCUMULATOR_OP_CHECK_END) permitted = 1'b0;
    if (action_i.key_op == sluice_pkg::KEY_OP_NEW_MAP && control_i != sluice_pkg::CONTROL_CALL) permitted = 1'b0;
    if (action_i.key_op == sluice_pkg::KEY_OP_BEGIN && control_i != sluice_pkg::CONTROL_NEXT && !is_push) permitted = 1'b0;
  end

  // Step 1: r of the top frame.
  always_comb begin
    register_o = register_i;
    register_reason = sluice_pkg::REASON_ACCEPTED;
    unique case (action_i.register_op)
      sluice_pkg::REGISTER_OP_SET, sluice_pkg::REGISTER_OP_SET_AGAIN: begin
        register_o = action_i.register_arg;
        if (register_i > action_i.register_arg ||
            (register_i == action_i.register_arg && action_i.register_op == sluice_pkg::REGISTER_OP_SET)) begin
          register_reason = sluice_pkg::REASON_ORDER;
        end else if (register_i < action_i.register_min) begin
          register_reason = sluice_pkg::REASON_TOO_FEW;
        end
      end
      sluice_pkg::REGISTER_OP_INC: begin
        if (register_i < action_i.register_arg) register_o = register_i + 16'd1;
        else if (action_i.register_arg != 16'(sluice_pkg::INC_UNBOUNDED)) register_reason = sluice_pkg::REASON_TOO_MANY;
      end
      default: ;
    endcase
  end

  // Step 2: the accumulator. Saturated is 65535; it stays until DIGIT_FIRST or GROUP(0).
  assign digit_sum = {1'b0, accumulator_i, 3'd0} + {3'd0, accumulator_i, 1'd0} + 20'(byte_i[3:0]);
  assign group_sum = 23'(accumulator_i) +
                     (action_i.accumulator_group == 3'd1 ? 23'({byte_i, 7'd0}) : 23'({byte_i, 14'd0}));
  assign group_byte = 16'(byte_i);

  always_comb begin
    accumulator_o = accumulator_i;
    accumulator_reason = sluice_pkg::REASON_ACCEPTED;
    unique case (action_i.accumulator_op)
      sluice_pkg::ACCUMULATOR_OP_DIGIT_FIRST: accumulator_o = 16'(byte_i[3:0]);
      sluice_pkg::ACCUMULATOR_OP_DIGIT:
      accumulator_o = (accumulator_i == Saturated || digit_sum >= 20'(Saturated)) ? Saturated : digit_sum[15:0];
      sluice_pkg::ACCUMULATOR_OP_GROUP: begin
        if (action_i.accumulator_group == 3'd0) accumulator_o = group_byte;
        else if (accumulator_i == Saturated) accumulator_o = Saturated;
        else if (action_i.accumulator_group > 3'd2) accumulator_o = (byte_i == '0) ? accumulator_i : Saturated;
        else accumulator_o = (group_sum >= 23'(Saturated)) ? Saturated : group_sum[15:0];
      end
      sluice_pkg::ACCUMULATOR_OP_CHECK_END:
      if (accumulator_i == Saturated || accumulator_i != left) accumulator_reason = sluice_pkg::REASON_LENGTH;
      default: ;
    endcase
    if (is_end_i) accumulator_o = accumulator_i;
  end

  // Step 3: the key unit. Its comparison was made byte by byte.
  always_comb begin
    key_reason = sluice_pkg::REASON_ACCEPTED;
    if ((action_i.key_op == sluice_pkg::KEY_OP_BEGIN && key_open_i) ||
        (action_i.key_op == sluice_pkg::KEY_OP_END_KEY && !(key_open_i && key_greater_i))) begin
      key_reason = sluice_pkg::REASON_KEY_ORDER;
    end
  end

  // Step 4: what the control itself needs.
  always_comb begin
    control_reason = sluice_pkg::REASON_ACCEPTED;
    if (is_push && depth_i >= max_depth_i) begin
      control_reason = sluice_pkg::REASON_DEPTH;
    end else if (control_i == sluice_pkg::CONTROL_CALL_LEN && (accumulator_o == Saturated || accumulator_o > left)) begin
      control_reason = sluice_pkg::REASON_LENGTH;
    end else if ((is_pop || control_i == sluice_pkg::CONTROL_ACCEPT) && register_o < action_i.operand) begin
      control_reason = sluice_pkg::REASON_TOO_FEW;
    end
  end

  // The first failed check is the reason.
  always_comb begin
    reason_o = sluice_pkg::REASON_ACCEPTED;
    if (parity_fault_i) reason_o = sluice_pkg::REASON_TABLE_PARITY;
    else if (no_entry_i) reason_o = sluice_pkg::REASON_NO_TRANSITION;
    else if (action_fault_i) reason_o = sluice_pkg::REASON_TABLE_PARITY;
    else if (!permitted) reason_o = sluice_pkg::REASON_NO_TRANSITION;
    else if (register_reason != sluice_pkg::REASON_ACCEPTED) reason_o = register_reason;
    else if (accumulator_reason != sluice_pkg::REASON_ACCEPTED) reason_o = accumulator_reason;
    else if (key_reason != sluice_pkg::REASON_ACCEPTED) reason_o = key_reason;
    else reason_o = control_reason;
  end
  assign accept_o = control_i == sluice_pkg::CONTROL_ACCEPT && reason_o == sluice_pkg::REASON_ACCEPTED;

  logic unused;  // not stored by this device, see table_bank
  assign unused = action_i.parity;

endmodule
