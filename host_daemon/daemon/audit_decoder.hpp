// SPDX-License-Identifier: Apache-2.0
// Audit events as the device sends them -> events that name endpoint, field and rule, with the symbol map of the
// image that judged the record. Without a symbol map the numbers stay numbers.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "compiler/symbols.hpp"
#include "daemon/store.hpp"
#include "sluice/v1/control.pb.h"

namespace sluice::daemon {

class AuditDecoder {
 public:
  explicit AuditDecoder(Store& store) : store_(store) {}

  v1::AuditEvent decode(const StoredEvent& event);

 private:
  struct Cached {
    std::string digest;
    std::shared_ptr<const compiler::SymbolMap> symbols;  // null: none, or unreadable
  };

  std::shared_ptr<const compiler::SymbolMap> symbols(const std::string& digest);

  Store& store_;
  std::list<Cached> cache_;  // newest first, a few
};

}  // namespace sluice::daemon
