// SPDX-License-Identifier: Apache-2.0
// Takes link frames of one port byte by byte, puts the fragments of the one open record into a record buffer and hands complete
// records over (docs/fabric.md "Frames in"). A frame is judged when its last byte has come; until then its bytes only lie in a buffer
// that nobody reads. It looks at no record byte, and nothing of a header but the tag and the verified length goes further.
//
// It stops its input for a few cycles per frame, and while an earlier rejection waits for the audit, never for a lane.
`include "assertions.svh"

module link_rx #(
    parameter sluice_pkg::pipeline_e Pipeline = sluice_pkg::PIPELINE_REQUEST,
    parameter int unsigned RecordBytes = 2048,
    parameter int unsigned Buffers = 4,
    localparam int unsigned LengthBits = $clog2(RecordBytes + 1),
    localparam int unsigned BufferBits = $clog2(Buffers)
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  tick_i,
    // image
    input  logic                  image_active_i,
    input  logic [15:0]           max_record_bytes_i,
    input  logic                  swap_waits_i,   // no new record
    input  logic                  swap_abort_i,   // the open record goes
    input  logic                  swap_i,         // the banks change
    // frames, one byte per cycle
    input  logic                  rx_valid_i,
    input  logic [7:0]            rx_data_i,
    input  logic                  rx_last_i,
    output logic                  rx_ready_o,
    // record buffer
    input  logic                  free_i,
    input  logic [BufferBits-1:0] free_buffer_i,
    output logic                  claim_o,
    output logic                  drop_o,
    output logic [BufferBits-1:0] buffer_o,
    output logic                  write_o,
    output logic [LengthBits-1:0] write_address_o,
    output logic [7:0]            write_data_o,
    // a complete record in buffer_o
    output logic                  complete_o,
    output logic [LengthBits-1:0] complete_length_o,
    output logic [31:0]           complete_tag_o,
    // rejections
    output logic                  event_valid_o,
    output fabric_pkg::event_t    event_o,
    input  logic                  event_done_i,
    output logic                  ignored_o,
    // a record of the present bank is open, or its verdict on the way to the audit
    output logic                  pending_o,
    output logic                  busy_o
);

  localparam logic [7:0] Kind = (Pipeline == sluice_pkg::PIPELINE_REQUEST) ? sluice_pkg::LINK_KIND_REQUEST
                                                                          : sluice_pkg::LINK_KIND_RESPONSE;
  localparam logic [10:0] HeaderBytes = 11'(sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_BYTES);
  localparam logic [10:0] FragmentBytes = 11'(sluice_pkg::LINK_FRAGMENT_BYTES);
  // The bytes of both headers that have one right value, as positions in the frame.
  localparam logic [10:0] EtherTypeAt = 11'(sluice_pkg::ETHERNET_HEADER_ETHERTYPE_AT);
  localparam logic [10:0] MagicAt = 11'(sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_MAGIC_AT);
  localparam logic [10:0] VersionAt = 11'(sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_VERSION_AT);
  localparam logic [10:0] KindAt = 11'(sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_KIND_AT);
  localparam logic [10:0] TagAt = 11'(sluice_pkg::ETHERNET_HEADER_BYTES + sluice_pkg::LINK_HEADER_TAG_AT);

  typedef enum logic [1:0] {
    RX_HEADER,  // bytes of the two headers
    RX_CHECK,   // one cycle: where does the fragment belong
    RX_BODY,    // fragment and padding
    RX_JUDGE    // the frame is whole: act (again after an abort of an older record)
  } state_e;
  typedef enum logic [1:0] {
    OPEN_NONE,
    OPEN_STORING,
    OPEN_SKIPPING
  } open_e;

  state_e state_q, state_d;
  open_e open_q, open_d;
  // the frame
  logic [10:0] count_q, count_d;
  logic foreign_q, foreign_d;          // another EtherType
  logic header_bad_q, header_bad_d;
  logic [95:0] fields_q, fields_d;     // tag, record length, fragment offset
  logic [10:0] fragment_q, fragment_d; // bytes that the fragment must have
  logic [10:0] left_q, left_d;         // of them still to come
  logic padding_bad_q, padding_bad_d;
  logic store_q, store_d;              // the fragment is being stored
  logic full_q, full_d;                // a first fragment found no free buffer
  // the open record
  logic owns_q, owns_d;
  logic [BufferBits-1:0] buffer_q, buffer_d;
  logic [LengthBits-1:0] address_q, address_d;
  logic [31:0] open_tag_q, open_tag_d, open_length_q, open_length_d, open_next_q, open_next_d;
  logic [3:0] age_q, age_d;
  // a rejection on its way to the audit
  logic event_valid_q, event_valid_d;
  logic owed_q, owed_d;                // it is the verdict of a record that gave up
  logic [4:0] event_reason_q, event_reason_d;
  logic [31:0] event_tag_q, event_tag_d, event_length_q, event_length_d;
  logic [15:0] event_offset_q, event_offset_d;

  logic [31:0] tag, length, offset, remaining;
  logic first, continues, fits, post, give_up, frame_bad, due_out, buffer_is_heirs;
  logic [4:0] post_reason;
  logic [31:0] post_tag, post_length;
  logic [7:0] expected;

  assign {tag, length, offset} = fields_q;
  assign remaining = length - offset;
  assign first = offset == '0;
  assign continues = open_q != OPEN_NONE && tag == open_tag_q && length == open_length_q && offset == open_next_q;
  assign fits = length <= 32'(max_record_bytes_i);
  assign frame_bad = padding_bad_q ||
                     count_q != ((fragment_q < 11'(sluice_pkg::FRAME_MIN_BYTES) - HeaderBytes)
                                     ? 11'(sluice_pkg::FRAME_MIN_BYTES) : fragment_q + HeaderBytes);
  assign due_out = length == offset + 32'(fragment_q);  // the fragment is the record's last

  // The one right value of a byte of the headers.
  always_comb begin
    expected = rx_data_i;
    unique case (count_q)
      EtherTypeAt: expected = 8'(sluice_pkg::ETHERTYPE >> 8);
      EtherTypeAt + 11'd1: expected = 8'(sluice_pkg::ETHERTYPE);
      MagicAt: expected = 8'(sluice_pkg::LINK_MAGIC >> 8);
      MagicAt + 11'd1: expected = 8'(sluice_pkg::LINK_MAGIC);
      VersionAt: expected = 8'(sluice_pkg::LINK_VERSION);
      KindAt: expected = Kind;
      default: ;
    endcase
  end

  // The open record gives up: too old, or its bank goes. Not while a frame is being judged.
  assign give_up = open_q == OPEN_STORING && !event_valid_q && state_q != RX_JUDGE && state_q != RX_CHECK &&
                   (age_q > 4'(sluice_pkg::RECORD_TIMEOUT_TICKS) || swap_abort_i);
  // ... and a first fragment that is just coming in lies in its buffer already.
  assign buffer_is_heirs = state_q == RX_BODY && first && store_q;

  always_comb begin
    state_d = state_q;
    open_d = open_q;
    count_d = count_q;
    foreign_d = foreign_q;
    header_bad_d = header_bad_q;
    fields_d = fields_q;
    fragment_d = fragment_q;
    left_d = left_q;
    padding_bad_d = padding_bad_q;
    store_d = store_q;
    full_d = full_q;
    owns_d = owns_q;
    buffer_d = buffer_q;
    address_d = address_q;
    open_tag_d = open_tag_q;
    open_length_d = open_length_q;
    open_next_d = open_next_q;
    age_d = age_q;
    rx_ready_o = 1'b0;
    claim_o = 1'b0;
    drop_o = 1'b0;
    write_o = 1'b0;
    complete_o = 1'b0;
    ignored_o = 1'b0;
    post = 1'b0;
    post_reason = sluice_pkg::REASON_BAD_FRAME;
    post_tag = tag;
    post_length = length;

    if (tick_i && open_q == OPEN_STORING && age_q != 4'hF) age_d = age_q + 4'd1;

    unique case (state_q)
      RX_HEADER: begin
        rx_ready_o = 1'b1;
        if (rx_valid_i) begin
          count_d = count_q + 11'd1;
          if (rx_data_i != expected) begin
            if (count_q < MagicAt) foreign_d = 1'b1;
            else header_bad_d = 1'b1;
          end
          if (count_q >= TagAt) fields_d = {fields_q[87:0], rx_data_i};
          if (rx_last_i) state_d = RX_JUDGE;
          else if (count_d == HeaderBytes) state_d = RX_CHECK;
        end
      end

      RX_CHECK: begin
        state_d = RX_BODY;
        fragment_d = (remaining > 32'(FragmentBytes)) ? FragmentBytes : remaining[10:0];
        left_d = fragment_d;
        address_d = offset[LengthBits-1:0];
        if (!foreign_q && !header_bad_q) begin
          if (!first) begin
            store_d = continues && open_q == OPEN_STORING;
          end else if (image_active_i && !swap_waits_i && fits) begin
            // An open record is dead now, whatever becomes of this frame: its buffer serves again.
            store_d = owns_q || free_i;
            full_d = !store_d;
            claim_o = !owns_q && free_i;
            if (claim_o) begin
              owns_d = 1'b1;
              buffer_d = free_buffer_i;
            end
          end
        end
      end

      RX_BODY: begin
        rx_ready_o = 1'b1;
        if (rx_valid_i) begin
          if (count_q != '1) count_d = count_q + 11'd1;
          if (left_q != '0) begin
            left_d = left_q - 11'd1;
            write_o = store_q;
            address_d = address_q + LengthBits'(1);
          end else if (rx_data_i != '0) begin
            padding_bad_d = 1'b1;
          end
          if (rx_last_i) state_d = RX_JUDGE;
        end
      end

      RX_JUDGE: begin
        if (count_q < MagicAt || foreign_q) begin
          ignored_o = 1'b1;
          state_d = RX_HEADER;
          // A frame of less than a header was never checked: it owns no buffer of its own.
        end else if (!event_valid_q) begin
          if (header_bad_q || count_q < 11'(sluice_pkg::FRAME_MIN_BYTES) || count_q > 11'(sluice_pkg::FRAME_MAX_BYTES)) begin
            post = 1'b1;
            if (count_q < HeaderBytes) begin
              post_tag = '0;
              post_length = '0;
            end
            open_d = OPEN_NONE;
            drop_o = owns_q;
            state_d = RX_HEADER;
          end else if (first && open_q == OPEN_STORING) begin
            // First the older record; this frame is judged in the next cycle.
            post = 1'b1;
            post_tag = open_tag_q;
            post_length = open_length_q;
            open_d = OPEN_NONE;
          end else if (frame_bad || (!first && !continues)) begin
            post = 1'b1;
            open_d = OPEN_NONE;
            drop_o = owns_q;
            state_d = RX_HEADER;
          end else begin
            state_d = RX_HEADER;
            open_next_d = offset + 32'(fragment_q);
            if (first) begin
              open_d = OPEN_SKIPPING;
              open_tag_d = tag;
              open_length_d = length;
              age_d = '0;
              if (!image_active_i) begin
                post = 1'b1;
                post_reason = sluice_pkg::REASON_NO_IMAGE;
              end else if (swap_waits_i) begin
                post = 1'b1;
                post_reason = sluice_pkg::REASON_SWAPPED;
              end else if (!fits) begin
                post = 1'b1;
                post_reason = sluice_pkg::REASON_TOO_LONG;
              end else if (full_q) begin
                post = 1'b1;
                post_reason = sluice_pkg::REASON_OVERLOAD;
              end else if (!store_q) begin
                post = 1'b1;  // a swap began or came while the frame did
                post_reason = sluice_pkg::REASON_SWAPPED;
              end else begin
                open_d = OPEN_STORING;
              end
              drop_o = owns_q && open_d == OPEN_SKIPPING;
            end
            if (due_out) begin
              complete_o = open_d == OPEN_STORING;
              open_d = OPEN_NONE;
            end
          end
        end
      end
      default: state_d = RX_HEADER;
    endcase

    if (give_up) begin
      post = 1'b1;
      post_reason = (age_q > 4'(sluice_pkg::RECORD_TIMEOUT_TICKS)) ? sluice_pkg::REASON_TIMEOUT
                                                                 : sluice_pkg::REASON_SWAPPED;
      post_tag = open_tag_q;
      post_length = open_length_q;
      open_d = OPEN_SKIPPING;
      if (!buffer_is_heirs) begin
        drop_o = owns_q;
        store_d = 1'b0;
        write_o = 1'b0;
      end
    end
    if (swap_i) store_d = 1'b0;
    if (drop_o || complete_o) owns_d = 1'b0;
    if (state_q == RX_JUDGE && state_d == RX_HEADER) begin
      count_d = '0;
      foreign_d = 1'b0;
      header_bad_d = 1'b0;
      padding_bad_d = 1'b0;
      store_d = 1'b0;
      full_d = 1'b0;
      fragment_d = '0;
    end
  end

  always_comb begin
    event_valid_d = event_valid_q && !event_done_i;
    owed_d = give_up || (owed_q && !event_done_i);
    event_reason_d = event_reason_q;
    event_tag_d = event_tag_q;
    event_length_d = event_length_q;
    event_offset_d = event_offset_q;
    if (post) begin
      event_valid_d = 1'b1;
      event_reason_d = post_reason;
      event_tag_d = post_tag;
      event_length_d = post_length;
      event_offset_d = (post_reason == sluice_pkg::REASON_TOO_LONG) ? max_record_bytes_i : 16'd0;
    end
  end

  always_comb begin
    event_o = '0;
    event_o.kind = 2'(sluice_pkg::EVENT_KIND_RECORD);
    event_o.pipeline = Pipeline;
    event_o.reason = event_reason_q;
    event_o.tag = event_tag_q;
    event_o.length = event_length_q;
    event_o.offset = event_offset_q;
  end

  assign event_valid_o = event_valid_q;
  assign buffer_o = buffer_q;
  assign write_address_o = address_q;
  assign write_data_o = rx_data_i;
  assign complete_length_o = length[LengthBits-1:0];
  assign complete_tag_o = tag;
  // A swap waits for the verdicts of all frames that are whole, so that their events come before its own; from the tenth tick on only for
  // the open record's, so that no flood of frames holds it.
  assign pending_o = open_q == OPEN_STORING || owed_q || (!swap_abort_i && (state_q == RX_JUDGE || event_valid_q));
  assign busy_o = state_q == RX_CHECK || state_q == RX_JUDGE || event_valid_q || give_up;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= RX_HEADER;
      open_q <= OPEN_NONE;
      count_q <= '0;
      foreign_q <= 1'b0;
      header_bad_q <= 1'b0;
      fields_q <= '0;
      fragment_q <= '0;
      left_q <= '0;
      padding_bad_q <= 1'b0;
      store_q <= 1'b0;
      full_q <= 1'b0;
      owns_q <= 1'b0;
      buffer_q <= '0;
      address_q <= '0;
      open_tag_q <= '0;
      open_length_q <= '0;
      open_next_q <= '0;
      age_q <= '0;
      event_valid_q <= 1'b0;
      owed_q <= 1'b0;
      event_reason_q <= '0;
      event_tag_q <= '0;
      event_length_q <= '0;
      event_offset_q <= '0;
    end else begin
      state_q <= state_d;
      open_q <= open_d;
      count_q <= count_d;
      foreign_q <= foreign_d;
      header_bad_q <= header_bad_d;
      fields_q <= fields_d;
      fragment_q <= fragment_d;
      left_q <= left_d;
      padding_bad_q <= padding_bad_d;
      store_q <= store_d;
      full_q <= full_d;
      owns_q <= owns_d;
      buffer_q <= buffer_d;
      address_q <= address_d;
      open_tag_q <= open_tag_d;
      open_length_q <= open_length_d;
      open_next_q <= open_next_d;
      age_q <= age_d;
      event_valid_q <= event_valid_d;
      owed_q <= owed_d;
      event_reason_q <= event_reason_d;
      event_tag_q <= event_tag_d;
      event_length_q <= event_length_d;
      event_offset_q <= event_offset_d;
    end
  end

  `SLUICE_ASSERT(a_stored_has_buffer, !write_o || owns_q)
  `SLUICE_ASSERT(a_storing_has_buffer, open_q != OPEN_STORING || owns_q)
  `SLUICE_ASSERT(a_one_event_at_a_time, !(post && event_valid_q))
  `SLUICE_ASSERT(a_write_inside_record, !write_o || 32'(address_q) < length)

endmodule
