// SPDX-License-Identifier: Apache-2.0
// The envelope: request and status lines, header blocks, and what a body starts with. A header block is one routine, shared by all endpoints
// that use it alike and called at the end of the first line; it checks content-length against the bytes that are left.
#include <algorithm>

#include "compiler/query_choice.hpp"
#include "compiler/grammar_builder.hpp"
#include "compiler/grammar_guard.hpp"
#include "compiler/grammar_target.hpp"
#include "compiler/pattern.hpp"

namespace sluice::compiler {

using layout::AccumulatorOp;
using layout::Control;
using layout::RegisterOp;

namespace {

// RFC 9110 section 5.5, narrowed: visible ASCII with single inner spaces.
const Dfa& header_text() {
  static const Dfa language = [] {
    Nfa nfa;
    const int word = nfa.add_state(), inside = nfa.add_state(), space = nfa.add_state();
    nfa.add_edge(word, 0x21, 0x7E, inside);
    nfa.add_edge(inside, 0x21, 0x7E, inside);
    nfa.add_edge(inside, ' ', ' ', space);
    nfa.add_edge(space, 0x21, 0x7E, inside);
    return nfa.determinize(word, inside);
  }();
  return language;
}

constexpr std::string_view kLengthHeader = "content-length";
constexpr std::string_view kTypeHeader = "content-type";

}  // namespace

GrammarBuilder::BodyUse GrammarBuilder::use_of(const Body& body) {
  if (body.kind == Body::Kind::none) return BodyUse::never;
  if (body.protobuf) return body.optional ? BodyUse::protobuf_sometimes : BodyUse::protobuf_always;
  return body.optional ? BodyUse::sometimes : BodyUse::always;
}

int GrammarBuilder::header_block(BodyUse wanted) {
  if (const auto known = header_blocks_.find(wanted); known != header_blocks_.end()) return known->second;
  const bool protobuf = wanted == BodyUse::protobuf_always || wanted == BodyUse::protobuf_sometimes;
  const BodyUse use = wanted == BodyUse::protobuf_always ? BodyUse::always : wanted == BodyUse::protobuf_sometimes ? BodyUse::sometimes : wanted;
  const bool request = grammar_.pipeline == layout::Pipeline::REQUEST;

  struct Header {
    std::string name;
    const HeaderRule* rule = nullptr;      // a listed header
    std::optional<std::string> constant;   // host, content-type
    bool required = false;
  };
  std::vector<Header> headers;
  for (const HeaderRule& rule : request ? schema_.request_headers : schema_.response_headers) {
    headers.push_back({rule.name, &rule, rule.constant, rule.required});
  }
  if (request) headers.push_back({"host", nullptr, schema_.loaded->policy.host(), true});
  if (use != BodyUse::never) {
    headers.push_back({std::string(kLengthHeader), nullptr, std::nullopt, use == BodyUse::always});
    headers.push_back({std::string(kTypeHeader), nullptr, protobuf ? "application/protobuf" : "application/json", use == BodyUse::always});
  }
  std::sort(headers.begin(), headers.end(), [](const Header& a, const Header& b) { return a.name < b.name; });

  const int owner = routine(RoutineKind::header, request ? "request headers" : "response headers");
  std::vector<std::vector<int>> subjects(headers.size() + 1);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    Subject topic{headers[i].name, {}, {}};
    if (headers[i].required) topic.rules.push_back({"required", headers[i].name + " is required", {}});
    if (headers[i].constant) topic.value_rules.push_back({"header.constant", headers[i].name + " = " + *headers[i].constant, {}});
    if (headers[i].rule && headers[i].rule->pattern) {
      topic.value_rules.push_back({"header.pattern", headers[i].name + " ~ " + *headers[i].rule->pattern, {}});
    }
    subjects[i + 1].push_back(subject(std::move(topic)));
  }

  // With an optional body the block has two phases: before and behind content-length. Behind it content-type is required.
  auto phase = [&](bool behind_length, int line, int behind_line) {
    std::set<int> required;
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const bool type = headers[i].name == kTypeHeader;
      if (headers[i].required || (type && behind_length)) required.insert(static_cast<int>(i) + 1);
    }
    Trie trie{{"", line}};
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const Header& header = headers[i];
      const int rank = static_cast<int>(i) + 1;
      const bool length = header.name == kLengthHeader;
      if (use == BodyUse::sometimes && !behind_length && header.name == kTypeHeader) continue;
      if (use == BodyUse::sometimes && behind_length && length) continue;
      const int at = branch(trie, header.name, Place::header_name);
      const int topic = subjects[static_cast<std::size_t>(rank)][0];
      grammar_.states[static_cast<std::size_t>(at)].subjects.push_back(topic);
      Effect set;
      set.register_op = RegisterOp::SET;
      set.register_arg = static_cast<std::uint16_t>(rank);
      const auto before = required.lower_bound(rank);
      set.register_min = static_cast<std::uint16_t>(before == required.begin() ? 0 : *std::prev(before));
      const int colon = state(owner, Place::header_value, {topic});
      next(at, ':', ':', colon, set);
      const int value = state(owner, Place::header_value, {topic});
      next(colon, ' ', ' ', value);
      const int carriage = state(owner, Place::line_end, {topic});
      next(carriage, '\n', '\n', length && use == BodyUse::sometimes ? behind_line : line);
      if (length) {
        const int digits = state(owner, Place::header_value, {topic});
        Effect first, more;
        first.accumulator_op = AccumulatorOp::DIGIT_FIRST;
        more.accumulator_op = AccumulatorOp::DIGIT;
        next(value, '1', '9', digits, first);
        if (wanted == BodyUse::protobuf_always) {
          // An empty message has no bytes.
          const int none = state(owner, Place::header_value, {topic});
          next(value, '0', '0', none, first);
          next(none, '\r', '\r', carriage);
        }
        next(digits, '0', '9', digits, more);
        next(digits, '\r', '\r', carriage);
        continue;
      }
      Dfa language = header.constant ? text_language(*header.constant) : header_text();
      if (header.rule && header.rule->pattern) {
        guarded("header '" + header.name + "'", schema_.loaded->policy_spans.at(request ? "requestHeaders" : "responseHeaders"), [&] {
          language = intersect(language, pattern_language(*header.rule->pattern, PatternMatch::full));
        });
      }
      std::vector<int> states;
      for (std::size_t s = 0; s < language.states.size(); ++s) {
        states.push_back(s == 0 ? value : state(owner, Place::header_value, {topic}));
      }
      for (std::size_t s = 0; s < language.states.size(); ++s) {
        for (const Edge& e : language.states[s].edges) next(states[s], e.low, e.high, states[static_cast<std::size_t>(e.to)]);
        if (language.states[s].accept) next(states[s], '\r', '\r', carriage);
      }
    }
    // The empty line: the accumulator, 0 without content-length, must be what is left.
    const int empty = state(owner, Place::line_end);
    next(line, '\r', '\r', empty);
    Effect check;
    check.accumulator_op = AccumulatorOp::CHECK_END;
    finish(empty, '\n', Control::RET, required.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(*required.rbegin()), check);
    auto& ranks = grammar_.routines[static_cast<std::size_t>(owner)].required_ranks;
    ranks.assign(required.begin(), required.end());
  };
  const int first = state(owner, Place::header_name);
  const int behind = use == BodyUse::sometimes ? state(owner, Place::header_name) : -1;
  if (behind >= 0) phase(true, behind, behind);
  phase(false, first, behind);
  grammar_.routines[static_cast<std::size_t>(owner)].subjects = std::move(subjects);
  header_blocks_.emplace(wanted, first);
  return first;
}

int GrammarBuilder::body(const Body& body) {
  if (body.protobuf && body.kind != Body::Kind::none) return binary_body(body);
  std::string key = std::to_string(static_cast<int>(body.kind)) + "/" + std::to_string(body.message) + "/" +
                    std::to_string(body.field) + "/" + (body.optional ? "o" : "");
  for (const auto& path : body.excluded) key += "/" + path;
  for (const auto& path : body.reached) key += "/+" + path;
  for (const auto& path : body.needed) key += "/!" + path;
  if (const auto known = bodies_.find(key); known != bodies_.end()) return known->second;
  const int start = state(main_, Place::body);
  bodies_.emplace(key, start);
  if (body.kind == Body::Kind::none || body.optional) finish(start, kEnd, Control::ACCEPT);
  if (body.kind == Body::Kind::none) return start;
  const int end = state(main_, Place::record_end);
  finish(end, kEnd, Control::ACCEPT);
  if (body.kind == Body::Kind::message) {
    call(start, '{', '{', object({body.message, false, false, body.excluded, body.reached, body.needed}), end);
  } else {
    const Field& field = schema_.message(body.message).fields[static_cast<std::size_t>(body.field)];
    const int topic = subject(subject_of(field.json_name, field));
    grammar_.states[static_cast<std::size_t>(start)].subjects.push_back(topic);
    grammar_.states[static_cast<std::size_t>(end)].subjects.push_back(topic);
    json_field(start, field, {-1, true, false, body.excluded, body.reached, body.needed}, end, Ending::record);
  }
  return start;
}

int GrammarBuilder::behind_target(const Endpoint& endpoint) {
  const int headers = header_block(use_of(endpoint.body));
  const int first = body(endpoint.body);
  const auto key = std::make_pair(headers, first);
  if (const auto known = request_tails_.find(key); known != request_tails_.end()) return known->second;
  const int start = state(main_, Place::version);
  request_tails_.emplace(key, start);
  const int end = text(start, "HTTP/1.1\r", Place::version);
  call(end, '\n', '\n', headers, first);
  return start;
}

int GrammarBuilder::query(const Endpoint& endpoint) {
  const int owner = routine(RoutineKind::query, endpoint.name);
  std::vector<std::vector<int>> subjects;
  std::set<int> required;
  for (const auto& parameter : endpoint.query) {
    if (parameter.required) required.insert(parameter.rank);
    subjects.resize(std::max(subjects.size(), static_cast<std::size_t>(parameter.rank) + 1));
  }
  // What was chosen last is kept in the state (query_choice.hpp): a copy of the names for each choice, without those that it excludes. What was
  // chosen before that has a lower rank. Most queries have one copy.
  struct Copy {
    int name, after;
    Trie trie;
  };
  std::map<QueryChoice, Copy> copies;
  const auto add_copy = [&](const QueryChoice& choice) {
    const auto [copy, fresh] = copies.try_emplace(choice);
    if (!fresh) return;
    copy->second = {state(owner, Place::query_name), state(owner, Place::query_value), {}};
    copy->second.trie.emplace("", copy->second.name);
  };
  add_copy({});
  const int name = copies.at({}).name;
  std::vector<QueryChoice> choices;
  for (const QueryParameter& parameter : endpoint.query) {
    choices.push_back(query_choice(schema_, endpoint.request, parameter.path));
    add_copy(choices.back());
  }
  constexpr std::size_t kMaxNames = 20'000;
  if (copies.size() * endpoint.query.size() > kMaxNames) {
    diagnostics_
        .error(load::Code::kBudget, endpoint.span,
               endpoint.name + ": the query has " + std::to_string(endpoint.query.size()) + " parameters and " + std::to_string(copies.size() - 1) +
                   " choices in oneofs with messages; together they want more than " + std::to_string(kMaxNames) + " names")
        .mend("give the binding a body");
    return name;
  }
  for (std::size_t index = 0; index < endpoint.query.size(); ++index) {
    const QueryParameter& parameter = endpoint.query[index];
    const Field& field = schema_.field(endpoint.request, parameter.path);
    const int topic = subject(subject_of(parameter.name, field));
    subjects[static_cast<std::size_t>(parameter.rank)].push_back(topic);
    const std::string key = percent_encode(parameter.name);
    Effect set;
    set.register_op = parameter.repeated ? RegisterOp::SET_AGAIN : RegisterOp::SET;
    set.register_arg = static_cast<std::uint16_t>(parameter.rank);
    const auto before = required.lower_bound(parameter.rank);
    set.register_min = static_cast<std::uint16_t>(before == required.begin() ? 0 : *std::prev(before));
    guarded("query parameter '" + parameter.name + "'", field.span, [&] {
      const Value value = value_without_default(field);
      StringLanguage texts = value_texts(value, nullptr);
      if (value.kind == ValueKind::string && texts.language.empty() && !field.default_allowed) {
        throw NoValue(load::Code::kNoValue, "no value can satisfy its rules", rules_note(field));
      }
      if (value.kind == ValueKind::floating) texts.language = unite(texts.language, number_names(value.floats));
      const int value_start = leaf("query value", texts, Encoding::percent, Ending::query_value);
      for (auto& [choice, copy] : copies) {
        if (exclude_each_other(choice, choices[index])) continue;
        const int at = branch(copy.trie, key, Place::query_name);
        grammar_.states[static_cast<std::size_t>(at)].subjects.push_back(topic);
        call(at, '=', '=', value_start, copies.at(choices[index].empty() ? choice : choices[index]).after, set);
      }
    });
  }
  for (const auto& [choice, copy] : copies) {
    next(copy.after, '&', '&', copy.name);
    finish(copy.after, ' ', Control::REDO, required.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(*required.rbegin()));
  }
  auto& info = grammar_.routines[static_cast<std::size_t>(owner)];
  info.subjects = std::move(subjects);
  info.required_ranks.assign(required.begin(), required.end());
  return name;
}

void GrammarBuilder::build_request() {
  main_ = routine(RoutineKind::request, "request");
  const int start = state(main_, Place::method);
  grammar_.starts = {start};
  std::map<std::string, std::vector<const Endpoint*>> by_method;
  for (const Endpoint& endpoint : schema_.endpoints) by_method[endpoint.http_method].push_back(&endpoint);
  Trie trie{{"", start}};
  for (const auto& [method, endpoints] : by_method) {
    const std::string word = method + " ";
    const int at = branch(trie, word, Place::method);
    grammar_.states[static_cast<std::size_t>(at)].place = Place::target;
    TargetBuilder(*this, endpoints).build(at);
  }
  build_pending();
  build_binary_pending();
}

void GrammarBuilder::build_response() {
  main_ = routine(RoutineKind::response, "response");
  for (const Endpoint& endpoint : schema_.endpoints) {
    const int start = state(main_, Place::version);
    grammar_.starts.push_back(start);
    Trie trie{{"", text(start, "HTTP/1.1 ", Place::status)}};
    for (const StatusResponse& response : endpoint.responses) {
      const std::string line = std::to_string(response.code) + " " + response.reason + "\r";
      const int at = branch(trie, line, Place::status);
      call(at, '\n', '\n', header_block(use_of(response.body)), body(response.body));
    }
  }
  build_pending();
  build_binary_pending();
}

}  // namespace sluice::compiler
