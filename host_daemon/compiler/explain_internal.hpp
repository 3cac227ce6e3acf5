// SPDX-License-Identifier: Apache-2.0
// What the files that explain a rejection with the record at hand share. Everything before the rejected byte was accepted, so it is
// canonical and can be read by its punctuation alone; nothing behind it is trusted. No recursion, no work beyond the record's length.
#pragma once

#include <cstddef>
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

// --- explain_body.cpp, explain_target.cpp. `offset` is in the record; `body` and `target` say where the part starts and ends.
Finding explain_body(const RecordFacts& facts, const Body& body, std::string_view record, std::size_t start, std::size_t offset,
                     layout::Reason reason);
Finding explain_target(const RecordFacts& facts, std::string_view method, std::string_view target, std::size_t offset,
                       layout::Reason reason);

// --- explain_record.cpp: empty when the record says no more than the event.
Finding explain_record(const RecordFacts& facts, const layout::Event& event, std::string_view record);

}  // namespace sluice::compiler
