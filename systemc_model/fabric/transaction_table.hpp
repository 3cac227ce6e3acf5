// SPDX-License-Identifier: Apache-2.0
// Outstanding requests: the only tie between the two pipelines. Device ids are slot and generation,
// so that an old id never finds a new request.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "fabric/interfaces.hpp"
#include "fabric/seeded_fault.hpp"

namespace sluice::fabric {

class TransactionTable : public sc_core::sc_module, public TransactionInterface {
 public:
  sc_core::sc_port<AuditInterface> audit;
  sc_core::sc_port<TableBankInterface> banks;

  TransactionTable(const sc_core::sc_module_name& name, std::uint32_t slots, SeededFault fault);

  std::optional<std::uint32_t> allocate(std::uint16_t endpoint, std::uint32_t low_tag,
                                        const engine::Image& image) override;
  std::optional<Transaction> use_up(std::uint32_t id) override;
  void void_all() override;
  [[nodiscard]] std::uint32_t outstanding() const override { return outstanding_; }

  /// Frees what waited longer than the image allows.
  void tick();

 private:
  struct Slot {
    bool busy = false;
    std::uint32_t generation = 1;
    Transaction transaction;
    std::uint32_t released = 0;  // tick
  };
  [[nodiscard]] static std::uint32_t id_of(std::size_t slot, std::uint32_t generation) {
    return static_cast<std::uint32_t>(slot) << layout::TRANSACTION_GENERATION_BITS | generation;
  }
  void free(Slot& slot);

  SeededFault fault_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> per_endpoint_;
  std::uint32_t outstanding_ = 0;
};

}  // namespace sluice::fabric
