// SPDX-License-Identifier: Apache-2.0
// Leaves: a language over UTF-8 becomes a routine over the bytes of its spelling. Every transition on which a code point starts
// counts it, when a register has to.
#include <algorithm>
#include <array>
#include <bitset>
#include <limits>
#include <set>

#include "compiler/budget_advice.hpp"
#include "compiler/grammar_builder.hpp"

namespace sluice::compiler {

namespace {

constexpr std::size_t kAdvised = 3;  // finding a smaller rule takes a second

bool unreserved(int byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kHexLower = "0123456789abcdef";

// The short escape of a control character, quote or backslash in a JSON string (RFC 8785 section 3.2.2.2); 0 for none.
char short_escape(int byte) {
  switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case 8: return 'b';
    case 9: return 't';
    case 10: return 'n';
    case 12: return 'f';
    case 13: return 'r';
    default: return 0;
  }
}

bool json_raw(int byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (unreserved(byte)) {
      out += c;
    } else {
      out += '%';
      out += kHexUpper[byte >> 4];
      out += kHexUpper[byte & 15];
    }
  }
  return out;
}

Dfa encode_percent(const Dfa& language, bool slash_is_literal) {
  Dfa out;
  out.states.resize(language.states.size());
  for (std::size_t s = 0; s < language.states.size(); ++s) {
    out.states[s].accept = language.states[s].accept;
    std::array<std::array<int, 16>, 16> escaped;
    for (auto& row : escaped) row.fill(-1);
    bool any = false;
    for (const Edge& e : language.states[s].edges) {
      for (int byte = e.low; byte <= e.high; ++byte) {
        const auto b = static_cast<std::uint8_t>(byte);
        if (unreserved(byte) || (byte == '/' && slash_is_literal)) {
          out.states[s].edges.push_back({b, b, e.to});
        } else {
          escaped[b >> 4][b & 15] = e.to;
          any = true;
        }
      }
    }
    if (any) {
      const int high = static_cast<int>(out.states.size());
      out.states.emplace_back();
      out.states[s].edges.push_back({'%', '%', high});
      for (std::size_t h = 0; h < 16; ++h) {
        if (std::all_of(escaped[h].begin(), escaped[h].end(), [](int to) { return to < 0; })) continue;
        const int low = static_cast<int>(out.states.size());
        out.states.emplace_back();
        const auto hb = static_cast<std::uint8_t>(kHexUpper[h]);
        out.states[static_cast<std::size_t>(high)].edges.push_back({hb, hb, low});
        for (std::size_t l = 0; l < 16; ++l) {
          if (escaped[h][l] < 0) continue;
          const auto lb = static_cast<std::uint8_t>(kHexUpper[l]);
          out.states[static_cast<std::size_t>(low)].edges.push_back({lb, lb, escaped[h][l]});
        }
      }
    }
    std::sort(out.states[s].edges.begin(), out.states[s].edges.end());
  }
  return minimize(out);
}

namespace {

// Where a text goes on when at `state` any one of `characters` (a language of whole code points) is read: one state, or -1 when they part.
int common_successor(const Dfa& language, int state, const Dfa& characters) {
  std::set<std::pair<int, int>> seen{{state, 0}};
  std::vector<std::pair<int, int>> work{{state, 0}};
  int common = -1;
  while (!work.empty()) {
    const auto [here, character] = work.back();
    work.pop_back();
    for (const Edge& want : characters.states[static_cast<std::size_t>(character)].edges) {
      int at = want.low;
      for (const Edge& have : language.states[static_cast<std::size_t>(here)].edges) {
        if (have.high < at || have.low > want.high) continue;
        if (have.low > at) return -1;
        if (characters.states[static_cast<std::size_t>(want.to)].accept) {
          if (common >= 0 && common != have.to) return -1;
          common = have.to;
        } else if (seen.insert({have.to, want.to}).second) {
          work.emplace_back(have.to, want.to);
        }
        at = have.high + 1;
      }
      if (at <= want.high) return -1;
    }
  }
  return common;
}

// All code points of two and more bytes.
const Dfa& wide_characters() {
  static const Dfa language = [] {
    Nfa one;
    const int start = one.add_state();
    const int accept = one.add_state();
    one.add_edge(start, 0xC0, 0xFF, accept);
    one.add_edge(accept, 0x80, 0xBF, accept);
    return intersect(one.determinize(start, accept), utf8_text());
  }();
  return language;
}

// The single-byte characters that `encoding` has to escape.
Dfa escaped_characters(Encoding encoding) {
  std::vector<std::string> out;
  for (int byte = 0; byte < 0x80; ++byte) {
    const bool raw = encoding == Encoding::json ? json_raw(byte) : unreserved(byte) || (byte == '/' && encoding == Encoding::percent_path);
    if (!raw) out.emplace_back(1, static_cast<char>(byte));
  }
  return any_of(out);
}

}  // namespace

// Escapes and wide characters that all lead to one state are read by routines that every text shares.
int GrammarBuilder::character(const std::string& name, const Dfa& characters, Encoding encoding) {
  const auto key = std::make_pair(name, encoding);
  if (const auto known = characters_.find(key); known != characters_.end()) return known->second;
  const int first = spell(routine(RoutineKind::leaf, name), StringLanguage{characters}, encoding, std::nullopt);
  characters_.emplace(key, first);
  return first;
}

int GrammarBuilder::leaf(const std::string& name, const StringLanguage& text, Encoding encoding, Ending ending) {
  const std::string key = std::to_string(static_cast<int>(encoding)) + "/" + std::to_string(static_cast<int>(ending)) + "/" +
                          std::to_string(text.min) + "/" + (text.max ? std::to_string(*text.max) : "-") + "/" +
                          std::to_string(static_cast<int>(text.counted)) + "\n" +
                          dump(text.language);
  if (const auto known = leaves_.find(key); known != leaves_.end()) return known->second;
  const int first = spell(routine(RoutineKind::leaf, name), text, encoding, ending);
  leaves_.emplace(key, first);
  return first;
}

int GrammarBuilder::spell(int owner, const StringLanguage& text, Encoding encoding, std::optional<Ending> ending) {
  const auto& states = text.language.states;
  const int first = static_cast<int>(grammar_.states.size());
  for (std::size_t i = 0; i < std::max<std::size_t>(states.size(), 1); ++i) state(owner, Place::leaf);
  auto at = [&](int s) { return first + s; };

  Effect count;
  if (text.is_counted()) {
    count.register_op = layout::RegisterOp::INC;
    count.register_arg = static_cast<std::uint16_t>(text.max ? *text.max : layout::INC_UNBOUNDED);
  }
  const Counter counter(text.counted, text.language);

  for (std::size_t s = 0; s < states.size(); ++s) {
    const int here = at(static_cast<int>(s));
    // By the byte of the text, not of its spelling.
    const auto effect_at = [&](int byte) { return counter.counts(static_cast<int>(s), static_cast<std::uint8_t>(byte)) ? count : Effect{}; };
    int escape = -1, unicode = -1;          // json: behind '\', behind '\u00'
    std::array<int, 2> unicode_row{-1, -1};  // behind '\u000', '\u001'
    int percent = -1;
    std::array<int, 16> percent_row;
    percent_row.fill(-1);
    auto fresh = [&] { return state(owner, Place::leaf); };
    // To a state of the language; a routine without an ending returns with the last byte.
    auto go = [&](int from, int low, int high, int to, Effect effect = {}) {
      if (ending || !states[static_cast<std::size_t>(to)].accept) return next(from, low, high, at(to), effect);
      Transition last;
      last.effect = effect;
      last.control = layout::Control::RET;
      add(from, low, high, last);
    };
    // Shared routines, where they apply: what they read is not spelled out here.
    std::bitset<256> shared;
    auto share = [&](const std::string& routine_name, const Dfa& characters) {
      if (!ending) return;
      // One call counts once.
      if (text.is_counted() && text.counted == Counted::bytes && &characters == &wide_characters()) return;
      const int to = common_successor(text.language, static_cast<int>(s), characters);
      if (to < 0) return;
      const int callee = character(routine_name, characters, encoding);
      const auto opening = grammar_.states[static_cast<std::size_t>(callee)].transitions;
      for (const Transition& t : opening) call(here, t.low, t.high, t.target, at(to), effect_at(characters.states[0].edges.front().low));
      for (const Edge& e : characters.states[0].edges) {
        for (int b = e.low; b <= e.high; ++b) shared.set(static_cast<std::size_t>(b));
      }
    };
    switch (encoding) {
      case Encoding::plain:
        break;
      case Encoding::json:
        share("wide character", wide_characters());
        share("escape", escaped_characters(encoding));
        break;
      case Encoding::percent:
      case Encoding::percent_path:
        // One '%' opens both kinds, so they are shared together or not at all.
        if (text.is_counted() && text.counted == Counted::bytes) break;  // one call counts once
        share("percent-encoded character", unite(wide_characters(), escaped_characters(encoding)));
        break;
    }
    for (const Edge& e : states[s].edges) {
      for (int low = e.low; low <= e.high;) {
        if (shared[static_cast<std::size_t>(low)]) {
          ++low;
          continue;
        }
        const auto is_raw = [&](int byte) {
          switch (encoding) {
            case Encoding::plain: return true;
            case Encoding::json: return json_raw(byte);
            case Encoding::percent: return unreserved(byte);
            case Encoding::percent_path: return unreserved(byte) || byte == '/';
          }
          return false;
        };
        if (is_raw(low)) {
          int high = low;
          while (high < e.high && is_raw(high + 1) && !shared[static_cast<std::size_t>(high) + 1] &&
                 effect_at(high + 1) == effect_at(low)) {
            ++high;
          }
          go(here, low, high, e.to, effect_at(low));
          low = high + 1;
          continue;
        }
        if (encoding == Encoding::json) {
          if (escape < 0) next(here, '\\', '\\', escape = fresh());
          if (const char c = short_escape(low)) {
            go(escape, c, c, e.to, effect_at(low));
          } else {
            if (unicode < 0) {
              const int u = fresh(), zero = fresh();
              next(escape, 'u', 'u', u);
              next(u, '0', '0', zero);
              next(zero, '0', '0', unicode = fresh());
            }
            int& row = unicode_row[static_cast<std::size_t>(low >> 4)];
            const int digit = '0' + (low >> 4);
            if (row < 0) next(unicode, digit, digit, row = fresh());
            const int hex = kHexLower[static_cast<std::size_t>(low & 15)];
            go(row, hex, hex, e.to, effect_at(low));
          }
        } else {
          if (percent < 0) next(here, '%', '%', percent = fresh());
          int& row = percent_row[static_cast<std::size_t>(low >> 4)];
          const int high_digit = kHexUpper[static_cast<std::size_t>(low >> 4)];
          if (row < 0) next(percent, high_digit, high_digit, row = fresh());
          const int low_digit = kHexUpper[static_cast<std::size_t>(low & 15)];
          go(row, low_digit, low_digit, e.to, effect_at(low));
        }
        ++low;
      }
    }
    if (!ending || !states[s].accept) continue;
    const auto min = static_cast<std::uint16_t>(text.min);
    auto redo = [&](std::initializer_list<int> symbols) {
      for (int symbol : symbols) {
        const auto& transitions = grammar_.states[static_cast<std::size_t>(here)].transitions;
        const bool taken = std::any_of(transitions.begin(), transitions.end(),
                                       [&](const Transition& t) { return t.low <= symbol && symbol <= t.high; });
        if (!taken) finish(here, symbol, layout::Control::REDO, min);
      }
    };
    switch (*ending) {
      case Ending::quote: finish(here, '"', layout::Control::RET, min); break;
      case Ending::key: {
        Effect end;
        end.key_op = layout::KeyOp::END_KEY;
        finish(here, '"', layout::Control::RET, min, end);
        break;
      }
      case Ending::json_value: redo({',', ']', '}'}); break;
      case Ending::record: redo({kEnd}); break;
      case Ending::query_value: redo({'&', ' '}); break;
      case Ending::path_value: redo({'/', ':', '?', ' '}); break;
    }
  }
  return first;
}

Dfa number_names(const FloatSet& set) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<std::string> names;
  if (set.nan) names.emplace_back("NaN");
  if (set.contains(infinity)) names.emplace_back("Infinity");
  if (set.contains(-infinity)) names.emplace_back("-Infinity");
  return names.empty() ? Dfa{} : any_of(names);
}

std::string rules_note(const Field& field) {
  std::string names;
  for (const auto* list : {&field.value.rules, &field.rules}) {
    for (const RuleUse& rule : *list) names += (names.empty() ? "" : ", ") + rule.text;
  }
  return "rules: " + (names.empty() ? "none" : names);
}

void GrammarBuilder::require_some(const StringLanguage& texts, const Field& field) const {
  const std::uint64_t longest = schema_.loaded->policy.limits().max_record_bytes();
  if (texts.language.empty()) {
    throw NoValue(load::Code::kNoValue,
                  field.implicit && field.default_allowed ? "no value can satisfy its rules; only the default, which is never written, is left"
                                                          : "no value can satisfy its rules",
                  rules_note(field));
  }
  if (texts.min > longest) {
    throw NoValue(load::Code::kNoValue, "no value can satisfy its rules: limits.maxRecordBytes is " + std::to_string(longest), rules_note(field));
  }
}

StringLanguage GrammarBuilder::value_texts(const Value& value, const Field* field) {
  if (field) {
    if (const auto known = languages_.find(field); known != languages_.end()) return known->second;
  }
  StringLanguage out;
  try {
    out = texts_of(value);
  } catch (BudgetExceeded& error) {
    if (diagnostics_.error_count() < kAdvised) advise(error, value);
    throw;
  }
  const bool text = value.kind == ValueKind::string || value.kind == ValueKind::bytes || value.kind == ValueKind::field_mask;
  if (field && text) require_some(out, *field);
  if (field) languages_.emplace(field, out);
  return out;
}

StringLanguage GrammarBuilder::texts_of(const Value& value) {
  StringLanguage out;
  switch (value.kind) {
    case ValueKind::boolean: {
      std::vector<std::string> words;
      for (const bool b : value.booleans) words.push_back(b ? "true" : "false");
      out.language = any_of(words);
      break;
    }
    case ValueKind::integer:
      out.language = integer_language(value.integers);
      break;
    case ValueKind::floating:
      out.language = float_language(
          value.type == google::protobuf::FieldDescriptor::TYPE_FLOAT ? FloatWidth::binary32 : FloatWidth::binary64, value.floats);
      break;
    case ValueKind::string:
    case ValueKind::field_mask:
      out = string_language(value.string);
      break;
    case ValueKind::bytes:
      out = bytes_language(value.string);
      break;
    case ValueKind::enumeration: {
      std::vector<std::string> names;
      for (const auto& e : value.enumeration) names.push_back(e.name);
      out.language = names.empty() ? Dfa{} : any_of(names);
      break;
    }
    case ValueKind::timestamp:
      out.language = timestamp_language(value.integers);
      break;
    case ValueKind::duration:
      out.language = duration_language(value.integers);
      break;
    case ValueKind::null:
      out.language = text_language("null");
      break;
    case ValueKind::message:
    case ValueKind::any:
    case ValueKind::dynamic:
    case ValueKind::structure:
    case ValueKind::list_value:
      break;
  }
  return out;
}

}  // namespace sluice::compiler
