// SPDX-License-Identifier: Apache-2.0
// The engine of docs/fabric.md "Engine": a deterministic pushdown automaton with one register per
// stack frame. A Context judges one record, byte by byte or in pieces; many contexts may share one
// Program. judge() takes a whole record. No allocation, no exceptions, bounded work: at most 3n + 1
// steps for n bytes. It knows nothing of frames on a link, of transactions or of time.
#pragma once

#include <cstdint>
#include <span>

#include "engine/image.hpp"
#include "engine/table.hpp"
#include "engine/verdict.hpp"

namespace sluice::engine {

/// Deepest stack of any geometry.
inline constexpr std::uint32_t max_frames = layout::limits_of(layout::Geometry::SIMULATION).depth;
/// Longest record of any geometry, in bytes.
inline constexpr std::uint32_t max_length =
    layout::limits_of(layout::Geometry::SIMULATION).record_bytes;

/// Everything that judges the records of one pipeline; a view into an Image, which must outlive it.
struct Program {
  const Table* table = nullptr;
  std::uint16_t max_depth = 1;  ///< stack frames, bottom included; at most max_frames
  std::uint32_t max_record_bytes = 0;
  layout::Pipeline pipeline = layout::Pipeline::REQUEST;
};

Program program_of(const Image& image, layout::Pipeline pipeline);

/// The judgement of one record while it arrives.
class Context {
 public:
  /// Opens a record of `length` bytes (the link header names it). `endpoint`: 0 for requests, the
  /// request's for responses. A length above the limit is a verdict at once: TOO_LONG.
  void open(const Program& program, std::uint16_t start_base, std::uint32_t length,
            std::uint16_t endpoint);

  /// The next byte, or bytes. True while there is no verdict yet. Bytes after the verdict are not
  /// looked at.
  bool feed(std::uint8_t byte) { return feed(std::span<const std::uint8_t>(&byte, 1)); }
  bool feed(std::span<const std::uint8_t> bytes);

  /// The verdict. Before all `length` bytes were fed and without a rejection: BAD_FRAME, as for a
  /// record that never became complete.
  const Verdict& finish();

  [[nodiscard]] bool decided() const { return decided_; }

 private:
  struct Frame {
    std::uint32_t end;
    std::uint16_t ret;
    std::uint16_t r;
    bool by_length;  // pushed by CALL_LEN: left only on END
    bool new_map;    // pushed with NEW_MAP: its pop restores the key of saved_keys_
  };

  // A key of a map, as a part of key_bytes_.
  struct Key {
    std::uint32_t begin;
    std::uint32_t end;
    bool none;
  };

  /// Keeps the bytes of the open key that were fed since the last call, for a later piece.
  void keep_key(std::span<const std::uint8_t> bytes, std::uint32_t origin, std::uint32_t offset);
  /// END_KEY at `offset`: false when the key is not greater than the previous one.
  bool end_key(std::span<const std::uint8_t> bytes, std::uint32_t origin, std::uint32_t offset);

  void reject(layout::Reason reason, std::uint32_t offset, std::uint8_t symbol_class);

  const Table* table_ = nullptr;
  std::uint32_t length_ = 0;
  std::uint32_t offset_ = 0;
  std::uint32_t unconsumed_ = 0;  // steps that consumed nothing
  std::uint32_t accumulator_ = 0;
  std::uint16_t base_ = 0;
  std::uint16_t tag_ = 0;
  std::uint16_t depth_ = 0;
  std::uint16_t max_depth_ = 0;
  bool is_request_ = true;
  bool decided_ = true;
  bool key_open_ = false;
  std::uint32_t key_start_ = 0;  // of the open key: offset of its first byte not yet kept
  std::uint32_t key_kept_ = 0;   // bytes of it that stand behind the previous key
  Key previous_key_{};
  Verdict verdict_;
  Frame frames_[max_frames];  // not cleared: only the first depth_ are read
  Key saved_keys_[max_frames];
  // A stack of previous keys, the enclosing maps' first, then the open one. All are distinct parts
  // of the record, so they fit. Only what keys refer to is read.
  std::uint8_t key_bytes_[max_length];
};

/// Judges a whole request record.
Verdict judge_request(const Image& image, std::span<const std::uint8_t> record);

/// Judges a whole response record to a request of that endpoint; NO_REQUEST for an endpoint that
/// the image does not have.
Verdict judge_response(const Image& image, std::uint16_t endpoint,
                       std::span<const std::uint8_t> record);

/// Either: `endpoint` is ignored for requests.
Verdict judge(const Image& image, layout::Pipeline pipeline, std::uint16_t endpoint,
              std::span<const std::uint8_t> record);

}  // namespace sluice::engine
