// SPDX-License-Identifier: Apache-2.0
// What the modules ask of each other beside the data path: wires in the HDL, calls here. All are
// immediate; none waits.
#pragma once

#include <cstdint>
#include <optional>
#include <systemc>

#include "engine/image.hpp"
#include "fabric/record.hpp"
#include "sluice/layout.hpp"

namespace sluice::fabric {

/// table_bank: the two banks.
class TableBankInterface : public virtual sc_core::sc_interface {
 public:
  /// The active image, or nullptr.
  [[nodiscard]] virtual const engine::Image* active() const = 0;
  /// Activations since reset.
  [[nodiscard]] virtual std::uint32_t epoch() const = 0;
  [[nodiscard]] virtual unsigned active_bank() const = 0;
  virtual void clear_inactive() = 0;
  virtual void fill_inactive(engine::Image image) = 0;
  /// The inactive bank becomes the active one; it must be filled.
  virtual void swap() = 0;
};

/// audit: counters, events, and the time that they carry.
class AuditInterface : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual bool slot_free() const = 0;
  /// Writes an event; sequence, epoch, tick and flags are filled in. Without a free slot it is
  /// counted as lost.
  virtual void write(layout::Event event) = 0;
  virtual void count(layout::Pipeline pipeline, layout::Reason reason) = 0;
  virtual void count_lost() = 0;
  virtual void count_ignored_frame() = 0;
  /// Device time, ticks.
  [[nodiscard]] virtual std::uint32_t now() const = 0;
  [[nodiscard]] virtual std::uint32_t counter(layout::Pipeline pipeline, unsigned reason) const = 0;
  [[nodiscard]] virtual std::uint32_t lost() const = 0;
  [[nodiscard]] virtual std::uint32_t ignored_frames() const = 0;
};

/// transaction_table.
class TransactionInterface : public virtual sc_core::sc_interface {
 public:
  struct Transaction {
    std::uint32_t low_tag = 0;
    std::uint16_t endpoint = 0;
  };
  /// Device id, or nothing when a limit is reached.
  virtual std::optional<std::uint32_t> allocate(std::uint16_t endpoint, std::uint32_t low_tag,
                                                const engine::Image& image) = 0;
  /// Uses up the transaction of that device id, if it is outstanding.
  virtual std::optional<Transaction> use_up(std::uint32_t id) = 0;
  /// Frees all, silently.
  virtual void void_all() = 0;
  [[nodiscard]] virtual std::uint32_t outstanding() const = 0;
};

/// record_buffer: the buffers of one pipeline.
class RecordBufferInterface : public virtual sc_core::sc_interface {
 public:
  /// A buffer for a record of that length, if one is free.
  virtual std::optional<std::size_t> allocate(std::uint32_t length) = 0;
  virtual void release(std::size_t buffer) = 0;
};

/// link_tx.
class LinkTxInterface : public virtual sc_core::sc_interface {
 public:
  /// True when the last byte of the last record has left.
  [[nodiscard]] virtual bool idle() const = 0;
};

/// link_rx, record_buffer and engine: what a swap waits for.
class DrainInterface : public virtual sc_core::sc_interface {
 public:
  /// No record of the active bank is open or waits for its verdict to take effect.
  [[nodiscard]] virtual bool drained() const = 0;
  /// Drops what is left, SWAPPED.
  virtual void abort_swapped() = 0;
};

/// image_loader, as management sees it.
class LoaderInterface : public virtual sc_core::sc_interface {
 public:
  /// The answer, or nothing while ACTIVATE waits; then `answered` is notified and take_answer()
  /// gives it.
  virtual std::optional<layout::LoadStatus> command(layout::Command command) = 0;
  virtual layout::LoadStatus block(std::uint32_t first_word,
                                   std::span<const std::uint8_t> bytes) = 0;
  [[nodiscard]] virtual const sc_core::sc_event& answered() const = 0;
  virtual layout::LoadStatus take_answer() = 0;
  /// True while ACTIVATE waits for the records of the old bank.
  [[nodiscard]] virtual bool swap_waiting() const = 0;
  [[nodiscard]] virtual bool open() const = 0;  ///< open or complete
  [[nodiscard]] virtual bool complete() const = 0;
  [[nodiscard]] virtual layout::LoadStatus status() const = 0;
  [[nodiscard]] virtual std::uint32_t words() const = 0;
};

/// The event of a verdict on a record, without the fields that audit fills in (docs/fabric.md
/// "Events").
layout::Event event_of(const RecordInfo& record);

}  // namespace sluice::fabric
