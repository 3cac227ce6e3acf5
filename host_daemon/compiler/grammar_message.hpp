// SPDX-License-Identifier: Apache-2.0
// GrammarBuilder::required_ranks: which members of a message must stand, in either encoding.
#pragma once

#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

template <typename Required>
std::set<int> GrammarBuilder::required_ranks(const Message& message, const ObjectForm& form, Required required) {
  std::set<int> bound_oneofs, out;
  for (const Field& field : message.fields) {
    const bool bound = form.excluded.count(field.name) || form.reached.count(field.name);
    if (field.oneof >= 0 && bound) bound_oneofs.insert(field.oneof);
  }
  for (const Field& field : message.fields) {
    if (form.excluded.count(field.name)) continue;
    if (form.reached.count(field.name) ? form.needed.count(field.name) != 0 : required(field)) out.insert(field.rank);
  }
  for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
    if (message.oneofs[i].required && !bound_oneofs.count(static_cast<int>(i))) out.insert(message.oneofs[i].rank);
  }
  return out;
}

}  // namespace sluice::compiler
