// SPDX-License-Identifier: Apache-2.0
#include "fabric/transaction_table.hpp"

namespace sluice::fabric {

namespace {
constexpr std::uint32_t generation_mask = (1U << layout::TRANSACTION_GENERATION_BITS) - 1;
}

TransactionTable::TransactionTable(const sc_core::sc_module_name& name, std::uint32_t slots,
                                   SeededFault fault)
    : sc_module(name),
      audit("audit"),
      banks("banks"),
      fault_(fault),
      slots_(slots),
      per_endpoint_(1U << 10, 0) {}

void TransactionTable::free(Slot& slot) {
  slot.busy = false;
  slot.generation = (slot.generation + 1) & generation_mask;
  if (slot.generation == 0) slot.generation = 1;
  --per_endpoint_[slot.transaction.endpoint];
  --outstanding_;
}

std::optional<std::uint32_t> TransactionTable::allocate(std::uint16_t endpoint,
                                                        std::uint32_t low_tag,
                                                        const engine::Image& image) {
  if (outstanding_ >= image.max_outstanding()) return std::nullopt;
  if (per_endpoint_.at(endpoint) >= image.endpoints()[endpoint].outstanding_cap)
    return std::nullopt;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.busy) continue;
    slot.busy = true;
    slot.transaction = {.low_tag = low_tag, .endpoint = endpoint};
    slot.released = audit->now();
    ++per_endpoint_[endpoint];
    ++outstanding_;
    return id_of(i, slot.generation);
  }
  return std::nullopt;
}

std::optional<TransactionInterface::Transaction> TransactionTable::use_up(std::uint32_t id) {
  const std::size_t index = id >> layout::TRANSACTION_GENERATION_BITS;
  if (index < slots_.size() && slots_[index].busy &&
      slots_[index].generation == (id & generation_mask)) {
    free(slots_[index]);
    return slots_[index].transaction;
  }
  if (fault_ == SeededFault::orphan_response) return Transaction{.low_tag = 0, .endpoint = 1};
  return std::nullopt;
}

void TransactionTable::void_all() {
  for (Slot& slot : slots_) {
    if (slot.busy) free(slot);
  }
}

void TransactionTable::tick() {
  const engine::Image* image = banks->active();
  if (image == nullptr) return;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.busy || audit->now() - slot.released <= image->response_timeout_ticks()) continue;
    layout::Event event;
    event.kind = layout::EventKind::TRANSACTION;
    event.pipeline = layout::Pipeline::RESPONSE;
    event.reason = layout::Reason::TIMEOUT;
    event.endpoint = slot.transaction.endpoint;
    event.tag = slot.transaction.low_tag;
    event.transaction = id_of(i, slot.generation);
    free(slot);
    audit->count(layout::Pipeline::RESPONSE, layout::Reason::TIMEOUT);
    audit->write(event);
  }
}

}  // namespace sluice::fabric
