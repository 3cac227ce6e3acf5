// SPDX-License-Identifier: Apache-2.0
// From the stack of a rejected record to a field path: in every frame the routine says what r means - the rank of the last member, the number
// of items - and the innermost state says what was expected. Places that share their states are candidates all together. With the record at
// hand explain_record.cpp knows better, and this is what is left when it does not.
#include <algorithm>

#include "compiler/explain_internal.hpp"
#include "compiler/rule_check.hpp"
#include "compiler/symbols.hpp"

namespace sluice::compiler {

using layout::Event;
using layout::Reason;

namespace {

constexpr std::size_t kCandidates = 8;

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

std::string one_of(const std::vector<std::string>& all) {
  if (all.size() <= 1) return all.empty() ? std::string() : all[0];
  std::string out = "one of: ";
  for (std::size_t i = 0; i < all.size() && i < kCandidates; ++i) out += (i ? ", " : "") + all[i];
  return out + (all.size() > kCandidates ? ", …" : "");
}

void write(const Finding& finding, Explanation& out) {
  std::vector<std::string> paths, rules;
  for (const std::string& path : finding.paths) add_once(paths, path);
  for (const Cause& cause : finding.causes) add_once(rules, cause.rule);
  out.path = one_of(paths);
  out.rule = one_of(rules);
  if (!finding.causes.empty()) out.text = finding.causes[0].text;
  for (std::size_t i = 1; i < finding.causes.size() && i < kCandidates; ++i) {
    if (out.text.find(finding.causes[i].text) == std::string::npos) out.text += "; or: " + finding.causes[i].text;
  }
}

}  // namespace

class SymbolMap::Explainer {
 public:
  Explainer(const Pipeline_& pipeline, const Event& event) : pipeline_(pipeline), event_(event) {}

  Finding find() {
    const Place_* top = find(event_.base);
    if (!top) return {};
    if (event_.depth > event_.frames) paths_ = {"…"};
    // Outer frames first. Frame i goes on at the return base of frame i - 1.
    for (int i = event_.frames - 1; i >= 1; --i) {
      const Place_* place = find(event_.return_bases[static_cast<std::size_t>(i) - 1]);
      if (place) outer(*place, event_.registers[static_cast<std::size_t>(i)], i == 1 ? top : nullptr);
    }
    inner(*top, event_.registers[0]);
    return {paths_, causes_};
  }

 private:
  const Place_* find(std::uint16_t base) const {
    const auto it = pipeline_.states.find(base);
    return it == pipeline_.states.end() ? nullptr : &it->second;
  }
  const Routine& routine(const Place_& place) const { return pipeline_.routines[static_cast<std::size_t>(place.routines[0])]; }
  const Subject& subject(int index) const { return pipeline_.subjects[static_cast<std::size_t>(index)]; }

  // Goes on with each of the elements.
  void append(const std::vector<std::string>& elements) {
    if (elements.empty()) return;
    std::vector<std::string> longer;
    for (const std::string& path : paths_) {
      for (const std::string& element : elements) {
        const bool dot = !path.empty() && !element.empty() && element[0] != '[';
        if (longer.size() <= kCandidates) add_once(longer, path + (dot ? "." : "") + element);
      }
    }
    paths_ = std::move(longer);
  }
  void append(const std::string& element) { append(std::vector<std::string>{element}); }

  std::vector<std::string> names(const std::vector<int>& subjects) const {
    std::vector<std::string> out;
    for (int s : subjects) add_once(out, subject(s).name);
    return out;
  }

  // The subjects of rank r, of every routine that shares the place.
  std::vector<int> at_rank(const Place_& place, unsigned rank) const {
    std::vector<int> out;
    for (int index : place.routines) {
      const Routine& r = pipeline_.routines[static_cast<std::size_t>(index)];
      if (rank < r.subjects.size()) out.insert(out.end(), r.subjects[rank].begin(), r.subjects[rank].end());
    }
    return out;
  }

  void enter(const std::vector<int>& subjects) {
    about_ = subjects;
    append(names(subjects));
  }

  void outer(const Place_& place, std::uint16_t r, const Place_* top) {
    const Routine& here = routine(place);
    switch (here.kind) {
      case RoutineKind::request:
      case RoutineKind::response: {
        // What the bottom frame waits for says what is being read.
        if (place.place == Place::record_end) enter(place.subjects);
        const bool leaf = top && routine(*top).kind == RoutineKind::leaf;
        if ((place.place == Place::variable || place.place == Place::target) && leaf) enter(place.subjects);
        break;
      }
      case RoutineKind::header:
        paths_ = {"header"};
        enter(at_rank(place, r));
        break;
      case RoutineKind::query:
      case RoutineKind::object:
        enter(at_rank(place, r));
        break;
      case RoutineKind::map:
        // r counts a pair from its beginning on; a key is being read when its end leads to the colon.
        key_ = place.place == Place::map_colon;
        append("[]");
        item_ = true;
        return;
      case RoutineKind::array:
        append(here.counted ? "[" + std::to_string(r > 0 ? r - 1 : 0) + "]" : "[]");
        item_ = true;
        break;
      case RoutineKind::leaf:
        // An entry of a map in Protobuf's encoding; its list has named the place.
        if (place.place == Place::map_colon) key_ = true;
        return;
    }
    if (here.kind != RoutineKind::array) item_ = key_ = false;
  }

  void say(std::string rule, std::string text) { causes_ = {{std::move(rule), std::move(text)}}; }

  // All rules of `subjects` that `wanted` picks; `fallback` when there are none.
  template <typename Wanted>
  void say_rules(const std::vector<int>& subjects, Wanted wanted, const std::string& fallback, const std::string& text) {
    for (int s : subjects) {
      for (const auto* list : {&subject(s).rules, &subject(s).value_rules}) {
        for (const RuleUse& rule : *list) {
          if (key_ != rule.name.starts_with("map.keys.")) continue;
          if (wanted(last_name(rule.name))) add_cause(rule.name, rule.text.empty() ? text : text + " (" + rule.text + ")");
        }
      }
    }
    if (causes_.empty()) say(fallback, text);
  }

  void add_cause(const std::string& rule, const std::string& text) {
    const auto known = std::find_if(causes_.begin(), causes_.end(), [&](const Cause& c) { return c.rule == rule; });
    if (known == causes_.end()) causes_.push_back({rule, text});
  }

  void missing(const Place_& place, const Routine& here, unsigned r) {
    const auto next = std::find_if(here.required_ranks.begin(), here.required_ranks.end(), [&](int rank) { return rank > static_cast<int>(r); });
    if (next == here.required_ranks.end()) return say("required", "something required is missing");
    if (here.kind == RoutineKind::header) paths_ = {"header"};
    const auto subjects = at_rank(place, static_cast<unsigned>(*next));
    append(names(subjects));
    for (int s : subjects) {
      for (const std::string& rule : subject(s).absence) add_cause(rule, subject(s).name + " is missing");
    }
    if (causes_.empty()) say("required", one_of(names(subjects)) + " is missing");
  }

  void inner(const Place_& place, std::uint16_t r) {
    const Routine& here = routine(place);
    if (here.kind == RoutineKind::header) paths_ = {"header"};
    const bool list = here.kind == RoutineKind::array || here.kind == RoutineKind::map;
    switch (event_.reason) {
      case Reason::ORDER:
        append(names(place.subjects));
        add_cause("order", "it stands out of order");
        add_cause(here.kind == RoutineKind::header ? "duplicate_header" : "duplicate_field", "it stands twice");
        if (here.kind == RoutineKind::header) return;
        if (has_neighbours(place, r)) add_cause("oneof", "another member of its oneof stands already");
        return;
      case Reason::TOO_FEW:
        if (!list && here.kind != RoutineKind::leaf) return missing(place, here, r);
        return say_rules(
            about_, [&](std::string_view n) { return list ? n == "min_items" || n == "min_pairs" : n == "min_len" || n == "len"; },
            list ? "repeated.min_items" : "string.min_len", list ? "too few items" : "too short");
      case Reason::TOO_MANY:
        return say_rules(
            about_, [&](std::string_view n) { return list ? n == "max_items" || n == "max_pairs" : n == "max_len" || n == "len"; },
            list ? "repeated.max_items" : "string.max_len", list ? "too many items" : "too long");
      case Reason::KEY_ORDER:
        add_cause("key_order", "map keys stand in ascending order of their bytes");
        return add_cause("duplicate_key", "a map key stands twice");
      case Reason::LENGTH:
        if (place.place == Place::length) {
          append(names(place.subjects));
          return say("protobuf_length", "a length goes beyond the message that it stands in");
        }
        if (here.kind == RoutineKind::header) paths_ = {"header.content-length"};
        return say("content_length", "content-length does not agree with the bytes that follow");
      case Reason::DEPTH:
        return say("limits.maxDepth", "the record nests deeper than the policy allows");
      case Reason::NO_TRANSITION:
        return unexpected(place, here, r);
      default:
        return;
    }
  }

  // Members of one rank are a oneof.
  bool has_neighbours(const Place_& place, unsigned r) const { return at_rank(place, r).size() > 1; }

  static bool not_length(std::string_view n) {
    return n != "required" && n != "len" && n != "min_len" && n != "max_len" && n != "min_items" && n != "max_items" && n != "min_pairs" && n != "max_pairs";
  }

  // A value that cannot go on, or begin, like this.
  void bad_value(bool first_byte) {
    for (int s : about_) {
      if (key_) {
        for (const RuleUse& rule : subject(s).rules) {
          if (rule.name.starts_with("map.keys.")) add_cause(rule.name, "the key is not allowed (" + rule.text + ")");
        }
        add_cause("type " + subject(s).type, "not a key of the type " + subject(s).type);
        continue;
      }
      const std::string full = subject(s).type;
      const std::size_t of_map = full.starts_with("map<") ? full.find(", ") + 2 : 0;
      std::string type = full;
      if (item_ && full.starts_with("repeated ")) type = full.substr(9);
      if (item_ && of_map != 0) type = full.substr(of_map, full.size() - of_map - 1);
      if (type.empty()) continue;
      const bool number = type.find("int") == 0 || type.find("uint") == 0 || type.find("sint") == 0 || type.find("fixed") == 0 ||
                          type.find("sfixed") == 0 || type == "float" || type == "double" || type == "bool";
      // The first byte of all other types is always the same; behind it a text is a text.
      if (first_byte || number || type != "string") add_cause("type " + type, "not a value of the type " + type);
      if (first_byte && !number) continue;
      for (const RuleUse& rule : subject(s).value_rules) add_cause(rule.name, "the value is not allowed (" + rule.text + ")");
      if (subject(s).default_allowed && !item_) add_cause("default", "a default value is spelled by leaving it out");
    }
    if (causes_.empty()) say("canonical", "not the canonical spelling of an allowed value");
  }

  void unexpected(const Place_& place, const Routine& here, std::uint16_t r) {
    switch (place.place) {
      case Place::method:
        paths_ = {":method"};
        return say("method_not_allowed", "no endpoint has this method");
      case Place::target:
        paths_ = {":path"};
        return say("no_endpoint", "no endpoint has this path");
      case Place::variable:
        append(names(place.subjects));
        about_ = place.subjects;
        bad_value(false);
        for (int s : about_) {
          for (const std::string& rule : subject(s).absence) add_cause(rule, subject(s).name + " is missing");
        }
        return add_cause("no_endpoint", "no endpoint has this path");
      case Place::version:
        paths_ = {":version"};
        return say("version", "expected HTTP/1.1");
      case Place::status:
        paths_ = {":status"};
        return say("status_not_listed", "the policy does not list this status, or its reason phrase is not the standard one");
      case Place::query_name:
        paths_ = {"query"};
        return say("unknown_parameter", "the endpoint has no such query parameter");
      case Place::query_value:
        enter(at_rank(place, r));
        return say("query", "expected '&' or the end of the target");
      case Place::header_name:
        return say("header_not_listed", "the policy does not list this header here");
      case Place::header_value:
        append(names(place.subjects));
        return say_rules(place.subjects, not_length, "header_value", "the value is not allowed");
      case Place::line_end:
        return say("header_line", "expected CR LF");
      case Place::body:
        append(names(place.subjects));
        return say("body", "expected the body's first byte, or no body");
      case Place::record_end:
        return say("body.trailing", "bytes behind the body");
      case Place::length:
        append(names(place.subjects));
        return say("protobuf_length", "not the shortest spelling of a length that the value can have");
      case Place::object_open:
        // The empty object, where something is required, is no member's fault.
        if (!here.required_ranks.empty()) {
          const auto outer = paths_;
          missing(place, here, 0);
          for (const std::string& path : outer) add_once(paths_, path);
        }
        return add_cause("unknown_field", "no member of this name may stand here");
      case Place::member_name:
        return say("unknown_field", "no member of this name may stand here");
      case Place::member_colon:
      case Place::after_member:
      case Place::after_item:
        return say("json_syntax", "a canonical body does not go on like this");
      case Place::value:
        enter(at_rank(place, r));
        item_ = false;
        return bad_value(true);
      case Place::array_open:
      case Place::item:
        append({"", here.counted ? "[" + std::to_string(r) + "]" : "[]"});
        item_ = true;
        bad_value(true);
        // ']' may stand there as well, and a state in front of an item is the same for the first and the next.
        for (int s : about_) {
          for (const RuleUse& rule : subject(s).rules) {
            if (last_name(rule.name) == "min_items") add_cause(rule.name, "too few items (" + rule.text + ")");
          }
        }
        return add_cause("default", "an empty list is spelled by leaving it out");
      case Place::map_value:
        append("[]");
        item_ = true;
        return bad_value(true);
      case Place::map_open:
        add_cause("json_syntax", "a map goes on with a key");
        return add_cause("default", "an empty map is spelled by leaving it out");
      case Place::map_key:
      case Place::map_colon:
      case Place::after_pair:
        return say("json_syntax", "canonical JSON does not go on like this");
      case Place::leaf:
        return bad_value(false);
    }
  }

  const Pipeline_& pipeline_;
  const Event& event_;
  std::vector<std::string> paths_{""};
  std::vector<Cause> causes_;
  std::vector<int> about_;  // what the innermost named place is
  bool item_ = false;       // of a list or a map
  bool key_ = false;        // of a map: its key, not its value
};

Explanation SymbolMap::explain(const Event& event) const { return explain(event, {}); }

Explanation SymbolMap::explain(const Event& event, std::span<const std::uint8_t> record) const {
  Explanation out;
  out.endpoint = endpoint_name(event.endpoint);
  if (event.reason == Reason::ACCEPTED) {
    out.text = "accepted";
    return out;
  }
  Finding finding;
  if (!record.empty()) {
    finding = explain_record(facts_, event, {reinterpret_cast<const char*>(record.data()), record.size()});
  }
  if (finding.empty() && event.frames > 0 && event.frames <= layout::EVENT_FRAMES) {
    finding = Explainer(pipelines_[event.pipeline == layout::Pipeline::REQUEST ? 0 : 1], event).find();
  }
  write(finding, out);
  if (event.reason == Reason::TOO_LONG) out.rule = "limits.maxRecordBytes";
  if (event.reason == Reason::TIMEOUT) out.rule = "limits.responseTimeoutMs";
  if (out.text.empty()) out.text = layout::text_of(event.reason);
  return out;
}

}  // namespace sluice::compiler
