// SPDX-License-Identifier: Apache-2.0
// Takes the words of an image in order, checks each one (docs/fabric.md "Load and swap") and only then writes it into the inactive
// bank. The first failure closes the load and is kept. It cannot reach the active bank, and it cannot activate anything: that is
// swap_control's. It verifies no signature and no digest yet: the image counts as unsigned.
`include "assertions.svh"

module image_loader #(
    parameter logic [7:0] Geometry = sluice_pkg::GEOMETRY_SMALL,
    parameter int unsigned RequestEntries = 4096,
    parameter int unsigned ResponseEntries = 2048,
    parameter int unsigned Actions = 512,
    parameter int unsigned Endpoints = 256,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Transactions = 256,
    parameter int unsigned Depth = 64
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    // from swap_control
    input  logic                   active_bank_i,
    input  logic [63:0]            active_serial_i,  // 0 without an image
    input  logic                   swap_i,          // the complete load became active
    // from management: one at a time
    input  logic                   begin_i,
    input  logic                   abort_i,
    input  logic                   block_i,         // a BLOCK starts
    input  logic [31:0]            block_index_i,
    input  logic                   word_valid_i,    // at most every second cycle
    input  logic [63:0]            word_i,
    input  logic                   block_end_i,
    input  logic                   block_bad_i,     // with block_end_i: no word, or a part of one at the end
    output logic                   clearing_o,
    output logic                   is_open_o,
    output logic                   is_complete_o,
    output logic [7:0]             block_status_o,  // the answer to a BLOCK, to ACTIVATE
    output logic [7:0]             status_o,        // LOAD_STATUS
    output logic [31:0]            words_o,
    output fabric_pkg::limits_t    limits_o,        // of the load
    output logic [63:0]            serial_o,
    // the image's header, name and digest of either bank
    input  logic [3:0]             info_index_i,
    output logic [63:0]            info_word_o,
    // writes
    output logic                   write_bank_o,
    output logic [15:0]            write_index_o,
    output logic                   write_request_map_o,
    output logic                   write_request_entry_o,
    output logic                   write_request_action_o,
    output logic                   write_response_map_o,
    output logic                   write_response_entry_o,
    output logic                   write_response_action_o,
    output logic                   write_endpoint_o,
    output sluice_pkg::class_map_t write_map_word_o,
    output sluice_pkg::entry_t     write_entry_word_o,
    output sluice_pkg::action_t    write_action_word_o,
    output sluice_pkg::endpoint_t  write_endpoint_word_o
);

  localparam int unsigned GreatestEntries = (RequestEntries > ResponseEntries) ? RequestEntries : ResponseEntries;
  localparam logic [31:0] FixedWords = sluice_pkg::IMAGE_HEADER_WORDS + 2 * sluice_pkg::CLASS_MAP_WORDS +
                                       sluice_pkg::IMAGE_DIGEST_BYTES / 8;

  typedef enum logic [2:0] {
    LOAD_NONE,
    LOAD_CLEAR,     // open, the bank is being cleared
    LOAD_OPEN,
    LOAD_COMPLETE,
    LOAD_FAILED
  } load_e;
  typedef enum logic [3:0] {
    SECTION_HEAD,
    SECTION_REQUEST_MAP,
    SECTION_REQUEST_ENTRY,
    SECTION_REQUEST_ACTION,
    SECTION_RESPONSE_MAP,
    SECTION_RESPONSE_ENTRY,
    SECTION_RESPONSE_ACTION,
    SECTION_ENDPOINT,
    SECTION_DIGEST
  } section_e;

  load_e load_q, load_d;
  section_e section_q, section_d;
  logic [15:0] index_q, index_d;       // in the section; while clearing: the slot
  logic half_q, half_d;                // an action's second word is next
  logic [63:0] low_q, low_d;           // its first word
  logic [7:0] status_q, status_d;
  logic [31:0] words_q, words_d;
  logic [7:0] block_words_q, block_words_d;
  // of the header
  logic [31:0] total_q, total_d;
  logic [63:0] serial_q, serial_d;
  fabric_pkg::limits_t limits_q, limits_d;
  logic [15:0] request_last_q, request_last_d, response_last_q, response_last_d;  // entries less one
  logic [15:0] request_actions_q, request_actions_d, response_actions_q, response_actions_d, endpoints_q, endpoints_d;

  // --- the word under its possible readings
  sluice_pkg::image_head0_t head0;
  sluice_pkg::image_head2_t head2;
  sluice_pkg::image_head3_t head3;
  sluice_pkg::image_head4_t head4;
  sluice_pkg::image_head5_t head5;
  sluice_pkg::class_map_t class_map;
  sluice_pkg::entry_t entry;
  sluice_pkg::action_t action;
  sluice_pkg::endpoint_t endpoint;
  logic [127:0] action_words;
  assign head0 = word_i;
  assign head2 = word_i;
  assign head3 = word_i;
  assign head4 = word_i;
  assign head5 = word_i;
  assign class_map = word_i[sluice_pkg::CLASS_MAP_BITS-1:0];
  assign entry = word_i[sluice_pkg::ENTRY_BITS-1:0];
  assign action_words = {word_i, low_q};
  assign action = action_words[sluice_pkg::ACTION_BITS-1:0];
  assign endpoint = word_i[sluice_pkg::ENDPOINT_BITS-1:0];

  // --- checks; LOAD_STATUS_OK: passed
  logic [7:0] head_status, section_status;
  logic [31:0] total_expected;
  logic [31:0] entries_of_section, actions_of_section;
  logic is_response;
  assign total_expected = FixedWords + 32'(request_last_q) + 32'd1 + {15'd0, request_actions_q, 1'b0} +
                          32'(head5.response_entries) + 32'd1 + {15'd0, head5.response_actions, 1'b0} +
                          32'(head5.endpoints);

  always_comb begin
    head_status = sluice_pkg::LOAD_STATUS_OK;
    unique case (index_q[3:0])
      4'd0: begin
        if (head0.magic != sluice_pkg::IMAGE_MAGIC) head_status = sluice_pkg::LOAD_STATUS_BAD_MAGIC;
        else if (head0.format_version != 16'(sluice_pkg::IMAGE_FORMAT_VERSION)) head_status = sluice_pkg::LOAD_STATUS_BAD_VERSION;
        else if (head0.geometry != Geometry) head_status = sluice_pkg::LOAD_STATUS_BAD_GEOMETRY;
        else if (head0.mode != sluice_pkg::MODE_TWO_WAY) head_status = sluice_pkg::LOAD_STATUS_BAD_MODE;
      end
      4'd1: if (word_i <= active_serial_i) head_status = sluice_pkg::LOAD_STATUS_BAD_SERIAL;
      4'd2:
      if (head2.max_record_bytes == '0 || head2.max_record_bytes > RecordBytes) head_status = sluice_pkg::LOAD_STATUS_BAD_LIMIT;
      4'd3:
      if (head3.max_depth == '0 || 32'(head3.max_depth) > Depth || head3.max_outstanding == '0 ||
          32'(head3.max_outstanding) > Transactions || head3.response_timeout_ticks == '0 ||
          head3.response_timeout_ticks[31]) begin
        head_status = sluice_pkg::LOAD_STATUS_BAD_LIMIT;
      end
      4'd4: begin
        if (32'(head4.request_entries) >= RequestEntries || head4.request_actions == '0 ||
            32'(head4.request_actions) > Actions) begin
          head_status = sluice_pkg::LOAD_STATUS_BAD_LENGTH;
        end else if (32'(head4.request_start) >= RequestEntries) begin
          head_status = sluice_pkg::LOAD_STATUS_BAD_WORD;
        end
      end
      4'd5:
      if (32'(head5.response_entries) >= ResponseEntries || head5.response_actions == '0 ||
          32'(head5.response_actions) > Actions || head5.endpoints == '0 || 32'(head5.endpoints) > Endpoints ||
          total_q != total_expected) begin
        head_status = sluice_pkg::LOAD_STATUS_BAD_LENGTH;
      end
      default: ;
    endcase
  end

  assign is_response = section_q == SECTION_RESPONSE_ENTRY || section_q == SECTION_RESPONSE_ACTION;
  assign entries_of_section = is_response ? ResponseEntries : RequestEntries;
  assign actions_of_section = is_response ? 32'(response_actions_q) : 32'(request_actions_q);

  always_comb begin
    section_status = sluice_pkg::LOAD_STATUS_OK;
    unique case (section_q)
      SECTION_REQUEST_MAP, SECTION_RESPONSE_MAP: begin
        if (~^{word_i, index_q}) section_status = sluice_pkg::LOAD_STATUS_BAD_PARITY;
        else if (word_i[63:sluice_pkg::CLASS_MAP_BITS] != '0 || class_map.map0 == 8'(sluice_pkg::CLASS_END) ||
                 class_map.map1 == 8'(sluice_pkg::CLASS_END)) begin
          section_status = sluice_pkg::LOAD_STATUS_BAD_WORD;
        end
      end
      SECTION_REQUEST_ENTRY, SECTION_RESPONSE_ENTRY: begin
        if (~^{word_i, index_q}) section_status = sluice_pkg::LOAD_STATUS_BAD_PARITY;
        else if (word_i[63:sluice_pkg::ENTRY_BITS] != '0 || 32'(entry.next) >= entries_of_section ||
                 32'(entry.action) >= actions_of_section) begin
          section_status = sluice_pkg::LOAD_STATUS_BAD_WORD;
        end
      end
      SECTION_REQUEST_ACTION, SECTION_RESPONSE_ACTION: begin
        if (half_q) begin
          if (~^{action_words, index_q}) section_status = sluice_pkg::LOAD_STATUS_BAD_PARITY;
          else if (action_words[127:sluice_pkg::ACTION_BITS] != '0 ||
                   action.accumulator_op > sluice_pkg::ACCUMULATOR_OP_CHECK_END || 16'(action.tag) >= endpoints_q ||
                   (index_q == '0 && {action.register_min, action.register_arg, action.operand, action.tag, action.key_op,
                                      action.accumulator_group, action.accumulator_op, action.register_op} != '0)) begin
            section_status = sluice_pkg::LOAD_STATUS_BAD_WORD;
          end
        end
      end
      SECTION_ENDPOINT: begin
        if (~^{word_i, index_q}) section_status = sluice_pkg::LOAD_STATUS_BAD_PARITY;
        else if (word_i[63:sluice_pkg::ENDPOINT_BITS] != '0 || 32'(endpoint.response_base) >= ResponseEntries) begin
          section_status = sluice_pkg::LOAD_STATUS_BAD_WORD;
        end
      end
      default: ;
    endcase
  end

  // --- the order of the sections, and the last word of each
  section_e next_section;
  logic [15:0] last_index;
  always_comb begin
    unique case (section_q)
      SECTION_HEAD: next_section = SECTION_REQUEST_MAP;
      SECTION_REQUEST_MAP: next_section = SECTION_REQUEST_ENTRY;
      SECTION_REQUEST_ENTRY: next_section = SECTION_REQUEST_ACTION;
      SECTION_REQUEST_ACTION: next_section = SECTION_RESPONSE_MAP;
      SECTION_RESPONSE_MAP: next_section = SECTION_RESPONSE_ENTRY;
      SECTION_RESPONSE_ENTRY: next_section = SECTION_RESPONSE_ACTION;
      SECTION_RESPONSE_ACTION: next_section = SECTION_ENDPOINT;
      default: next_section = SECTION_DIGEST;
    endcase
  end
  always_comb begin
    unique case (section_q)
      SECTION_HEAD: last_index = 16'(sluice_pkg::IMAGE_HEADER_WORDS - 1);
      SECTION_REQUEST_ENTRY: last_index = request_last_q;
      SECTION_REQUEST_ACTION: last_index = request_actions_q - 16'd1;
      SECTION_RESPONSE_ENTRY: last_index = response_last_q;
      SECTION_RESPONSE_ACTION: last_index = response_actions_q - 16'd1;
      SECTION_ENDPOINT: last_index = endpoints_q - 16'd1;
      SECTION_DIGEST: last_index = 16'(sluice_pkg::IMAGE_DIGEST_BYTES / 8 - 1);
      default: last_index = 16'(sluice_pkg::CLASS_MAP_WORDS - 1);
    endcase
  end

  // --- the load
  logic [7:0] failure;
  logic takes, is_action;
  assign is_action = section_q == SECTION_REQUEST_ACTION || section_q == SECTION_RESPONSE_ACTION;

  always_comb begin
    failure = sluice_pkg::LOAD_STATUS_OK;
    if (block_i) begin
      if (load_q == LOAD_COMPLETE) failure = sluice_pkg::LOAD_STATUS_BAD_LENGTH;
      else if (block_index_i != words_q) failure = sluice_pkg::LOAD_STATUS_SEQUENCE;
    end else if (word_valid_i) begin
      if (32'(block_words_q) == sluice_pkg::MANAGEMENT_BLOCK_WORDS_MAX) failure = sluice_pkg::LOAD_STATUS_SEQUENCE;
      else if (load_q == LOAD_COMPLETE) failure = sluice_pkg::LOAD_STATUS_BAD_LENGTH;
      else failure = (section_q == SECTION_HEAD) ? head_status : section_status;
    end else if (block_end_i && block_bad_i) begin
      failure = sluice_pkg::LOAD_STATUS_SEQUENCE;
    end
  end
  assign takes = word_valid_i && load_q == LOAD_OPEN && failure == sluice_pkg::LOAD_STATUS_OK;

  always_comb begin
    load_d = load_q;
    section_d = section_q;
    index_d = index_q;
    half_d = half_q;
    low_d = low_q;
    status_d = status_q;
    words_d = words_q;
    block_words_d = block_words_q;
    total_d = total_q;
    serial_d = serial_q;
    limits_d = limits_q;
    request_last_d = request_last_q;
    response_last_d = response_last_q;
    request_actions_d = request_actions_q;
    response_actions_d = response_actions_q;
    endpoints_d = endpoints_q;

    if (block_i) block_words_d = '0;
    if (word_valid_i) block_words_d = block_words_q + 8'd1;

    if (takes) begin
      words_d = words_q + 32'd1;
      if (is_action && !half_q) begin
        half_d = 1'b1;
        low_d = word_i;
      end else begin
        half_d = 1'b0;
        index_d = index_q + 16'd1;
        if (index_q == last_index) begin
          index_d = '0;
          if (section_q == SECTION_DIGEST) load_d = LOAD_COMPLETE;
          else section_d = next_section;
        end
      end
      if (section_q == SECTION_HEAD) begin
        unique case (index_q[3:0])
          4'd1: serial_d = word_i;
          4'd2: begin
            total_d = head2.total_words;
            limits_d.max_record_bytes = head2.max_record_bytes[15:0];
          end
          4'd3: begin
            limits_d.max_depth = head3.max_depth[8:0];
            limits_d.max_outstanding = head3.max_outstanding[8:0];
            limits_d.response_timeout_ticks = head3.response_timeout_ticks[30:0];
          end
          4'd4: begin
            request_last_d = head4.request_entries;
            request_actions_d = head4.request_actions;
            limits_d.request_start = head4.request_start[14:0];
          end
          4'd5: begin
            response_last_d = head5.response_entries;
            response_actions_d = head5.response_actions;
            endpoints_d = head5.endpoints;
          end
          default: ;
        endcase
      end
    end

    if (load_q == LOAD_CLEAR) begin
      index_d = index_q + 16'd1;
      if (32'(index_q) == GreatestEntries - 1) begin
        index_d = '0;
        load_d = LOAD_OPEN;
      end
    end
    if ((load_q == LOAD_OPEN || load_q == LOAD_COMPLETE) && failure != sluice_pkg::LOAD_STATUS_OK) begin
      load_d = LOAD_FAILED;
      status_d = failure;
    end
    if (begin_i) begin
      load_d = LOAD_CLEAR;
      section_d = SECTION_HEAD;
      index_d = '0;
      half_d = 1'b0;
      status_d = sluice_pkg::LOAD_STATUS_OK;
      words_d = '0;
    end
    if (abort_i) begin
      load_d = LOAD_NONE;
      status_d = sluice_pkg::LOAD_STATUS_IDLE;
    end
    if (swap_i) load_d = LOAD_NONE;
  end

  always_comb begin
    block_status_o = status_q;
    if (load_q == LOAD_NONE) block_status_o = sluice_pkg::LOAD_STATUS_IDLE;
  end

  // --- writes: while clearing, every slot of every table; else the checked word
  logic clear;
  assign clear = load_q == LOAD_CLEAR;
  assign write_bank_o = !active_bank_i;
  assign write_index_o = index_q;
  assign write_map_word_o = clear ? '0 : class_map;
  assign write_entry_word_o = clear ? '0 : entry;
  assign write_action_word_o = clear ? '0 : action;
  assign write_endpoint_word_o = clear ? '0 : endpoint;
  assign write_request_map_o = takes && section_q == SECTION_REQUEST_MAP;
  assign write_response_map_o = takes && section_q == SECTION_RESPONSE_MAP;
  assign write_request_entry_o = (clear && 32'(index_q) < RequestEntries) || (takes && section_q == SECTION_REQUEST_ENTRY);
  assign write_response_entry_o = (clear && 32'(index_q) < ResponseEntries) || (takes && section_q == SECTION_RESPONSE_ENTRY);
  assign write_request_action_o = (clear && 32'(index_q) < Actions) || (takes && half_q && section_q == SECTION_REQUEST_ACTION);
  assign write_response_action_o = (clear && 32'(index_q) < Actions) || (takes && half_q && section_q == SECTION_RESPONSE_ACTION);
  assign write_endpoint_o = (clear && 32'(index_q) < Endpoints) || (takes && section_q == SECTION_ENDPOINT);

  // Header and digest of either bank, for the registers: 10 + 4 words.
  prim_ram #(.Depth(32), .Width(64)) u_info (
      .clk_i,
      .write_i(takes && (section_q == SECTION_HEAD || section_q == SECTION_DIGEST)),
      .write_address_i({write_bank_o, (section_q == SECTION_HEAD) ? index_q[3:0]
                                                                 : index_q[3:0] + 4'(sluice_pkg::IMAGE_HEADER_WORDS)}),
      .write_data_i(word_i),
      .read_address_i({active_bank_i, info_index_i}),
      .read_data_o(info_word_o)
  );

  assign clearing_o = clear;
  assign is_open_o = load_q == LOAD_OPEN || load_q == LOAD_CLEAR;
  assign is_complete_o = load_q == LOAD_COMPLETE;
  assign status_o = status_q;
  assign words_o = words_q;
  assign limits_o = limits_q;
  assign serial_o = serial_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_q <= LOAD_NONE;
      section_q <= SECTION_HEAD;
      index_q <= '0;
      half_q <= 1'b0;
      low_q <= '0;
      status_q <= sluice_pkg::LOAD_STATUS_IDLE;
      words_q <= '0;
      block_words_q <= '0;
      total_q <= '0;
      serial_q <= '0;
      limits_q <= '0;
      request_last_q <= '0;
      response_last_q <= '0;
      request_actions_q <= '0;
      response_actions_q <= '0;
      endpoints_q <= '0;
    end else begin
      load_q <= load_d;
      section_q <= section_d;
      index_q <= index_d;
      half_q <= half_d;
      low_q <= low_d;
      status_q <= status_d;
      words_q <= words_d;
      block_words_q <= block_words_d;
      total_q <= total_d;
      serial_q <= serial_d;
      limits_q <= limits_d;
      request_last_q <= request_last_d;
      response_last_q <= response_last_d;
      request_actions_q <= request_actions_d;
      response_actions_q <= response_actions_d;
      endpoints_q <= endpoints_d;
    end
  end

  `SLUICE_ASSERT(a_nothing_taken_unless_open, !takes || load_q == LOAD_OPEN)

endmodule
