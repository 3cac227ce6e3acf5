// SPDX-License-Identifier: Apache-2.0
// Stage 2 of the compiler: the schema IR. Descriptors, HTTP bindings and rules are resolved here into what may
// stand where: for each place the exact set of allowed values, whether it may be absent, and in which order.
// Later stages (grammar, canonicalizer) never look at protobuf options again.
// It does not know how anything is spelled on the wire.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/float_set.hpp"
#include "load/load.hpp"

namespace sluice::compiler {

using load::Diagnostics;
using load::Loaded;
using load::Span;

// Wide enough for every 64-bit bound, signed or not.
__extension__ using Int = __int128;

std::string decimal(Int value);

// Sorted, disjoint, closed intervals of integers.
struct IntegerSet {
  std::vector<std::pair<Int, Int>> intervals;

  bool contains(Int value) const;
  bool empty() const { return intervals.empty(); }
  IntegerSet minus(const IntegerSet& other) const;
  IntegerSet intersect(const IntegerSet& other) const;
  IntegerSet unite(const IntegerSet& other) const;
  static IntegerSet range(Int low, Int high);  // empty when low > high
  static IntegerSet of(std::vector<Int> values);
  bool operator==(const IntegerSet&) const = default;
};

// One rule of the schema that constrains a value, as protovalidate names it, for explanations and reports.
struct RuleUse {
  std::string name;  // "string.max_len", "int32.gte", "repeated.min_items", "required", "enum.in"
  std::string text;  // the rule with its value, "string.max_len = 64"
  Span span;
  std::vector<std::string> arguments{};  // the value alone, one entry for each of a list: numbers in decimal, texts as they are, bytes in base64
};

// One condition on a text besides its length.
struct TextCondition {
  enum class Kind {
    prefix, suffix, contains,
    pattern,       // RE2 syntax, unanchored search
    format,        // a StringFormat's name
    listed,        // one of `texts`
    byte_lengths,  // as many bytes as one of `texts` says
  } kind;
  std::vector<std::string> texts;  // UTF-8, of bytes fields any bytes; one, but for lists
  bool negated = false;            // not_contains, not_in
  std::string rule;                // last part of the rule's name: "not_contains"
};

// Constraints on a string or bytes value. All of them hold at once.
struct StringRules {
  std::uint64_t min_len = 0;  // Unicode code points; not for bytes
  std::optional<std::uint64_t> max_len;
  std::uint64_t min_bytes = 0;  // of UTF-8
  std::optional<std::uint64_t> max_bytes;
  std::vector<TextCondition> conditions;
  // Set: exactly these texts, and no other member of this struct but or_empty constrains any more. const is an `in` of one.
  std::optional<std::vector<std::string>> in;
  bool or_empty = false;                      // the empty string is allowed besides (`ignore: IGNORE_IF_ZERO_VALUE`, where the default is written)

  bool unconstrained() const;  // but for "not empty"
};

// True if `text` matches the pattern (RE2 syntax, unanchored) somewhere. A caller with a cache brings its own.
using PatternSearch = std::function<bool(std::string_view text, const std::string& pattern)>;
bool search_pattern(std::string_view text, const std::string& pattern);

// The condition that a rule on strings or bytes states by its last name: "suffix", "not_in", "email"; none for lengths, const, in and
// names that are unknown or that no table can hold.
std::optional<TextCondition> text_condition(std::string_view rule, std::vector<std::string> texts);

// The patterns that `holds` searches for, for a cache of them.
std::vector<std::string> patterns_of(const TextCondition& condition);

bool holds(const TextCondition& condition, std::string_view text, const PatternSearch& search = search_pattern);
// All rules, without or_empty.
bool holds(const StringRules& rules, std::string_view text, const PatternSearch& search = search_pattern);
std::uint64_t count_code_points(std::string_view utf8);

struct EnumValue {
  std::string name;  // as it is spelled: of aliases the first declared, or the number in decimal (policy option)
  std::int32_t number;
};

// Wrappers (google.protobuf.Int32Value, ...) have the kind of what they wrap: the mapping writes them alike, and presence is the field's.
enum class ValueKind { boolean, integer, floating, string, bytes, enumeration, message, timestamp, duration, field_mask, any,
                       null, dynamic, structure, list_value };  // NullValue, Value, Struct, ListValue
inline constexpr ValueKind kLastValueKind = ValueKind::list_value;

// A message by its type, and a scalar in JSON.
constexpr bool is_well_known(ValueKind kind) {
  return kind == ValueKind::timestamp || kind == ValueKind::duration || kind == ValueKind::field_mask;
}
// Any JSON, or part of it: nothing constrains it.
constexpr bool is_dynamic(ValueKind kind) { return kind == ValueKind::dynamic || kind == ValueKind::structure || kind == ValueKind::list_value; }
// In Protobuf's encoding a message of the schema: Value::message.
constexpr bool is_binary_message(ValueKind kind) { return kind == ValueKind::message || is_dynamic(kind); }
// Constrained by Value::string.
constexpr bool is_text(ValueKind kind) { return kind == ValueKind::string || kind == ValueKind::bytes || kind == ValueKind::field_mask; }

// What one value (a singular field, or one item of a repeated one) may be.
struct Value {
  ValueKind kind;
  google::protobuf::FieldDescriptor::Type type;  // the declared type: width and signedness; of a wrapper, the wrapped one
  bool wrapped = false;                          // stands in a wrapper message
  bool quoted = false;                           // integer, enumeration: written as a JSON string (policy options)
  std::vector<bool> booleans;                    // boolean: allowed values
  IntegerSet integers;                           // integer: allowed values, exact; timestamp, duration: nanoseconds (civil_time.hpp)
  FloatSet floats;                               // floating: allowed values
  StringRules string;                            // string, bytes; field_mask: its JSON spelling
  std::vector<EnumValue> enumeration;            // enumeration: allowed values in declaration order
  int message = -1;                              // message: index into Schema::messages; is_dynamic: the same, where some body is Protobuf's
  std::vector<int> any;                          // any: allowed types, indexes into Schema::any_types
  std::vector<RuleUse> rules;                    // every rule that shaped this value
};

struct MapEntry;

struct Field {
  const google::protobuf::FieldDescriptor* descriptor;  // null: the member `value` of an AnyType
  std::string name;       // proto name
  std::string json_name;  // key in JSON and in a query
  int number;
  int rank;               // 1-based place in canonical order; members of a oneof share the rank of the lowest-numbered one
  int oneof = -1;         // index into Message::oneofs; -1 for none (a synthetic oneof of `optional` is none)
  bool repeated = false;                   // a list or a map
  std::uint64_t min_items = 0;             // repeated; as a present list, so at least 1. Of a map: pairs
  std::optional<std::uint64_t> max_items;  // repeated
  std::shared_ptr<const MapEntry> map{};   // set: a map; `value` is that of its values
  bool unique = false;                     // repeated: no value stands twice
  // Implicit presence under `defaults: OMIT`: the default value is spelled by absence and never stands on the wire.
  // `value` then excludes it already (0 removed, false removed, empty string: string.min_len >= 1, enum value 0 removed).
  bool omit_default = false;
  bool implicit = false;         // implicit presence: absent means the default value
  bool default_allowed = false;  // implicit: the rules allow the default value
  // The record is refused when the field is absent (rule `required`, a default that breaks a rule, `min_items`, `defaults: PRINT`).
  bool required = false;
  Value value;
  std::vector<RuleUse> rules;  // required, repeated.*, map.*_pairs
  Span span;
};

// What one pair of a map may be: fields without presence rules, for both always stand.
struct MapEntry {
  Field key, value;
};

// A oneof, or a message's rule `oneof` whose fields are neighbours in the order of numbers: then one rank checks it, too.
struct Oneof {
  std::string name;
  const google::protobuf::OneofDescriptor* descriptor;  // null: of a rule
  int rank;
  bool required = false;
  std::vector<RuleUse> rules;
};

// A message's rule `oneof`: at most one of the fields is set.
struct ExclusiveGroup {
  std::vector<int> fields;  // indexes into Message::fields, ascending
  // Which bit of a state says that one of them has been met; -1: a rank checks it, and the group stands in Message::oneofs, too.
  int bit = -1;
  bool required = false;    // one of them is set
  RuleUse rule;
};

// What a google.protobuf.Any may hold: the policy lists it. Rules do not reach into an Any.
struct AnyType {
  std::string url;  // "type.googleapis.com/pkg.Message"
  Field value;      // without a descriptor, named after the type; a message stands as its members beside `@type`, everything else as the member `value`
};

struct Message {
  std::string name;  // full name
  const google::protobuf::Descriptor* descriptor;
  std::vector<Field> fields;  // by rank, then number; fields that must be absent (Any without listed types) are left out
  std::vector<Oneof> oneofs;
  std::vector<ExclusiveGroup> groups;
  int ranks = 0;  // highest rank
};

// A field reached from the request message: indexes into Message::fields, one a level.
struct FieldPath {
  std::vector<int> indexes;
  std::string proto_path;  // "book.name"
  std::string json_path;   // "book.name", json_name spelling
};

struct Segment {
  enum class Kind { literal, any, rest } kind;  // text | * | **
  std::string text;                             // literal, decoded
};

struct PathPart {  // a run of segments: either one segment outside a variable (then `any` and `rest` bind nothing), or a whole variable
  std::vector<Segment> segments;
  std::optional<FieldPath> variable;  // set: the segments are this variable's template
};

struct QueryParameter {
  FieldPath path;
  std::string name;  // dotted json names
  int rank;          // 1-based, ascending as the parameters stand
  bool repeated;
  bool required;     // the request is refused without it
};

// What stands behind the header block.
struct Body {
  enum class Kind { none, message, field } kind = Kind::none;
  bool protobuf = false;  // application/protobuf, else application/json
  int message = -1;                // message: the whole message; field: the message that holds the field
  int field = -1;                  // field: index into Message::fields
  // field: the body may be missing: the field is then unset. A singular message as the field's value never stands as `{}`: the
  // body is missing then, too.
  bool optional = false;
  // Proto paths, relative to the body's message (field: to the message that is the field's value), that must be absent: they
  // travel in the path, or share a oneof with a field that does. Such a oneof counts as set.
  std::set<std::string> excluded;
  // Proto paths, relative likewise, of messages that a path variable reaches into. The path sets them (and their oneof, and
  // fulfils a rule `required`), so one stands in the body only if a member of it does, never as `{}`.
  std::set<std::string> reached;
  std::set<std::string> needed;  // of `reached`, those that must stand: something required is left in them
};

struct StatusResponse {
  int code;
  std::string reason;  // standard reason phrase (RFC 9110 section 15, IANA registry)
  Body body;
  Span span;
};

// One HTTP binding of a method.
struct Endpoint {
  std::string name;  // "pkg.Service.Method", "#n" behind it for additional bindings (n from 1)
  int tag;           // 1-based
  const google::protobuf::MethodDescriptor* method;
  std::string http_method;  // "GET"
  std::vector<PathPart> path;
  std::string verb;  // custom verb without ':', or empty
  int request;       // index into Schema::messages
  std::vector<QueryParameter> query;
  // Parameters whose only valid value is the default, which is spelled by absence: no record has them. Rank 0.
  std::vector<QueryParameter> default_only_query;
  Body body;
  std::vector<StatusResponse> responses;
  std::uint32_t outstanding_cap;
  Span span;
};

struct HeaderRule {
  std::string name;  // lower case
  std::optional<std::string> constant;
  std::optional<std::string> pattern;  // must match all of the value
  bool required = false;
};

// A rule that the policy leaves to software: no table holds it.
struct SoftwareRule {
  std::string element;  // full name of field, oneof or message
  std::string rule;     // "string.pattern", "cel"
  std::string reason;   // the policy's
  Span span;            // of the rule
};

struct Schema {
  std::shared_ptr<const Loaded> loaded;  // keeps the descriptors alive
  // In the order of their first use, breadth first. A message stands twice, once without its rules, if a field with
  // `ignore: IGNORE_ALWAYS` leads to it: the index tells them apart, not the name.
  std::vector<Message> messages;
  std::vector<AnyType> any_types;      // as the policy lists them
  std::vector<Endpoint> endpoints;  // by tag
  std::vector<SoftwareRule> software_only;  // in the policy's order
  std::vector<HeaderRule> request_headers;   // ascending by name, policy's own only
  std::vector<HeaderRule> response_headers;

  const Message& message(int index) const { return messages[static_cast<std::size_t>(index)]; }
  // The field that a path names, starting at message `root`.
  const Field& field(int root, const FieldPath& path) const;
};

// The values that may stand where a place is always spelled out (a path): `Field::value` with the default, if the rules allow it.
Value value_with_default(const Field& field);
// Rules alone want the field to stand, whatever `json.defaults` says (a Protobuf body).
inline bool required_by_rules(const Field& field) { return field.implicit ? !field.default_allowed : field.required; }
// The values that may stand where a default is always absent (a query, whatever `json.defaults` says).
Value value_without_default(const Field& field);

// Resolves everything. On errors (several are collected in `diagnostics`) returns nothing.
std::optional<Schema> resolve_schema(std::shared_ptr<const Loaded> loaded, Diagnostics& diagnostics);

// A stable text form of the IR, for tests and `--emit=schema`.
std::string dump(const Schema& schema);

}  // namespace sluice::compiler
