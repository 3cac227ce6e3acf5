// SPDX-License-Identifier: Apache-2.0
// Regular languages over bytes: the algebra in which every leaf of a grammar is computed (number ranges, patterns,
// prefixes, calendars). A Dfa is deterministic, partial (no dead state) and, when it comes out of an operation here, minimal.
// It knows nothing of registers, calls or tables: those come in the grammar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::compiler {

// An operation would need more states than allowed. Callers turn it into a diagnostic that names the field and the rule.
class BudgetExceeded : public std::runtime_error {
 public:
  explicit BudgetExceeded(std::size_t limit)
      : std::runtime_error("needs more than its budget of " + std::to_string(limit) + " automaton states"), limit_(limit) {}

  // The budget in states; 0 when another one ran out.
  std::size_t limit() const { return limit_; }

  // For the diagnostic, where somebody could find out: what it would have wanted, and what would fit.
  std::string note, help;

 protected:
  explicit BudgetExceeded(const std::string& text) : std::runtime_error(text) {}

 private:
  std::size_t limit_ = 0;
};

struct Edge {
  std::uint8_t low, high;  // closed range of bytes
  int to;
  bool operator==(const Edge&) const = default;
  auto operator<=>(const Edge&) const = default;
};

struct Dfa {
  struct State {
    std::vector<Edge> edges;  // sorted, disjoint, adjacent edges to the same state joined
    bool accept = false;
  };
  std::vector<State> states;  // states[0] is the start, numbered breadth first; no states: the empty language

  bool empty() const { return states.empty(); }
  int next(int state, std::uint8_t byte) const;  // -1: none
  bool matches(std::string_view text) const;
};

bool operator==(const Dfa& a, const Dfa& b);

// Builds languages state by state. Epsilon edges may carry an anchor: passable only at the begin or the end of the text.
class Nfa {
 public:
  enum class Anchor : std::uint8_t { none, begin, end };

  int add_state();
  void add_edge(int from, int low, int high, int to);
  void add_epsilon(int from, int to, Anchor anchor = Anchor::none);
  // A path that spells `text` from `from`; returns its last state.
  int add_text(int from, std::string_view text);
  // Embeds a Dfa: edges from `from` into it and epsilon from its accepting states to `to`.
  void add_language(int from, const Dfa& language, int to);
  std::size_t size() const { return states_.size(); }

  // The minimal Dfa of what leads from `start` to `accept`. Throws BudgetExceeded above `budget` subset states.
  Dfa determinize(int start, int accept, std::size_t budget = 50'000) const;

 private:
  struct Epsilon {
    int to;
    Anchor anchor;
  };
  struct State {
    std::vector<Edge> edges;
    std::vector<Epsilon> epsilons;
  };
  void close(std::vector<int>& set, bool at_begin, bool at_end) const;
  std::vector<State> states_;
};

Dfa minimize(const Dfa& dfa);

Dfa text_language(std::string_view text);
Dfa any_of(const std::vector<std::string>& texts);
Dfa unite(const Dfa& a, const Dfa& b);
Dfa intersect(const Dfa& a, const Dfa& b, std::size_t budget = 50'000);
Dfa subtract(const Dfa& a, const Dfa& b, std::size_t budget = 50'000);  // in a and not in b
Dfa concat(const Dfa& a, const Dfa& b);
Dfa plus(const Dfa& a);  // one or more

// Any sequence of Unicode code points in UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF).
const Dfa& utf8_text();

// What of a text a register counts.
enum class Counted : std::uint8_t {
  code_points,      // of UTF-8
  bytes,
  base64_bytes,     // of what base64 text (RFC 4648 section 4, padded) spells
  host_characters,  // all up to the first ':' or '%': what may stand behind a host name is not counted
};

// Says for each step through one language whether it counts. Holds no reference to the language.
class Counter {
 public:
  // Throws std::logic_error if paths that count differently meet in one state.
  Counter(Counted what, const Dfa& language);
  bool counts(int state, std::uint8_t byte) const;

 private:
  Counted what_;
  std::vector<bool> silent_;  // states whose steps never count
};

// The least and the greatest count over the texts of a language; longest is empty when unbounded.
struct LengthBounds {
  std::uint64_t shortest;
  std::optional<std::uint64_t> longest;
};
LengthBounds length_bounds(const Dfa& language, Counted what);

// The texts with `min <= count <= max`, by unrolling the count into states.
Dfa restrict_length(const Dfa& language, Counted what, std::uint64_t min, std::optional<std::uint64_t> max,
                    std::size_t budget);

// True if some text has a count from `min` to `max`.
bool has_length(const Dfa& language, Counted what, std::uint64_t min, std::optional<std::uint64_t> max);

inline bool starts_code_point(std::uint8_t byte) { return (byte & 0xC0) != 0x80; }

// A text form, one state a line.
std::string dump(const Dfa& dfa);

}  // namespace sluice::compiler
