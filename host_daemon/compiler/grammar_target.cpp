// SPDX-License-Identifier: Apache-2.0
// Subset construction over template positions, with calls where every position agrees.
#include "compiler/grammar_target.hpp"

#include "compiler/grammar_guard.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::compiler {

using layout::Control;

namespace {

constexpr std::size_t kInlineBudget = 4'000;    // states of one variable that is written out
constexpr std::size_t kTargetBudget = 100'000;  // states of all targets of one HTTP method

// One non-empty path segment, decoded; "." and ".." are refused (design section 5).
Dfa segment_language(bool may_hold_slash) {
  Dfa language = subtract(utf8_text(), any_of({"", ".", ".."}));
  if (may_hold_slash) return language;
  Nfa nfa;
  const int start = nfa.add_state();
  nfa.add_edge(start, 0, '/' - 1, start);
  nfa.add_edge(start, '/' + 1, 255, start);
  return intersect(language, nfa.determinize(start, start));
}

Dfa rest_language() {
  const Dfa segment = segment_language(false);
  Nfa nfa;
  const int start = nfa.add_state(), accept = nfa.add_state();
  nfa.add_language(start, segment, accept);
  nfa.add_edge(accept, '/', '/', start);
  return nfa.determinize(start, accept);
}

// No text has a count that is allowed.
bool restricted_is_empty(const StringLanguage& texts) {
  const LengthBounds bounds = length_bounds(texts.language, texts.counted);
  return (texts.max && bounds.shortest > *texts.max) || (bounds.longest && *bounds.longest < texts.min);
}

// The template of a variable, as it was written.
std::string text_of(const PathPart& part) {
  std::string out;
  for (const Segment& segment : part.segments) {
    out += out.empty() ? "" : "/";
    out += segment.kind == Segment::Kind::rest ? "**" : segment.kind == Segment::Kind::any ? "*" : segment.text;
  }
  return out;
}

// A text of the language goes on with '/' to another one.
bool goes_on_with_slash(const Dfa& language) {
  for (const auto& state : language.states) {
    const auto slash = [](const Edge& e) { return e.low <= '/' && '/' <= e.high; };
    if (state.accept && std::any_of(state.edges.begin(), state.edges.end(), slash)) return true;
  }
  return false;
}

// The shortest text of `texts` that people can read, as a path spells it; "..." when the search is too long.
std::string example_of(const StringLanguage& texts, bool slash_is_literal) {
  constexpr std::size_t kMaxNodes = 50'000;
  struct Node {
    int state;
    std::uint64_t count;
    std::size_t before;
    char byte;
  };
  if (texts.language.empty()) return "...";
  std::vector<Node> nodes{{0, 0, 0, 0}};
  std::set<std::pair<int, std::uint64_t>> seen{{0, 0}};
  std::optional<Counter> counter;
  if (texts.is_counted()) counter.emplace(texts.counted, texts.language);
  for (std::size_t i = 0; i < nodes.size() && nodes.size() < kMaxNodes; ++i) {
    const Node here = nodes[i];
    const auto& state = texts.language.states[static_cast<std::size_t>(here.state)];
    if (state.accept && here.count >= texts.min) {
      std::string out;
      for (std::size_t n = i; n > 0; n = nodes[n].before) {
        const std::string byte(1, nodes[n].byte);
        out.insert(0, byte == "/" && slash_is_literal ? byte : percent_encode(byte));
      }
      return out;
    }
    // One byte stands for all that lead to one state: a readable one if there is one.
    std::string bytes = "xa1A";
    for (const Edge& e : state.edges) bytes += static_cast<char>(e.low);
    for (const char c : bytes) {
      const auto byte = static_cast<std::uint8_t>(c);
      const int to = texts.language.next(here.state, byte);
      if (to < 0) continue;
      const std::uint64_t count = std::min(here.count + (counter && counter->counts(here.state, byte) ? 1 : 0), texts.min);
      if (seen.emplace(to, count).second) nodes.push_back({to, count, i, c});
    }
  }
  return "...";
}

}  // namespace

TargetBuilder::TargetBuilder(GrammarBuilder& builder, std::vector<const Endpoint*> endpoints)
    : builder_(builder), endpoints_(std::move(endpoints)) {
  for (const Endpoint* endpoint : endpoints_) elements_.push_back(elements_of(*endpoint));
}

std::vector<TargetBuilder::Element> TargetBuilder::elements_of(const Endpoint& endpoint) {
  std::vector<Element> elements;
  auto literal = [&](const std::string& text) {
    if (elements.empty() || !elements.back().is_literal) elements.emplace_back();
    elements.back().literal += text;
  };
  for (const PathPart& part : endpoint.path) {
    literal("/");
    if (part.variable) {
      add_variable(elements, endpoint, part);
    } else {
      literal(part.segments[0].text);
    }
  }
  if (!endpoint.verb.empty()) literal(":" + endpoint.verb);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    Element& element = elements[i];
    if (element.is_literal) continue;
    const auto& t = element.language;
    element.greedy = i + 1 < elements.size() && elements[i + 1].literal.starts_with('/') && element.slash_is_literal && goes_on_with_slash(t.language);
    element.key = std::to_string(t.min) + "/" + (t.max ? std::to_string(*t.max) : "-") +
                  (element.slash_is_literal ? "s" : "") + "/" + std::to_string(static_cast<int>(t.counted)) + dump(t.language);
  }
  return elements;
}

void TargetBuilder::add_variable(std::vector<Element>& elements, const Endpoint& endpoint, const PathPart& part) {
  const Field& field = builder_.schema_.field(endpoint.request, *part.variable);
  const Value value = value_with_default(field);
  const int topic = builder_.subject(subject_of(part.variable->json_path, field));
  auto push = [&](StringLanguage language, bool slash) {
    Element element;
    element.is_literal = false;
    element.language = std::move(language);
    element.slash_is_literal = slash;
    element.subject = topic;
    elements.push_back(std::move(element));
  };
  auto literal = [&](const std::string& text) {
    if (elements.empty() || !elements.back().is_literal) elements.emplace_back();
    elements.back().literal += text;
  };
  // A value that no path can carry would leave the whole method dead.
  auto push_if_any = [&](StringLanguage texts, bool slash) {
    const bool none = texts.language.empty() || (texts.is_counted() && restricted_is_empty(texts));
    if (!none) return push(std::move(texts), slash);
    auto& error = builder_.diagnostics_.error(
        load::Code::kBadVariable, endpoint.span,
        endpoint.name + ": path variable {" + part.variable->proto_path + "=" + text_of(part) + "}: no value of field " + field.descriptor->full_name() + " fits the template");
    for (const RuleUse& rule : value.rules) error.note("the field's rule: " + rule.text);
    push({segment_language(false)}, true);  // so that nothing else is said of the path
    error.note("the field: " + load::to_string(field.span)).mend("a value stands there as the template says, and a segment is never empty, '.' or '..': change the template or the field's rules");
  };
  builder_.guarded("path variable '" + part.variable->proto_path + "'", field.span, [&] {
    const bool single = part.segments.size() == 1 && part.segments[0].kind == Segment::Kind::any;
    if (value.kind != ValueKind::string) {
      StringLanguage texts = builder_.value_texts(value, nullptr);
      if (value.kind == ValueKind::floating) texts.language = unite(texts.language, number_names(value.floats));
      texts.language = subtract(texts.language, any_of({"", ".", ".."}));
      push_if_any(std::move(texts), false);
      return;
    }
    if (single) {
      StringLanguage texts = string_language(value.string);
      texts.language = intersect(texts.language, segment_language(true));
      push_if_any(std::move(texts), false);
      return;
    }
    if (value.string.unconstrained()) {
      // Without rules on the whole value each segment stands for itself, and templates share them.
      for (std::size_t i = 0; i < part.segments.size(); ++i) {
        if (i > 0) literal("/");
        const Segment& segment = part.segments[i];
        if (segment.kind == Segment::Kind::literal) {
          literal(segment.text);
        } else {
          push({segment.kind == Segment::Kind::rest ? rest_language() : segment_language(false)}, true);
        }
      }
      return;
    }
    Nfa shape;
    const int start = shape.add_state();
    int at = start;
    for (std::size_t i = 0; i < part.segments.size(); ++i) {
      if (i > 0) at = shape.add_text(at, "/");
      const Segment& segment = part.segments[i];
      if (segment.kind == Segment::Kind::literal) {
        at = shape.add_text(at, segment.text);
      } else {
        const int to = shape.add_state();
        shape.add_language(at, segment.kind == Segment::Kind::rest ? rest_language() : segment_language(false), to);
        at = to;
      }
    }
    StringLanguage texts = string_language(value.string);
    texts.language = intersect(texts.language, shape.determinize(start, at));
    push_if_any(std::move(texts), true);
  });
}

void TargetBuilder::inline_variable(const Endpoint& endpoint, Element& element) {
  if (element.inlined_made) return;
  element.inlined_made = true;
  const Subject& topic = builder_.grammar_.subjects[static_cast<std::size_t>(element.subject)];
  builder_.guarded("path variable '" + topic.name + "' of " + endpoint.name + ", which shares its place with other templates,",
                   endpoint.span, [&] {
                     Dfa language = element.language.language;
                     if (element.language.is_counted()) {
                       language = restrict_length(language, element.language.counted, element.language.min, element.language.max, kInlineBudget);
                     }
                     element.inlined = encode_percent(language, element.slash_is_literal);
                   });
}

// Moves positions over what costs no byte: the end of a literal, the end of a written-out variable.
void TargetBuilder::settle(Positions& positions) {
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Position p = positions[i];
    const auto& elements = elements_[static_cast<std::size_t>(p.endpoint)];
    if (p.element == static_cast<int>(elements.size()) || p.inner == kPending) continue;
    const Element& element = elements[static_cast<std::size_t>(p.element)];
    auto start_next = [&] {
      const std::size_t n = static_cast<std::size_t>(p.element) + 1;
      return Position{p.endpoint, p.element + 1, n < elements.size() && !elements[n].is_literal ? kPending : 0};
    };
    if (element.is_literal) {
      if (p.inner == static_cast<int>(element.literal.size())) positions[i] = start_next();
    } else if (!element.inlined.empty() && element.inlined.states[static_cast<std::size_t>(p.inner)].accept) {
      positions.push_back(start_next());
    }
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
}

TargetBuilder::Positions TargetBuilder::step(const Positions& from, int byte) {
  Positions to;
  for (const Position& p : from) {
    const auto& elements = elements_[static_cast<std::size_t>(p.endpoint)];
    if (p.element == static_cast<int>(elements.size())) continue;
    const Element& element = elements[static_cast<std::size_t>(p.element)];
    if (element.is_literal) {
      if (static_cast<std::uint8_t>(element.literal[static_cast<std::size_t>(p.inner)]) == byte) {
        to.push_back({p.endpoint, p.element, p.inner + 1});
      }
    } else if (!element.inlined.empty()) {
      const int next = element.inlined.next(p.inner, static_cast<std::uint8_t>(byte));
      if (next >= 0) to.push_back({p.endpoint, p.element, next});
    }
  }
  settle(to);
  return to;
}

int TargetBuilder::state_of(const Positions& positions, const std::string& example) {
  if (const auto known = states_.find(positions); known != states_.end()) return known->second;
  if (states_.size() >= kTargetBudget) throw BudgetExceeded(kTargetBudget);
  std::set<int> topics;
  for (const Position& p : positions) {
    const auto& elements = elements_[static_cast<std::size_t>(p.endpoint)];
    // Behind a variable its name still explains what was read too far.
    for (int e : {p.element, p.element - 1}) {
      if (e < 0 || e >= static_cast<int>(elements.size())) continue;
      const Element& element = elements[static_cast<std::size_t>(e)];
      if (!element.is_literal) topics.insert(element.subject);
      if (e == p.element && !element.is_literal) break;
    }
  }
  const int made = builder_.state(builder_.main_, topics.empty() ? Place::target : Place::variable,
                                  std::vector<int>(topics.begin(), topics.end()));
  states_.emplace(positions, made);
  queue_.emplace_back(positions, example);
  return made;
}

void TargetBuilder::build(int start) {
  Positions first;
  for (std::size_t e = 0; e < endpoints_.size(); ++e) first.push_back({static_cast<int>(e), 0, 0});
  settle(first);
  states_.emplace(first, start);
  queue_.emplace_back(first, "");
  builder_.guarded("the paths of " + endpoints_[0]->http_method, endpoints_[0]->span, [&] {
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      const Positions positions = queue_[i].first;  // copies: the queue grows below
      const std::string example = queue_[i].second;
      const int here = states_.at(positions);
      finish(here, positions, example);
      // Successors byte by byte; equal neighbours share a transition.
      Positions run;
      int run_start = -1;
      auto flush = [&](int end) {
        if (run_start < 0 || run.empty()) return;
        const std::string path = example + static_cast<char>(run_start);
        const auto pending = [](const Position& p) { return p.inner == kPending; };
        if (std::all_of(run.begin(), run.end(), pending)) {
          const auto element_at = [&](const Position& p) -> Element& {
            return elements_[static_cast<std::size_t>(p.endpoint)][static_cast<std::size_t>(p.element)];
          };
          const Element& leader = element_at(run[0]);
          const bool agree = std::all_of(run.begin(), run.end(), [&](const Position& p) {
            return element_at(p).key == leader.key && !element_at(p).greedy;
          });
          if (agree) {
            Positions behind;
            for (const Position& p : run) {
              const auto& elements = elements_[static_cast<std::size_t>(p.endpoint)];
              const std::size_t n = static_cast<std::size_t>(p.element) + 1;
              behind.push_back({p.endpoint, p.element + 1, n < elements.size() && !elements[n].is_literal ? kPending : 0});
            }
            settle(behind);
            const int callee = builder_.leaf("path variable", leader.language,
                                             leader.slash_is_literal ? Encoding::percent_path : Encoding::percent,
                                             Ending::path_value);
            builder_.call(here, run_start, end, callee, state_of(behind, path + example_of(leader.language, leader.slash_is_literal)));
            return;
          }
        }
        if (std::any_of(run.begin(), run.end(), pending)) {
          for (Position& p : run) {
            if (!pending(p)) continue;
            inline_variable(*endpoints_[static_cast<std::size_t>(p.endpoint)],
                            elements_[static_cast<std::size_t>(p.endpoint)][static_cast<std::size_t>(p.element)]);
            p.inner = 0;
          }
          settle(run);
        }
        builder_.next(here, run_start, end, state_of(run, path));
      };
      for (int byte = 0; byte < 256; ++byte) {
        Positions to = step(positions, byte);
        if (run_start >= 0 && to == run) continue;
        flush(byte - 1);
        run = std::move(to);
        run_start = byte;
      }
      flush(255);
    }
  });
  report_shadowed();
}

std::vector<int> TargetBuilder::winners(const std::vector<int>& complete) const {
  // `a` beats `b` when, at the first place where one has a literal segment and the other a variable, it is `a` that has the literal.
  // Behind a `**` segments of the path and of the template no longer stand side by side: nothing there decides.
  auto shape = [&](int e) {
    std::vector<bool> literal;
    for (const PathPart& part : endpoints_[static_cast<std::size_t>(e)]->path) {
      for (const Segment& segment : part.segments) {
        literal.push_back(segment.kind == Segment::Kind::literal);
        if (segment.kind == Segment::Kind::rest) return literal;
      }
    }
    return literal;
  };
  auto beats = [&](int a, int b) {
    const auto x = shape(a), y = shape(b);
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (x[i] != y[i]) return static_cast<bool>(x[i]);
    }
    return false;
  };
  std::vector<int> best;
  for (int a : complete) {
    const bool beaten = std::any_of(complete.begin(), complete.end(), [&](int b) { return beats(b, a); });
    if (!beaten) best.push_back(a);
  }
  return best;
}

void TargetBuilder::finish(int here, const Positions& positions, const std::string& example) {
  std::vector<int> complete;
  for (const Position& p : positions) {
    if (p.element == static_cast<int>(elements_[static_cast<std::size_t>(p.endpoint)].size())) complete.push_back(p.endpoint);
  }
  if (complete.empty()) return;
  const std::vector<int> best = winners(complete);
  for (int loser : complete) {
    if (loser != best[0] && std::find(best.begin(), best.end(), loser) == best.end()) shadowed_.emplace(loser, std::pair{best[0], example});
  }
  reachable_.insert(best.begin(), best.end());
  if (best.size() > 1) {
    report_overlap(best[0], best[1], example);
    return;
  }
  const Endpoint& endpoint = *endpoints_[static_cast<std::size_t>(best[0])];
  Effect tag;
  tag.tag = static_cast<std::uint16_t>(endpoint.tag);
  bool query_required = false;
  for (const auto& parameter : endpoint.query) {
    if (parameter.required && !query_required) {
      // What is missing when the target ends here.
      State& state = builder_.grammar_.states[static_cast<std::size_t>(here)];
      state.place = Place::variable;
      state.subjects.push_back(builder_.subject(subject_of(parameter.name, builder_.schema_.field(endpoint.request, parameter.path))));
    }
    query_required = query_required || parameter.required;
  }
  if (!query_required) builder_.next(here, ' ', ' ', builder_.behind_target(endpoint), tag);
  if (endpoint.query.empty()) return;
  auto [query, fresh] = queries_.try_emplace(endpoint.tag);
  if (fresh) {
    query->second.name = builder_.query(endpoint);
    query->second.after = builder_.state(builder_.main_, Place::query_value);
    builder_.next(query->second.after, ' ', ' ', builder_.behind_target(endpoint), tag);
  }
  builder_.call(here, '?', '?', query->second.name, query->second.after);
}

void TargetBuilder::report_overlap(int first, int second, const std::string& example) {
  if (!reported_.emplace(first, second).second) return;
  const Endpoint& a = *endpoints_[static_cast<std::size_t>(first)];
  const Endpoint& b = *endpoints_[static_cast<std::size_t>(second)];
  builder_.diagnostics_.error(load::Code::kAmbiguousPath, b.span, "the paths of '" + a.name + "' and '" + b.name + "' overlap")
      .note("both match " + a.http_method + " " + example)
      .note("the binding of '" + a.name + "': " + load::to_string(a.span))
      .mend("give one of them a literal segment where the other has a variable, or a pattern on the variable's field");
}

// Bindings of which a more literal one takes every path.
void TargetBuilder::report_shadowed() {
  for (const auto& [loser, other] : shadowed_) {
    if (reachable_.contains(loser)) continue;
    const Endpoint& a = *endpoints_[static_cast<std::size_t>(other.first)];
    const Endpoint& b = *endpoints_[static_cast<std::size_t>(loser)];
    builder_.diagnostics_.error(load::Code::kAmbiguousPath, b.span, "'" + a.name + "' takes every path of '" + b.name + "'")
        .note("for example " + a.http_method + " " + other.second + ": a literal wins over a variable")
        .note("the binding of '" + a.name + "': " + load::to_string(a.span))
        .mend("leave one of the two methods out of the policy, or give '" + b.name + "' a path of its own");
  }
}

}  // namespace sluice::compiler
