// SPDX-License-Identifier: Apache-2.0
// The tables of one pipeline: class maps, entries and actions, two banks each, in block RAM. Reads take two edges.
//
// The writer hands over words that it has checked against the canonical layout (parity, reserved bits, ranges). Stored are the bits
// that the geometry needs and a parity of their own: odd over the stored bits, the slot number AND the bank bit, so that a read of a
// wrong slot or of the other bank is found too. The reader checks it on the consumed register: this module checks nothing.
module table_bank #(
    parameter int unsigned Entries = 4096,
    parameter int unsigned Actions = 512,
    parameter int unsigned Endpoints = 256,
    localparam int unsigned BaseBits = $clog2(Entries),
    localparam int unsigned ActionBits = $clog2(Actions),
    localparam int unsigned TagBits = $clog2(Endpoints)
) (
    input  logic                    clk_i,
    // write port, of the loader only
    input  logic                    write_bank_i,
    input  logic [15:0]             write_index_i,
    input  logic                    write_map_i,
    input  sluice_pkg::class_map_t  write_map_word_i,
    input  logic                    write_entry_i,
    input  sluice_pkg::entry_t      write_entry_word_i,
    input  logic                    write_action_i,
    input  sluice_pkg::action_t     write_action_word_i,
    // read ports, of the engine only
    input  logic                    map_bank_i,
    input  logic [7:0]              map_index_i,
    output sluice_pkg::class_map_t  map_word_o,
    input  logic                    entry_bank_i,
    input  logic [BaseBits-1:0]     entry_index_i,
    output sluice_pkg::entry_t      entry_word_o,
    input  logic                    action_bank_i,
    input  logic [ActionBits-1:0]   action_index_i,
    output sluice_pkg::action_t     action_word_o
);

  localparam int unsigned EntryWidth = 8 + 3 + BaseBits + ActionBits;
  localparam int unsigned ActionWidth = 16 + 16 + 16 + TagBits + 2 + 3 + 3 + 2;

  logic [EntryWidth-1:0] entry_write, entry_read;
  logic [ActionWidth-1:0] action_write, action_read;
  logic entry_parity, action_parity, map_parity;
  logic entry_parity_read, action_parity_read;

  assign entry_write = {write_entry_word_i.action[ActionBits-1:0], write_entry_word_i.next[BaseBits-1:0],
                        write_entry_word_i.control, write_entry_word_i.label};
  assign entry_parity = ~^{entry_write, write_index_i[BaseBits-1:0], write_bank_i};

  assign action_write = {write_action_word_i.register_min, write_action_word_i.register_arg,
                         write_action_word_i.operand, write_action_word_i.tag[TagBits-1:0],
                         write_action_word_i.key_op, write_action_word_i.accumulator_group, write_action_word_i.accumulator_op,
                         write_action_word_i.register_op};
  assign action_parity = ~^{action_write, write_index_i[ActionBits-1:0], write_bank_i};
  assign map_parity = ~^{write_map_word_i.map1, write_map_word_i.map0, write_index_i[7:0], write_bank_i};

  prim_ram #(.Depth(512), .Width(17)) u_map (
      .clk_i,
      .write_i(write_map_i),
      .write_address_i({write_bank_i, write_index_i[7:0]}),
      .write_data_i({map_parity, write_map_word_i.map1, write_map_word_i.map0}),
      .read_address_i({map_bank_i, map_index_i}),
      .read_data_o(map_word_o)
  );

  prim_ram #(.Depth(2 * Entries), .Width(EntryWidth + 1)) u_entry (
      .clk_i,
      .write_i(write_entry_i),
      .write_address_i({write_bank_i, write_index_i[BaseBits-1:0]}),
      .write_data_i({entry_parity, entry_write}),
      .read_address_i({entry_bank_i, entry_index_i}),
      .read_data_o({entry_parity_read, entry_read})
  );

  prim_ram #(.Depth(2 * Actions), .Width(ActionWidth + 1)) u_action (
      .clk_i,
      .write_i(write_action_i),
      .write_address_i({write_bank_i, write_index_i[ActionBits-1:0]}),
      .write_data_i({action_parity, action_write}),
      .read_address_i({action_bank_i, action_index_i}),
      .read_data_o({action_parity_read, action_read})
  );

  // Back to the canonical fields; the bits that this geometry does not have read as zero.
  always_comb begin
    entry_word_o = '0;
    entry_word_o.parity = entry_parity_read;
    entry_word_o.action[ActionBits-1:0] = entry_read[11+BaseBits+:ActionBits];
    entry_word_o.next[BaseBits-1:0] = entry_read[11+:BaseBits];
    entry_word_o.control = entry_read[10:8];
    entry_word_o.label = entry_read[7:0];

    action_word_o = '0;
    action_word_o.parity = action_parity_read;
    action_word_o.register_op = action_read[1:0];
    action_word_o.accumulator_op = action_read[4:2];
    action_word_o.accumulator_group = action_read[7:5];
    action_word_o.key_op = action_read[9:8];
    action_word_o.tag[TagBits-1:0] = action_read[10+:TagBits];
    action_word_o.operand = action_read[10+TagBits+:16];
    action_word_o.register_arg = action_read[26+TagBits+:16];
    action_word_o.register_min = action_read[42+TagBits+:16];
  end

  // The parts of the canonical words that are not stored: their parity was the loader's, the upper bits are zero by its range checks.
  logic unused;
  assign unused = ^{write_index_i, write_map_word_i.parity, write_entry_word_i, write_action_word_i};

endmodule
