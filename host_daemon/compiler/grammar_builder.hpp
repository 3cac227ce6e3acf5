// SPDX-License-Identifier: Apache-2.0
// The workshop of the grammar stage, private to it: one builder a pipeline. Text leaves are in grammar_text.cpp, JSON bodies in
// grammar_json.cpp, request lines in grammar_target.cpp, header blocks and statuses in grammar_http.cpp.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "compiler/grammar.hpp"
#include "compiler/spending.hpp"
#include "compiler/value_language.hpp"

namespace sluice::compiler {

// How a value's UTF-8 is spelled in its place.
enum class Encoding {
  plain,         // as it is
  json,          // inside a JSON string, RFC 8785
  percent,       // RFC 3986 unreserved characters as they are, else %XX
  percent_path,  // the same, and '/' as it is (multi-segment variables)
};

// What ends a leaf.
enum class Ending {
  quote,        // '"', consumed
  key,          // the same, and it ends a map's key
  json_value,   // ',' ']' '}', read again
  record,       // END: a bare value that is the whole body
  query_value,  // '&' or ' ', read again
  path_value,   // '/', ':', '?' or ' ', read again
};

// "NaN", "Infinity", "-Infinity": those that the set allows.
Dfa number_names(const FloatSet& set);

// Rules that leave nothing for a place; turned into a diagnostic by GrammarBuilder::guarded.
class NoValue : public std::runtime_error {
 public:
  NoValue(load::Code why, const std::string& text, std::string more, std::string mend = {})
      : std::runtime_error(text), code(why), note(std::move(more)), help(std::move(mend)) {}
  load::Code code;
  std::string note, help;  // help: empty for the code's own
};

// More states than the stage may hold in memory.
class GrammarTooLarge : public std::runtime_error {
 public:
  GrammarTooLarge() : std::runtime_error("grammar too large") {}
};

// "rules: string.max_len = 5, required" of a field.
std::string rules_note(const Field& field);

class GrammarBuilder {
 public:
  static constexpr std::size_t kMaxStates = 1'000'000;  // of a pipeline; they are merged later

  GrammarBuilder(const Schema& schema, layout::Pipeline pipeline, Diagnostics& diagnostics, Spending& spending);

  Grammar take() { return std::move(grammar_); }
  void build_request();
  void build_response();
  void report_too_large() const;

 private:
  // --- the network
  int routine(RoutineKind kind, std::string name);
  int state(int routine, Place place, std::vector<int> subjects = {});
  Transition& add(int from, int low, int high, Transition transition);
  void next(int from, int low, int high, int to, Effect effect = {});
  void call(int from, int low, int high, int callee, int return_to, Effect effect = {});
  void finish(int from, int symbol, layout::Control control, std::uint16_t min = 0, Effect effect = {});
  int text(int from, std::string_view text, Place place);  // a chain of states; returns the last one
  // The state behind `text` in a trie of texts that share their beginnings; the empty text is its root.
  using Trie = std::map<std::string, int>;
  int branch(Trie& trie, const std::string& text, Place place);
  int subject(Subject subject);

  // --- leaves
  // First state of a routine that reads `language`, spelled in `encoding`, up to `ending`. Equal leaves are built once.
  int leaf(const std::string& name, const StringLanguage& language, Encoding encoding, Ending ending);
  int leaf(const std::string& name, const Dfa& language, Ending ending) {
    return leaf(name, StringLanguage{language}, Encoding::plain, ending);
  }
  int character(const std::string& name, const Dfa& characters, Encoding encoding);
  // The states that read `language`. Without an ending every text returns with its last byte.
  int spell(int owner, const StringLanguage& language, Encoding encoding, std::optional<Ending> ending);
  // The texts a value may have without quotes or escapes; what a register has to count besides.
  StringLanguage value_texts(const Value& value, const Field* field);
  static StringLanguage texts_of(const Value& value);
  // Throws NoValue when no text is left, or only such as are longer than any record.
  void require_some(const StringLanguage& texts, const Field& field) const;

  // --- JSON
  // A message in its place: without the fields that travel elsewhere; messages that a path variable reaches into stand when they have a
  // member left.
  struct ObjectForm {
    int message;
    bool nonempty = false;                          // never `{}`
    bool tail = false;                              // of an Any: the members behind `@type`, '}' left to the caller
    std::set<std::string> excluded{}, reached{}, needed{};  // proto paths below the message, see Body
    auto operator<=>(const ObjectForm&) const = default;
    ObjectForm below(const Field& field) const;
  };
  void json_value(int from, const Field& field, int return_to, Effect effect, Ending bare = Ending::json_value);
  // `form` is that of the field's own value.
  void json_field(int from, const Field& field, ObjectForm form, int return_to, Ending bare = Ending::json_value);
  int object(const ObjectForm& form);
  int array(const Field& field);
  void distinct_items(const Field& field, int owner, int open);
  static constexpr std::size_t kMostDistinct = 16;  // values under repeated.unique
  std::optional<std::size_t> distinct_limit(const Field& field, std::size_t values);
  int map(const Field& field);
  // INC of a list's or a map's register, if a rule wants its number; nothing otherwise. `min` is then asked for at its end.
  struct Count {
    Effect effect;
    std::uint16_t min;
  };
  Count count_of(const Field& field, int routine);
  int any(const Value& value);
  // Any JSON value; a Struct's object; a ListValue's array. `nonempty`: not `{}`, not `[]`.
  void dynamic_value(int from, int return_to, const Effect& effect, Ending bare);
  void structure(int from, int return_to, Effect effect, bool nonempty);
  void list_value(int from, int return_to, const Effect& effect, bool nonempty);
  void build_pending();

  // What JSON and Protobuf bodies share of a message: ranks that must be met (a oneof of which a member travels in the path, whole or in
  // part, is satisfied), and exclusive groups as bits.
  template <typename Required>
  static std::set<int> required_ranks(const Message& message, const ObjectForm& form, Required required);
  static unsigned exclusive_bits(const Message& message, const Field& field);
  unsigned exclusive_groups(const Message& message, const ObjectForm& form);  // the required ones; refuses what travels in a path
  int field_subject(const Field& field);

  // --- Protobuf
  struct BinaryForm {
    enum class In { frame, body, optional_body };  // of a length; the bottom frame, where no bytes may mean "unset"
    ObjectForm object;
    In in = In::frame;
    auto operator<=>(const BinaryForm&) const = default;
  };
  struct PendingBinary {
    BinaryForm form;
    int start;
    int routine;
  };
  // A routine that END leaves, for CALL_LEN.
  struct Frame {
    int first;
    bool empty;                            // it may have no bytes
    std::optional<std::uint64_t> longest;  // bytes, where that is known
  };
  struct BinaryTag {
    std::string bytes;
    const Field* field;
    int at;        // the state before the last byte
    unsigned met;  // exclusive groups that have been met behind it
  };
  struct BinaryLoop {
    int state = -1;
    std::map<std::string, int> trie;
    std::vector<BinaryTag> tags;
  };
  int binary_body(const Body& body);
  int binary_value_body(const Field& field, bool optional);
  int binary_message(const BinaryForm& form);
  void build_binary_pending();
  void build_binary_message(const PendingBinary& job);
  void binary_member(const BinaryTag& tag, const ObjectForm& form, const BinaryLoop& behind, Effect set, bool exclusive);
  void leave_list(const BinaryTag& tag, int after, int length, const BinaryLoop& behind, std::optional<std::uint16_t> min);
  Frame distinct_packed_frame(const Field& field);
  void distinct_list(const BinaryTag& tag, const BinaryLoop& behind, Effect set);
  void target_of(int from, int symbol, int target);
  void delimited(int from, const Frame& frame, int return_to, Effect effect, const std::vector<int>& topics);
  Frame text_frame(const std::string& name, const StringLanguage& text);
  Frame value_frame(const Field& field, const ObjectForm& form, bool implicit);
  Frame packed_frame(const Field& field);
  Frame string_frame(const Value& value);
  // Well-known messages: in a frame, or as a body of their own.
  Frame known_frame(const Value& value, BinaryForm::In in);
  Frame string_wrapper_frame(const Value& value, BinaryForm::In in);
  Frame mask_frame(const Value& value, BinaryForm::In in);
  Frame any_frame(const Value& value, BinaryForm::In in);
  int open_known(const std::string& name, BinaryForm::In in, bool empty);
  void close_known(int at, BinaryForm::In in);
  int known_member(int from, int number);
  void binary_map(const BinaryTag& tag, const BinaryLoop& behind, Effect set);
  Frame map_entry(const Field& field);
  int number_leaf(const Value& value);

  // --- HTTP
  enum class BodyUse { never, always, sometimes, protobuf_always, protobuf_sometimes };
  static BodyUse use_of(const Body& body);
  int header_block(BodyUse use);
  int body(const Body& body);
  int behind_target(const Endpoint& endpoint);
  int query(const Endpoint& endpoint);
  friend class TargetBuilder;

  // Runs `work`; turns a BudgetExceeded, NoValue or PatternError into a diagnostic about `what` at `span`, once. Does nothing when the whole
  // grammar's work is spent.
  template <typename Work>
  void guarded(const std::string& what, const Span& span, Work work);

  struct PendingObject {
    ObjectForm form;
    int open;
    int routine;
  };

  const Schema& schema_;
  Diagnostics& diagnostics_;
  Spending& spending_;
  Grammar grammar_;
  std::map<std::string, int> leaves_;
  std::map<std::pair<std::string, Encoding>, int> characters_;
  std::map<ObjectForm, int> objects_;
  std::map<const Field*, int> arrays_;  // and maps
  int structures_[2] = {-1, -1}, list_values_[2] = {-1, -1};  // by `nonempty`
  std::map<std::vector<int>, int> anys_;  // by allowed types
  std::map<const Field*, int> field_subjects_;
  std::map<const Field*, StringLanguage> languages_;
  std::vector<PendingObject> pending_;
  std::map<BinaryForm, int> binary_messages_;
  std::vector<PendingBinary> binary_pending_;
  std::map<std::pair<std::vector<int>, BinaryForm::In>, int> binary_anys_;  // by allowed types
  std::map<const Field*, Frame> map_entries_;
  std::map<BodyUse, int> header_blocks_;
  std::map<std::pair<int, int>, int> request_tails_;  // (header block, body) -> state behind the target
  std::map<std::string, int> bodies_;
  int main_ = -1;  // the bottom routine
};

// Percent-encodes all but unreserved characters.
std::string percent_encode(std::string_view text);

// The encoded form of a language, as a language (no counting).
Dfa encode_percent(const Dfa& language, bool slash_is_literal);

}  // namespace sluice::compiler
