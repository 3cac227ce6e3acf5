// SPDX-License-Identifier: Apache-2.0
// What the files that explain a rejection with the record at hand share. Everything before the rejected byte was accepted, so it is
// canonical and can be read by its punctuation alone; nothing behind it is trusted. No recursion, no work beyond the record's length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/record_facts.hpp"
#include "sluice/layout.hpp"

namespace sluice::compiler {

// A rule that can be behind the rejection.
struct Cause {
  std::string rule;  // its name, "string.max_len", "type int32", "json_syntax"
  std::string text;  // for people
};

// Fields and rules; more than one of either are alternatives.
struct Finding {
  std::vector<std::string> paths;
  std::vector<Cause> causes;

  bool empty() const { return causes.empty(); }
};

inline Finding found(std::string path, std::string rule, std::string text) {
  return {{std::move(path)}, {{std::move(rule), std::move(text)}}};
}

// --- explain_value.cpp
enum class Surroundings { json, path, query };
struct ValuePlace {
  Surroundings in;
  layout::Reason reason;
  bool item = false;             // of a list
  bool print_defaults = false;   // policy's json.defaults: PRINT
};
// A value's text without quotes and escapes. Empty when nothing is wrong with it.
std::vector<Cause> causes_of_text(const FieldFacts& field, std::string_view text, const ValuePlace& place);
// The same for the JSON value at the start of `json`, which goes on to the record's end.
std::vector<Cause> causes_of_json(const FieldFacts& field, std::string_view json, const ValuePlace& place);
// A map's key, with its quotes.
std::vector<Cause> causes_of_key(const FieldFacts& key, std::string_view json, const ValuePlace& place);
// The value is of another type than the field.
Cause wrong_type(const FieldFacts& field, bool item);
// The field is absent and must not be.
std::vector<Cause> causes_of_absence(const FieldFacts& field, bool print_defaults);
// `%XX` undone; what is no escape stays as it is, `good` says so.
std::string percent_decoded(std::string_view text, bool& good);
// Bytes behind the JSON scalar that starts at `at`: one behind the closing quote, or the first delimiter; the end when there is none.
std::size_t scalar_end(std::string_view json, std::size_t at);
// A part of a record that stands in an explanation: at most 60 bytes, what is not printable ASCII as '?'.
std::string shown_text(std::string_view text);
Cause not_canonical(std::string text);

// --- explain_message.cpp: what both encodings of a message have in common.
struct Members {
  const RecordFacts& facts;
  const Body& body;
  const MessageFacts& message;
  const std::vector<const FieldFacts*>& seen;  // in their order
  const std::string& scope;                    // proto path below the body, with its dot
  bool scoped;                                 // Body's paths may name the members
};
inline std::string join_path(const std::string& outer, const std::string& name) { return outer.empty() ? name : outer + "." + name; }
// The field's value is in the path of the request, or excludes it.
bool travels_elsewhere(const Members& members, const FieldFacts& field);
// The field stands twice, beside another of its oneof, or behind a later one.
Finding wrong_place(const Members& members, const FieldFacts& field, const std::string& path);
// The first required member of the message at `path` that has not been seen; with `before`, of those of a lower rank.
Finding missing_member(const Members& members, const std::string& path, int before);
bool is_missing_member(const Members& members);
// A rule on how many items or pairs the list at `path` has; without one it is a default that is left out.
Finding rule_of_list(const FieldFacts& list, const std::string& path, std::string_view name, const std::string& text);

// --- explain_binary_value.cpp
// 0 varint, 1 eight bytes, 2 length, 5 four bytes, of a single value.
int wire_type_of(const FieldFacts& field);
// Lists of it are packed.
bool is_packed_kind(const FieldFacts& field);
struct Varint {
  std::uint64_t value = 0;
  std::size_t bytes = 0;  // 0: it does not end, or has more than 64 bits
  bool minimal = true;
};
Varint read_varint(std::string_view bytes);
// A number at the start of `bytes`, which go on to the end of the message.
struct BinaryNumber {
  std::size_t bytes = 0;                // 0: it does not end
  std::optional<std::string> text{};    // as in JSON; none: the type has no such value
  std::optional<Cause> spelling{};      // what is wrong with it besides
};
BinaryNumber read_number(const FieldFacts& field, std::string_view bytes);
// Empty when nothing is wrong with the number.
std::vector<Cause> causes_of_number(const FieldFacts& field, std::string_view bytes, const ValuePlace& place);
// What stands behind a length, of everything but messages of the schema; empty when nothing is wrong with it, or when it is an Any.
std::vector<Cause> causes_of_content(const FieldFacts& field, std::string_view content, const ValuePlace& place);

// --- explain_binary.cpp: as explain_body, of a body that is Protobuf's.
Finding explain_binary_body(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset,
                            layout::Reason reason);

// --- explain_body.cpp, explain_target.cpp. `offset` is in the record; `body` and `target` say where the part starts and ends.
Finding explain_body(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset,
                     layout::Reason reason);
Finding explain_target(const RecordFacts& facts, std::string_view method, std::string_view target, std::size_t offset,
                       layout::Reason reason);

// --- explain_record.cpp: empty when the record says no more than the event.
Finding explain_record(const RecordFacts& facts, const layout::Event& event, std::string_view record);

}  // namespace sluice::compiler
