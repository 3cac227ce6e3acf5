// SPDX-License-Identifier: Apache-2.0
// The symbol map: the debug information of an image (policy.sym, JSON). It turns the report of a rejection - state, class, stack - back into
// endpoint, field path and rule. It never reaches the device.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/pack.hpp"
#include "compiler/record_facts.hpp"

namespace sluice::compiler {

// JSON text of the symbol map. `samples` has an accepted request of each endpoint of the schema, or none; `digest` is the image's, in lower-case hex.
std::string write_symbols(const Schema& schema, const std::vector<std::optional<std::string>>& samples, const Automaton& request, const PackedTable& request_table, const Automaton& response,
                          const PackedTable& response_table, const std::string& digest);

struct Explanation {
  std::string endpoint;  // "pkg.Service.Method#n", empty when unknown
  // "book.authors[2].name", ":path", "header.x-request-id"; empty when the record as a whole is meant; "one of: a, b" for several candidates
  std::string path;
  // "string.max_len", "type uint32", "unknown_field"; empty when no rule of schema or policy is behind it; "one of: a, b" likewise
  std::string rule;
  std::string text;  // a sentence for people
  bool exact() const { return !path.starts_with("one of: ") && !rule.starts_with("one of: "); }
};

class SymbolMap {
 public:
  // Throws std::runtime_error with a clear message when `text` is no symbol map of this version.
  static SymbolMap parse(std::string_view text);

  const std::string& policy() const { return policy_; }
  std::uint64_t serial() const { return serial_; }
  const std::string& digest() const { return digest_; }

  // Works on what an audit event carries; engine verdicts have the same fields. Never fails: what the map does not know stays empty.
  Explanation explain(const layout::Event& event) const;
  // The same with the bytes of the record, which tell the field for certain and, as its value can be read, the rule that it breaks. Of
  // the event, pipeline, reason, offset and endpoint are enough. The record is not trusted to be the one that the event is about:
  // another one gives another explanation, never a fault.
  Explanation explain(const layout::Event& event, std::span<const std::uint8_t> record) const;

  std::size_t endpoints() const { return endpoints_.size(); }
  std::string endpoint_name(std::uint16_t tag) const;               // empty: unknown
  std::optional<std::uint16_t> endpoint_tag(std::string_view name) const;
  // One accepted request record of the endpoint; empty when the compiler found none.
  std::string sample_request(std::uint16_t tag) const;
  // Where in a record the state with this base stands; empty: the table has no such state.
  std::optional<Place> place(layout::Pipeline pipeline, std::uint16_t base) const;
  // Kind and name of the routine it belongs to, of the first of several: "object example.v1.Book".
  std::string routine(layout::Pipeline pipeline, std::uint16_t base) const;
  // The names of what that state is about, each once.
  std::vector<std::string> subjects(layout::Pipeline pipeline, std::uint16_t base) const;
  const RecordFacts& facts() const { return facts_; }

 private:
  struct Place_ {
    std::vector<int> routines;  // more than one: they share the state
    Place place;
    std::vector<int> subjects;
  };
  struct Pipeline_ {
    std::vector<Subject> subjects;
    std::vector<Routine> routines;
    std::map<std::uint16_t, Place_> states;  // by base
  };
  struct Endpoint_ {
    std::string name, sample;
  };
  class Explainer;

  std::string policy_, digest_;
  std::uint64_t serial_ = 0;
  std::vector<Endpoint_> endpoints_;
  Pipeline_ pipelines_[2];
  RecordFacts facts_;
};

}  // namespace sluice::compiler
